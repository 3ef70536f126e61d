"""Commands and their answers: tags, literals that wait for a `+`, several commands at once, and deadlines on all of it.

Knows no mailbox and no message. What whoever reads the answers does in between counts against nobody.
Raises ImapFailure when the conversation is over. Standard: RFC 9051 sections 2.2 and 5.5 (several commands at once).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from receiver.imap.assembling import Assembler
from receiver.imap.classifying import code_of_bye, code_of_refusal
from receiver.imap.commands import Argument, packets
from receiver.imap.failures import ImapFailure
from receiver.imap.parsing import Status, Untagged, read_status, read_untagged
from receiver.imap.values import Limits
from receiver.imap.wire import Wire


@dataclass(slots=True)
class Command:
    """A command that was sent, and its tagged answer once there is one."""

    tag: bytes
    name: str
    status: Status | None = None

    @property
    def is_done(self) -> bool:
        """Whether it was answered."""
        return self.status is not None

    @property
    def is_ok(self) -> bool:
        """Whether it was answered with OK."""
        return self.status is not None and self.status.condition == b"OK"

    @property
    def answer(self) -> Status:
        """Its tagged answer."""
        return self.status or Status(b"")


class Conversation:
    """What is said on one wire."""

    def __init__(self, wire: Wire, limits: Limits) -> None:
        self.wire = wire
        self.limits = limits
        self.assembler = Assembler(limits)
        self.capabilities: frozenset[str] = frozenset()
        self.exists = 0  # messages in the open mailbox, as last told
        self.expunged = 0  # messages that the server said were removed, so far
        self.is_leaving = False
        self._count = 0
        self._open: dict[bytes, Command] = {}
        self._continuations: deque[bytes] = deque()
        self._spent = 0.0  # seconds since a command was answered, or the first of the open ones was sent

    def begin(self, name: str, *arguments: bytes) -> Command:
        """Send a command that holds no literal, and do not wait for its answer. `name` may be of two words."""
        command = self._new(name)
        self.wire.write(b" ".join([command.tag, name.encode("ascii"), *arguments]) + b"\r\n")
        return command

    async def run(self, on: Callable[[Untagged], object] | None, name: str, *arguments: Argument) -> Command:
        """Send a command and wait for its answer; untagged responses go to `on`."""
        command = self._new(name)
        first = True
        for packet in packets(command.tag, (name.encode("ascii"), *arguments), self.capabilities):
            if not first:
                await self.continuation(command)
                if command.is_done:
                    return command
            self.wire.write(packet)
            first = False
        return await self.finish(command, on)

    async def finish(self, command: Command, on: Callable[[Untagged], object] | None = None) -> Command:
        """Wait for the answer to a command; untagged responses go to `on`."""
        while not command.is_done:
            untagged = await self.step()
            if untagged is not None and on is not None:
                on(untagged)
        return command

    async def continuation(self, command: Command) -> bytes | None:
        """The words of the server's next `+`; None where it answers the command instead."""
        while not self._continuations and not command.is_done:
            await self.step()
        return self._continuations.popleft() if self._continuations else None

    async def step(self, seconds: float | None = None) -> Untagged | None:
        """The next untagged response; None where another kind was read. Waits `seconds` where that is said."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        try:
            return await self._step(seconds)
        finally:
            # Reading counts, too: a server that floods us never lets us wait.
            self._spent += loop.time() - before

    async def _step(self, seconds: float | None) -> Untagged | None:
        response = self.assembler.next()
        while response is None:
            self.assembler.feed(await self._read(seconds))
            response = self.assembler.next()
        first = response.text[:1]
        if first == b"+":
            if len(self._continuations) < len(self._open):
                self._continuations.append(response.text[1:].strip())
            return None
        if first != b"*":
            self._answer(response.text)
            return None
        untagged = read_untagged(response)
        self._take_note(untagged)
        return untagged

    def restart_clock(self) -> None:
        """Let the time of the open commands begin now: one of them was meant to last."""
        self._spent = 0.0

    def check(self, command: Command) -> None:
        """Raises ImapFailure where an answer says that the session cannot go on."""
        if not command.is_ok and (code := code_of_refusal(command.answer)):
            raise ImapFailure(code)

    def require(self, command: Command) -> None:
        """Raises ImapFailure unless the command was done."""
        self.check(command)
        if not command.is_ok:
            raise ImapFailure("command_refused", command=command.name)

    @property
    def has_unread(self) -> bool:
        """Whether the server has said something that nobody has read yet."""
        return self.assembler.has_unread or self.wire.has_unread

    def _new(self, name: str) -> Command:
        if not self._open:
            self._spent = 0.0
        self._count += 1
        command = Command(b"A%d" % self._count, name)
        self._open[command.tag] = command
        return command

    async def _read(self, seconds: float | None) -> bytes:
        if seconds is not None:
            return await self.wire.read(seconds)
        left = self.limits.command_seconds - self._spent
        if left <= 0:
            raise ImapFailure("server_silent")
        return await self.wire.read(min(left, self.limits.silence_seconds))

    def _answer(self, text: bytes) -> None:
        tag, _, rest = text.partition(b" ")
        command = self._open.pop(tag, None)
        status = read_status(rest)
        if command is None or status is None or status.condition not in {b"OK", b"NO", b"BAD"}:
            raise ImapFailure("server_nonsense", what="tagged answer")
        command.status = status
        self._spent = 0.0
        self._learn(status)

    def _take_note(self, untagged: Untagged) -> None:
        """What concerns the whole session, whoever reads it."""
        if untagged.name == b"EXISTS" and untagged.number is not None:
            self.exists = untagged.number
        elif untagged.name == b"EXPUNGE":
            self.exists = max(0, self.exists - 1)
            self.expunged += 1
        elif untagged.name == b"VANISHED":
            self.expunged += 1
        elif untagged.name == b"CAPABILITY":
            self._set_capabilities(untagged.data)
        elif untagged.status is not None:
            if untagged.name == b"BYE" and not self.is_leaving:
                raise ImapFailure(code_of_bye(untagged.status))
            self._learn(untagged.status)

    def _learn(self, status: Status) -> None:
        if status.code[:11].upper() == b"CAPABILITY ":
            self._set_capabilities(status.code[11:])

    def _set_capabilities(self, told: bytes) -> None:
        self.capabilities = frozenset(told[:20_000].decode("ascii", "replace").upper().split())
