"""Two small files beside every segment: how far it is synced, and how far it is settled.

The mark is written by the segment's owner, after a sync: readers stop at it (law 2). The checkpoint is written by
the reader, after its caller's commit, in two slots by turns, so that a torn write leaves the one before. Neither
needs a sync of its own: what is lost in a power cut is an older value, and an older value only means more work.
Both carry a checksum that starts from the segment's seed. Octets that do not hold are as if never written.
"""

import struct
from typing import NamedTuple
from zlib import crc32

_FIELDS = struct.Struct("<QQQQ")
_CHECK = struct.Struct("<I")
STAMP_OCTETS = _FIELDS.size + _CHECK.size
SLOT_OCTETS = 64
# One octet for each record counts the attempts to settle it; they stand behind the two slots.
ATTEMPTS_AT = 4096
MOST_ATTEMPTS = 255


class Mark(NamedTuple):
    """Everything before `offset` is synced: `records` records, of `octets` message octets in all."""

    offset: int
    records: int
    octets: int
    is_sealed: bool  # nothing will be added any more


class Checkpoint(NamedTuple):
    """Everything before `offset` is settled; the same counts as in the mark."""

    offset: int
    records: int
    octets: int
    generation: int


def pack_mark(seed: bytes, mark: Mark) -> bytes:
    """Octets of a mark file."""
    return _pack(seed, (mark.offset, mark.records, mark.octets, int(mark.is_sealed)))


def unpack_mark(seed: bytes, octets: bytes) -> Mark | None:
    """The mark in these octets; None when they are torn or of another segment."""
    fields = _unpack(seed, octets)
    return Mark(fields[0], fields[1], fields[2], bool(fields[3])) if fields else None


def pack_checkpoint(seed: bytes, checkpoint: Checkpoint) -> tuple[bytes, int]:
    """Octets of a checkpoint, and the offset of the slot they belong in."""
    return _pack(seed, checkpoint), checkpoint.generation % 2 * SLOT_OCTETS


def unpack_checkpoint(seed: bytes, octets: bytes) -> Checkpoint | None:
    """The later of the checkpoints in the two slots that hold; None when neither does."""
    slots = (_unpack(seed, octets[at : at + STAMP_OCTETS]) for at in (0, SLOT_OCTETS))
    held = [Checkpoint(*fields) for fields in slots if fields]
    return max(held, key=lambda checkpoint: checkpoint.generation, default=None)


def _pack(seed: bytes, fields: tuple[int, int, int, int]) -> bytes:
    octets = _FIELDS.pack(*fields)
    return octets + _CHECK.pack(crc32(octets, crc32(seed)))


def _unpack(seed: bytes, octets: bytes) -> tuple[int, int, int, int] | None:
    if len(octets) < STAMP_OCTETS:
        return None
    (check,) = _CHECK.unpack_from(octets, _FIELDS.size)
    if check != crc32(octets[: _FIELDS.size], crc32(seed)):
        return None
    offset, records, total, extra = _FIELDS.unpack_from(octets)
    return offset, records, total, extra
