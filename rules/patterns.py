"""Regular expressions for those who ask: RE2, linear in the text and without look-around.

The one door to google-re2. Never uses a backtracking engine; what RE2 refuses is refused when a standard is saved.
Standard: the syntax of RE2 (github.com/google/re2/wiki/Syntax); case does not count, as with words.
"""

from collections.abc import Iterable
from functools import lru_cache

import re2

LONGEST_PATTERN = 500
# One pattern may take this much for its program and its states; RE2 falls back to a slower linear search beyond.
_PATTERN_OCTETS = 1024**2
# So many patterns share one automaton; 1,000 of them were content with 8 MB. With too little, RE2 finds nothing at all.
_SHARD = 1000
_SHARD_OCTETS = 64 * 1024**2
# Texts with nothing in common: what fits all of them fits everything.
_STRANGERS = ("x", "7 q", "Zz-\u00e9")


def pattern_fault(text: str) -> str | None:
    """Why RE2 does not take this pattern, in RE2's words; None when it does."""
    try:
        _compiled(text)
    except re2.error as error:
        return str(error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error.args[0])
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


@lru_cache(maxsize=8192)
def _compiled(text: str) -> "re2._Regexp[str]":
    return re2.compile(text, _options(_PATTERN_OCTETS))


class PatternSets:
    """Many patterns, searched for together; each belongs to a number. Compiled when made: make it aside."""

    def __init__(self, patterns: Iterable[tuple[str, int]]) -> None:
        self._shards: list[tuple[re2.Set, list[int]]] = []
        taken = [(text, number) for text, number in patterns if pattern_fault(text) is None]
        for start in range(0, len(taken), _SHARD):
            shard = taken[start : start + _SHARD]
            found = re2.Set.SearchSet(_options(_SHARD_OCTETS))
            found.Add("")  # fits everything: where it is not found, the set gave up
            for text, _ in shard:
                found.Add(text)
            found.Compile()
            self._shards.append((found, [number for _, number in shard]))

    def found_in(self, octets: bytes) -> list[int]:
        """The numbers of the patterns that are found in a text (UTF-8), ascending; where a set gave up, all of its."""
        numbers: set[int] = set()
        for found, owners in self._shards:
            places = found.Match(octets)
            numbers.update([owners[place - 1] for place in places if place] if places else owners)
        return sorted(numbers)


def _options(octets: int) -> re2.Options:
    """How every pattern is compiled, alone or in a set of so many octets of memory."""
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.max_mem = octets
    return chosen
