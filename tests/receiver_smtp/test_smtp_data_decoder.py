"""The DATA decoder against an obvious reference, however the octets are cut."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.smtp.data import DataDecoder
from receiver.smtp.text import DataFault, DataLimits

# The same without anything to refuse: what the decoder must get right to the octet.
SOUND_OCTETS = st.lists(st.sampled_from([b"\r\n", b".", b"\r\n.", b"a", b"bc"]), max_size=14).map(b"".join)
LIMITS = DataLimits(message=60, line=12)
# Line ends, dots and their neighbours, as dense as an attacker would have them.
OCTETS = st.lists(
    st.sampled_from([b"\r\n", b"\r\n", b".", b"\r", b"\n", b"\r\n.", b"\r\n..", b"\0", b"a", b"bcdefgh", b"\r\n.\r\n"])
).map(b"".join)


def reference(octets):
    """(stored octets, faults, what stands behind the end), or None while the end is missing; line by line."""
    if octets.startswith(b".\r\n"):
        raw, rest = b"", octets[3:]
    elif b"\r\n.\r\n" in octets:
        head, _, rest = octets.partition(b"\r\n.\r\n")
        raw = head + b"\r\n"
    else:
        return None
    lines = raw.split(b"\r\n")[:-1]
    faults = set()
    if any(b"\r" in line or b"\n" in line for line in lines):
        faults.add(DataFault.BARE_NEWLINE)
    if b"\0" in raw:
        faults.add(DataFault.NUL)
    if any(len(line) > LIMITS.line for line in lines):
        faults.add(DataFault.LINE_TOO_LONG)
    stored = b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n" for line in lines)
    if len(stored) > LIMITS.message:
        faults.add(DataFault.TOO_LARGE)
    return stored, faults, rest


def decode(chunks, limits=LIMITS):
    """What the decoder makes of the chunks; what came after the end is put together again."""
    written = bytearray()
    decoder = DataDecoder(written.extend, limits)
    rest = b""
    for chunk in chunks:
        if decoder.is_finished:
            rest += chunk
        else:
            rest = decoder.feed(chunk)
    return decoder, bytes(written), rest


def cut(octets, places):
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[a:b] for a, b in itertools.pairwise(edges)]


@settings(max_examples=500, deadline=None)
@given(OCTETS, st.lists(st.integers(0, 200), max_size=8))
def test_decodes_like_the_reference(octets, places):
    """Wherever the stream is cut, end, rest, stored octets and the presence of a fault are those of the reference."""
    expected = reference(octets)
    decoder, written, rest = decode(cut(octets, places))
    assert decoder.is_finished == (expected is not None)
    if expected is None:
        return
    stored, faults, behind = expected
    assert rest == behind
    assert (decoder.fault in faults) if faults else (decoder.fault is None)
    if not faults:
        assert written == stored
        assert decoder.size == len(stored)


@settings(max_examples=500, deadline=None)
@given(SOUND_OCTETS, st.lists(st.integers(0, 60), max_size=8))
def test_decodes_sound_messages_to_the_octet(octets, places):
    """Dots at any place of a line, and cuts at any place of the stream, change nothing."""
    stream = octets + b"\r\n.\r\nQUIT\r\n"
    decoder, written, rest = decode(cut(stream, places), DataLimits(1000, 1000))
    stored, _, behind = reference(stream)
    assert (decoder.fault, written, rest) == (None, stored, behind)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from([b"\r\n", b"a.", b"bcdef", b"ghijklmno"])).map(b"".join), st.lists(st.integers(0, 60)))
def test_measures_lines_and_size_like_the_reference(octets, places):
    """Only lines and size are at fault here: the verdict is the reference's, wherever the stream is cut."""
    stream = octets + b"\r\n.\r\n"
    decoder, _, _ = decode(cut(stream, places))
    _, faults, _ = reference(stream)
    assert (decoder.fault in faults) if faults else (decoder.fault is None)


@settings(max_examples=100, deadline=None)
@given(OCTETS)
def test_decodes_octet_by_octet(octets):
    """One octet at a time gives the same end as all at once."""
    whole, _, rest_of_whole = decode([octets])
    single, _, rest_of_single = decode([octets[i : i + 1] for i in range(len(octets))])
    assert (single.is_finished, rest_of_single, single.fault is None) == (
        whole.is_finished,
        rest_of_whole,
        whole.fault is None,
    )


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=5))
def test_gives_back_what_a_client_stuffed(octets, places):
    """Any text with CRLF line ends comes out as it went in."""
    text = octets.translate(None, b"\r\n\0").replace(b"a", b"\r\n").replace(b"b", b"\r\n.") + b"\r\n"
    stuffed = text.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    _, written, _ = decode(cut(stuffed + b".\r\n", places), DataLimits(10_000, 10_000))
    assert written == text


