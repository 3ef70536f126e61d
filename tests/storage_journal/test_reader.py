"""The reading side: checkpoint, attempts, damage, backlog."""

import threading
import time
from pathlib import Path

import pytest

from storage.failures import Damaged, TemporaryFailure
from storage.files import REAL
from storage.journal import Backlog, Journal, JournalReader, backlog
from storage.journal.segments import segments_in
from tests.storage_journal.mail import MEMORY_OCTETS, accept, contents, drain, journal

LARGE = b"L" * (MEMORY_OCTETS + 1)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture(name="door")
def _door(folder: Path):
    door = journal(folder)
    door.open()
    yield door
    door.close()


def ids(records) -> list[str]:
    return [record.envelope.id for record in records]


def restarted(reader: JournalReader, folder: Path) -> JournalReader:
    reader.close()
    return JournalReader(folder)


def test_mail_comes_out_in_order_and_whole(door: Journal, folder: Path) -> None:
    """Small and large messages come out as they went in, in the order in which they were accepted."""
    sent = [accept(door, octets) for octets in (b"one", LARGE, b"", b"two" * 200)]
    reader = JournalReader(folder)
    records = drain(reader)
    assert ids(records) == sent
    assert [record.size for record in records] == [3, len(LARGE), 0, 600]
    assert [record.large is not None for record in records] == [False, True, False, False]
    reader.close()


def test_read_keeps_to_its_limits(door: Journal, folder: Path) -> None:
    """No more messages than asked for, and no octets beyond the message that reaches the limit."""
    for _ in range(5):
        accept(door, b"x" * 100)
    reader = JournalReader(folder)
    assert len(reader.read(2, 10**6)) == 2
    assert len(reader.read(10, 150)) == 2
    assert len(reader.read(10, 10**6)) == 1
    assert reader.read(10, 10**6) == []
    reader.close()


def test_what_is_not_settled_comes_again(door: Journal, folder: Path) -> None:
    """A worker that stops after reading gets the same mail again; what it settled, it does not."""
    sent = [accept(door, b"x") for _ in range(4)]
    reader = JournalReader(folder)
    records = reader.read(3, 10**6)
    reader.settle(records[:2])
    reader = restarted(reader, folder)
    assert ids(drain(reader, settle=False)) == sent[2:]
    reader.close()


def test_settling_out_of_turn_loses_nothing(door: Journal, folder: Path) -> None:
    """The checkpoint never passes a record that is not settled, whatever was settled behind it."""
    sent = [accept(door, b"x") for _ in range(4)]
    reader = JournalReader(folder)
    records = reader.read(4, 10**6)
    reader.settle([records[3], records[1]])
    reader.rewind()
    assert ids(reader.read(4, 10**6)) == [sent[0], sent[2]]
    reader = restarted(reader, folder)
    again = reader.read(4, 10**6)
    assert ids(again) == sent
    reader.settle(again[:1])
    reader = restarted(reader, folder)
    assert ids(reader.read(4, 10**6)) == sent[1:]
    reader.close()


def test_rewind_gives_out_again(door: Journal, folder: Path) -> None:
    """After a transaction that rolled back, the same mail is read again."""
    sent = [accept(door, b"x") for _ in range(3)]
    reader = JournalReader(folder)
    reader.settle(reader.read(1, 10**6))
    reader.read(2, 10**6)
    reader.rewind()
    assert ids(reader.read(9, 10**6)) == sent[1:]
    reader.close()


def test_attempts_are_counted_before_they_are_made(door: Journal, folder: Path) -> None:
    """Law 5: a worker that dies in its attempt has been counted; other messages have not."""
    for _ in range(3):
        accept(door, b"x")
    reader = JournalReader(folder)
    for attempts in range(4):
        records = reader.read(3, 10**6)
        assert [record.attempts for record in records] == [0, attempts, 0]
        reader.begin([records[1]])
        reader = restarted(reader, folder)
    reader.close()


def test_attempts_stop_counting_at_255(door: Journal, folder: Path) -> None:
    """A count that has no room left stays where it is, and does not begin again."""
    accept(door, b"x")
    reader = JournalReader(folder)
    for _ in range(300):
        reader.begin(reader.read(1, 10**6))
        reader.rewind()
    assert reader.read(1, 10**6)[0].attempts == 255
    reader.close()


