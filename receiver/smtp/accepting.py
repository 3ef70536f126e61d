"""Accepting connections of one door, and letting its sessions end.

The listening sockets are shared with other doors: one connection at a time is taken, and none while this door is full
and another has room. Knows nothing of mail. Raises nothing.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from receiver.listening import Kind, Listener
from receiver.smtp.handler import ImportHandler, ImportSession
from receiver.smtp.implicit_tls import TlsImportSession
from receiver.smtp.lmtp import LmtpSession
from receiver.smtp.session import ARRIVAL_SECONDS, SmtpSession
from receiver.smtp.wire import Terms

# How long a door that could not accept leaves the others to try.
_ACCEPT_PAUSE = 1.0
# How long a door that has more sessions than another leaves it the next one.
_YIELD_SECONDS = 0.001
# How long those may take who were accepted just before a drain; a handshake may hang for longer.
_ARRIVING_SECONDS = 6.0
# What a handler may still take when the drain is over: a lookup or a sync, both with deadlines of their own.
_LAST_SECONDS = 5.0
_SESSIONS: Mapping[Kind, type[ImportSession]] = {
    "smtp": ImportSession,
    "smtps": TlsImportSession,
    "lmtp": LmtpSession,
}

log = structlog.get_logger()


class Door:
    """Listening sockets, shared with other doors, and the sessions of this one; within a running loop."""

    def __init__(self, handler: ImportHandler, terms: Terms, listeners: Sequence[Listener]) -> None:
        self._handler = handler
        self._terms = terms
        self._listeners = listeners
        self._slot = terms.visits.slot
        self._arriving: set[asyncio.Task[object]] = set()
        self._is_draining = False

    def open(self) -> None:
        """Begin to accept connections."""
        self._slot.set_open(is_open=True)
        for each in self._listeners:
            each.socket.setblocking(False)
            self._watch(each)

    def _watch(self, listener: Listener) -> None:
        if not self._is_draining:
            asyncio.get_running_loop().add_reader(listener.socket.fileno(), self._accept_or_yield, listener)

    def _accept_or_yield(self, listener: Listener) -> None:
        # The kernel wakes whoever sleeps: without this, one door may end up with all the sessions and the other cores
        # with none.
        if self._should_leave_it_to_others():
            self._pause(listener, _ACCEPT_PAUSE, self._watch)
        elif self._slot.has_more_than_others:
            self._pause(listener, _YIELD_SECONDS, self._accept_and_watch)
        else:
            self._accept(listener)

    def _accept_and_watch(self, listener: Listener) -> None:
        if not self._is_draining:
            self._watch(listener)
            self._accept(listener)

    def _pause(self, listener: Listener, seconds: float, then: Callable[[Listener], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener.socket.fileno())
        loop.call_later(seconds, then, listener)

    def _accept(self, listener: Listener) -> None:
        # One at a time: a server of the loop takes all that wait, and leaves the other doors without work.
        try:
            client, peer = listener.socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):  # another door was faster, or the client is gone
            return
        except OSError as error:  # no descriptor or memory left
            log.warning("accept_failed", error=error.strerror)
            self._pause(listener, _ACCEPT_PAUSE, self._watch)
            return
        client.setblocking(False)
        arriving = asyncio.get_running_loop().create_task(self._begin(listener.kind, client, peer))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)

    def _should_leave_it_to_others(self) -> bool:
        """Whether this door has no room while another has. When none has, each says so: 421 is better than silence."""
        limits = self._terms.visits.limits
        if len(self._terms.sessions) + len(self._arriving) < limits.max_connections_here:
            return False
        most = min(limits.max_connections, limits.max_connections_of_doors)
        return self._slot.all_connections() < most

    async def _begin(self, kind: Kind, client: socket.socket, peer: Any) -> None:
        try:
            await _SESSIONS[kind](self._handler, self._terms).open(client, peer)
        except OSError:  # it hung up at once
            client.close()

    async def drain(self, seconds: float) -> None:
        """Accept no more connections and end the sessions: the idle now, the others within `seconds`."""
        self._is_draining = True
        self._slot.set_open(is_open=False)
        for each in self._listeners:
            asyncio.get_running_loop().remove_reader(each.socket.fileno())
            # Else the kernel would count this door among those that accept. The socket itself lives in the others.
            each.socket.close()
        await self._wait_for_arriving(_ARRIVING_SECONDS)
        arrival = min(seconds, ARRIVAL_SECONDS)
        for session in self._sessions():
            session.drain()
        await self._wait_for_sessions(arrival)
        for session in self._sessions():  # those who had only just come and sent nothing since
            session.drain()
        await self._wait_for_sessions(seconds - arrival)
        for session in self._sessions():
            session.end_if_waiting()
        await self._wait_for_sessions(_LAST_SECONDS)

    async def _wait_for_arriving(self, seconds: float) -> None:
        # They were accepted already: nobody else can serve them.
        if self._arriving:
            _, late = await asyncio.wait(self._arriving, timeout=seconds)
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _sessions(self) -> list[SmtpSession]:
        return [session for session in self._terms.sessions if isinstance(session, SmtpSession)]

    async def _wait_for_sessions(self, seconds: float) -> None:
        tasks = [session.task for session in self._sessions()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
