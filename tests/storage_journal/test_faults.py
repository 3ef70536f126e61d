"""Faults of disk and device: temporary failure for those who wait, and service again as soon as it can be."""

import errno
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from storage.failures import NoRoom, TemporaryFailure
from storage.files import Octets, RealFiles
from storage.journal import Backlog, Journal, JournalReader, backlog
from tests.storage_journal.mail import MEMORY_OCTETS, SEGMENT_OCTETS, accept, contents, drain, envelope, filled, journal

LARGE = b"L" * (MEMORY_OCTETS + 1)


class FaultyFiles(RealFiles):
    """Real files, of which the next calls of a name fail; notes which file each sync was for."""

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}
        self.synced: list[str] = []

    def fail_next(self, call: str, error: int) -> None:
        self.failing[call] = error

    def _perhaps_fail(self, call: str) -> None:
        error = self.failing.pop(call, 0)
        if error:
            raise OSError(error, os.strerror(error))

    def write_at(self, fd: int, buffers: Sequence[Octets], offset: int) -> None:
        # The fault is for records: their head and message make it more than one buffer.
        if len(buffers) > 1 and offset:
            self._perhaps_fail("write_at")
        super().write_at(fd, buffers, offset)

    def sync_data(self, fd: int) -> None:
        self.synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        self._perhaps_fail("sync_data")
        super().sync_data(fd)

    def sync(self, fd: int) -> None:
        if Path(f"/proc/self/fd/{fd}").readlink().suffix == ".eml":
            self._perhaps_fail("sync")
        super().sync(fd)

    def allocate(self, fd: int, octets: int) -> None:
        self._perhaps_fail("allocate")
        super().allocate(fd, octets)

    def write(self, fd: int, octets: Octets) -> None:
        self._perhaps_fail("write")
        super().write(fd, octets)


@pytest.fixture(name="files")
def _files() -> FaultyFiles:
    return FaultyFiles()


@pytest.fixture(name="door")
def _door(tmp_path: Path, files: FaultyFiles) -> Iterator[Journal]:
    door = journal(tmp_path / "journal", files=files)
    door.open()
    yield door
    door.close()


def read_all(folder: Path) -> dict[str, bytes]:
    reader = JournalReader(folder / "journal")
    found = contents(drain(reader, settle=False))
    reader.close()
    return found


@pytest.mark.parametrize("call", ["sync_data", "write_at"])
def test_a_failed_sync_is_a_temporary_failure(tmp_path: Path, door: Journal, files: FaultyFiles, call: str) -> None:
    """Mail whose sync failed was not accepted; mail before and after it was, in another segment."""
    before = accept(door, b"before")
    files.fail_next(call, errno.EIO)
    with pytest.raises(TemporaryFailure, match="Input/output error"):
        accept(door, b"lost")
    after = accept(door, b"after")
    assert read_all(tmp_path) == {before: b"before", after: b"after"}


def test_a_failed_sync_is_never_tried_again(door: Journal, files: FaultyFiles) -> None:
    """The kernel calls lost pages clean after it has told once: the same file is never synced a second time."""
    files.fail_next("sync_data", errno.EIO)
    with pytest.raises(TemporaryFailure):
        accept(door, b"lost")
    failed = files.synced[-1]
    accept(door, b"after")
    door.close()
    assert files.synced.count(failed) == 1


def test_a_batch_that_was_not_accepted_does_not_come_back(tmp_path: Path, door: Journal, files: FaultyFiles) -> None:
    """What a failed sync left in the file is not found by a later recovery, even without its mark."""
    before = accept(door, b"before")
    files.fail_next("sync_data", errno.EIO)
    with pytest.raises(TemporaryFailure):
        accept(door, b"refused, and sent again by its sender")
    door.close()
    for mark in (tmp_path / "journal" / "door-1").glob("*.mark"):
        mark.unlink()
    assert read_all(tmp_path) == {before: b"before"}


def test_everyone_in_a_failed_batch_hears_of_it(tmp_path: Path, door: Journal, files: FaultyFiles) -> None:
    """Every submitter gets an answer, and what was answered yes is there."""
    files.fail_next("sync_data", errno.EIO)
    kept = [envelope() for _ in range(40)]
    futures = {one.id: door.submit(one, filled(door, b"x")) for one in kept}
    accepted = {name for name, future in futures.items() if future.exception(60) is None}
    assert all(isinstance(f.exception() or TemporaryFailure(), TemporaryFailure) for f in futures.values())
    assert len(accepted) < 40
    assert read_all(tmp_path).keys() == accepted


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_large_message_that_cannot_be_synced_leaves_nothing(
    tmp_path: Path, door: Journal, files: FaultyFiles, error: int
) -> None:
    """A failed sync of a large file refuses that message only, and takes its file away."""
    files.fail_next("sync", error)
    with pytest.raises(NoRoom if error == errno.ENOSPC else TemporaryFailure):
        accept(door, LARGE)
    assert list((tmp_path / "journal" / "door-1" / "large").iterdir()) == []
    later = accept(door, LARGE)
    assert read_all(tmp_path) == {later: LARGE}


