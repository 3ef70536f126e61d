"""Sizes as a standard asks for them: `>= 20000`, `< 5 MB`, or both (`>= 20 KB, < 5 MB`).

Octets of the message as received; KB and MB are 1000 and 1,000,000 octets, as people's programs show them.
"""

import re
from dataclasses import dataclass

_BOUND = re.compile(r"(>=|<=|>|<)\s*(\d{1,15})\s*(B|KB|MB|GB)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}


@dataclass(frozen=True, slots=True)
class SizeRange:
    """From `least` to `most` octets, both included; None: no bound."""

    least: int | None
    most: int | None

    @classmethod
    def parse(cls, text: str) -> "SizeRange | None":
        """The range written as `text`, or None when it is none."""
        least, most = None, None
        for each in re.split(r"[,;]", text):
            bound = _BOUND.fullmatch(each.strip())
            if bound is None:
                return None
            octets = int(bound[2]) * _UNITS[(bound[3] or "").lower()]
            if bound[1][0] == ">":
                least = max(octets + (bound[1] == ">"), least or 0)
            else:
                octets -= bound[1] == "<"
                most = octets if most is None else min(octets, most)
        return cls(least, most)

    @property
    def says_nothing(self) -> bool:
        """True for a range that every message is in."""
        return not self.least and self.most is None

    @property
    def is_empty(self) -> bool:
        """True for a range that no message is in."""
        return self.most is not None and (self.most < 0 or (self.least or 0) > self.most)

    def fits(self, octets: int) -> bool:
        """Whether a message of so many octets is in this range."""
        return (self.least is None or octets >= self.least) and (self.most is None or octets <= self.most)
