"""Law 4: a process owns its folder by a lock, and recovers only what it can lock."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage.failures import Invalid, TemporaryFailure
from storage.files import REAL, RealFiles
from storage.journal import JournalReader
from storage.journal.segments import SegmentName, read_mark, segments_in
from tests.storage_journal.mail import MEMORY_OCTETS, accept, contents, drain, envelope, filled, journal

ROOT = Path(__file__).parents[2]
LARGE = b"L" * (MEMORY_OCTETS + 1)


class Impatient(RealFiles):
    """A file system where somebody else holds every lock."""

    def lock(self, fd: int, *, shared: bool = False, wait: bool = False) -> bool:
        return False


def is_sealed(segment: SegmentName) -> bool:
    """Whether its mark says that nothing more will be added."""
    mark = read_mark(REAL, segment)
    return mark is not None and mark.is_sealed


def test_a_sibling_in_flight_is_left_alone(tmp_path: Path) -> None:
    """A door that starts while another is receiving a large message does not clean up behind it."""
    folder = tmp_path / "journal"
    first = journal(folder, "door-1")
    first.open()
    sink = filled(first, LARGE)
    second = journal(folder, "door-2")
    report = second.open()
    assert report.orphans == report.segments == 0
    kept = envelope()
    first.accept(kept, sink)
    reader = JournalReader(folder)
    assert contents(drain(reader)) == {kept.id: LARGE}
    reader.close()
    second.close()
    first.close()


def test_the_worker_leaves_living_owners_alone(tmp_path: Path) -> None:
    """A worker that starts while a door is receiving does not recover that door's folder."""
    folder = tmp_path / "journal"
    door = journal(folder)
    door.open()
    sink = filled(door, LARGE)
    JournalReader(folder).close()
    door.accept(envelope(), sink)
    (segment,) = segments_in(REAL, folder / "door-1")
    assert not is_sealed(segment)
    door.close()
    assert is_sealed(segment)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Two processes of one name: the second says who is in its way, and touches nothing."""
    folder = tmp_path / "journal"
    owned = journal(folder, files=Impatient())
    with pytest.raises(TemporaryFailure, match="another process owns"):
        owned.open(lock_seconds=0)
    assert segments_in(REAL, folder / "door-1") == []


@pytest.mark.parametrize("owner", ["", "../x", "a/b", "damaged", ".", "x" * 65, "a b"])
def test_an_owner_names_a_folder(tmp_path: Path, owner: str) -> None:
    """An owner's name that could leave the journal's folder is refused before anything is made."""
    with pytest.raises(Invalid):
        journal(tmp_path / "journal", owner)
    assert not (tmp_path / "journal").exists()


def test_every_start_opens_a_new_segment(tmp_path: Path) -> None:
    """Law 2: a segment is never written again by a later start, even when nothing is in it."""
    folder = tmp_path / "journal"
    seen = set()
    for _ in range(3):
        door = journal(folder)
        door.open()
        accept(door, b"x")
        found = set(segments_in(REAL, folder / "door-1"))
        assert len(found - seen) == 1
        seen |= found
        door.close()


WRITER = """
import sys, threading
from pathlib import Path
from tests.storage_journal.mail import envelope, filled, journal

door = journal(Path(sys.argv[1]), sys.argv[2], segment_octets=64 * 1024)
door.open()
say = threading.Lock()

def send(number):
    for at in range(100_000):
        octets = f"{number}-{at}-".encode() * (1 if at % 10 else 300)
        kept = envelope()
        door.accept(kept, filled(door, octets))
        with say:
            sys.stdout.write(f"{kept.id} {number}-{at}-\\n")
            sys.stdout.flush()

threads = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


DYING = """
import os, sys
from pathlib import Path
from tests.storage_journal.mail import MEMORY_OCTETS, accept, filled, journal

door = journal(Path(sys.argv[1]))
door.open()
accept(door, b"L" * (MEMORY_OCTETS + 1))
filled(door, b"L" * (MEMORY_OCTETS + 1))
os._exit(0)
"""


def started(folder: Path, owner: str) -> "subprocess.Popen[str]":
    """A door under load, as a process of its own; it prints what it has accepted."""
    command = [sys.executable, "-c", WRITER, str(folder), owner]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def heard(writer: "subprocess.Popen[str]", lines: int) -> list[str]:
    """The next lines of what it accepted."""
    assert writer.stdout is not None
    return [writer.stdout.readline() for _ in range(lines)]


def killed(writer: "subprocess.Popen[str]") -> list[str]:
    """kill -9, and what it still managed to say (a torn last line is no answer)."""
    assert writer.stdout is not None
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    writer.stdout.close()
    return [line for line in rest if line.endswith("\n")]