def test_no_room_for_a_large_message_is_told_while_it_arrives(
    tmp_path: Path, door: Journal, files: FaultyFiles
) -> None:
    """ENOSPC in the sink is NoRoom; the discarded sink leaves no file."""
    files.fail_next("write", errno.ENOSPC)
    sink = door.sink()
    sink.write(b"x" * MEMORY_OCTETS)
    with pytest.raises(NoRoom):
        sink.write(b"y")
    sink.discard()
    sink.discard()
    assert list((tmp_path / "journal" / "door-1" / "large").iterdir()) == []


def test_a_door_opens_on_a_full_disk_and_serves_when_there_is_room(tmp_path: Path, files: FaultyFiles) -> None:
    """Without room for a segment the journal opens, refuses mail, and accepts it by itself later."""
    files.fail_next("allocate", errno.ENOSPC)
    door = journal(tmp_path / "journal", files=files)
    door.open()
    files.fail_next("allocate", errno.ENOSPC)
    with pytest.raises(NoRoom, match="free some space"):
        accept(door, b"refused")
    kept = accept(door, b"accepted")
    assert read_all(tmp_path) == {kept: b"accepted"}
    door.close()


def test_another_fault_at_the_start_is_told(tmp_path: Path, files: FaultyFiles) -> None:
    """A device error at the start is not taken for a full disk: the door does not open, and can try again."""
    files.fail_next("allocate", errno.EIO)
    door = journal(tmp_path / "journal", files=files)
    with pytest.raises(TemporaryFailure):
        door.open()
    door.open()
    accept(door, b"x")
    door.close()


def test_a_closed_journal_refuses(door: Journal) -> None:
    """After close nothing is accepted, and nobody waits for ever."""
    sink, large = filled(door, b"x"), filled(door, LARGE)
    door.close()
    for one in (sink, large):
        with pytest.raises(TemporaryFailure):
            door.accept(envelope(), one)


def test_what_was_submitted_before_close_is_durable(tmp_path: Path, door: Journal) -> None:
    """Close waits for what was submitted, large messages too."""
    futures = [door.submit(envelope(), filled(door, octets)) for octets in (b"x", LARGE) * 10]
    door.close()
    assert all(future.done() and future.exception() is None for future in futures)
    assert len(read_all(tmp_path)) == 20


def test_a_hung_up_client_does_not_take_its_mail_back(tmp_path: Path, door: Journal) -> None:
    """A future of the journal cannot be cancelled: the mail stays accepted, and the commit goes on."""
    future = door.submit(envelope(), filled(door, b"x"))
    assert not future.cancel()
    future.result(60)
    accept(door, b"y")
    assert len(read_all(tmp_path)) == 2


def test_the_reserve_is_kept_free(tmp_path: Path) -> None:
    """Law 6: a message is refused while it would eat into the reserve, large ones as they grow."""
    folder = tmp_path / "journal"
    door = journal(folder, reserve_octets=2**62)
    door.open()
    assert not door.has_room(0)
    sink = door.sink()
    sink.write(b"x" * MEMORY_OCTETS)
    with pytest.raises(NoRoom):
        sink.write(b"x")
    door.close()
    relaxed = journal(folder)
    relaxed.open()
    assert relaxed.has_room(1)
    assert not relaxed.has_room(2**62)
    relaxed.close()


@pytest.mark.parametrize("free", [2 * 3000 + 3 * 100 - 1, 2 * 3000 + 3 * 100])
def test_the_backlog_counts_against_free_space(tmp_path: Path, free: int) -> None:
    """Law 6: what waits will need its octets twice over; a door says no before the disk is full."""

    class Measured(RealFiles):
        def free(self, folder: Path) -> int:
            return free

    files = Measured()
    door = journal(tmp_path / "journal", files=files)
    door.open()
    for _ in range(3):
        accept(door, b"x" * 1000)
    assert backlog(tmp_path / "journal") == Backlog(3, 3000)
    assert door.has_room(100) is (free >= 2 * 3000 + 3 * 100)  # its own octets, and twice when it is settled
    door.close()


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def until_full(send: Callable[[], str]) -> list[str]:
    """Accept until there is no more room."""
    accepted = []
    while len(accepted) < 100_000:
        try:
            accepted.append(send())
        except NoRoom:
            return accepted
    raise AssertionError("the disk never became full")