def test_a_second_worker_is_refused(folder: Path, door: Journal) -> None:
    """Two workers cannot drain one journal; when the first is gone, the second may."""
    first = JournalReader(folder)
    with pytest.raises(TemporaryFailure, match="another worker"):
        JournalReader(folder)
    first.close()
    JournalReader(folder).close()


def test_settled_segments_and_their_large_files_go(door: Journal, folder: Path) -> None:
    """What is settled leaves nothing behind but the segment being written."""
    for _ in range(30):
        accept(door, b"x" * 1500)
        accept(door, LARGE)
    assert len(segments_in(REAL, folder / "door-1")) > 5
    reader = JournalReader(folder)
    assert len(drain(reader)) == 60
    reader.read(1, 1)
    (current,) = segments_in(REAL, folder / "door-1")
    kept = {path.name for path in (folder / "door-1").iterdir()}
    assert kept == {"lock", "large", current.records.name, current.mark.name, current.checkpoint.name}
    door.close()
    assert reader.read(1, 1) == []
    reader.close()
    assert list((folder / "door-1" / "large").iterdir()) == []
    assert {path.name for path in (folder / "door-1").iterdir()} == {"lock", "large"}


def test_the_backlog_is_counted(door: Journal, folder: Path) -> None:
    """What waits is counted in messages and octets, over all segments and owners, while others run."""
    assert backlog(folder) == Backlog(0, 0)
    other = journal(folder, "door-2")
    other.open()
    for at in range(20):
        accept((door, other)[at % 2], LARGE)
    reader = JournalReader(folder)
    assert backlog(folder) == Backlog(20, 20 * len(LARGE))
    reader.settle(reader.read(7, 10**6))
    assert backlog(folder) == Backlog(13, 13 * len(LARGE))
    drain(reader)
    assert backlog(folder) == Backlog(0, 0)
    reader.close()
    other.close()


def test_no_journal_has_no_backlog(tmp_path: Path) -> None:
    """`status` before the first start counts nothing."""
    assert backlog(tmp_path / "nowhere") == Backlog(0, 0)


def test_a_busy_owner_does_not_starve_the_others(door: Journal, folder: Path) -> None:
    """Owners are read in turn, however much waits with the first."""
    other = journal(folder, "door-2")
    other.open()
    for _ in range(10):
        accept(door, b"busy")
    accept(other, b"quiet")
    reader = JournalReader(folder)
    seen = {record.read() for _ in range(2) for record in reader.read(3, 10**6)}
    assert seen == {b"busy", b"quiet"}
    reader.close()
    other.close()


def test_the_bell_wakes_the_worker(door: Journal, folder: Path) -> None:
    """A worker that waits hears of accepted mail; without mail it wakes when its time is up."""
    reader = JournalReader(folder)
    assert reader.wait(0) is False
    accept(door, b"x")
    assert reader.wait(60) is True
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(reader.wait(60)))
    waiting.start()
    accept(door, b"y")
    waiting.join()
    assert heard == [True]
    reader.close()


def rot(path: Path, octets: bytes) -> None:
    """Change the first of these octets on disk."""
    content = path.read_bytes()
    at = content.index(octets)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes([content[at] ^ 0xFF]))


@pytest.mark.parametrize("where", [b"second message", b'"peer":"192', b"\xf5PbJ"])
def test_damage_is_set_aside_and_the_rest_is_read(door: Journal, folder: Path, where: bytes) -> None:
    """A record that rots in message, envelope or head is kept aside, counted once, and stops nobody."""
    sent = [accept(door, octets) for octets in (b"second message", b"third message")]
    (segment,) = segments_in(REAL, folder / "door-1")
    rot(segment.records, where)
    reader = JournalReader(folder)
    assert ids(drain(reader, settle=False)) == sent[1:]
    reader.rewind()
    records = drain(reader)
    assert ids(records) == sent[1:]
    assert reader.damaged == 1
    (aside,) = (folder / "damaged").iterdir()
    assert b"message" in aside.read_bytes()
    assert b"third" not in aside.read_bytes()
    assert backlog(folder) == Backlog(0, 0)
    reader.close()


