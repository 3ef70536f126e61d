"""Read Microsoft's compound file: a file system of storages and streams in one file.

Every chain ends: it is followed for no more sectors than the file has. Streams are read when asked for; whoever reads
pays first, for any number of streams may name the same sectors. Raises Damaged.
Standard: [MS-CFB] 2.2 (header), 2.3-2.4 (FAT, mini FAT), 2.6 (directory).
"""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from receiver.pipeline.packings.room import Damaged

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_ENTRIES = 20_000
_HEADER = struct.Struct("<30xHH14xI4xII4xI")
_ENTRY = struct.Struct("<64sHBxIII36xIQ")
_ENTRY_OCTETS = 128
_LAST = 0xFFFFFFFA  # this and above are marks: free, end of chain, FAT
_STORAGE, _STREAM, _ROOT = 1, 2, 5


@dataclass(slots=True)
class Stream:
    """A file in the file."""

    name: str
    start: int
    size: int


@dataclass(slots=True)
class Storage:
    """A folder in the file."""

    name: str
    streams: dict[str, Stream] = field(default_factory=dict)
    storages: list["Storage"] = field(default_factory=list)


class CompoundFile:
    """One file; `root` is its top folder."""

    def __init__(self, octets: bytes) -> None:
        if len(octets) < 512 or not octets.startswith(SIGNATURE):
            raise Damaged("compound file")
        self._octets = octets
        shift, mini_shift, first_directory, cutoff, first_mini, first_difat = _HEADER.unpack_from(octets)
        if shift not in {9, 12} or mini_shift != 6:
            raise Damaged("sector size")
        self._shift, self._mini_shift, self._cutoff = shift, mini_shift, min(cutoff, 1 << 20)
        self._sectors = len(octets) >> shift
        self._fat = self._read_fat(first_difat)
        self._mini_fat = _numbers(self._chain(first_mini, self._fat))
        self._mini = b""
        self.root = self._read_directory(first_directory)

    def read(self, stream: Stream) -> bytes:
        """The octets of a stream, as many as are there."""
        if stream.size >= self._cutoff:
            return self._chain(stream.start, self._fat, stream.size)
        return self._mini_chain(stream.start, stream.size)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        return self._octets[start : start + (1 << self._shift)]

    def _read_fat(self, first_difat: int) -> "array[int]":
        listed = list(_numbers(self._octets[76:512]))
        difat, seen = first_difat, 0
        while difat < _LAST and seen <= self._sectors:
            numbers = _numbers(self._sector(difat))
            if not numbers:
                break
            listed += numbers[:-1]
            difat, seen = numbers[-1], seen + 1
        enough = (4 * self._sectors >> self._shift) + 1  # a FAT that describes more than the file has describes nothing
        return _numbers(b"".join(self._sector(number) for number in listed[:enough] if number < _LAST))

    def _chain(self, start: int, table: "array[int]", size: int | None = None) -> bytes:
        """The sectors from `start` on, cut to `size`; what the file does not have is not there."""
        most = self._sectors if size is None else min(self._sectors, (size >> self._shift) + 1)
        pieces = [self._sector(number) for number in _walk(start, table, most)]
        return b"".join(pieces)[:size]

    def _mini_chain(self, start: int, size: int) -> bytes:
        width = 1 << self._mini_shift
        walked = _walk(start, self._mini_fat, (size >> self._mini_shift) + 1)
        return b"".join(self._mini[number * width : (number + 1) * width] for number in walked)[:size]

    def _read_directory(self, first: int) -> Storage:
        octets = self._chain(first, self._fat)[: MAX_ENTRIES * _ENTRY_OCTETS]
        entries = [_ENTRY.unpack_from(octets, at) for at in range(0, len(octets) - _ENTRY_OCTETS + 1, _ENTRY_OCTETS)]
        if not entries or entries[0][2] != _ROOT:
            raise Damaged("directory")
        *_, child, start, size = entries[0]
        self._mini = self._chain(start, self._fat, min(size, len(self._octets)))
        root = Storage("")
        # Each entry is visited once: a directory that loops is a directory without what comes round again.
        seen: set[int] = set()
        waiting = [(child, root)]
        while waiting:
            number, folder = waiting.pop()
            if number >= len(entries) or number in seen:
                continue
            seen.add(number)
            name, length, kind, left, right, child, start, size = entries[number]
            waiting += ((left, folder), (right, folder))
            size &= 0xFFFFFFFF  # version 3 writes what it likes into the upper half (2.6.1)
            text = name[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            if kind == _STREAM:
                folder.streams[text] = Stream(text, start, min(size, len(self._octets)))
            elif kind == _STORAGE:
                inner = Storage(text)
                folder.storages.append(inner)
                waiting.append((child, inner))
        return root


def _walk(start: int, table: "array[int]", most: int) -> Iterator[int]:
    number = start
    for _ in range(most):
        if number >= len(table):
            return
        yield number
        number = table[number]


def _numbers(octets: bytes) -> "array[int]":
    numbers = array("I")
    numbers.frombytes(octets[: len(octets) // 4 * 4])
    return numbers
