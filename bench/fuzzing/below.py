"""What stands below a session in the fuzzer: a journal and a directory that fail at a script's own moments.

They fail in storage.failures' families only, with words that no client may ever read. Keeps what was accepted.
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from receiver.smtp import replies
from receiver.smtp.replies import Reply
from storage.failures import NoRoom, PermanentFailure, StorageFailure, TemporaryFailure
from storage.journal import Envelope, Letter, Recipient

Answer = Callable[[Sequence[Letter], StorageFailure | None], None]
INSIDE_WORDS = "never-tell-this /var/lib/postbus/journal/door-1/0001.segment"


class FailingSink:
    """A sink that may fail, and knows whether it was let go."""

    def __init__(self, below: "Below") -> None:
        self.octets = bytearray()
        self.size = 0
        self.is_spent = False
        self._below = below

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        """Keep, or fail."""
        self._below.perhaps_fail(0.02)
        self.octets += octets
        self.size += len(octets)

    def discard(self) -> None:
        """Let go."""
        self.is_spent = True


class Below:
    """The journal and the directory under a session."""

    def __init__(self, seed: int, loop: asyncio.AbstractEventLoop) -> None:
        self.kept: list[bytes] = []
        self.traces: list[str] = []
        self.sinks: list[FailingSink] = []
        self._chance = random.Random(seed)
        self._loop = loop
        self._is_reliable = seed % 3 != 0

    def perhaps_fail(self, likely: float) -> None:
        """Raise a failure of storage, now and then."""
        if not self._is_reliable and self._chance.random() < likely:
            raise self._chance.choice((TemporaryFailure, NoRoom, PermanentFailure))(INSIDE_WORDS)

    def has_room(self, octets: int) -> bool:  # noqa: ARG002 - the journal's signature
        """Mostly."""
        return self._is_reliable or self._chance.random() > 0.05

    def sink(self) -> FailingSink:
        """The next message's."""
        self.perhaps_fail(0.05)
        self.sinks.append(FailingSink(self))
        return self.sinks[-1]

    def submit_all(self, letters: Sequence[Letter], answer: Answer) -> None:
        """Kept after a while, or not."""
        for letter in letters:
            letter.sink.is_spent = True  # type: ignore[attr-defined]
            self.traces.append(Envelope.from_json(letter.envelope).trace)
        self.perhaps_fail(0.05)
        for letter in letters:
            self._loop.call_later(self._chance.choice((0.0, 0.01, 400.0)), self._finish, letter, answer)

    def _finish(self, letter: Letter, answer: Answer) -> None:
        try:
            self.perhaps_fail(0.1)
        except StorageFailure as failure:
            answer([letter], failure)
        else:
            self.kept.append(bytes(letter.sink.octets))  # type: ignore[attr-defined]
            answer([letter], None)

    async def judge(self, address: str) -> Recipient | Reply:
        """One address is ours, also with sub-addresses; all others of its domain are unknown."""
        self.perhaps_fail(0.05)
        if self._chance.random() < 0.2:
            await asyncio.sleep(self._chance.choice((0.0, 5.0)))
        local, _, domain = address.lower().rpartition("@")
        if domain != "inbox.example":
            return replies.relaying_denied(address)
        if local.partition("+")[0] != "invoices":
            return replies.unknown_import_address(address)
        return Recipient(address, "a" * 32, "b" * 32, None)
