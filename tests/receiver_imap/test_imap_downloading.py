"""Whole messages from servers whose sizes are wrong, whose pieces are short, and that answer in their own way."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from receiver.imap.values import Limits, Whole
from tests.receiver_imap.scripted import LIMITS, Peer, Script, opened

MESSAGE = b"".join(b"%05d\r\n" % n for n in range(600))  # 4,200 octets
PIECE = 1000
SMALL = replace(LIMITS, piece_octets=PIECE, pieces_in_flight=3)
_ASKED = re.compile(rb"UID FETCH (\d+) \(UID BODY\.PEEK\[\]<(\d+)\.(\d+)>\)")


@dataclass(frozen=True)
class Asked:
    """One piece that a client asks for."""

    tag: bytes
    uid: int
    offset: int
    octets: int

    def done(self, status: bytes = b"OK done") -> bytes:
        """The tagged answer."""
        return self.tag + b" " + status + b"\r\n"


Answer = Callable[[Asked], bytes]


def fetch_line(uid: int, origin: bytes, octets: bytes) -> bytes:
    """A FETCH with a literal."""
    return b"* 1 FETCH (UID %d BODY[]%s {%d}\r\n%s)\r\n" % (uid, origin, len(octets), octets)


def exact(asked: Asked, message: bytes = MESSAGE) -> bytes:
    """What a server says that does all as it should."""
    piece = message[asked.offset : asked.offset + asked.octets]
    return fetch_line(asked.uid, b"<%d>" % asked.offset, piece) + asked.done()


def script_of(answer: Answer) -> Script:
    """A server that answers every piece that is asked for."""

    async def script(peer: Peer) -> None:
        while True:
            tag, command = await peer.hear()
            match = _ASKED.fullmatch(command)
            assert match is not None, command
            await peer.say(answer(Asked(tag, *map(int, match.groups()))))

    return script


def download(
    script: Script, *wanted: tuple[int, int], limits: Limits = SMALL
) -> tuple[list[Whole], dict[int, bytearray]]:
    """How the messages ended, and what was written of each."""
    kept: dict[int, bytearray] = {}

    async def run() -> list[Whole]:
        async with opened(script, limits) as session:
            return [each async for each in session.wholes(wanted, lambda uid: kept.setdefault(uid, bytearray()).extend)]

    return asyncio.run(asyncio.wait_for(run(), 60)), kept


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 4199, 4200, 4201, 5000, 9000, 1_000_000])
def test_the_message_ends_with_a_short_piece_whatever_its_size_was_said_to_be(size: int) -> None:
    """Exchange estimates: too small, too large, and none at all give the same message."""
    wholes, kept = download(script_of(exact), (5, size))

    assert wholes == [Whole(5, len(MESSAGE))]
    assert kept[5] == MESSAGE


@pytest.mark.parametrize("length", [0, 1, PIECE, 2 * PIECE, 3 * PIECE - 1])
@pytest.mark.parametrize("error", [-1, 0, 1])
def test_messages_that_end_with_a_piece_are_whole(length: int, error: int) -> None:
    """The end of a message falls anywhere."""
    message = MESSAGE[:length]

    wholes, kept = download(script_of(lambda asked: exact(asked, message)), (5, max(0, length + error)))

    if length == 0 and error == 1:
        assert wholes == [Whole(5, 0, "refused")]
    else:
        assert wholes == [Whole(5, length)]
        assert kept[5] == message


def test_many_messages_are_asked_for_at_a_time() -> None:
    """Small ones do not wait for each other's round trips: several are asked for before the first is answered."""
    asked_first: list[int] = []

    async def script(peer: Peer) -> None:
        heard = [await peer.hear() for _ in range(3)]
        asked_first.extend(int(command.split()[2]) for _, command in heard)
        for tag, command in heard:
            await peer.say(fetch_line(int(command.split()[2]), b"<0>", b"x" * 10) + tag + b" OK done\r\n")

    wholes, _ = download(script, (1, 10), (2, 10), (3, 10), limits=LIMITS)

    assert asked_first == [1, 2, 3]
    assert [each.uid for each in wholes] == [1, 2, 3]


def test_a_server_that_gives_less_than_asked_cannot_make_half_a_message() -> None:
    """Pieces of 300 octets for 1,000 asked: taken one after the other, to the end."""

    def capped(asked: Asked) -> bytes:
        return exact(replace(asked, octets=300))

    wholes, kept = download(script_of(capped), (5, len(MESSAGE)))

    assert wholes == [Whole(5, len(MESSAGE))]
    assert kept[5] == MESSAGE


def test_a_server_that_knows_no_partial_fetch_sends_all_of_it() -> None:
    """It says so by leaving out the origin; what it sends again for the next pieces is not written."""
    wholes, kept = download(
        script_of(lambda asked: fetch_line(5, b"", MESSAGE) + asked.done()), (5, len(MESSAGE)), (6, 10)
    )

    assert wholes[0] == Whole(5, len(MESSAGE))
    assert kept[5] == MESSAGE


