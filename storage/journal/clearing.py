"""Blocks of a segment that hold zeros before a record reaches them.

A block that is preallocated and was never written is marked so; its first write changes that mark, and the sync behind
it waits for the file system to commit the change, with all that other processes have changed. Blocks that hold zeros
are overwritten in place: docs/decisions.md has the figures. So they are written ahead of the records, and synced, in
a thread and through a descriptor of their own: a failed sync is told once to each open file, and the writer must not
miss it (law 1). Never touches a block that a record has reached. Who loses the race loses time and nothing else.
Raises nothing: what cannot be cleared is written for the first time by its record.
"""

import os
import threading
from pathlib import Path

from storage.files import Files

_BLOCK = 4096
_PIECE = bytes(256 * 1024)
AHEAD_OCTETS = 2 * 1024**2
_STRIDE = 4 * 1024**2
# Records above this spend their time on their own octets; writing each twice would cost them more than it gives.
_LARGEST_RECORD = 64 * 1024


class ClearGround:
    """What is cleared of one segment. `enter`, `work_ahead` and `close` are called by its one writer."""

    def __init__(self, files: Files, path: Path, start: int, end: int) -> None:
        """Records start at `start`; `end` is the end of what was preallocated."""
        self._files = files
        self._path = path
        self._end = end
        self._reached = start  # by records
        self._cleared = start
        self._clearing_from: int | None = None  # where the thread is at work, if it is
        self._is_over = False
        self._changed = threading.Condition()

    def begin(self, fd: int) -> None:
        """Clear the first stretch; the caller syncs it. Raises OSError."""
        self._cleared = min(self._end, AHEAD_OCTETS)
        self._write(fd, self._reached, self._cleared)

    def enter(self, end: int) -> None:
        """Records are about to be written up to `end`."""
        with self._changed:
            while self._clearing_from is not None and end > self._clearing_from:
                self._changed.wait()
            self._reached = end

    def work_ahead(self, record_octets: int) -> None:
        """Clear the next stretch, when little is left for records of about this size."""
        with self._changed:
            start = -(-max(self._cleared, self._reached) // _BLOCK) * _BLOCK
            stop = min(start + _STRIDE, self._end)
            is_near = start - self._reached < AHEAD_OCTETS and record_octets <= _LARGEST_RECORD
            if self._is_over or self._clearing_from is not None or not is_near or stop <= start:
                return
            self._clearing_from = start
        worker = threading.Thread(target=self._clear, args=(start, stop), name="journal-clear", daemon=True)
        try:
            worker.start()
        except RuntimeError:  # the system has no thread left
            self._finish(None)

    def close(self) -> None:
        """Nothing is cleared any more when this returns."""
        with self._changed:
            self._is_over = True
            while self._clearing_from is not None:
                self._changed.wait()

    def _clear(self, start: int, stop: int) -> None:
        cleared = None
        try:
            fd = self._files.open(self._path, os.O_WRONLY)
            try:
                self._write(fd, start, stop)
                self._files.sync_data(fd)
                cleared = stop
            finally:
                self._files.close(fd)
        except OSError:
            pass  # the writer meets the same disk, and says so
        finally:
            self._finish(cleared)

    def _finish(self, cleared: int | None) -> None:
        with self._changed:
            self._clearing_from = None
            if cleared is None:
                self._is_over = True
            else:
                self._cleared = cleared
            self._changed.notify_all()

    def _write(self, fd: int, start: int, stop: int) -> None:
        while start < stop:
            octets = min(len(_PIECE), stop - start)
            self._files.write_at(fd, [memoryview(_PIECE)[:octets]], start)
            start += octets
