"""Zeros are written ahead of the records, and never over one."""

import errno
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage.files import Octets, RealFiles
from storage.journal import JournalReader
from storage.journal.clearing import AHEAD_OCTETS
from tests.storage_journal.mail import contents, drain, envelope, filled, journal

SEGMENT = 24 * 1024**2
RECORD = 20_000


class ClearingFiles(RealFiles):
    """Real files that note what is written in the thread that clears, which may be slow, or fail."""

    def __init__(self, *, seconds: float = 0.0, error: int = 0) -> None:
        self.cleared: list[tuple[int, int]] = []
        self.cleared_by: set[int] = set()
        self.written_by: set[int] = set()
        self._seconds, self._error = seconds, error

    def write_at(self, fd: int, buffers: Sequence[Octets], offset: int) -> None:
        if threading.current_thread().name != "journal-clear":
            if len(buffers) > 1 and offset:
                self.written_by.add(fd)
            super().write_at(fd, buffers, offset)
            return
        time.sleep(self._seconds)
        if self._error:
            raise OSError(self._error, os.strerror(self._error))
        assert not any(any(buffer) for buffer in buffers)
        super().write_at(fd, buffers, offset)
        self.cleared.append((offset, offset + sum(map(len, buffers))))
        self.cleared_by.add(fd)


def fill(folder: Path, files: ClearingFiles, messages: int) -> dict[str, bytes]:
    """Accept so many messages as fast as they go in; what a reader finds of them afterwards stands behind."""
    door = journal(folder, files=files, segment_octets=SEGMENT, memory_octets=64 * 1024)
    door.open()
    sent = {}
    for number in range(0, messages, 10):
        futures = []
        for one in range(number, number + 10):
            octets = one.to_bytes(4, "big") * (RECORD // 4)
            kept = envelope()
            sent[kept.id] = octets
            futures.append(door.submit(kept, filled(door, octets)))
        for future in futures:
            future.result(30)
    door.close()
    return sent


@pytest.mark.parametrize("seconds", [0.0, 0.02])
def test_records_and_zeros_never_meet(tmp_path: Path, seconds: float) -> None:
    """Every message comes out as it went in, whether the clearing is far ahead or the writer catches up with it."""
    files = ClearingFiles(seconds=seconds)
    sent = fill(tmp_path, files, 900)
    reader = JournalReader(tmp_path)
    found = contents(drain(reader, settle=False))
    reader.close()
    assert found == sent
    assert min(start for start, _ in files.cleared) >= AHEAD_OCTETS
    assert max(end for _, end in files.cleared) > 2 * AHEAD_OCTETS


def test_zeros_are_written_through_a_file_of_their_own(tmp_path: Path) -> None:
    """Law 1: a device's error is told once to each open file; the writer's sync hears of what its own octets met."""
    files = ClearingFiles()
    fill(tmp_path, files, 300)
    assert files.cleared_by
    assert not files.cleared_by & files.written_by


def test_a_disk_that_takes_no_zeros_costs_no_mail(tmp_path: Path) -> None:
    """What cannot be cleared is written for the first time by its record."""
    files = ClearingFiles(error=errno.EIO)
    sent = fill(tmp_path, files, 300)
    reader = JournalReader(tmp_path)
    assert contents(drain(reader, settle=False)) == sent
    reader.close()
    assert not files.cleared