def test_the_uid_may_stand_behind_the_octets() -> None:
    """Order among data items is free."""

    def late(asked: Asked) -> bytes:
        piece = MESSAGE[asked.offset : asked.offset + asked.octets]
        return b"* 1 FETCH (BODY[]<%d> {%d}\r\n%s UID 5)\r\n" % (asked.offset, len(piece), piece) + asked.done()

    wholes, kept = download(script_of(late), (5, len(MESSAGE)))

    assert wholes == [Whole(5, len(MESSAGE))]
    assert kept[5] == MESSAGE


def test_pieces_may_come_in_any_order() -> None:
    """RFC 9051 5.5: commands that do not depend on each other may be answered in another order."""

    async def script(peer: Peer) -> None:
        heard = [await peer.hear() for _ in range(3)]
        for tag, command in reversed(heard):
            match = _ASKED.fullmatch(command)
            assert match is not None
            await peer.say(exact(Asked(tag, *map(int, match.groups())), MESSAGE[:2500]))

    wholes, kept = download(script, (5, 2500), limits=replace(SMALL, pieces_in_flight=6))

    assert wholes == [Whole(5, 2500)]
    assert kept[5] == MESSAGE[:2500]


def test_a_piece_may_be_a_quoted_string() -> None:
    """As some servers send what is short."""
    wholes, kept = download(
        script_of(lambda asked: b'* 1 FETCH (UID 5 BODY[]<0> "a \\"b\\"")\r\n' + asked.done()), (5, 5)
    )

    assert (wholes, kept[5]) == ([Whole(5, 5)], b'a "b"')


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (b"OK done", "gone"),
        (b"NO [EXPUNGEISSUED] gone", "gone"),
        (b"NO cannot read it", "refused"),
        (b"BAD what", "refused"),
    ],
)
def test_one_message_that_does_not_come_leaves_the_others_alone(said: bytes, state: str) -> None:
    """Law 11: one UID that the server cannot deliver blocks nothing."""

    def answer(asked: Asked) -> bytes:
        return asked.done(said) if asked.uid == 6 else exact(asked)

    wholes, kept = download(script_of(answer), (5, 4200), (6, 4200), (7, 4200))

    assert {each.uid: each.state for each in wholes} == {5: "complete", 6: state, 7: "complete"}
    assert kept == {5: MESSAGE, 7: MESSAGE}


@pytest.mark.parametrize(
    ("before", "status", "state"),
    [
        (b"* 1 EXPUNGE\r\n", b"OK done", "gone"),
        (b"", b"NO [EXPUNGEISSUED] gone", "gone"),
        (b"", b"NO cannot read on", "refused"),
        (b"", b"OK done", "refused"),
    ],
)
def test_a_message_that_ends_in_its_middle_is_not_taken_for_whole(before: bytes, status: bytes, state: str) -> None:
    """Expunged, or broken, after its first pieces."""

    def answer(asked: Asked) -> bytes:
        return exact(asked) if asked.offset < 2000 else before + asked.done(status)

    wholes, _ = download(script_of(answer), (5, 4200))

    assert [(each.uid, each.state) for each in wholes] == [(5, state)]


def test_more_than_was_asked_for_is_refused_and_not_kept() -> None:
    """A piece that is larger than asked is a lie."""

    def too_much(asked: Asked) -> bytes:
        if asked.uid == 6:
            return exact(asked)
        return fetch_line(5, b"<%d>" % asked.offset, b"x" * 5000) + asked.done()

    wholes, kept = download(script_of(too_much), (5, 900), (6, 4200), limits=replace(SMALL, literal_octets=2000))

    assert {each.uid: each.state for each in wholes} == {5: "refused", 6: "complete"}
    assert 5 not in kept


def test_what_the_writer_raises_comes_out() -> None:
    """A full disk is not the server's fault."""

    async def run() -> None:
        async with opened(script_of(exact), SMALL) as session:
            await session.whole(5, _full)

    with pytest.raises(OSError, match="full"):
        asyncio.run(run())


def test_a_download_left_in_its_middle_leaves_the_session_usable() -> None:
    """What is still on the way is read over."""

    async def run() -> tuple[int, bytes]:
        async with opened(script_of(exact), SMALL) as session:
            wholes = session.wholes([(5, 4200), (6, 4200), (7, 4200)], lambda _: bytes)
            async for _ in wholes:
                break
            await wholes.aclose()  # type: ignore[attr-defined]
            kept = bytearray()
            return await session.whole(8, kept.extend, 4200), bytes(kept)

    assert asyncio.run(run()) == (len(MESSAGE), MESSAGE)


def _full(_: bytes) -> Awaitable[None]:
    raise OSError("disk is full")
