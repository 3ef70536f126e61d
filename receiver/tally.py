"""What this process counts: the numbers behind the metrics, in memory that the supervisor reads.

One region of shared memory for each life of a process, made by the supervisor and inherited. Only that process writes
it and the supervisor only reads: no lock, no system call, no file that a full disk could take away, and a process that
is killed loses no count. Without a region the same counting goes into private memory and nobody reads it.
Names of counters come from the code alone, never from a client; each of them is counted by one thread only.

    entry 0: how many entries follow · entry n: name (120 octets, padded with NUL), value (8 octets)
"""

import mmap
import os
import subprocess
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_ENTRY = 128
_NAME = _ENTRY - 8
_CELLS_PER_ENTRY = _ENTRY // 8
_ENTRIES = 512
REGION_OCTETS = _ENTRY * _ENTRIES
# Sums of histograms are kept as whole millionths: seconds become microseconds.
MILLIONTHS = 1_000_000


class Tally:
    """The counters of one process."""

    def __init__(self) -> None:
        self._claiming = threading.Lock()
        self._use(mmap.mmap(-1, REGION_OCTETS))

    def attach(self, descriptor: int) -> None:
        """Count into the supervisor's region from now on; called before anything is counted."""
        self._use(mmap.mmap(descriptor, REGION_OCTETS))
        os.close(descriptor)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter. Its name is a family and its label values, joined by colons: `replies:250`."""
        try:
            self._cells[self._cell_of[name]] += by
        except KeyError:
            self._cells[self._claim(name)] += by

    def read(self) -> dict[str, int]:
        """Everything counted so far, by name."""
        return read_region(self._region)

    def _use(self, region: mmap.mmap) -> None:
        self._region = region
        self._cells = memoryview(region).cast("Q")
        self._cell_of: dict[str, int] = {}

    def _claim(self, name: str) -> int:
        octets = name.encode()
        with self._claiming:
            entry = self._cells[0] + 1
            if entry >= _ENTRIES or len(octets) > _NAME:
                raise ValueError(f"counter {name!r}: no room; the names of counters are few and short")
            start = entry * _ENTRY
            self._region[start : start + len(octets)] = octets
            # Only now: a reader must not meet half a name.
            self._cells[0] = entry
            cell = entry * _CELLS_PER_ENTRY + _CELLS_PER_ENTRY - 1
            self._cell_of[name] = cell
            return cell


tally = Tally()


class Histogram:
    """How often a value fell at or below each of some bounds, and the sum of all values."""

    def __init__(self, name: str, bounds: Sequence[float]) -> None:
        """`bounds` rise; what lies above the last one counts as infinite."""
        self.name = name
        self.bounds = (*bounds, float("inf"))
        self._names = [f"{name}:{bound}" for bound in self.bounds]
        self._sum = f"{name}:sum"

    def observe(self, value: float) -> None:
        """Count one value."""
        tally.count(self._names[bisect_left(self.bounds, value)])
        tally.count(self._sum, round(value * MILLIONTHS))

    def cumulated(self, counts: Mapping[str, int]) -> list[tuple[float, int]]:
        """How many values lay at or below each bound."""
        so_far, rows = 0, []
        for bound, name in zip(self.bounds, self._names, strict=True):
            so_far += counts.get(name, 0)
            rows.append((bound, so_far))
        return rows

    def sum_of(self, counts: Mapping[str, int]) -> float:
        """The sum of all values."""
        return counts.get(self._sum, 0) / MILLIONTHS


ACCEPT_SECONDS = Histogram("accept_seconds", (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
COMMIT_MESSAGES = Histogram("commit_messages", (1, 2, 4, 8, 16, 32, 64, 128, 256, 512))


def read_region(region: mmap.mmap) -> dict[str, int]:
    """The counters of a region, by name."""
    octets = memoryview(region)
    with octets, octets.cast("Q") as cells:
        counts = {}
        for entry in range(1, min(cells[0], _ENTRIES - 1) + 1):
            start = entry * _ENTRY
            name = bytes(octets[start : start + _NAME]).rstrip(b"\0").decode("ascii", "replace")
            counts[name] = cells[entry * _CELLS_PER_ENTRY + _CELLS_PER_ENTRY - 1]
        return counts


@dataclass(slots=True)
class Region:
    """The supervisor's side of one process's region: `descriptor` is inherited, `process` is set once it runs."""

    descriptor: int
    memory: mmap.mmap
    process: "subprocess.Popen[bytes] | None" = None


class Regions:
    """The regions of every process that was started; what the dead counted is kept. Asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lives: list[Region] = []
        self._ended: Counter[str] = Counter()

    @contextmanager
    def region(self) -> Iterator[Region]:
        """A region for a process that is started within the block."""
        descriptor = os.memfd_create("tally")
        try:
            os.ftruncate(descriptor, REGION_OCTETS)
            region = Region(descriptor, mmap.mmap(descriptor, REGION_OCTETS))
            yield region
        finally:
            os.close(descriptor)
        if region.process is not None:
            with self._lock:
                self._fold_the_dead()
                self._lives.append(region)

    def totals(self) -> tuple[Counter[str], Counter[str]]:
        """What all processes have counted, and what those counted that live now."""
        with self._lock:
            self._fold_the_dead()
            living: Counter[str] = Counter()
            for region in self._lives:
                living.update(read_region(region.memory))
            return self._ended + living, living

    def _fold_the_dead(self) -> None:
        still_alive = []
        for region in self._lives:
            if region.process is not None and region.process.poll() is None:
                still_alive.append(region)
                continue
            self._ended.update(read_region(region.memory))
            region.memory.close()
        self._lives = still_alive


regions = Regions()
