"""How much is waiting in the journal, and whether the disk could still take what that will become.

Doors ask before every message, so the answers are kept for a moment. Works while writers and reader run, takes no
lock, and may be a moment behind. Raises OSError when the folder cannot be read.
"""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from storage.files import REAL, Files
from storage.journal.marks import ATTEMPTS_AT, Checkpoint, unpack_checkpoint
from storage.journal.segments import FIRST_RECORD, SegmentName, read_mark, segments_in

_FREE_SECONDS = 0.1
_BACKLOG_SECONDS = 0.25
# A settled message takes its octets again as a blob, and three quarters of them as decoded documents; rows and
# folders take the rest.
_SETTLED_GROWTH = 2
DAMAGED_FOLDER = "damaged"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is accepted and not yet settled."""

    messages: int
    octets: int


def backlog(folder: Path, files: Files = REAL) -> Backlog:
    """Count what waits below `folder`, over all owners: from marks and checkpoints, without reading mail."""
    messages = octets = 0
    for owner in owners_in(files, folder):
        for segment in segments_in(files, owner):
            mark = read_mark(files, segment)
            settled = read_checkpoint(files, segment)
            if mark is not None and settled.offset < mark.offset:
                messages += max(0, mark.records - settled.records)
                octets += max(0, mark.octets - settled.octets)
    return Backlog(messages, octets)


def owners_in(files: Files, folder: Path) -> list[Path]:
    """The owners' folders of a journal."""
    paths = (folder / name for name in files.names(folder) if name != DAMAGED_FOLDER)
    return [path for path in paths if path.is_dir()]


def read_checkpoint(files: Files, segment: SegmentName) -> Checkpoint:
    """How far a segment is settled; its beginning when nothing is, or when the checkpoint does not hold."""
    start = Checkpoint(FIRST_RECORD, 0, 0, 0)
    try:
        fd = files.open(segment.checkpoint, os.O_RDONLY)
    except FileNotFoundError:
        return start
    try:
        return unpack_checkpoint(segment.seed, files.read_at(fd, ATTEMPTS_AT, 0)) or start
    finally:
        files.close(fd)


class Room:
    """The reserve of law 6, asked from any thread."""

    def __init__(self, files: Files, folder: Path, reserve_octets: int) -> None:
        """`reserve_octets` stay free beyond what the backlog needs."""
        self._files = files
        self._folder = folder
        self._reserve = reserve_octets
        self._lock = threading.Lock()
        self._free = 0
        self._free_until = 0.0
        self._needed = 0
        self._needed_until = 0.0
        self._in_flight = 0  # submitted, and perhaps not in the backlog yet

    def has_room(self, octets: int) -> bool:
        """Whether `octets` more could come in and everything that waits still be settled."""
        now = time.monotonic()
        with self._lock:
            if now >= self._free_until:
                self._free = self._files.free(self._folder)
                self._free_until = now + _FREE_SECONDS
            if now >= self._needed_until:
                waiting = backlog(self._folder, self._files).octets + self._in_flight
                self._needed = _SETTLED_GROWTH * waiting
                self._needed_until = now + _BACKLOG_SECONDS
            return self._free - self._needed - (1 + _SETTLED_GROWTH) * octets >= self._reserve

    def take(self, octets: int) -> None:
        """Count a message that is being accepted: a burst within the moment of an answer must not outrun it."""
        with self._lock:
            self._in_flight += octets
            self._needed += _SETTLED_GROWTH * octets

    def hand_over(self, octets: int) -> None:
        """That message is in the backlog now, or was refused."""
        with self._lock:
            self._in_flight -= octets
