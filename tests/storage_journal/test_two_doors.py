"""Law 1 with two doors and the worker at once: one of them dies at every step, and the power goes at every step."""

import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from storage.failures import TemporaryFailure
from storage.journal import Journal, JournalReader
from tests.storage_journal.mail import envelope, filled, journal
from tests.storage_journal.power import PoweredFiles
from tests.storage_journal.test_power_cut import RESTS, Life, check
from tests.thorough import TIME_FOR_ALL, some_of

pytestmark = TIME_FOR_ALL
SIZES = (300, 1900, 7000, 1700, 1999, 120, 4000, 1500)
SEGMENT_OCTETS = 6 * 1024  # so that segments are filled, settled and removed


class House:
    """Two doors and a worker on one journal, each a process of its own; whoever dies is started again once."""

    def __init__(self, root: Path, victim: str, dies_at: int | None, cut_at: int | None = None) -> None:
        root.mkdir()
        self.machine = PoweredFiles(root, cut_at)
        self.life = Life()
        self.steps_of_victim = 0
        self.deaths = 0
        self._folder = root / "journal"
        self._victim, self._dies_at = victim, dies_at
        self._doors: dict[str, Journal] = {}
        self._reader: JournalReader | None = None
        self._files: dict[str, PoweredFiles] = {}

    def run(self) -> None:
        """The whole life, or up to the power cut."""
        dice = random.Random(7)
        try:
            for size in SIZES:
                for owner in ("door-1", "door-2"):
                    with suppress(TemporaryFailure):
                        self._accept(owner, dice.randbytes(size))
                    self._bury(owner)
                with suppress(TemporaryFailure):
                    self._drain(settles_all=dice.random() < 0.5)
                self._bury("worker")
        finally:
            self._close()

    def _process(self, name: str) -> PoweredFiles:
        is_first = name not in self._files
        self._files[name] = self.machine.process(self._dies_at if name == self._victim and is_first else None)
        return self._files[name]

    def _accept(self, owner: str, octets: bytes) -> None:
        if owner not in self._doors:
            door = journal(self._folder, owner, files=self._process(owner), segment_octets=SEGMENT_OCTETS)
            self._doors[owner] = door
            door.open()
        kept, door = envelope(), self._doors[owner]
        self.life.sent[kept.id] = octets
        door.accept(kept, filled(door, octets))
        self.life.acknowledged.add(kept.id)

    def _drain(self, *, settles_all: bool) -> None:
        if self._reader is None:
            self._reader = JournalReader(self._folder, self._process("worker"))
        records = self._reader.read(4, 1024 * 1024)
        self._reader.begin(records)
        done = records if settles_all else records[1:]
        self.life.settled.update(record.envelope.id for record in done)  # the database has committed
        self._reader.settle(done)
        self._reader.rewind()

    def _bury(self, name: str) -> None:
        """What dies lets go of its locks and descriptors, and of nothing else."""
        files = self._files.get(name)
        if name == self._victim and files is not None:
            self.steps_of_victim = max(self.steps_of_victim, files.steps)
        if files is None or not files.is_cut:
            return
        self.deaths += not self.machine.is_cut
        if name == "worker":
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.close()
        elif name in self._doors:
            with suppress(TemporaryFailure):
                self._doors.pop(name).close()

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        for door in self._doors.values():
            with suppress(TemporaryFailure):
                door.close()


def judge(house: House, folder: Path) -> None:
    """Whatever the medium may hold after a power cut now, all that was answered 250 is there."""
    house.machine.cut()
    for rest, seed in RESTS:
        medium = house.machine.medium(folder / f"{rest}-{seed}", rest, seed)
        check(medium / "journal", house.life)
        shutil.rmtree(medium)
    house.machine.release()
    shutil.rmtree(house.machine.root)


@pytest.mark.parametrize("victim", ["door-1", "worker"])
def test_a_process_that_dies_at_any_step_takes_nothing_with_it(memory: Path, victim: str) -> None:
    """Laws 1, 2 and 4: its sibling and the worker go on, it comes back and recovers, and then the power goes."""
    whole = House(memory / "whole", victim, None)
    whole.run()
    judge(whole, memory)
    steps = whole.steps_of_victim
    assert steps > 40
    survivors = {"door-1": len(SIZES), "worker": 2 * len(SIZES)}[victim]
    for dies_at in some_of(range(steps), 5):
        house = House(memory / f"life-{dies_at}", victim, dies_at)
        house.run()
        assert house.deaths == 1
        assert len(house.life.acknowledged) >= survivors
        judge(house, memory)


@pytest.mark.parametrize(("victim", "dies_at"), [("door-1", 23), ("worker", 5)])
def test_a_power_cut_at_any_step_after_a_death_loses_nothing(memory: Path, victim: str, dies_at: int) -> None:
    """Law 1: at every step of three processes, one of which died and came back, 250 outlives the cut."""
    whole = House(memory / "whole", victim, dies_at)
    whole.run()
    steps = whole.machine.steps
    judge(whole, memory)
    assert whole.deaths == 1
    assert steps > 100
    for cut_at in some_of(range(steps), 7):
        house = House(memory / f"life-{cut_at}", victim, dies_at, cut_at)
        house.run()
        assert house.machine.is_cut
        judge(house, memory)
