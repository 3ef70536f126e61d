"""How much the doors' memory grows, at its highest, under clients that mean harm and under honest load.

Figures are of all doors together: the highest resident memory during a case less that before it, as the kernel counts
(proc(5), VmHWM after clear_refs), so that no peak falls between two looks. Clients come from many loopback addresses.
postbus runs in its default configuration.

    ./dev bench memory [--scale 1.0] [--only idle]
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import memory_clients as clients
from bench.memory_clients import Target
from bench.server import Growth, RunningPostbus

MIB = 1024**2
# Else a client that never reads would be parted from before its replies fill anything.
_SETTINGS = {"SMTP__MAX_COMMANDS_WITHOUT_PROGRESS": "1000000000"}


@dataclass(frozen=True)
class Case:
    """A load with the most it may take: in all, or for each of `each` things."""

    name: str
    run: Callable[[Target, float], str]
    goal: float
    each: int = 0


CASES = (
    Case("300 MB without CRLF", clients.endless_line, 8 * MIB),
    Case("300 MB without CRLF, as a command", clients.endless_command, 8 * MIB),
    Case("300 MB without CRLF, in chunks", clients.endless_line_in_chunks, 8 * MIB),
    Case("100 MB oversize", clients.oversize, 8 * MIB),
    Case("100 MB oversize, in chunks", clients.oversize_in_chunks, 8 * MIB),
    Case("10 MB of empty lines", clients.empty_lines, 8 * MIB),
    Case("10 MB of empty lines, in chunks", clients.empty_lines_in_chunks, 8 * MIB),
    Case("200,000 chunks of one octet", clients.tiny_chunks, 8 * MIB),
    Case("20,000 recipients", clients.recipients, 8 * MIB),
    Case("a client that never reads", clients.deaf, 8 * MIB),
    Case("100 concurrent messages of 25 MB", clients.many_large, 64 * MIB),
    Case("100 concurrent of 25 MB, in chunks", clients.many_large_in_chunks, 64 * MIB),
    Case("5,000 idle connections, each", clients.idle, 16 * 1024, each=5000),
)


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    case: Case
    growth: float
    said: str

    @property
    def is_met(self) -> bool:
        """Whether the goal holds."""
        return self.growth < self.case.goal

    def line(self) -> str:
        """For people."""
        unit, size = ("KiB", 1024) if self.case.each else ("MiB", MIB)
        verdict = "met" if self.is_met else "MISSED"
        figures = f"{self.growth / size:6.1f} {unit}  goal {self.case.goal / size:.0f}: {verdict}"
        return f"{self.case.name:36s} {figures}  ({self.said})"


def run(folder: Path, cases: tuple[Case, ...], scale: float) -> list[Result]:
    """Measure the cases one after the other on one postbus."""
    postbus = RunningPostbus(folder / "data", _SETTINGS)
    target = Target(postbus, postbus.set_up())
    results = []
    with postbus:
        _warm_up(target)
        for case in cases:
            growth = Growth(postbus.doors())
            said = case.run(target, scale)
            each = max(1, int(case.each * scale))
            results.append(Result(case, growth.octets() / each, said))
            print(results[-1].line(), flush=True)
            time.sleep(0.5)
    return results


def _warm_up(target: Target) -> None:
    """Some small messages through every door: what a first message takes is not the case's doing."""
    for number in range(32):
        connection = target.begin_data(number)
        clients.ask(connection, b"Subject: warm\r\n\r\nwarm\r\n.\r\n")
        connection.close()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench memory", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", default="", help="cases with this in their names")
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > soft else soft, hard))
    chosen = tuple(case for case in CASES if arguments.only in case.name)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        results = run(Path(folder), chosen, arguments.scale)
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
