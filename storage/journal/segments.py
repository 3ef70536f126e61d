"""A segment: one preallocated file of records, its mark and its checkpoint, and the names of all three.

A name is an order and a random seed: `00…17632-9f….segment`. The seed is in the header too, but a header that rots
must not cost the records behind it. A segment is written by one process, once, and never opened again for writing
records: every start, and every failed sync, makes a new one (law 2).

Raises OSError; what it means for those who wait is decided in `commit`.
"""

import os
import secrets
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import ENOENT
from functools import partial
from pathlib import Path
from zlib import crc32

from storage.files import Files, Octets
from storage.journal.clearing import ClearGround
from storage.journal.frames import ReadAt, encode_head
from storage.journal.marks import STAMP_OCTETS, Mark, pack_mark, unpack_mark
from storage.journal.sinks import Sink

# Records start on a block of their own.
FIRST_RECORD = 4096
LARGE_FOLDER = "large"
_HEADER = struct.Struct("<8s16sQ")
_MAGIC = b"postbusJ"
_SUFFIX = ".segment"


@dataclass(frozen=True, slots=True, order=True)
class SegmentName:
    """Which segment, in which owner's folder; sorts in the order of making."""

    number: int
    seed: bytes
    folder: Path

    @property
    def stem(self) -> str:
        """The part that all three files share."""
        return f"{self.number:020d}-{self.seed.hex()}"

    @property
    def records(self) -> Path:
        """The file of records."""
        return self.folder / f"{self.stem}{_SUFFIX}"

    @property
    def mark(self) -> Path:
        """The owner's file: how far it is synced."""
        return self.folder / f"{self.stem}.mark"

    @property
    def checkpoint(self) -> Path:
        """The reader's file: how far it is settled, and the attempts."""
        return self.folder / f"{self.stem}.checkpoint"

    def large(self, token: bytes) -> Path:
        """The file of a large message."""
        return large_path(self.folder, token)


def large_path(folder: Path, token: bytes) -> Path:
    """Where an owner's large message is."""
    return folder / LARGE_FOLDER / f"{token.hex()}.eml"


def segments_in(files: Files, folder: Path) -> list[SegmentName]:
    """The segments of one owner's folder, oldest first; other files are passed over."""
    found = (_parse(folder, name) for name in files.names(folder) if name.endswith(_SUFFIX))
    return [segment for segment in found if segment]


def _parse(folder: Path, name: str) -> SegmentName | None:
    number, _, seed = name.removesuffix(_SUFFIX).partition("-")
    try:
        segment = SegmentName(int(number), bytes.fromhex(seed), folder)
    except ValueError:
        return None
    return segment if segment.records.name == name else None


def reads(files: Files, fd: int) -> ReadAt:
    """The reading side of a descriptor, as framing wants it."""
    return partial(files.read_at, fd)


