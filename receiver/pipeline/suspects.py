"""Which reader of files works on which part: noted where it outlives this process, so that who ended it can be named.

A reader is a library, or code of ours, that reads what a stranger put into one part. What it ends (a deadline, a
crash, memory) is an attempt at the whole mail; the worker then finds here what to leave unread the next time
(receiver.pipeline.last_try). The child may write what it likes: what is read back is a known reader and a path, or
nothing. Raises nothing of its own.
"""

import os
import re
from collections.abc import Callable, Iterable
from typing import Final, Protocol, TypeVar

from receiver.pipeline.packings.room import Damaged, NoRoom
from rules.facts import READERS, Unread

NOTE_OCTETS: Final = 4096
_PATH: Final = re.compile(r"[0-9]{1,6}(?:[./][0-9]{1,6}){0,500}")
_LENGTH_OCTETS: Final = 2

T = TypeVar("T")


class Page(Protocol):
    """Octets that can be written in place: memory that is shared with the worker, or a bytearray."""

    def __getitem__(self, place: slice, /) -> bytes | bytearray:
        """Some of them."""

    def __setitem__(self, place: slice, octets: bytes, /) -> None:
        """Other ones."""


class Watch:
    """Has the readers of one mail work: each noted while it does, those that are to be left out never asked."""

    def __init__(self, page: Page | None = None, left_out: Iterable[Unread] = ()) -> None:
        self._page: Page = bytearray(NOTE_OCTETS) if page is None else page
        self._left_out = frozenset(left_out)
        self.unread: dict[Unread, None] = {}  # what was left out, in the order in which it would have been read
        self._note("")

    def read(self, reader: str, part: str, work: Callable[[], T], otherwise: T) -> T:
        """What a reader makes of a part; `otherwise` where it is to be left out."""
        if Unread(part, reader) in self._left_out or Unread("", reader) in self._left_out:
            self.unread[Unread(part, reader)] = None
            return otherwise
        return self.name(reader, part, work)

    def name(self, reader: str, part: str, work: Callable[[], T]) -> T:
        """What `work` gives, which is to be laid at the door of this reader."""
        before = self._noted()
        self._note(f"{reader} {part}")
        try:
            made = work()
        except (Damaged, NoRoom):
            self._note(before)
            raise
        # Not after anything else: what ends this attempt is named by what stands here.
        self._note(before)
        return made

    def _noted(self) -> str:
        return _text_of(self._page[:NOTE_OCTETS])

    def _note(self, text: str) -> None:
        octets = text.encode("ascii", "replace")[: NOTE_OCTETS - _LENGTH_OCTETS]
        # The length last: a note that is half written says nothing.
        self._page[:_LENGTH_OCTETS] = bytes(_LENGTH_OCTETS)
        self._page[_LENGTH_OCTETS : _LENGTH_OCTETS + len(octets)] = octets
        self._page[:_LENGTH_OCTETS] = len(octets).to_bytes(_LENGTH_OCTETS, "little")


def suspect_in(descriptor: int) -> Unread | None:
    """The reader and the part that a child noted last; None when it was at something else."""
    # Not by a map: a file that was cut short would end whoever reads it there.
    reader, _, part = _text_of(os.pread(descriptor, NOTE_OCTETS, 0)).partition(" ")
    return Unread(part, reader) if reader in READERS and _PATH.fullmatch(part) else None


def _text_of(octets: bytes | bytearray) -> str:
    length = int.from_bytes(octets[:_LENGTH_OCTETS], "little")
    return bytes(octets[_LENGTH_OCTETS : _LENGTH_OCTETS + length]).decode("ascii", "replace")
