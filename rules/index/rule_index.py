"""Find the standards that may fit a message, in the octets of an index.

Reads them where they lie: mapped, they are shared by all processes that map them. Made once (automata and pattern sets
are built from the head: a second or two for a million standards, so aside), then read by any number of threads.
Never says whether a standard fits. Raises ValueError for octets that are no index.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge

from ahocorasick_rs import AhoCorasick

from rules.asking import Asked
from rules.conditions import Fact
from rules.index.keys import TEXTS, checksum, is_unknown, texts_of, values_of
from rules.index.layout import take_apart
from rules.index.records import read
from rules.mail_view import MailView
from rules.patterns import PatternSets
from rules.standards import ImportStandard

_MOST_SORTED = 256  # numbers; more are merged as they are asked for
_PIECE = 256 * 1024  # of a text that is searched at once: what is found in it is held in memory
Numbers = Sequence[int]


class _Needles:
    """An automaton for the needles of one fact."""

    def __init__(self, fact: Fact, needles: list[str]) -> None:
        self._automaton = AhoCorasick(needles, store_patterns=False)
        self.checksums = [checksum(fact, needle) for needle in needles]
        self._overlap = max(map(len, needles)) - 1

    def found_in(self, text: str) -> set[int]:
        """The checksums of the needles that stand in `text`."""
        if len(text) <= _PIECE:
            return {self.checksums[each[0]] for each in self._find(text)}
        found: set[int] = set()
        for start in range(0, len(text), _PIECE):
            found.update(self.checksums[each[0]] for each in self._find(text[start : start + _PIECE + self._overlap]))
        return found

    def _find(self, text: str) -> list[tuple[int, int, int]]:
        return self._automaton.find_matches_as_indexes(text, overlapping=True)


class RuleIndex:
    """A RuleSet over the octets that rules.index.pack made."""

    tells_all = False

    def __init__(self, octets: bytes | memoryview) -> None:
        head, sections = take_apart(memoryview(octets))
        self.version: int | None = head["version"]
        self.count: int = head["count"]  # of standards
        self._shift: int = 32 - head["bits"]
        self._standards = sections["standards"]
        self._offsets, self._buckets, self._checksums, self._always, self._crowded, self._numbers = (
            sections[name].cast("I") for name in ("offsets", "buckets", "checksums", "always", "crowded", "numbers")
        )
        self._facts: list[Fact] = [fact for fact in head["facts"] if fact not in TEXTS]
        self._needles = {fact: _Needles(fact, needles) for fact, needles in head["needles"].items()}
        self._patterns = {fact: PatternSets(patterns) for fact, patterns in head["patterns"].items()}
        self._everywhere: list[int] = head["everywhere"]
        asking = sections["asking"].cast("I")
        self._asking: dict[Fact, Numbers] = {fact: asking[start:end] for fact, (start, end) in head["asking"].items()}
        self._asks_senders = "sender" in self._facts

    def standards(self) -> Iterator[ImportStandard]:
        """All of them, in the order in which they are asked."""
        return map(self._standard, range(self.count))

    def candidates(self, view: MailView, asked: Asked) -> Iterator[ImportStandard]:
        """In order: every standard that may fit or stop; as long as `asked.wants_near`, those that nearly fit too."""
        always: list[Numbers] = [self._everywhere] if self._everywhere else []
        crowded: list[Numbers] = []
        for key in self._keys(view):
            for at in range(self._buckets[key >> self._shift], self._buckets[(key >> self._shift) + 1]):
                if self._checksums[at] == key:
                    start, middle, end = self._always[at], self._crowded[at], self._always[at + 1]
                    if start < middle:
                        always.append(self._numbers[start:middle])
                    if middle < end:
                        crowded.append(self._numbers[middle:end])
        for fact, sets in self._patterns.items():
            always += [sets.found_in(text) for text in _raw(fact, view)]
        numbers = _merged(always)
        if crowded:
            numbers = _with_others(numbers, _merged(crowded), lambda: asked.wants_near)
        unknown = self._unknown(view)
        if unknown:  # they cannot fit: one that may is enough
            numbers = _with_others(numbers, _merged(unknown), lambda: not asked.may_fit)
        return map(self._standard, numbers)

    def _unknown(self, view: MailView) -> list[Numbers]:
        """The standards that are found by what is not known of this message."""
        if self._asks_senders and is_unknown("sender", view):
            return [range(self.count)]
        return [numbers for fact, numbers in self._asking.items() if is_unknown(fact, view)]

    def _keys(self, view: MailView) -> Iterator[int]:
        for fact in self._facts:
            for text in values_of(fact, view):
                yield checksum(fact, text)
        for fact, needles in self._needles.items():
            for text in texts_of(fact, view):
                yield from needles.found_in(text)

    def _standard(self, number: int) -> ImportStandard:
        return read(self._standards[self._offsets[number] : self._offsets[number + 1]])


def _raw(fact: Fact, view: MailView) -> tuple[bytes, ...]:
    if fact == "subject_pattern":
        return (view.subject_octets,)
    return (view.body_octets,) if view.is_fetched("text") else ()


def _merged(lists: list[Numbers]) -> Iterator[int]:
    """Ascending, each number once."""
    if len(lists) == 1:
        return iter(lists[0])
    if sum(map(len, lists)) <= _MOST_SORTED:
        return iter(sorted({number for each in lists for number in each}))
    return _once(merge(*lists))


def _once(numbers: Iterable[int]) -> Iterator[int]:
    last = -1
    for number in numbers:
        if number != last:
            yield number
        last = number


def _with_others(always: Iterator[int], others: Iterator[int], is_wanted: Callable[[], bool]) -> Iterator[int]:
    """Both, ascending, the others as long as they are wanted."""
    following = next(always, None)
    for number in others:
        if not is_wanted():
            break
        while following is not None and following < number:
            yield following
            following = next(always, None)
        if following == number:  # wanted whatever the others are
            following = next(always, None)
            yield number
        elif is_wanted():
            yield number
    if following is not None:
        yield following
        yield from always