def read_mark(files: Files, segment: SegmentName) -> Mark | None:
    """The mark of a segment; None when there is none that holds."""
    try:
        fd = files.open(segment.mark, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return unpack_mark(segment.seed, files.read_at(fd, STAMP_OCTETS, 0))
    finally:
        files.close(fd)


def write_mark(files: Files, segment: SegmentName, mark: Mark) -> None:
    """Set the mark of a segment that is not open."""
    fd = files.open(segment.mark, os.O_RDWR | os.O_CREAT)
    try:
        files.write_at(fd, [pack_mark(segment.seed, mark)], 0)
    finally:
        files.close(fd)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to become a record: the envelope's octets, and the sink that holds the message."""

    envelope: bytes
    sink: Sink

    @property
    def octets(self) -> int:
        """How much of a segment it uses up. A large file counts too: it goes when its segment goes."""
        return len(self.envelope) + self.sink.size + 64


class SegmentWriter:
    """The one writer of one segment. Not for several threads at once."""

    def __init__(self, files: Files, folder: Path, number: int, octets: int) -> None:
        """Make the three names durable and the room certain; raises OSError and leaves nothing when it cannot."""
        self.name = SegmentName(number, secrets.token_bytes(16), folder)
        self._files = files
        self._octets = octets
        self._used = FIRST_RECORD
        self._record_octets = 0  # of the last batch, on average
        self._mark = Mark(FIRST_RECORD, 0, 0, is_sealed=False)
        self._ground = ClearGround(files, self.name.records, FIRST_RECORD, octets)
        self._mark_fd = files.open(self.name.mark, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            self._fd = self._make()
        except OSError:
            files.close(self._mark_fd)
            files.unlink(self.name.mark)
            raise

    def fits(self, octets: int) -> bool:
        """Whether a record of this size still goes in; an empty segment takes whatever comes."""
        return self._mark.records == 0 or self._used + octets <= self._octets

    def append(self, entries: Sequence[Entry]) -> None:
        """Write records with one system call, sync once, move the mark once. After OSError: `abandon`."""
        buffers: list[Octets] = []
        sequence, octets = self._mark.records, self._mark.octets
        for entry in entries:
            sink = entry.sink
            buffers.append(encode_head(self.name.seed, sequence, entry.envelope, (sink.size, sink.crc), sink.token))
            if not sink.is_large:
                buffers.append(sink.memory)
            sequence, octets = sequence + 1, octets + sink.size
        offset = self._mark.offset
        end = offset + sum(map(len, buffers))
        self._ground.enter(end)
        self._files.write_at(self._fd, buffers, offset)
        self._files.sync_data(self._fd)
        # Somebody may have removed the data folder, or put another in its place: what is synced here nobody will find.
        if not self._files.has_name(self._fd):
            raise FileNotFoundError(ENOENT, "the segment was taken away")
        self._used += sum(entry.octets for entry in entries)
        self._set_mark(Mark(end, sequence, octets, is_sealed=False))
        self._record_octets = (end - offset) // len(entries)

    def work_ahead(self) -> None:
        """Make ready where the next records will stand; for when those that wait have been answered."""
        self._ground.work_ahead(self._record_octets)

    def seal(self) -> None:
        """Nothing more will be added: the reader may delete it once it is settled."""
        self._ground.close()
        with suppress(OSError):
            # Large messages fill a segment with few octets of its own: what was kept free for more goes back.
            self._files.truncate(self._fd, self._mark.offset)
        try:
            self._set_mark(self._mark._replace(is_sealed=True))
        finally:
            self._close()

    def abandon(self) -> None:
        """After a failed write or sync: what is behind the mark was never accepted, and is never synced again.

        Raises nothing: readers stop at the mark in any case, and the next recovery does what could not be done here.
        """
        self._ground.close()
        with suppress(OSError):
            self._set_mark(self._mark._replace(is_sealed=True))
        with suppress(OSError):
            # Else a recovery that has lost the mark would take half a batch for mail that was accepted.
            self._files.truncate(self._fd, self._mark.offset)
        self._close()

    def _make(self) -> int:
        fd = self._files.open(self.name.records, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            self._files.allocate(fd, self._octets)
            header = _HEADER.pack(_MAGIC, self.name.seed, self.name.number)
            self._files.write_at(fd, [header, crc32(header).to_bytes(4, "little")], 0)
            self._ground.begin(fd)
            # The allocation is committed now, so that the syncs that follow have data alone to write.
            self._files.sync(fd)
            self._set_mark(self._mark)
            self._files.sync_folder(self.name.folder)
        except OSError:
            self._files.close(fd)
            self._files.unlink(self.name.records)
            raise
        return fd

    def _set_mark(self, mark: Mark) -> None:
        self._files.write_at(self._mark_fd, [pack_mark(self.name.seed, mark)], 0)
        self._mark = mark

    def _close(self) -> None:
        self._files.close(self._fd)
        self._files.close(self._mark_fd)
