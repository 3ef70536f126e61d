"""File names and media types as a standard asks for them: `*.pdf`, `rechnung-??.pdf`, `image/*`.

`*` stands for any characters, `?` for one; nothing else is special. Names compare without case and accents
(rules.words.plain). Linear in the name for each star, whatever it holds: no regular expression backtracks here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from rules.words import plain

_ALPHANUMERIC = re.compile(r"[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern for a whole name."""

    pieces: tuple[str, ...]  # what stands between the stars; "?" within a piece is any character

    @classmethod
    def compile(cls, text: str) -> "Glob":
        """The glob that a person wrote."""
        return _compile(text)

    @property
    def says_nothing(self) -> bool:
        """True for a glob that every name fits."""
        return not any(piece.strip("?") for piece in self.pieces)

    @property
    def literal(self) -> str:
        """The longest run of plain letters and digits that a fitting name must hold; "" when there is none."""
        runs = [run for piece in self.pieces for run in _ALPHANUMERIC.findall(piece)]
        return max(runs, key=len, default="")

    def fits(self, name: str) -> bool:
        """Whether `name` (plain) is one that this glob means."""
        first, *others = self.pieces
        if not others:
            return len(name) == len(first) and _stands_at(first, name, 0)
        last = others.pop()
        end = len(name) - len(last)
        if end < len(first) or not _stands_at(first, name, 0) or not _stands_at(last, name, end):
            return False
        position = len(first)
        for piece in others:  # the leftmost place is always the best one: only stars stand between
            found = _find(piece, name, position, end)
            if found < 0:
                return False
            position = found + len(piece)
        return True


def _find(piece: str, name: str, start: int, end: int) -> int:
    if "?" not in piece:
        return name.find(piece, start, end)
    return next((at for at in range(start, end - len(piece) + 1) if _stands_at(piece, name, at)), -1)


def _stands_at(piece: str, name: str, at: int) -> bool:
    if "?" not in piece:
        return name.startswith(piece, at)
    return all(wanted in {"?", found} for wanted, found in zip(piece, name[at : at + len(piece)], strict=True))


@lru_cache(maxsize=4096)
def _compile(text: str) -> Glob:
    pieces = [""]
    for each in re.split(r"(\*)", plain(text)):
        if each == "*":
            pieces.append("")
        else:
            pieces[-1] += each
    return Glob(tuple(pieces))