@pytest.mark.parametrize("octets", [b"x" * 1500, b"L" * 30_000])
def test_a_full_disk_loses_nothing_and_service_resumes(small_disk: Path, octets: bytes) -> None:
    """A disk that is really full: 452, what was accepted is there, and once it is settled mail is accepted again."""
    folder = small_disk / "journal"
    door = journal(folder, segment_octets=4 * SEGMENT_OCTETS)
    door.open()
    accepted = until_full(lambda: accept(door, octets))
    assert len(accepted) > 20
    reader = JournalReader(folder)
    records = drain(reader, settle=False)
    assert [record.envelope.id for record in records] == accepted
    assert all(record.read() == octets for record in records)
    reader.settle(records)
    reader.read(1, 1)
    deadline = time.monotonic() + 10  # the backlog is counted a few times a second
    while not door.has_room(len(octets)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(until_full(lambda: accept(door, octets))) > 20
    reader.close()
    door.close()


def test_many_submitters_share_syncs(tmp_path: Path) -> None:
    """Group commit: what queues during one sync goes into the next, so there are fewer syncs than messages."""
    is_queued = threading.Event()

    class Held(FaultyFiles):
        def sync_data(self, fd: int) -> None:
            is_queued.wait()
            super().sync_data(fd)

    held = Held()
    other = journal(tmp_path / "journal", "door-2", files=held, segment_octets=64 * SEGMENT_OCTETS)
    other.open()
    futures = [other.submit(envelope(), filled(other, b"x")) for _ in range(200)]
    assert not any(future.done() for future in futures)
    is_queued.set()
    for future in futures:
        future.result(60)
    assert len(held.synced) <= 2
    other.close()


def test_a_burst_counts_at_once(tmp_path: Path) -> None:
    """Law 6: mail that comes in between two looks at the disk counts too, or a burst outruns the reserve."""

    class Measured(RealFiles):
        def free(self, folder: Path) -> int:
            return 100_000

    door = journal(tmp_path / "journal", files=Measured())
    door.open()
    assert door.has_room(1000)
    accepted = 0
    while door.has_room(1000) and accepted < 100:
        accept(door, b"x" * 1000)
        accepted += 1
    assert 40 <= accepted <= 50
    door.close()


@pytest.mark.parametrize("octets", [b"small", LARGE])
def test_mail_is_not_accepted_into_files_that_were_taken_away(tmp_path: Path, door: Journal, octets: bytes) -> None:
    """Laws 1 and 4: the folder removed under us, and made anew: what nobody will find again is not answered 250.

    Nor does this process go on in the new folder, of which it does not hold the lock.
    """
    accept(door, b"before")
    shutil.rmtree(tmp_path / "journal")
    (tmp_path / "journal" / "door-1" / "large").mkdir(parents=True)
    for _ in range(2):
        with pytest.raises(TemporaryFailure, match="taken away"):
            accept(door, octets)


@pytest.mark.parametrize(("free", "has_room"), [(4 * 3 + 499, False), (4 * 3 + 500, True)])
def test_files_that_can_be_made_count_too(tmp_path: Path, free: int, has_room: bool) -> None:
    """Law 6: a disk out of inodes lets nothing drain, however many octets are free."""

    class Measured(RealFiles):
        def free_files(self, folder: Path) -> int:
            return free

    door = journal(tmp_path / "journal", files=Measured())
    door.open()
    for _ in range(3):
        accept(door, b"x")
    assert door.has_room(1) is has_room
    door.close()


def test_the_disk_that_takes_settled_mail_counts_too(tmp_path: Path) -> None:
    """Law 6: blobs on another, fuller disk than the journal: mail that could not be settled there is not taken."""
    blobs = tmp_path / "blobs"
    free = {blobs: 3000}

    class Measured(RealFiles):
        def free(self, folder: Path) -> int:
            if not folder.exists():
                raise FileNotFoundError(folder)
            return free.get(folder, 2**40)

    door = journal(tmp_path / "journal", files=Measured(), shelves=(blobs,))
    door.open()
    assert door.has_room(1001)  # the folder is made with the first blob
    door.close()
    blobs.mkdir()
    door.open()
    time.sleep(0.11)  # the free space is looked at ten times a second
    assert door.has_room(1000)
    assert not door.has_room(1001)
    door.close()


@pytest.mark.parametrize("rewinds", [False, True])
def test_a_checkpoint_that_could_not_be_written_is_written_later(tmp_path: Path, *, rewinds: bool) -> None:
    """A disk full to the last octet: what was settled meanwhile does not wait in the journal for ever after."""

    class Full(RealFiles):
        is_full = False

        def write_at(self, fd: int, buffers: Sequence[Octets], offset: int) -> None:
            if self.is_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            super().write_at(fd, buffers, offset)

    files, door = Full(), journal(tmp_path / "journal")
    door.open()
    for size in (1000, 2000, 3000):
        accept(door, b"x" * size)
    reader = JournalReader(tmp_path / "journal", files)
    records = drain(reader, settle=False)
    files.is_full = True
    with pytest.raises(NoRoom):
        reader.settle(records[:2])
    files.is_full = False
    if rewinds:
        reader.rewind()
        assert len(drain(reader, settle=False)) >= 1
    reader.settle(records[:2])
    assert backlog(tmp_path / "journal") == Backlog(1, 3000)
    reader.settle(records[2:])
    assert backlog(tmp_path / "journal") == Backlog(0, 0)
    reader.close()
    door.close()