def test_large_files_near_damage_are_set_aside_not_removed(folder: Path, door: Journal) -> None:
    """A large message whose record rotted is not an orphan: recovery keeps its file for the operator."""
    accept(door, LARGE)
    accept(door, b"behind")
    (segment,) = segments_in(REAL, folder / "door-1")
    rot(segment.records, b"\xf5PbJ")
    door.close()
    reader = JournalReader(folder)
    assert [record.read() for record in drain(reader)] == [b"behind"]
    reader.read(1, 1)
    reader.close()
    again = journal(folder)
    again.open()
    again.close()
    assert LARGE in [path.read_bytes() for path in (folder / "damaged").iterdir()]


def test_a_large_file_that_is_gone_or_changed_is_damage(door: Journal, folder: Path) -> None:
    """Reading a large message tells when it is not what was accepted."""
    accept(door, LARGE)
    accept(door, LARGE)
    reader = JournalReader(folder)
    first, second = reader.read(2, 10**6)
    assert first.large is not None
    assert second.large is not None
    rot(first.large, b"LLL")
    second.large.unlink()
    with pytest.raises(Damaged, match="not what was written"):
        first.read()
    with pytest.raises(Damaged, match="cannot be read"):
        second.read()
    reader.settle([first, second])
    reader.close()


@pytest.mark.parametrize("content", [b"", b"torn", bytes(4096)])
def test_a_damaged_checkpoint_means_more_work_not_less(door: Journal, folder: Path, content: bytes) -> None:
    """A checkpoint that does not hold is none: everything is read again."""
    sent = [accept(door, b"x") for _ in range(3)]
    reader = JournalReader(folder)
    reader.settle(reader.read(2, 10**6))
    reader.close()
    (segment,) = segments_in(REAL, folder / "door-1")
    segment.checkpoint.write_bytes(content)
    reader = JournalReader(folder)
    assert ids(drain(reader)) == sent
    reader.close()


def test_a_checkpoint_copied_from_another_segment_does_not_hold(door: Journal, folder: Path) -> None:
    """Law 3: a checkpoint speaks of one random seed only, wherever a restore may have put it."""
    sent = [accept(door, b"x" * 1900) for _ in range(9)]
    first, second = segments_in(REAL, folder / "door-1")
    reader = JournalReader(folder)
    reader.settle(reader.read(3, 10**6))
    reader.close()
    second.checkpoint.write_bytes(first.checkpoint.read_bytes())
    reader = JournalReader(folder)
    assert ids(drain(reader)) == sent[3:]
    reader.close()


def test_nothing_readable_is_not_nothing_left(door: Journal, folder: Path) -> None:
    """Many segments in a row without a readable record do not make the journal look drained."""
    for _ in range(60):
        accept(door, b"x" * 1900)
    for segment in segments_in(REAL, folder / "door-1"):
        octets = segment.records.read_bytes()
        segment.records.write_bytes(octets.replace(b"xxx", b"yyy"))
    last = accept(door, b"readable")
    reader = JournalReader(folder)
    assert ids(reader.read(10, 10**6)) == [last]
    assert reader.damaged == 60
    reader.close()


def test_settled_mail_leaves_an_idle_journal(folder: Path) -> None:
    """Mail is private: what is settled is deleted after a while, although no further mail comes to fill the segment."""
    door = journal(folder, rotate_seconds=0.05)
    door.open()
    accept(door, b"private")
    accept(door, b"L" * (MEMORY_OCTETS + 1))
    reader = JournalReader(folder)
    drain(reader)
    deadline = time.monotonic() + 20
    while (left := mail_files(folder)) and time.monotonic() < deadline:
        assert reader.read(1, 1) == []
        reader.wait(0.01)
    assert left == []
    kept = accept(door, b"later")
    assert contents(drain(reader)) == {kept: b"later"}
    reader.close()
    door.close()


def test_mail_that_is_not_settled_stays_however_old_its_segment(folder: Path) -> None:
    """Law 1: a segment that was closed for its age keeps what the worker has not settled."""
    door = journal(folder, rotate_seconds=1e-9)
    door.open()
    kept = [accept(door, octets) for octets in (b"one", b"two", b"three")]
    reader = JournalReader(folder)
    records = drain(reader, settle=False)
    reader.settle(records[1:])
    reader.rewind()
    assert [record.envelope.id for record in drain(reader, settle=False)] == kept[:1]
    reader.close()
    door.close()


def mail_files(folder: Path) -> list[Path]:
    """Every file of the journal that holds octets of mail."""
    return [*folder.rglob("*.segment"), *folder.rglob("*.eml")]
