"""Octets of a server as responses and values: however they are cut, whatever they are."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.imap.assembling import Assembler, Response
from receiver.imap.failures import ImapFailure
from receiver.imap.parsing import read_internal_date, read_items, read_status, read_untagged, read_values
from receiver.imap.structure import read_structure
from receiver.imap.values import Limits

SMALL = Limits(line_octets=200, literal_octets=100, skipped_octets=1000)
DIALOGUE = (
    b"* OK [CAPABILITY IMAP4rev1] hello {5}\r\n"
    b'* LIST (\\HasNoChildren) "/" {5}\r\nIN\r\nX\r\n'
    b"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (FROM)] {12}\r\nFrom: a\r\n\r\n"
    b' INTERNALDATE " 1-Nov-2026 10:00:00 +0100")\r\n'
    b'* 2 FETCH (UID 8 BODY[]<0> {0}\r\n BODYSTRUCTURE ("text" "plain" ("name" "a\\"b") NIL NIL "7bit" 5 1))\r\n'
    b"A1 OK done\r\n"
)


def responses(octets: bytes, cuts: list[int], limits: Limits = SMALL) -> list[Response]:
    """What an assembler makes of octets that come in pieces."""
    assembler = Assembler(limits)
    found = []
    ends = [*sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    start = 0
    for end in ends:
        assembler.feed(octets[start:end])
        while (response := assembler.next()) is not None:
            found.append(response)
        start = end
    return found


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=40))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    """TCP cuts where it likes."""
    assert responses(DIALOGUE, cuts) == responses(DIALOGUE, [])


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=10), st.integers(min_value=1, max_value=900))
def test_pieces_make_no_difference_to_what_is_cut(cuts: list[int], length: int) -> None:
    """A line that is too long is the same response wherever it was cut, and so is what follows."""
    octets = b"* 1 FETCH (UID 7 X " + b"x" * length + b" {3}\r\nabc)\r\nA1 OK done\r\n"

    found = responses(octets, cuts)

    assert found == responses(octets, [])
    assert found[-1].text == b"A1 OK done\r\n"
    assert len(found[0].text) <= SMALL.line_octets


_WORDS = rb'( ) " \ {3}~ {3 } ~ * UID_5 BODY[ ]<0> NIL A1_OK + *_SEARCH_1 *_1_FETCH_( BODYSTRUCTURE_ \0 9999999999999'
_PIECES = st.sampled_from(_WORDS.replace(b"~", b"\r\n").replace(b"\\0", b"\0").split(b" "))


@settings(max_examples=500)
@given(st.lists(st.one_of(_PIECES, st.binary(max_size=8)), max_size=80), st.lists(st.integers(0, 500), max_size=5))
def test_whatever_comes_raises_nothing_but_our_failure(pieces: list[bytes], cuts: list[int]) -> None:
    """Neither the assembler, nor the values, nor the tree."""
    with contextlib.suppress(ImapFailure):
        for response in responses(b"".join(pieces).replace(b"_", b" "), cuts):
            read_status(response.text)
            untagged = read_untagged(response)
            for value in read_items(untagged, 100).values():
                read_structure(value, Limits())
                read_internal_date(value)


@pytest.mark.parametrize(
    "octets",
    [b'"' + b'\\"' * 500_000, b"BODY[" * 200_000, b'"a" ' * 250_000, b"{1" * 500_000, b"(" * 10**6, b"\\" * 10**6],
)
def test_values_are_read_in_linear_time(octets: bytes) -> None:
    """A megabyte that was made to be read again and again is read once."""
    before = time.process_time()
    read_values(octets, 0, [], 100)
    assert time.process_time() - before < 20


def test_numbers_of_a_long_search_come_in_pieces() -> None:
    """Without a limit on how many there are, and none is cut in two."""
    octets = b"* SEARCH " + b" ".join(b"%d" % n for n in range(1, 50_000)) + b'\r\n* ESEARCH (TAG "A1") UID ALL 1,3\r\n'
    assembler = Assembler(replace(SMALL, line_octets=70_000))
    numbers: list[int] = []
    for start in range(0, len(octets), 1000):
        assembler.feed(octets[start : start + 1000])
        while (response := assembler.next()) is not None:
            assert not response.is_cut
            if b"* SEARCH" in response.text:
                numbers += map(int, response.text.split()[2:])

    assert numbers == list(range(1, 50_000))


def test_a_long_esearch_comes_in_pieces() -> None:
    """Each piece says what it is a piece of."""
    octets = b'* ESEARCH (TAG "A1") UID ALL ' + b",".join(b"%d:%d" % (n, n + 1) for n in range(1, 90_000, 3)) + b"\r\n"
    found = []
    assembler = Assembler(Limits())
    for start in range(0, len(octets), 10_000):
        assembler.feed(octets[start : start + 10_000])
        while (response := assembler.next()) is not None:
            found.append(response.text)

    assert len(found) > 1
    assert all(text.startswith(b'* ESEARCH (TAG "A1") UID ALL ') for text in found)
    assert b",".join(text.rstrip().rpartition(b" ")[2] for text in found) == octets.rstrip().rpartition(b" ")[2]


def test_a_streamed_literal_is_not_kept() -> None:
    """Its octets go to the writer as they come."""
    assembler = Assembler(SMALL)
    written: list[bytes] = []
    assembler.stream = lambda _, size: written.append if size == 5000 else None
    assembler.feed(b"* 1 FETCH (UID 5 BODY[]<0> {5000}\r\n")
    for _ in range(50):
        assert assembler.next() is None
        assembler.feed(b"x" * 100)
    assembler.feed(b")\r\n")

    response = assembler.next()

    assert response is not None
    assert response.literals == [b""]
    assert b"".join(written) == b"x" * 5000
    assert len(written) == 50


def test_literals_without_end_in_one_response_are_not_kept() -> None:
    """Each of them is small, all of them together are not."""
    octets = b"* LIST " + b"{10}\r\n0123456789 " * 60 + b"\r\n"

    [response] = responses(octets, [])

    assert response.is_cut
    assert sum(map(len, response.literals)) <= SMALL.literal_octets


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b" 1-Nov-2026 10:00:00 +0100", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        (b"31-Dec-2026 23:30:60 -0130", datetime(2027, 1, 1, 1, 0, 59, tzinfo=UTC)),
        (b"31-Feb-2026 23:30:00 +0000", None),
        (b"01-Xyz-2026 23:30:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +2359", None),
        (b"01-Jan-2026 00:00:00 +9999", None),
        (None, None),
        ([b"01-Jan-2026 00:00:00 +0000"], None),
    ],
)
def test_a_date_is_read_or_is_none(said: bytes | None, meant: datetime | None) -> None:
    """Dates that cannot be are none; zones are taken into account."""
    assert read_internal_date(said) == meant  # type: ignore[arg-type]


def _nested(depth: int) -> Iterator[bytes]:
    yield b"("
    yield b"(" * depth
    yield b")" * depth
    yield b")"


def test_lists_nest_as_deep_as_allowed() -> None:
    """What lies deeper is left out, what follows is not."""
    value = read_values(b"".join(_nested(5000)) + b" after", 0, [], 3)

    assert value == [[[[]]], b"after"]
