"""Make the octets of an index from standards, in whatever order they come.

A standard is found by its first condition (conditions.FACTS): what nearly fits is what this condition holds of. Where
so many standards share that key that a mail could not look at them all, a standard is found by its rarest other
condition as well, and by the crowded one only for being told. Takes time and memory: run it aside.
"""

import itertools
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rules.conditions import PATTERNS, Condition, Fact
from rules.index.keys import TEXTS, UNKNOWABLE, Key, keys_of
from rules.index.layout import assemble
from rules.index.records import write
from rules.standards import ImportStandard, order

CROWD = 32  # standards that may share a key before it is crowded
_CHECKSUM_BITS = 32


@dataclass(slots=True)
class _Row:
    """What is kept of a standard while the others are read."""

    place: tuple[bool, bool, int, str, str]
    record: bytes
    conditions: tuple["_Wanted", ...]
    stops: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A condition: the keys of each of its values."""

    condition: Condition
    keys: tuple[tuple[Key, ...], ...]

    @property
    def has_keys(self) -> bool:
        return all(self.keys)


@dataclass(slots=True)
class _Postings:
    """Which key leads to which standards."""

    counts: Counter[int]
    crowd: int  # standards that may share a key before it is crowded
    entries: list[int] = field(default_factory=list)  # checksum, number and crowd in one, to be sorted
    needles: dict[Fact, set[str]] = field(default_factory=lambda: {fact: set() for fact in TEXTS})
    patterns: dict[Fact, list[tuple[str, int]]] = field(default_factory=dict)
    everywhere: list[int] = field(default_factory=list)  # standards that no key finds
    asking: dict[Fact, "array[int]"] = field(default_factory=dict)  # standards found by a fact that may be unknown
    facts: set[Fact] = field(default_factory=set)  # of the keys

    def post(self, number: int, row: _Row) -> None:
        """Note by which keys the standard is found."""
        if not row.conditions:  # it fits nothing
            return
        first = row.conditions[0]
        if not first.has_keys and first.condition.fact not in PATTERNS:
            self.everywhere.append(number)
            return
        other = None if row.stops or self._cost(first) <= self.crowd else self._rarer(row.conditions)
        self._post(number, first, is_crowded=other is not None)
        if other is not None:
            self._post(number, other, is_crowded=False)

    def _rarer(self, conditions: tuple[_Wanted, ...]) -> _Wanted | None:
        others = [each for each in conditions[1:] if each.has_keys]
        rarest = min(others, key=self._cost, default=None)
        return rarest if rarest is not None and self._cost(rarest) < self._cost(conditions[0]) else None

    def _post(self, number: int, wanted: _Wanted, *, is_crowded: bool) -> None:
        fact = wanted.condition.fact
        if fact in UNKNOWABLE:
            self.asking.setdefault(fact, array("I")).append(number)
        for value, keys in zip(wanted.condition.values, wanted.keys, strict=True):
            key = min(keys, key=self._count, default=None)
            if fact in PATTERNS and (key is None or self._count(key) > self.crowd):
                self.patterns.setdefault(fact, []).append((value, number))
            elif key is not None:
                self.facts.add(key.fact)
                if key.fact in self.needles:
                    self.needles[key.fact].add(key.text)
                self.entries.append((key.checksum << 33) | (number << 1) | is_crowded)

    def _cost(self, wanted: _Wanted) -> int:
        if wanted.condition.fact in PATTERNS:
            return 0  # those of a crowd are in sets: no crowd is judged
        return max(min(map(self._count, keys)) for keys in wanted.keys)

    def _count(self, key: Key) -> int:
        return self.counts[key.checksum]


def pack(standards: Iterable[ImportStandard], version: int | None = None, crowd: int = CROWD) -> bytes:
    """The index of these standards. The order in which they come does not count; `crowd` changes no decision."""
    rows = sorted((_row(each) for each in standards), key=lambda row: row.place)
    counts = Counter(key.checksum for row in rows for each in row.conditions for keys in each.keys for key in keys)
    postings = _Postings(counts, crowd)
    for number, row in enumerate(rows):
        postings.post(number, row)
    return _written(rows, postings, version)


def _row(standard: ImportStandard) -> _Row:
    wanted = tuple(_Wanted(each, tuple(keys_of(each))) for each in standard.any_of)
    return _Row(order(standard), write(standard), wanted, standard.stop_here)


def _written(rows: list[_Row], postings: _Postings, version: int | None) -> bytes:
    postings.entries.sort()
    bits = min(_CHECKSUM_BITS - 1, max(4, len(postings.entries).bit_length()))
    head: dict[str, Any] = {
        "version": version,
        "count": len(rows),
        "bits": bits,
        "facts": sorted(postings.facts),
        "needles": {fact: sorted(needles) for fact, needles in postings.needles.items() if needles},
        "patterns": postings.patterns,
        "everywhere": postings.everywhere,
        "asking": _places(postings.asking),
    }
    offsets = array("I", itertools.accumulate((len(row.record) for row in rows), initial=0))
    sections = {"offsets": offsets.tobytes(), "standards": b"".join(row.record for row in rows)}
    sections["asking"] = b"".join(numbers.tobytes() for numbers in postings.asking.values())
    return assemble(head, sections | _tables(postings.entries, bits))


def _places(asking: dict[Fact, "array[int]"]) -> dict[Fact, tuple[int, int]]:
    """From where to where each fact's numbers stand in their section."""
    ends = list(itertools.accumulate(map(len, asking.values()), initial=0))
    return dict(zip(asking, itertools.pairwise(ends), strict=True))


def _tables(entries: list[int], bits: int) -> dict[str, bytes]:
    checksums, always, crowded, numbers = array("I"), array("I"), array("I"), array("I")
    buckets = array("I", bytes(4 * ((1 << bits) + 1)))
    for checksum, group in itertools.groupby(entries, key=lambda entry: entry >> 33):
        told = list(dict.fromkeys(group))
        buckets[(checksum >> (_CHECKSUM_BITS - bits)) + 1] += 1
        checksums.append(checksum)
        always.append(len(numbers))
        numbers.extend((entry >> 1) & 0xFFFFFFFF for entry in told if not entry & 1)
        crowded.append(len(numbers))
        numbers.extend((entry >> 1) & 0xFFFFFFFF for entry in told if entry & 1)
    always.append(len(numbers))
    for bucket in range(1, len(buckets)):
        buckets[bucket] += buckets[bucket - 1]
    tables = {"buckets": buckets, "checksums": checksums, "always": always, "crowded": crowded, "numbers": numbers}
    return {name: table.tobytes() for name, table in tables.items()}
