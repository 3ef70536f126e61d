"""An IMAP server that says what a test wants it to say, on a port of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from receiver.imap.session import Session
from receiver.imap.values import Limits, PasswordLogin, Place

# Short enough for a test, long enough for a busy machine.
LIMITS = Limits(connect_seconds=20, silence_seconds=20, command_seconds=40)
QUICK = Limits(connect_seconds=0.3, silence_seconds=0.3, command_seconds=1.0)
LOGIN = PasswordLogin("alice@example.com", "secret")
CAPABILITIES = b"IMAP4rev1 SASL-IR AUTH=PLAIN"


class Peer:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.commands: list[bytes] = []  # without tags

    async def say(self, octets: bytes) -> None:
        """Send; waits for a client that is slow in reading."""
        self._writer.write(octets)
        await self._writer.drain()

    async def hear(self) -> tuple[bytes, bytes]:
        """(tag, command) of the next line; ConnectionError where there is none."""
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError
        tag, _, command = line.rstrip(b"\r\n").partition(b" ")
        self.commands.append(command)
        return tag, command

    async def answer(self, octets: bytes = b"", status: bytes = b"OK done") -> bytes:
        """Hear a command, say `octets` and its tagged answer; gives the command."""
        tag, command = await self.hear()
        await self.say(octets + tag + b" " + status + b"\r\n")
        return command

    async def open_mailbox(self, exists: int = 9) -> None:
        """Everything up to an open mailbox."""
        await self.say(b"* OK [CAPABILITY " + CAPABILITIES + b"] hello\r\n")
        await self.answer(status=b"OK [CAPABILITY " + CAPABILITIES + b"] in")
        await self.answer(b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 100] ok\r\n" % exists)

    async def begin_tls(self, context: ssl.SSLContext) -> None:
        """From now on under TLS; ConnectionError where the client will not have it."""
        try:
            await self._writer.start_tls(context)
        except ssl.SSLError as error:
            raise ConnectionResetError from error

    def hang_up(self) -> None:
        """Close at once."""
        self._writer.transport.abort()


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def server(script: Script) -> AsyncIterator[Place]:
    """A server that follows `script` with every client, and hangs up at its end."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            tasks.add(task)
        try:
            await script(Peer(reader, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield Place(host="127.0.0.1", port=port, security="none", allow_internal=True)
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def opened(script: Script, limits: Limits = LIMITS) -> AsyncIterator[Session]:
    """A session with an open mailbox; the script goes on from there."""

    async def whole_script(peer: Peer) -> None:
        await peer.open_mailbox()
        await script(peer)

    async with server(whole_script) as place:
        session = await Session.open(place, limits)
        try:
            await session.login(LOGIN)
            await session.examine("INBOX")
            yield session
        finally:
            session.abort()


async def silence(_: Peer) -> None:
    """Say nothing, for as long as anybody waits."""
    await asyncio.Event().wait()
