"""The decoders of DATA and BDAT against obvious references, on octets as dense with borders as an attacker's.

A trial makes up a message, cuts it anywhere, and compares what is stored, refused and given back. Pure but for chance.
"""

import itertools
import random

from receiver.smtp.chunks import ChunkDecoder
from receiver.smtp.data import DataDecoder
from receiver.smtp.text import DataFault, DataLimits

_PIECES = (
    *(b"\r\n", b"\r\n", b"\r\n", b".", b"\r\n.", b"\r\n..", b"\r\n.\r\n", b"\r", b"\n", b"\0"),
    *(b"a", b"bcdefgh", b"i" * 11, b"\xff", b".\r", b"\n."),
)
_SOUND = (b"\r\n", b"\r\n", b".", b"\r\n.", b"\r\n..", b"a", b"bcdefgh", b"\xff")


def trial(chance: random.Random) -> str:
    """One message through one decoder; words when it went wrong, with all that is needed to see it again."""
    octets = b"".join(chance.choices(chance.choice((_PIECES, _SOUND)), k=chance.choice((3, 8, 20, 60))))
    limits = DataLimits(chance.choice((60, 10_000)), chance.choice((12, 1000)))
    normalizes = chance.random() < 0.3
    check = chance.choice((_check_data, _check_chunks))
    return check(octets, limits, chance, normalizes=normalizes)


def _cut(octets: bytes, chance: random.Random) -> list[bytes]:
    places = sorted(chance.randint(0, len(octets)) for _ in range(chance.choice((0, 1, 3, 10, len(octets)))))
    return [octets[a:b] for a, b in itertools.pairwise([0, *places, len(octets)])]


def _faults_of(lines: list[bytes], stored_octets: int, limits: DataLimits) -> set[DataFault]:
    """By lines without their CRLF."""
    faults = set()
    if any(b"\r" in line or b"\n" in line for line in lines):
        faults.add(DataFault.BARE_NEWLINE)
    if any(b"\0" in line for line in lines):
        faults.add(DataFault.NUL)
    if any(len(line) > limits.line for line in lines):
        faults.add(DataFault.LINE_TOO_LONG)
    if stored_octets > limits.message:
        faults.add(DataFault.TOO_LARGE)
    return faults


def _mended(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _check_data(octets: bytes, limits: DataLimits, chance: random.Random, *, normalizes: bool) -> str:
    stream = b"\r\n" + octets + b"\r\n.\r\nQUIT\r\n"
    raw, _, behind = stream.partition(b"\r\n.\r\n")
    raw += b"\r\n"
    lines = (_mended(raw) if normalizes else raw).split(b"\r\n")[:-1]
    stored = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)
    written, rest, pieces = bytearray(), b"", _cut(stream, chance)
    decoder = DataDecoder(written.extend, limits, normalizes=normalizes)
    for piece in pieces:
        rest = rest + piece if decoder.is_finished else decoder.feed(piece)
    faults = _faults_of(lines, len(stored), limits)
    return _verdict(decoder, faults, (bytes(written), stored), (rest, behind), f"DATA {pieces} {limits} {normalizes}")


def _check_chunks(octets: bytes, limits: DataLimits, chance: random.Random, *, normalizes: bool) -> str:
    stored = _mended(octets) if normalizes else octets
    chunks, written, rests = _cut(octets, chance), bytearray(), list[bytes]()
    decoder = ChunkDecoder(written.extend, limits, normalizes=normalizes)
    for number, chunk in enumerate(chunks):
        decoder.begin(len(chunk), is_last=number == len(chunks) - 1)
        *pieces, last = _cut(chunk, chance)
        rests += [decoder.feed(piece) for piece in pieces]
        rests.append(decoder.feed(last + b"NOOP\r\n").removesuffix(b"NOOP\r\n"))
    # Announced octets count before they are mended, and before they come.
    faults = _faults_of(stored.split(b"\r\n"), max(len(stored), len(octets)), limits)
    behind = (b"".join(rests), b"")
    return _verdict(decoder, faults, (bytes(written), stored), behind, f"BDAT {chunks} {limits} {normalizes}")


def _verdict(
    decoder: DataDecoder | ChunkDecoder,
    faults: set[DataFault],
    text: tuple[bytes, bytes],
    behind: tuple[bytes, bytes],
    what: str,
) -> str:
    """Each pair is what came out and what should have."""
    if not decoder.is_finished or behind[0] != behind[1]:
        return f"the end was missed: {what}"
    if decoder.fault is not None if not faults else decoder.fault not in faults:
        return f"{decoder.fault} where {faults} was expected: {what}"
    if not faults and (text[0] != text[1] or decoder.size != len(text[1])):
        return f"stored {text[0]!r}: {what}"
    return ""