def check_accepted(found: dict[str, bytes], lines: list[str]) -> None:
    """Every mail that was said to be accepted is there, as it was."""
    for line in lines:
        kept, text = line.split()
        assert found[kept].startswith(text.encode())
        assert found[kept].count(text.encode()) in {1, 300}


@pytest.mark.parametrize("lines", [1, 40, 333])
def test_kill_9_under_load_loses_nothing(tmp_path: Path, lines: int) -> None:
    """Eight senders, kill -9 in the midst: what was accepted is there after the restart, once."""
    folder = tmp_path / "journal"
    writer = started(folder, "door-1")
    accepted = heard(writer, lines) + killed(writer)
    door = journal(folder)
    assert door.open().unreadable == ()
    reader = JournalReader(folder)
    records = drain(reader, settle=False)
    found = contents(records)
    assert len(found) == len(records)
    check_accepted(found, accepted)
    reader.settle(records)
    reader.close()
    door.close()


def test_one_owner_dies_and_the_other_goes_on(tmp_path: Path) -> None:
    """Two doors at once, one is killed: both their mail is there, and a third door brings the dead one's home."""
    folder = tmp_path / "journal"
    dying, living = started(folder, "door-1"), started(folder, "door-2")
    accepted = heard(dying, 50) + heard(living, 50) + killed(dying)
    third = journal(folder, "door-3")
    third.open()
    assert all(is_sealed(segment) for segment in segments_in(REAL, folder / "door-1"))
    accepted += heard(living, 20) + killed(living)
    reader = JournalReader(folder)
    check_accepted(contents(drain(reader)), accepted)
    reader.close()
    third.close()


def test_orphans_of_a_killed_door_are_removed(tmp_path: Path) -> None:
    """A large message that was still coming in when the door died was promised to nobody: it goes."""
    folder = tmp_path / "journal"
    subprocess.run([sys.executable, "-c", DYING, str(folder)], cwd=ROOT, check=True)
    assert len(list((folder / "door-1" / "large").iterdir())) == 2
    door = journal(folder)
    assert door.open().orphans == 1
    assert len(list((folder / "door-1" / "large").iterdir())) == 1
    reader = JournalReader(folder)
    assert [record.read() for record in drain(reader, settle=False)] == [LARGE]
    reader.close()
    door.close()


def test_recovery_and_reading_go_side_by_side(tmp_path: Path) -> None:
    """A door restarts again and again while the worker drains: every message comes out once."""
    folder = tmp_path / "journal"
    sent, seen = [], []
    is_done = threading.Event()

    def drain_all() -> None:
        reader = JournalReader(folder)
        stop = False
        while not stop:
            stop = is_done.is_set()
            records = drain(reader)
            seen.extend(record.envelope.id for record in records)
        reader.close()

    worker = threading.Thread(target=drain_all)
    worker.start()
    for _ in range(5):
        door = journal(folder)
        door.open()
        sent += [accept(door, octets) for octets in (b"x", LARGE, b"y" * 1900)]
        door.close()
    is_done.set()
    worker.join()
    assert sorted(seen) == sorted(sent)


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    """lost+found of a disk mounted here, .snapshot of a file system: no owners of ours, nothing is made in them."""
    folder = tmp_path / "journal"
    folder.mkdir()
    for name in ("lost+found", ".snapshot"):
        (folder / name).mkdir()
    door = journal(folder)
    door.open()
    kept = accept(door, b"mail")
    reader = JournalReader(folder)
    assert contents(drain(reader)) == {kept: b"mail"}
    reader.close()
    door.close()
    assert [list((folder / name).iterdir()) for name in ("lost+found", ".snapshot")] == [[], []]


class Unreadable(RealFiles):
    """Real files, of which one look at a folder fails."""

    def __init__(self, failing: int) -> None:
        self.looks = 0
        self._failing = failing

    def names(self, folder: Path) -> list[str]:
        self.looks += 1
        if self.looks == self._failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().names(folder)


def test_a_folder_that_cannot_be_read_at_the_start_is_given_back(tmp_path: Path) -> None:
    """Whichever look at it fails, that is a temporary failure, and the lock does not stay behind."""
    counting = Unreadable(0)
    for failing in range(10):
        door = journal(tmp_path / "journal", files=counting if not failing else Unreadable(failing))
        if 0 < failing <= counting.looks:
            with pytest.raises(TemporaryFailure, match="could not be opened"):
                door.open(lock_seconds=0)
        door.open(lock_seconds=0)
        accept(door, b"x")
        door.close()
    assert 1 < counting.looks < 10
