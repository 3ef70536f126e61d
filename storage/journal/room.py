"""How much is waiting in the journal, and whether the disk could still take what that will become.

Doors ask before every message, so the answers are kept for a moment. Works while writers and reader run, takes no
lock, and may be a moment behind. Raises OSError when the folder cannot be read.
"""

import os
import re
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage.files import REAL, Files
from storage.journal.marks import ATTEMPTS_AT, Checkpoint, unpack_checkpoint
from storage.journal.segments import FIRST_RECORD, SegmentName, read_mark, segments_in

_FREE_SECONDS = 0.1
_BACKLOG_SECONDS = 0.25
# Looking at the backlog takes at most this share of a door's time, however many segments wait: what comes in between
# two looks is counted without looking, and what is settled is noticed a little later.
_LOOKING_SHARE = 0.02
# A settled message takes its octets again as a blob, and three quarters of them as decoded documents; rows and
# folders take the rest.
_SETTLED_GROWTH = 2
# Raw octets, two documents, and now and then a folder.
_SETTLED_FILES = 4
_RESERVE_FILES = 500
DAMAGED_FOLDER = "damaged"
# What else may stand in the folder is not ours: lost+found of a disk mounted here, a file system's .snapshot.
OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


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
    paths = (folder / name for name in files.names(folder) if OWNER.fullmatch(name) and name != DAMAGED_FOLDER)
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

    def __init__(self, files: Files, folder: Path, reserve_octets: int, shelves: Sequence[Path] = ()) -> None:
        """`reserve_octets` stay free beyond what the backlog needs, where the journal is and on the `shelves`.

        Shelves are the folders that settled mail goes to: they may be on other file systems than the journal.
        """
        self._files = files
        self._folder = folder
        self._shelves = tuple(shelves)
        self._reserve = reserve_octets
        self._lock = threading.Lock()
        self._free = self._free_files = 0
        self._free_until = 0.0
        self._needed = self._needed_files = 0
        self._needed_until = 0.0
        self._in_flight = self._octets_in_flight = 0  # submitted, and perhaps not in the backlog yet

    def has_room(self, octets: int) -> bool:
        """Whether `octets` more could come in and everything that waits still be settled."""
        now = time.monotonic()
        with self._lock:
            if now >= self._free_until:
                self._look_at_disks()
                self._free_until = now + _FREE_SECONDS
            if now >= self._needed_until:
                waiting = backlog(self._folder, self._files)
                self._needed = _SETTLED_GROWTH * (waiting.octets + self._octets_in_flight)
                self._needed_files = _SETTLED_FILES * (waiting.messages + self._in_flight)
                after = time.monotonic()
                self._needed_until = after + max(_BACKLOG_SECONDS, (after - now) / _LOOKING_SHARE)
            has_octets = self._free - self._needed - (1 + _SETTLED_GROWTH) * octets >= self._reserve
            return has_octets and self._free_files - self._needed_files >= _RESERVE_FILES

    def take(self, messages: int, octets: int) -> None:
        """Count messages that are being accepted: a burst within the moment of an answer must not outrun it."""
        with self._lock:
            self._in_flight += messages
            self._octets_in_flight += octets
            self._needed += _SETTLED_GROWTH * octets
            self._needed_files += _SETTLED_FILES * messages

    def hand_over(self, messages: int, octets: int) -> None:
        """Those messages are in the backlog now, or were refused."""
        with self._lock:
            self._in_flight -= messages
            self._octets_in_flight -= octets

    def _look_at_disks(self) -> None:
        self._free, self._free_files = self._files.free(self._folder), self._files.free_files(self._folder)
        for shelf in self._shelves:
            with suppress(FileNotFoundError):  # made with the first blob
                self._free = min(self._free, self._files.free(shelf))
                self._free_files = min(self._free_files, self._files.free_files(shelf))
