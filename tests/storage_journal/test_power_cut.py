"""Law 1 with a writer that discards everything since the last sync, directory entries included, at every step."""

import itertools
import random
import shutil
from pathlib import Path

import pytest

from storage.failures import TemporaryFailure
from storage.journal import JournalReader
from tests.storage_journal.mail import MEMORY_OCTETS, accept, contents, drain, envelope, filled, journal
from tests.storage_journal.power import PoweredFiles, Rest
from tests.thorough import TIME_FOR_ALL, some_of

pytestmark = TIME_FOR_ALL
RESTS: list[tuple[Rest, int]] = [("forgotten", 0), ("kept", 0), ("mixed", 1), ("mixed", 2), ("mixed", 3)]


class Life:
    """What the world knows of a run: mail answered 250, mail handed over, mail settled in the database."""

    def __init__(self) -> None:
        self.sent: dict[str, bytes] = {}
        self.acknowledged: set[str] = set()
        self.settled: set[str] = set()


def live(folder: Path, files: PoweredFiles, life: Life, seed: int, rotate_seconds: float = 3600.0) -> None:
    """A door and a worker for a while: accept, rotate, large files, settle in part, restart with recovery."""
    dice = random.Random(seed)
    for _ in range(2):
        door = journal(folder, files=files, rotate_seconds=rotate_seconds)
        try:
            door.open()
            reader = JournalReader(folder, files)
            try:
                _work(door, reader, life, dice)
            finally:
                reader.close()
        finally:
            door.close()


def _work(door, reader, life: Life, dice: random.Random) -> None:
    for size in (300, 1800, 1900, 7000, 1700, 1999, 1500, 1990, 4000, 120):
        kept, octets = envelope(), dice.randbytes(size)
        life.sent[kept.id] = octets
        door.accept(kept, filled(door, octets))
        life.acknowledged.add(kept.id)
        if size % 3 == 0:
            records = reader.read(3, 1024 * 1024)
            reader.begin(records)
            done = records[1:]
            life.settled.update(record.envelope.id for record in done)  # the database has committed
            reader.settle(done)
            if dice.random() < 0.5:
                reader.rewind()


def check(folder: Path, life: Life) -> None:
    """After a restart: all that was answered 250 is there, as it was, with whatever is accepted from now on."""
    door = journal(folder)
    door.open()
    later = accept(door, b"later mail")
    reader = JournalReader(folder)
    # Also what is settled can be read if it is given out again: a record goes before the large file it refers to.
    found = contents(drain(reader, settle=False))
    reader.close()
    door.close()
    assert found.pop(later) == b"later mail"
    assert life.acknowledged - life.settled <= found.keys()
    assert found.items() <= life.sent.items()


def cut_life(root: Path, cut_at: int | None, rotate_seconds: float = 3600.0) -> tuple[PoweredFiles, Life]:
    """A life that ends at a step; the number of steps when it ends by itself."""
    root.mkdir()
    files, life = PoweredFiles(root, cut_at), Life()
    try:
        live(root / "journal", files, life, seed=7, rotate_seconds=rotate_seconds)
    except TemporaryFailure:
        assert files.is_cut
    return files, life


@pytest.mark.parametrize("rotate_seconds", [3600.0, 1e-9], ids=["rotation by size", "rotation by age"])
def test_a_power_cut_at_any_step_loses_nothing_acknowledged(memory: Path, rotate_seconds: float) -> None:
    """Law 1: at every step of accept, rotation, large file, checkpoint and restart, 250 outlives the cut."""
    files, life = cut_life(memory / "whole", None, rotate_seconds)
    files.release()
    steps = files.steps
    assert len(life.acknowledged) == 20
    assert steps > 150
    for cut_at in some_of(range(steps), 4):
        files, life = cut_life(memory / f"life-{cut_at}", cut_at, rotate_seconds)
        for rest, seed in RESTS:
            medium = files.medium(memory / f"medium-{cut_at}-{rest}-{seed}", rest, seed)
            check(medium / "journal", life)
            shutil.rmtree(medium)
        files.release()
        shutil.rmtree(files.root)


@pytest.mark.parametrize("rest", ["forgotten", "kept", "mixed"])
def test_a_power_cut_during_recovery_loses_nothing(memory: Path, rest: Rest) -> None:
    """Law 1: a recovery that is itself cut at any step is finished by the next one."""
    files, _ = cut_life(memory / "whole", None)
    files.release()
    for cut_at in some_of(range(20, files.steps, 17), 3):
        first, life = cut_life(memory / f"life-{cut_at}", cut_at)
        for again in itertools.count():
            root = first.medium(memory / f"found-{cut_at}-{again}", rest, cut_at)
            second = PoweredFiles(root, again)
            try:
                door = journal(root / "journal", files=second)
                door.open()
                door.close()
            except TemporaryFailure:
                assert second.is_cut
            check(second.medium(memory / f"medium-{cut_at}-{again}", rest, again) / "journal", life)
            second.release()
            if not second.is_cut:
                break
        first.release()


def test_a_writer_that_skips_its_sync_is_caught(memory: Path) -> None:
    """The proof of the proof: with syncs that do nothing, the same check finds mail lost."""

    class Lazy(PoweredFiles):
        def sync_data(self, fd: int) -> None:
            self._step()

    root = memory / "life"
    root.mkdir()
    files, life = Lazy(root), Life()
    live(root / "journal", files, life, seed=7)
    files.cut()
    life.settled.clear()
    medium = files.medium(memory / "medium", "forgotten")
    files.release()
    with pytest.raises(AssertionError):
        check(medium / "journal", life)


def test_recovered_mail_is_synced_before_a_reader_sees_it(memory: Path) -> None:
    """Law 2: what a killed writer wrote and never synced is given out only once recovery has synced it."""

    class Unsynced(PoweredFiles):
        def sync_data(self, fd: int) -> None:
            self._step()

    root = memory / "life"
    root.mkdir()
    killed = Unsynced(root)
    door = journal(root / "journal", files=killed)
    door.open()
    kept = accept(door, b"written, not synced")
    (mark,) = (root / "journal" / "door-1").glob("*.mark")
    mark.write_bytes(b"")  # nor did it come to set the mark
    killed.cut()
    door.close()
    killed.release()
    files = PoweredFiles(root)
    files.forget_segments()
    reader = JournalReader(root / "journal", files)
    given_out = contents(drain(reader, settle=False))
    files.cut()
    medium = files.medium(memory / "medium", "forgotten")
    reader.close()
    files.release()
    assert given_out == {kept: b"written, not synced"}
    survivor = JournalReader(medium / "journal")
    assert contents(drain(survivor)) == given_out
    survivor.close()


def test_a_checkpoint_ahead_of_lost_mail_cannot_hide_later_mail(memory: Path) -> None:
    """Law 2: a checkpoint that survives the segment it speaks of never skips mail accepted afterwards."""
    root = memory / "life"
    root.mkdir()
    files = PoweredFiles(root)
    door = journal(root / "journal", files=files)
    door.open()
    reader = JournalReader(root / "journal", files)
    for _ in range(3):
        accept(door, b"x" * (MEMORY_OCTETS - 100))
    drain(reader)
    reader.close()
    door.close()
    files.cut()
    medium = files.medium(memory / "medium", "forgotten")
    for path in (root / "journal" / "door-1").glob("*.checkpoint"):
        (medium / "journal" / "door-1" / path.name).write_bytes(path.read_bytes())
    files.release()
    check(medium / "journal", Life())