def test_holds_back_two_octets_at_most():
    """Memory stays flat: whatever is not the beginning of an ending is passed on at once."""
    written = bytearray()
    decoder = DataDecoder(written.extend, DataLimits(1 << 20, 1 << 20))
    fed = 0
    for chunk in (b"abc", b"\r", b"\n", b".", b"\r", b"x", b"\r\n", b"..", b"y" * 1000):
        decoder.feed(chunk)
        fed += len(chunk)
        assert decoder.fault is not None or fed - len(written) <= 2 + 1  # one stuffed dot goes missing on purpose


def test_long_line_within_one_chunk_is_found():
    """A line over the limit is found between shorter ones of the same chunk."""
    text = b"short\r\n" * 50 + b"x" * 13 + b"\r\n" + b"short\r\n" * 50
    decoder, _, _ = decode([text + b".\r\n"], DataLimits(10_000, 12))
    assert decoder.fault is DataFault.LINE_TOO_LONG


def test_line_of_exactly_the_limit_is_taken():
    """The limit counts octets without CRLF, also when the line comes in two chunks."""
    decoder, written, _ = decode([b"abcdef", b"ghijkl\r", b"\n.\r\n"])
    assert decoder.fault is None
    assert written == b"abcdefghijkl\r\n"


def test_nothing_is_written_after_a_fault():
    """A message that cannot be taken is read to its end and no longer passed on."""
    decoder, written, rest = decode([b"a\r\n", b"b\nc\r\n", b"d\r\n.\r\nNEXT"])
    assert (decoder.fault, written, rest) == (DataFault.BARE_NEWLINE, b"a\r\n", b"NEXT")


def test_message_of_exactly_the_limit_is_taken():
    """RFC 1870: stuffed dots and the final one do not count."""
    assert decode([b"..34567\r\n" * 7 + b"x\r\n.\r\n"], DataLimits(59, 12))[0].fault is None
    assert decode([b"..34567\r\n" * 7 + b"xy\r\n.\r\n"], DataLimits(59, 12))[0].fault is DataFault.TOO_LARGE


@settings(max_examples=500, deadline=None)
@given(OCTETS, st.lists(st.integers(0, 200), max_size=8))
def test_normalises_like_the_reference(octets, places):
    """Only CRLF.CRLF as it came ends the message; within it every CR, LF and CRLF ends a line."""
    octets = octets.replace(b"\0", b"")
    written = bytearray()
    decoder = DataDecoder(written.extend, DataLimits(10_000, 10_000), normalizes=True)
    rest = b""
    for chunk in cut(octets, places):
        rest = rest + chunk if decoder.is_finished else decoder.feed(chunk)
    expected = reference(octets)
    assert decoder.is_finished == (expected is not None)
    if expected is None:
        return
    raw = octets[: len(octets) - len(expected[2]) - 3]
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:-1]
    stored = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)
    assert (decoder.fault, bytes(written), rest) == (None, stored, expected[2])
    assert decoder.text.is_normalized == (len(lines) != raw.count(b"\r\n"))


def test_normalising_ends_at_the_true_end_only():
    """What would end a message for a careless reader is text here too (SMTP smuggling)."""
    for false_end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r"):
        written = bytearray()
        decoder = DataDecoder(written.extend, DataLimits(1000, 1000), normalizes=True)
        for octet in b"a" + false_end + b"MAIL FROM:<x@example>\r\n":
            assert decoder.feed(bytes([octet])) == b""
        assert not decoder.is_finished
        assert decoder.feed(b".\r\nQUIT") == b"QUIT"
        assert b"MAIL FROM:<x@example>\r\n" in written


def test_normalising_leaves_nul_and_limits_alone():
    """Line ends are all that is mended."""
    for octets, fault in (
        (b"a\nb\0c\r\n.\r\n", DataFault.NUL),
        (b"a\n" + b"x" * 13 + b"\n\r\n.\r\n", DataFault.LINE_TOO_LONG),
        (b"\n" * 31 + b"\r\n.\r\n", DataFault.TOO_LARGE),
    ):
        decoder = DataDecoder(bytearray().extend, LIMITS, normalizes=True)
        decoder.feed(octets)
        assert decoder.fault is fault
