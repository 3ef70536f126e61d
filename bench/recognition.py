"""How well recognition does on the reference sets, with the list of misses; figures belong in docs/recognition.md.

    ./dev bench recognition [SECTION ...] [--set FOLDER] [--misses N]

Sections: einvoice, mime, forwarded, invoicemail; without one, all that there are. Each is a program of its own
(bench/recognition_SECTION.py) with a function `score(folder) -> Score`, and reads ../shared/corpus/SECTION by its key.
A figure has a goal beside it; exit code 1 when one is not reached.
"""

import argparse
import importlib
import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path

SECTIONS = ("einvoice", "mime", "forwarded", "invoicemail")
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    goal: float | None = None  # at least this; with `at_most`, at most
    at_most: bool = False
    of: int | None = None  # how many cases it was taken from

    @property
    def is_reached(self) -> bool:
        """Whether the goal is met; a figure without one always is."""
        if self.goal is None:
            return True
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"  goal {'<=' if self.at_most else '>='} {self.goal:g}"
        of = "" if self.of is None else f"  of {self.of}"
        return f"{'  ' if self.is_reached else '! '}{self.name:<34}{self.value:10.4f}{of}{goal}"


@dataclass(slots=True)
class Score:
    """What a section came to."""

    figures: list[Figure] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)  # a line each: the case, what was expected, what came

    def add(self, name: str, right: int, of: int, goal: float | None = None) -> None:
        """Note how many of so many are right."""
        self.figures.append(Figure(name, right / of if of else 1.0, goal, of=of))

    def miss(self, case: str, what: str, expected: object, found: object) -> None:
        """Note a case that came out otherwise."""
        self.misses.append(f"{case}: {what}: expected {expected!r}, found {found!r}")


def sections() -> list[str]:
    """The sections that are written."""
    return [each for each in SECTIONS if importlib.util.find_spec(f"bench.recognition_{each}")]


def main() -> int:
    """Score what is asked for."""
    parser = argparse.ArgumentParser(
        prog="./dev bench recognition", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("section", nargs="*", help=", ".join(SECTIONS))
    parser.add_argument("--set", type=Path, default=CORPUS, help="the folder that holds a folder for each section")
    parser.add_argument("--misses", type=int, default=40, help="how many misses to list (%(default)s)")
    arguments = parser.parse_args()
    unknown = [each for each in arguments.section if each not in sections()]
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(sections())}")
    is_reached = True
    for name in arguments.section or sections():
        folder = arguments.set / name
        print(f"== {name}")
        if not folder.is_dir():
            print(f"  {folder} is not there; not scored")
            continue
        score: Score = importlib.import_module(f"bench.recognition_{name}").score(folder)
        for figure in score.figures:
            print(figure)
            is_reached = is_reached and figure.is_reached
        for line in score.misses[: arguments.misses]:
            print(f"  - {line}")
        if len(score.misses) > arguments.misses:
            print(f"  - and {len(score.misses) - arguments.misses} more")
    return 0 if is_reached else 1


if __name__ == "__main__":
    sys.exit(main())
