"""Evidence as it is found, each piece with its points and its place. Never decides what is evidence. Raises nothing."""

from dataclasses import dataclass, field
from typing import Final

from rules.facts import Evidence
from rules.recognition.accounting.evidence import MOST_TIMES, WEIGHTS

MOST_POINTS: Final = 100


@dataclass(slots=True)
class Ledger:
    """What was found so far: each code once, or as often as MOST_TIMES says."""

    entries: list[Evidence] = field(default_factory=list)
    _times: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, place: str) -> None:
        """Note a piece of evidence and where it stood."""
        times = self._times.get(code, 0)
        if times < MOST_TIMES.get(code, 1):
            self._times[code] = times + 1
            self.entries.append(Evidence(code, WEIGHTS[code], place))

    def has(self, *codes: str) -> bool:
        """Whether one of these was noted."""
        return any(code in self._times for code in codes)

    def score(self) -> int:
        """The sum of all points, between 0 and MOST_POINTS."""
        return max(0, min(MOST_POINTS, sum(each.weight for each in self.entries)))


def line(number: int) -> str:
    """The place of what stands in a line, counted from 0."""
    return f"line {number + 1}"
