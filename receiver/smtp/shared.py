"""What the doors of one machine know of each other: connections and unknown recipients, by address.

One region of shared memory, made by the supervisor and inherited by every door. Each door has a slot that it alone
writes and all read: no lock and no system call. The supervisor clears the slot of a door that has ended, and a door
its own when it starts: nothing is left of a life that was killed. Addresses are kept as a hash under a key of this
start: IPv4 whole, IPv6 by /64, the least that a customer gets. Two doors that claim the last place in the same instant
may both be refused.
Never decides what is too much. Raises nothing: what finds no room in a table goes uncounted.

    16 octets: key of the hash · 16 slots, each:
        connections · hashes, connections · hashes, ends of windows, misses · whether it accepts connections
"""

import hashlib
import mmap
import os
import socket
import time
from collections.abc import Callable, Iterator

SLOTS = 16
_KEY_CELLS = 2
# A table has buckets of so many entries; a hash stands in its own bucket or nowhere, so that a look-up is short.
_WAYS = 16
_BUCKETS = 512
_ENTRIES = _WAYS * _BUCKETS
_HASHES, _COUNTS = 1, 1 + _ENTRIES
_MISSED, _WINDOW_ENDS, _MISSES = (1 + _ENTRIES * number for number in (2, 3, 4))
_IS_OPEN = 1 + _ENTRIES * 5
_SLOT_CELLS = _IS_OPEN + 1
REGION_OCTETS = 8 * (_KEY_CELLS + SLOTS * _SLOT_CELLS)

# IPv4 clients of a socket that listens on [::].
_MAPPED = bytes(10) + b"\xff\xff"


def new_region() -> int:
    """A descriptor of an empty region, for the doors to inherit."""
    descriptor = os.memfd_create("doors")
    os.ftruncate(descriptor, REGION_OCTETS)
    os.pwrite(descriptor, os.urandom(8 * _KEY_CELLS), 0)
    return descriptor


def clear_slot(descriptor: int, number: int) -> None:
    """Forget what the door of this slot counted; for when it has ended and none has taken its place."""
    os.pwrite(descriptor, bytes(8 * _SLOT_CELLS), 8 * (_KEY_CELLS + number % SLOTS * _SLOT_CELLS))


def slot_number(name: str) -> int:
    """The slot of the door of this name: doors are counted from door-1."""
    number = name.rpartition("-")[2]
    return int(number) - 1 if number.isdecimal() else 0


def network_of(address: str) -> bytes:
    """What of an address counts: all of IPv4, the /64 of IPv6; nothing when it is no address."""
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        octets = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except OSError:
        return b""
    return octets[12:] if octets.startswith(_MAPPED) else octets[:8]


class Slot:
    """One door's slot, and its view of the others."""

    def __init__(
        self, descriptor: int | None = None, number: int = 0, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Take slot `number` of the region and clear it; without a region, one of a private region."""
        own = new_region() if descriptor is None else descriptor
        memory = memoryview(mmap.mmap(own, REGION_OCTETS))
        self._key = bytes(memory[: 8 * _KEY_CELLS])
        self._cells = memory.cast("Q")
        self._clock = clock  # the same one in all doors
        self._slots = [_KEY_CELLS + slot * _SLOT_CELLS for slot in range(SLOTS)]
        self._own = self._slots[number % SLOTS]
        if descriptor is None:
            os.close(own)
        else:
            start = 8 * self._own
            memory[start : start + 8 * _SLOT_CELLS] = bytes(8 * _SLOT_CELLS)

    def hash_of(self, address: str) -> int:
        """An address as it stands in the tables; 0, which is never counted, when it is none."""
        network = network_of(address)
        if not network:
            return 0
        return int.from_bytes(hashlib.blake2b(network, digest_size=8, key=self._key).digest(), "little") or 1

    @property
    def own_connections(self) -> int:
        """How many connections this door has."""
        return self._cells[self._own]

    def set_open(self, *, is_open: bool) -> None:
        """Tell the other doors whether this one accepts connections."""
        self._cells[self._own + _IS_OPEN] = is_open

    @property
    def has_more_than_others(self) -> bool:
        """Whether another door, which accepts connections as well, has clearly fewer of them."""
        own = self._cells[self._own]
        enough = own - 2 - own // 8
        return enough > 0 and any(
            self._cells[slot + _IS_OPEN] and self._cells[slot] < enough for slot in self._slots if slot != self._own
        )

    def all_connections(self) -> int:
        """How many connections all doors have."""
        return sum(self._cells[slot] for slot in self._slots)

    def add_connection(self, address: int) -> tuple[int, int]:
        """Count one connection of this hash; gives those of all doors: in total, and of this address."""
        self._cells[self._own] += 1
        entry = self._entry_for(address)
        if entry is not None:
            self._cells[self._own + _HASHES + entry] = address
            self._cells[self._own + _COUNTS + entry] += 1
        total = of_address = 0
        for slot in self._slots:
            if count := self._cells[slot]:
                total += count
                found = self._find(slot + _HASHES, address)
                of_address += 0 if found is None else self._cells[slot + _COUNTS + found]
        return total, of_address

    def remove_connection(self, address: int) -> None:
        """Take back what add_connection counted."""
        self._cells[self._own] -= 1
        entry = self._find(self._own + _HASHES, address)
        if entry is not None and self._cells[self._own + _COUNTS + entry]:
            self._cells[self._own + _COUNTS + entry] -= 1

    def add_miss(self, address: int, window_seconds: float) -> int:
        """Count an unknown recipient; gives those of all doors within their windows, which the first miss begins."""
        if not address:
            return 0
        now = self._clock()
        entry = self._find(self._own + _MISSED, address)
        if entry is None or self._cells[self._own + _WINDOW_ENDS + entry] <= now:
            entry = self._oldest(address) if entry is None else entry
            self._cells[self._own + _MISSES + entry] = 0
            self._cells[self._own + _MISSED + entry] = address
            self._cells[self._own + _WINDOW_ENDS + entry] = now + int(window_seconds * 1e9)
        self._cells[self._own + _MISSES + entry] += 1
        return sum(self._misses_of(slot, address, now) for slot in self._slots)

    def _misses_of(self, slot: int, address: int, now: int) -> int:
        entry = self._find(slot + _MISSED, address)
        if entry is None or self._cells[slot + _WINDOW_ENDS + entry] <= now:
            return 0
        return self._cells[slot + _MISSES + entry]

    def _find(self, table: int, address: int) -> int | None:
        start = address % _BUCKETS * _WAYS
        bucket = self._cells[table + start : table + start + _WAYS].tolist()
        return start + bucket.index(address) if address and address in bucket else None

    def _entry_for(self, address: int) -> int | None:
        """Where connections of this hash are counted: its entry, else one that nobody needs, if there is one."""
        found = self._find(self._own + _HASHES, address)
        if found is not None or not address:
            return found
        return next((entry for entry in _bucket(address) if not self._cells[self._own + _COUNTS + entry]), None)

    def _oldest(self, address: int) -> int:
        return min(_bucket(address), key=lambda entry: self._cells[self._own + _WINDOW_ENDS + entry])


def _bucket(address: int) -> Iterator[int]:
    first = address % _BUCKETS * _WAYS
    return iter(range(first, first + _WAYS))
