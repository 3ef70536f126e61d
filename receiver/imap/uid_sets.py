"""Sets of UIDs that stay small when a mailbox is large: a million in a row are one range.

Standard: RFC 9051 section 9 (sequence-set), RFC 4731 (results as ranges).
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain

MAX_UID = 2**32 - 1


class UidSet:
    """Ascending UIDs without doubles. Made by `of`, `span` or `union`, never changed; 8 octets a range."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """From ranges (first, last), in any order, overlapping or not. ValueError: not 1 to 2**32 - 1."""
        self._firsts = array("I")
        self._lasts = array("I")
        rest = iter(ranges)
        for first, last in rest:
            if self._firsts and first < self._firsts[-1]:
                # Servers tell them in order; only where one does not are they sorted, with all the memory it takes.
                unordered = [*self.ranges(), (first, last), *rest]
                self._firsts, self._lasts = array("I"), array("I")
                for each in sorted(unordered):
                    self._append(*each)
            else:
                self._append(first, last)

    def _append(self, first: int, last: int) -> None:
        if not 1 <= first <= last <= MAX_UID:
            raise ValueError(f"not a range of UIDs: {first}:{last}")
        if self._lasts and first <= self._lasts[-1] + 1:
            self._lasts[-1] = max(last, self._lasts[-1])
        else:
            self._firsts.append(first)
            self._lasts.append(last)

    @classmethod
    def of(cls, uids: Iterable[int]) -> "UidSet":
        """The set of these UIDs."""
        made = cls()
        before = 0
        rest = iter(uids)
        for uid in rest:
            if uid < before:
                return cls((each, each) for each in chain(made, [uid], rest))
            made._append(uid, uid)
            before = uid
        return made

    @classmethod
    def span(cls, first: int, last: int) -> "UidSet":
        """All from `first` to `last`, both included; empty where last < first."""
        return cls([(first, last)] if last >= first else [])

    def ranges(self) -> Iterator[tuple[int, int]]:
        """The ranges (first, last), ascending, with a gap between any two."""
        return zip(self._firsts, self._lasts, strict=True)

    def batches(self, size: int) -> Iterator["UidSet"]:
        """The same UIDs in sets of at most `size`, ascending."""
        pending: list[tuple[int, int]] = []
        room = size
        for first, last in self.ranges():
            while first <= last:
                end = min(last, first + room - 1)
                pending.append((first, end))
                room -= end - first + 1
                first = end + 1  # noqa: PLW2901  # what is left of this range
                if not room:
                    yield UidSet(pending)
                    pending, room = [], size
        if pending:
            yield UidSet(pending)

    def batches_downwards(self, size: int) -> Iterator["UidSet"]:
        """The same UIDs in sets of at most `size`, the highest first."""
        pending: list[tuple[int, int]] = []
        room = size
        for first, last in zip(reversed(self._firsts), reversed(self._lasts), strict=True):
            while first <= last:
                begin = max(first, last - room + 1)
                pending.append((begin, last))
                room -= last - begin + 1
                last = begin - 1  # noqa: PLW2901  # what is left of this range
                if not room:
                    yield UidSet(pending)
                    pending, room = [], size
        if pending:
            yield UidSet(pending)

    def since(self, uid: int) -> "UidSet":
        """Those that are `uid` or above."""
        return UidSet((max(first, uid), last) for first, last in self.ranges() if last >= uid)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges():
            yield from range(first, last + 1)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges())

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        at = bisect_right(self._firsts, uid) - 1
        return at >= 0 and uid <= self._lasts[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UidSet) and (self._firsts, self._lasts) == (other._firsts, other._lasts)

    def __hash__(self) -> int:
        return hash((self._firsts.tobytes(), self._lasts.tobytes()))

    def __str__(self) -> str:
        """As in a command: "1:4,7"."""
        return ",".join(f"{first}:{last}" if last > first else str(first) for first, last in self.ranges())

    def __repr__(self) -> str:
        return f"UidSet({self})"
