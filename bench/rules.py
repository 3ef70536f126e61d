"""What a decision costs with 1 thousand to 1 million standards, beside a plain loop over the same ones, in one run.

The standards and mails of bench.rule_world. For each number of them, a process of its own packs the index into a file,
another maps it and decides, a third asks the loop. Cost is the median of single decisions, on mails not seen before.
The loop does what mail importers do: asks standard after standard whether sender, word and pattern fit, until one does;
what it needs is made ready beforehand. Every decision is compared: both must find the same standard.

    ./dev bench rules [--sizes 1000 10000 100000 1000000] [--mails 9000] [--seed 4]
"""

import argparse
import gc
import json
import math
import mmap
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2

from bench.rule_world import World
from rules.engine import decide
from rules.facts import MailFacts, TenantPolicy
from rules.index import RuleIndex, pack
from rules.index.layout import take_apart
from rules.mail_view import MailView
from rules.patterns import PatternSets
from rules.standards import ImportStandard, order
from rules.words import WordPattern

SIZES = (1_000, 10_000, 100_000, 1_000_000)
_LOOP_SECONDS = 20.0
_WARM = 600
_EVERYONE = TenantPolicy()


def memory() -> tuple[float, float]:
    """MB of this process: what nobody else can have, and what is mapped from files, to be shared."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {name: int(value.split()[0]) for name, value in fields.items()}
    return kilobytes["Private_Dirty"] / 1000, (kilobytes["Rss"] - kilobytes["Private_Dirty"]) / 1000


class Pauses:
    """How long another thread had to wait meanwhile, at most: an index is loaded beside a worker that goes on."""

    def __enter__(self) -> "Pauses":
        self.longest = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        last = time.perf_counter()
        while not self._is_over.wait(0.0005):
            now = time.perf_counter()
            self.longest, last = max(self.longest, now - last), now


class Loop:
    """Rule after rule, as mail importers do it."""

    def __init__(self, standards: list[ImportStandard]) -> None:
        self._rules = [_prepared(each) for each in sorted(standards, key=order)]

    def decide(self, facts: MailFacts) -> str | None:
        """The name of the first that fits."""
        return next(self._fitting(facts), None)

    def count(self, facts: MailFacts) -> int:
        """How many fit."""
        return sum(1 for _ in self._fitting(facts))

    def _fitting(self, facts: MailFacts) -> Any:
        view = MailView(facts, _EVERYONE)
        sender, marked, octets = view.senders[0].address, view.subject.marked, view.subject_octets
        for address, domain, word, pattern, name in self._rules:
            if address and sender != address:
                continue
            if domain and not sender.endswith(domain):
                continue
            if word and word not in marked:
                continue
            if pattern and not pattern.search(octets):
                continue
            yield name


def _prepared(standard: ImportStandard) -> tuple[str, str, str, Any, str]:
    sender, word = standard.sender or "", standard.subject_word
    pattern = next(iter(standard.values_of("subject_pattern")), None)
    options = re2.Options()
    options.case_sensitive = False
    return (
        "" if sender.startswith("@") else sender,
        sender.replace("@*.", ".") if sender.startswith("@") else "",
        WordPattern.compile(word).needle if word else "",
        re2.compile(pattern, options) if pattern else None,
        standard.name,
    )


def build(size: int, seed: int, path: Path, _: int) -> dict[str, Any]:
    """Pack the index into a file."""
    world = World(size, seed)
    started = time.perf_counter()
    octets = pack(world.standards, 1)
    seconds = time.perf_counter() - started
    with path.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())  # what is not written yet would count as memory of whoever maps it
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"build_s": seconds, "build_peak_mb": peak, "file_mb": len(octets) / 1e6}


def measure(size: int, seed: int, path: Path, count: int) -> dict[str, Any]:
    """Map the index and decide."""
    before = memory()
    with Pauses() as pauses:
        started = time.perf_counter()
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        index = RuleIndex(memoryview(mapped))
        load = time.perf_counter() - started
    head, _ = take_apart(memoryview(mapped))
    started = time.perf_counter()
    for patterns in head["patterns"].values():
        PatternSets(patterns)
    sets = time.perf_counter() - started
    for _ in index.standards():  # touch every page: what is mapped counts as well
        pass
    after = memory()
    world = World(size, seed)
    mails = [mail for mail, _ in world.mails(_WARM + count)]
    common = list(world.crowded_mails(_WARM + count // 3))
    del world  # nobody who decides holds a million standards as objects
    gc.collect()
    costs = timed(lambda mail: decide(mail, (), _EVERYONE, index), mails)
    crowded = timed(lambda mail: decide(mail, (), _EVERYONE, index), common)
    return {
        "load_s": load,
        "pause_ms": pauses.longest * 1000,
        "sets_s": sets,
        "needles": sum(map(len, head["needles"].values())),
        "patterns": sum(map(len, head["patterns"].values())),
        "private_mb": after[0] - before[0],
        "shared_mb": after[1] - before[1],
        "by_fits_us": [statistics.median(costs.each[kind::3]) * 1e6 for kind in range(3)],
        "crowded_us": statistics.median(crowded.each) * 1e6,
        **costs.figures("index"),
    }


def compare(size: int, seed: int, path: Path, count: int) -> dict[str, Any]:
    """Decide the same mails by the plain loop, and see that the index says the same."""
    world = World(size, seed)
    loop, index = Loop(world.standards), RuleIndex(path.read_bytes())
    mails = [mail for mail, _ in world.mails(_WARM + count)]
    looped = timed(loop.decide, mails, _LOOP_SECONDS)
    for mail in mails[_WARM : _WARM + max(30, len(looped.each))]:
        assert loop.decide(mail) == decide(mail, (), _EVERYONE, index).standard, mail.subject
    for mail, fits in world.mails(30):
        assert loop.count(mail) == fits, (mail.subject, fits)
    return looped.figures("loop")


@dataclass
class Costs:
    """Seconds of each call, and of processor time of all of them."""

    each: list[float]
    busy: float

    def figures(self, name: str) -> dict[str, float]:
        """The median and the worst of a hundred in microseconds, calls in a second of processor time."""
        return {
            f"{name}_median_us": statistics.median(self.each) * 1e6,
            f"{name}_p99_us": sorted(self.each)[len(self.each) * 99 // 100] * 1e6,
            f"{name}_per_second": len(self.each) / self.busy,
        }


def timed(function: Callable[[MailFacts], object], mails: list[MailFacts], seconds: float = math.inf) -> Costs:
    """What each call costs, of as many mails as there is time for; the first ones only warm up."""
    for mail in mails[: _WARM if math.isinf(seconds) else 3]:
        function(mail)
    costs: list[float] = []
    deadline, busy = time.perf_counter() + seconds, time.process_time()
    for mail in mails[_WARM:]:
        started = time.perf_counter()
        function(mail)
        ended = time.perf_counter()
        costs.append(ended - started)
        if ended > deadline:
            break
    return Costs(costs, time.process_time() - busy)


def in_a_process(*arguments: str) -> dict[str, Any]:
    """What a step of the measurement says, from a process of its own."""
    done = subprocess.run([sys.executable, "-m", "bench.rules", *arguments], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(sizes: list[int], mails: int, seed: int, folder: Path) -> None:
    """All sizes."""
    first = None
    for size in sizes:
        path = folder / f"{size}.index"
        common = ("--sizes", str(size), "--mails", str(mails), "--seed", str(seed), "--file", str(path))
        found: dict[str, Any] = {}
        for step in STEPS:
            found |= in_a_process("--step", step, *common)
        first = first or found["index_median_us"]
        _report(size, found, found["index_median_us"] / first)


def _report(size: int, found: dict[str, Any], ratio: float) -> None:
    none, one, three = found["by_fits_us"]
    for line in (
        f"{size:9,d} standards",
        f"  index: median {found['index_median_us']:.1f} us a decision ({ratio:.2f} x the first size; fits 0, 1, 3: "
        f"{none:.1f}, {one:.1f}, {three:.1f}), p99 {found['index_p99_us']:.0f} us, "
        f"{found['index_per_second']:,.0f} a second of processor time; "
        f"mails of the commonest words {found['crowded_us']:.1f} us",
        f"  loop:  median {found['loop_median_us']:,.0f} us, {found['loop_per_second']:,.1f} a second: "
        f"the index is {found['loop_median_us'] / found['index_median_us']:,.0f} times as fast",
        f"  file {found['file_mb']:.1f} MB; loaded in {found['load_s']:.2f} s, with an automaton of "
        f"{found['needles']:,d} needles and sets of {found['patterns']:,d} patterns ({found['sets_s']:.2f} s), "
        f"no other thread waiting longer than {found['pause_ms']:.0f} ms; "
        f"memory {found['private_mb']:.0f} MB of its own + {found['shared_mb']:.0f} MB mapped",
        f"  packed aside in {found['build_s']:.1f} s, at most {found['build_peak_mb']:.0f} MB, the standards included",
    ):
        print(line, flush=True)


STEPS: dict[str, Callable[[int, int, Path, int], dict[str, Any]]] = {
    "build": build,
    "measure": measure,
    "compare": compare,
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench rules", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--mails", type=int, default=9000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.sizes[0], given.seed, given.file, given.mails)))
    else:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
            run(given.sizes, given.mails, given.seed, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
