"""How much may still be unpacked of one message, and what a packing tells of its members.

What is unpacked is paid for here, so that packings in packings are limited as a whole: parts, octets and depth. What
finds no room is left packed, and named as a defect.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

# Deflate makes 1032 octets of one at most; sheets and empty scans reach a few hundred.
MAX_RATIO = 250
FREE_OF_RATIO = 16 * 1024**2  # so many octets may be as tightly packed as they like


class Damaged(Exception):
    """A packing, or a member of it, that is not what it says it is."""


class NoRoom(Exception):
    """What is packed exceeds what may be read of one message; `defect` says how."""

    def __init__(self, defect: str) -> None:
        super().__init__(defect)
        self.defect = defect


@dataclass(slots=True)
class Room:
    """What is left of the limits of one message."""

    octets: int
    parts: int
    depth: int

    def take(self, octets: int) -> None:
        """Pay for octets that are about to be read. Raises NoRoom."""
        if octets > self.octets:
            raise NoRoom("too_large")
        self.octets -= octets

    def take_part(self) -> None:
        """Pay for one more part. Raises NoRoom."""
        if self.parts <= 0:
            raise NoRoom("too_many_parts")
        self.parts -= 1


class Source:
    """The octets of a packing: held while its members are read, decoded again when one is asked for later."""

    def __init__(self, decode: Callable[[], bytes], held: bytes | None = None) -> None:
        self._decode = decode
        self._held = held

    def octets(self) -> bytes:
        """All of them."""
        if self._held is None:
            self._held = self._decode()
        return self._held

    def let_go(self) -> None:
        """Free them until they are asked for again."""
        self._held = None


@dataclass(slots=True)
class Member:
    """One file in a packing, as the packing claims; its octets are read when asked for."""

    name: str | None
    size: int  # octets; a claim where `load` raises when there are more
    load: Callable[[], bytes] = field(repr=False)  # raises Damaged
    media_type: str = ""
    content_id: str = ""
