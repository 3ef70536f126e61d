"""How one record stands in a segment: a head with lengths and checksums, the envelope, then the message's octets.

The head's checksum starts from the segment's random seed and the record's sequence, and covers the checksums of
envelope and message: whatever an earlier segment left on the same blocks never passes for a record (law 2).
A large message is not in the record: the head names its file by a token.

Pure: reads through a callable, writes nothing. Damage is an answer here, not an exception.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

MAGIC = b"\xf5PbJ"
NO_TOKEN = bytes(16)
# magic, envelope octets, message octets, sequence, token of the large file, CRC of envelope, CRC of message
_HEAD = struct.Struct("<4sIQQ16sII")
_CHECK = struct.Struct("<I")
HEAD_OCTETS = _HEAD.size + _CHECK.size
_SEARCH_OCTETS = 1024 * 1024

# (octets wanted, offset) -> what is there, shorter at the end of the file
ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Frame:
    """A record whose head holds; its content is checked by `content`."""

    start: int
    envelope_octets: int
    message_octets: int
    sequence: int
    token: bytes
    envelope_crc: int
    message_crc: int

    @property
    def is_large(self) -> bool:
        """Whether the message is in a file of its own."""
        return self.token != NO_TOKEN

    @property
    def end(self) -> int:
        """Where the next record starts."""
        inline = 0 if self.is_large else self.message_octets
        return self.start + HEAD_OCTETS + self.envelope_octets + inline

    @property
    def next_sequence(self) -> int:
        """The sequence of the record behind this one."""
        return self.sequence + 1


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch that holds no readable record; how many it held is known by the sequence behind it."""

    start: int
    end: int
    next_sequence: int


def encode_head(
    seed: bytes, sequence: int, envelope: bytes, message: tuple[int, int], token: bytes = NO_TOKEN
) -> bytes:
    """Head and envelope of a record; `message` is (octets, CRC-32) and follows in the file unless a token is given."""
    octets, crc = message
    head = _HEAD.pack(MAGIC, len(envelope), octets, sequence, token, crc32(envelope), crc)
    return head + _CHECK.pack(_check(seed, sequence, head)) + envelope


def decode_head(octets: bytes, seed: bytes, start: int) -> Frame | None:
    """The frame whose head these octets begin with, or None when they are no head of this segment."""
    if len(octets) < HEAD_OCTETS or not octets.startswith(MAGIC):
        return None
    _, envelope_octets, message_octets, sequence, token, envelope_crc, message_crc = _HEAD.unpack_from(octets)
    (check,) = _CHECK.unpack_from(octets, _HEAD.size)
    if check != _check(seed, sequence, octets[: _HEAD.size]):
        return None
    return Frame(start, envelope_octets, message_octets, sequence, token, envelope_crc, message_crc)


def content(frame: Frame, read_at: ReadAt) -> tuple[bytes, bytes | None] | None:
    """Envelope and message (None when it is large) of a frame, or None when either is not what was written."""
    envelope_at = frame.start + HEAD_OCTETS
    envelope = read_at(frame.envelope_octets, envelope_at)
    if len(envelope) < frame.envelope_octets or crc32(envelope) != frame.envelope_crc:
        return None
    if frame.is_large:
        return envelope, None
    message = read_at(frame.message_octets, envelope_at + frame.envelope_octets)
    if len(message) < frame.message_octets or crc32(message) != frame.message_crc:
        return None
    return envelope, message


def next_frame(read_at: ReadAt, seed: bytes, start: int, end: int, sequence: int) -> Frame | Damage | None:
    """What stands at `start`: the frame with that sequence, or a stretch of damage up to the next frame or the end."""
    if start >= end:
        return None
    frame = decode_head(read_at(HEAD_OCTETS, start), seed, start)
    if frame is not None and frame.sequence == sequence and frame.end <= end:
        return frame
    behind = _find_frame(read_at, seed, start + 1, end, sequence)
    return Damage(start, behind.start, behind.sequence) if behind else Damage(start, end, sequence)


def walk(read_at: ReadAt, seed: bytes, start: int, end: int, sequence: int) -> Iterator[Frame | Damage]:
    """Every frame and every stretch of damage from `start` to `end`; heads are checked, contents are not."""
    while (found := next_frame(read_at, seed, start, end, sequence)) is not None:
        yield found
        start, sequence = found.end, found.next_sequence


def _find_frame(read_at: ReadAt, seed: bytes, start: int, end: int, sequence: int) -> Frame | None:
    while end - start >= HEAD_OCTETS:
        chunk = read_at(min(_SEARCH_OCTETS, end - start), start)
        at = chunk.find(MAGIC)
        while at >= 0:
            frame = decode_head(read_at(HEAD_OCTETS, start + at), seed, start + at)
            if frame is not None and frame.sequence >= sequence and frame.end <= end:
                return frame
            at = chunk.find(MAGIC, at + 1)
        if len(chunk) < HEAD_OCTETS:
            break
        # The next chunk starts where a magic could have been cut in two.
        start += len(chunk) - (len(MAGIC) - 1)
    return None


def _check(seed: bytes, sequence: int, head: bytes) -> int:
    return crc32(head, crc32(sequence.to_bytes(8, "little"), crc32(seed)))
