"""Regular expressions for those who ask: RE2, linear in the text and without look-around.

The one door to google-re2. Never uses a backtracking engine; what RE2 refuses is refused when a standard is saved.
Standard: the syntax of RE2 (github.com/google/re2/wiki/Syntax); case does not count, as with words.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import re2

LONGEST_PATTERN = 500
# RE2 takes at worst one step for each octet of text and instruction of the program. People's patterns have some fifty,
# \p{L} alone 1,400.
MOST_INSTRUCTIONS = 4000
_PATTERN_OCTETS = 512 * 1024  # at most, and only for a hostile pattern on a hostile text
_MOST_COMPILED = 512
# Patterns share an automaton in sets: of so many instructions together, in so much memory for each set.
_SET_INSTRUCTIONS = 30_000
_SET_OCTETS = 16 * 1024**2
# Texts with nothing in common: what fits all of them fits everything.
_STRANGERS = ("x", "7 q", "Zz-\u00e9")


def pattern_fault(text: str) -> str | None:
    """Why RE2 does not take this pattern, in RE2's words; None when it does."""
    try:
        pattern = _compiled(text)
    except re2.error as error:
        return error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error.args[0])
    if pattern.programsize > MOST_INSTRUCTIONS:
        return f"pattern too large - {pattern.programsize} instructions, {MOST_INSTRUCTIONS} are the most"
    return None


def fits_everything(text: str) -> bool:
    """Whether this pattern (that RE2 takes) would fit the empty text, or any."""
    pattern = _compiled(text)
    return pattern.search("") is not None or all(pattern.search(each) for each in _STRANGERS)


def pattern_fits(text: str, octets: bytes) -> bool:
    """Whether the pattern is found somewhere in a text (UTF-8); never, where RE2 does not take it."""
    try:
        return _compiled(text).search(octets) is not None
    except re2.error:
        return False


def searchable(text: str) -> bytes:
    """A text as patterns search it."""
    return text.encode("utf-8", "replace")


@lru_cache(maxsize=_MOST_COMPILED)
def _compiled(text: str) -> "re2._Regexp[str]":
    return re2.compile(text, _options(_PATTERN_OCTETS))


class PatternSets:
    """Many patterns, searched for together; each belongs to a number. Compiled when made: make it aside."""

    def __init__(self, patterns: Iterable[tuple[str, int]], set_octets: int = _SET_OCTETS) -> None:
        taken = [(text, number) for text, number in patterns if pattern_fault(text) is None]
        self._sets = [(_set_of(part, set_octets), [number for _, number in part]) for part in _parts(taken)]

    @property
    def numbers(self) -> list[int]:
        """The numbers of all patterns, ascending."""
        return sorted({number for _, owners in self._sets for number in owners})

    def found_in(self, octets: bytes) -> list[int]:
        """The numbers of the patterns that are found in a text (UTF-8), ascending; where a set gave up, all of its."""
        numbers: set[int] = set()
        for found, owners in self._sets:
            places = found.Match(octets) if found else None
            numbers.update([owners[place - 1] for place in places if place] if places else owners)
        return sorted(numbers)


def _parts(patterns: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    part: list[tuple[str, int]] = []
    instructions = 0
    for text, number in patterns:
        size = _compiled(text).programsize
        if part and instructions + size > _SET_INSTRUCTIONS:
            yield part
            part, instructions = [], 0
        part.append((text, number))
        instructions += size
    if part:
        yield part


def _set_of(patterns: list[tuple[str, int]], octets: int) -> re2.Set | None:
    """The set, None when it takes more memory than that."""
    found = re2.Set.SearchSet(_options(octets))
    try:
        found.Add("")  # fits everything: where it is not found, the set ran out of memory
        for text, _ in patterns:
            found.Add(text)
        found.Compile()
    except re2.error:
        return None
    return found


def _options(octets: int) -> re2.Options:
    """How every pattern is compiled, alone or in a set of so many octets of memory."""
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.max_mem = octets
    return chosen
