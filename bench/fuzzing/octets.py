"""Made-up octets for a reader that must stand anything: the parent makes them up, a child of its own reads them.

The child has the parsing child's limits on memory, and two seconds of processor time for each case: what takes longer
kills it, as a crash in a library does, and the parent knows which case it was. A target is a module
`bench.fuzzing.of_NAME` with `seeds()`, `mutate(chance, octets, other)` and `examine(octets)`, which tells the traits of
what came out and raises when a promise is broken. What shows a new trait is kept, and mutated on.
"""

import importlib
import json
import random
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

NAMES = ("einvoice", "forward")
SECONDS_A_CASE = 2.0
ADDRESS_SPACE = 1024**3
_LENGTH = struct.Struct(">I")
_MOST_FAULTS = 10
_LARGEST_KEPT = 256 * 1024


@dataclass
class Found:
    """What a run came to."""

    cases: int = 0
    kept: int = 0
    slowest: float = 0.0  # seconds of wall time
    faults: list[tuple[bytes, str]] = field(default_factory=list)


def target(name: str) -> ModuleType:
    """The module of a target."""
    if name not in NAMES:
        raise ValueError(f"no target {name}")
    return importlib.import_module(f"bench.fuzzing.of_{name}")


class Reader:
    """The child that reads; a new one takes the place of one that died."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, octets: bytes) -> tuple[set[str], str | None]:
        """The traits of a case, and what is wrong with it."""
        process = self._process or self._started()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the reader has no pipes")
        try:
            process.stdin.write(_LENGTH.pack(len(octets)) + octets)
            process.stdin.flush()
        except BrokenPipeError:
            return set(), self._death(process)
        line = process.stdout.readline()
        if not line:
            return set(), self._death(process)
        answer = json.loads(line)
        return set(answer["traits"]), answer["fault"]

    @property
    def pid(self) -> int | None:
        """Of the child, while there is one."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "bench.fuzzing.octets", self._name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def _death(self, process: "subprocess.Popen[bytes]") -> str:
        code = process.wait()
        self._process = None
        if code == -signal.SIGPROF:
            return f"takes more than {SECONDS_A_CASE:g} seconds of processor time"
        return f"kills its reader: {signal.Signals(-code).name if code < 0 else code}"


def run(
    name: str, seconds: float, seed: int, known: list[bytes], on_kept: Callable[[bytes], object] = lambda _: None
) -> Found:
    """Read what is known, then mutate until the time is over or ten faults were found."""
    chosen, chance, found = target(name), random.Random(seed), Found()
    pool, seen, waiting = list[bytes](), set[str](), [*known]
    reader = Reader(name)
    try:
        reader.read(b"")  # its imports are no case's time
        deadline = time.monotonic() + seconds
        while (waiting or time.monotonic() < deadline) and len(found.faults) < _MOST_FAULTS:
            is_known = bool(waiting)
            octets = waiting.pop(0) if waiting else chosen.mutate(chance, chance.choice(pool), chance.choice(pool))
            started = time.monotonic()
            traits, fault = reader.read(octets)
            found.slowest = max(found.slowest, time.monotonic() - started)
            found.cases += 1
            if fault:
                found.faults.append((octets, fault))
            elif traits - seen or not pool:
                seen |= traits
                pool.append(octets)
                if not is_known and len(octets) <= _LARGEST_KEPT:
                    found.kept += 1
                    on_kept(octets)
    finally:
        reader.close()
    return found


def main(name: str, seconds: float, seed: int, folder: Path) -> int:
    """Fuzz one target and say what was found; what is new, and what breaks a promise, stays in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    known = [*target(name).seeds(), *(path.read_bytes() for path in sorted(folder.glob("kept-*")))]
    found = run(name, seconds, seed, known, lambda octets: _keep(folder, "kept", octets))
    for octets, fault in found.faults:
        print(f"{_keep(folder, 'found', octets)}: {fault}")
    print(
        f"{found.cases} cases, {len(known)} known before, {found.kept} new kept; "
        f"slowest {found.slowest:.2f} s; {len(found.faults)} faults"
    )
    return 1 if found.faults else 0


def _keep(folder: Path, word: str, octets: bytes) -> Path:
    path = folder / f"{word}-{sha256(octets).hexdigest()[:16]}"
    path.write_bytes(octets)
    return path


def serve(name: str, questions: BinaryIO, answers: BinaryIO) -> None:
    """The child: read case after case from `questions`, answer a line each."""
    examine = target(name).examine
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while length := questions.read(_LENGTH.size):
        octets = questions.read(_LENGTH.unpack(length)[0])
        # SIGPROF ends the process, wherever it is: a handler of Python's would wait for the library to come back.
        signal.setitimer(signal.ITIMER_PROF, SECONDS_A_CASE)
        traits, fault = set[str](), None
        try:
            traits = examine(octets)
        except Exception as error:  # noqa: BLE001 - whatever is raised is what we are looking for
            fault = f"{type(error).__name__}: {error}"[:500]
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps({"traits": sorted(traits), "fault": fault}).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
