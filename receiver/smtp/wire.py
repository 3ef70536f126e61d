"""The connection below a session: octets in, replies out, time.

Takes the place of aiosmtpd's stream reader, writer and timer. Octets are parsed as they arrive, a message's go straight
into its intake; replies to pipelined commands leave in one write. The idle timer is re-armed by progress and never
touches a handler that runs; a hang-up wakes whoever waits for octets and cancels nothing.
Raises PeerGone to the session that waits when the connection is over.
Standards: RFC 2920 (pipelining), RFC 5321 4.5.3.2 (timeouts), RFC 3207 (STARTTLS).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableSet
from dataclasses import dataclass, field
from ssl import SSLContext
from time import perf_counter
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from receiver.smtp import replies
from receiver.smtp.certificates import Certificates
from receiver.smtp.command_lines import Command, CommandLines
from receiver.smtp.intake import Intake
from receiver.smtp.limits import Visit, Visits
from receiver.smtp.networks import Networks
from receiver.smtp.replies import Reply, printable
from receiver.smtp.text import DataLimits
from receiver.smtp.tls import reason_of
from receiver.smtp.trace import peer_name
from receiver.smtp.waiting import has_unread_octets
from receiver.tally import tally

_INBOX_FULL = 64 * 1024
_OUTBOX_FULL = 16 * 1024
# How long a closed connection may keep its last reply to itself: close() waits for the peer to read, abort() does not.
_CLOSE_SECONDS = 5.0

Hook = Callable[..., Awaitable[Any]]
# The counter of a reply by its first octets.
_REPLIES = {b"%d" % code: f"replies:{code}" for code in range(200, 600)}

log = structlog.get_logger()


class PeerGone(Exception):
    """The connection is over, by the client's doing or ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all sessions of a door share; made once, so that a connection costs little."""

    hostname: str
    limits: DataLimits
    hooks: dict[str, Hook]
    smtputf8: bool = True
    certificates: Certificates | None = None
    offers_starttls: bool = True
    handshake_seconds: float = 30.0
    idle_seconds: float = 300.0
    visits: Visits = field(default_factory=Visits)
    normalize_networks: Networks = ()
    proxy_networks: Networks = ()
    proxy_seconds: float = 5.0
    forwarder_networks: Networks = ()
    sessions: MutableSet["Wire"] = field(default_factory=set)


class Wire(SMTP):
    """An aiosmtpd session without its reading loop."""

    # Set by connection_made, before anything can ask.
    session: Session
    envelope: Envelope
    _paused: bool  # asyncio's: the transport's buffer is full

    connected: Any = None  # as accept(2) named the peer: who has hung up already has no name later
    # What a proxy said before the session began: whose connection this is, or why it is nobody's.
    proxied_peer: tuple[str, int] | None = None
    turned_away: tuple[str, Reply | None] | None = None
    via = ""  # the proxy's address
    is_unnamed = False  # a proxy that told of no client
    is_local = False  # over a Unix socket
    listener = "smtp"  # what kind of it the client came to, for the metrics
    protocol = "ESMTP"

    # What SMTP.__init__ would set on each instance; unused here, kept for what is inherited.
    __ident__ = "ESMTP postbus"
    require_starttls = False
    _decode_data = False
    _auth_required = False
    _auth_require_tls = True
    _proxy_timeout = None
    _enforce_call_limit = False
    _tls_protocol = None
    _original_transport = None

    def __init__(self, handler: object, terms: Terms) -> None:
        # Not SMTP.__init__: it inspects the handler anew for every connection (126 microseconds) and reads through a
        # StreamReader that has no bound.
        loop = asyncio.get_running_loop()
        asyncio.StreamReaderProtocol.__init__(self, None, loop=loop)  # type: ignore[arg-type]
        self.loop = loop
        self.terms = terms
        self.event_handler = handler
        self.hostname = terms.hostname
        self.data_size_limit = terms.limits.message
        self.enable_SMTPUTF8 = terms.smtputf8
        self.tls_context = terms.certificates.context if terms.certificates and terms.offers_starttls else None
        self._handle_hooks = terms.hooks
        self._timeout_duration = terms.idle_seconds
        self._timeout_handle: asyncio.TimerHandle | None = None
        self._abort_handle: asyncio.TimerHandle | None = None
        self._tls_handshake_okay = True
        self._handler_coroutine: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.session = None  # type: ignore[assignment]
        self.envelope = None  # type: ignore[assignment]
        self.visit = Visit(terms.visits)
        self.end_reason = ""  # how the connection ended, for the log
        self.data_ended_at = perf_counter()  # of the last message
        self._inbox = CommandLines()
        self._outbox: list[bytes] = []
        self._outbox_octets = 0
        self._intake: Intake | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._last_progress = loop.time()
        self._is_reading_paused = False
        self._is_waiting_for_peer = False
        self._is_eof = False
        self._is_closing = False

    # -- what the transport calls --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session."""
        self.transport = transport  # type: ignore[assignment]
        self.session = self._create_session()
        peer: Any = self.proxied_peer or self.connected or transport.get_extra_info("peername")
        self.session.peer = peer
        tally.count(f"connections:{self.listener}")
        self._set_rset_state()
        self._note_progress()
        self._reset_timeout()
        self.terms.sessions.add(self)
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        """Octets: of the message when one is coming in, else of commands."""
        tally.count("received_octets", len(data))
        if self._intake is None:
            self._inbox.feed(data)
            if len(self._inbox) > _INBOX_FULL and not self._is_reading_paused:
                self._is_reading_paused = True
                self._open_transport().pause_reading()
        else:
            self._note_progress()
            self._feed_intake(data)
            if self._intake is not None:
                if self.visit.is_too_slow(len(data)):
                    self.hang_up("too_slow", replies.TRANSFER_TOO_SLOW)
                return
        self._wake()

    def eof_received(self) -> bool:
        """The client will send no more; what it sent is still answered (stock aiosmtpd cancels the handler)."""
        self._is_eof = True
        self._wake()
        # TLS cannot stay half open.
        return self.session.ssl is None

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the transport's signature
        """Nothing is cancelled here: what is being accepted is finished."""
        asyncio.StreamReaderProtocol.connection_lost(self, None)
        self._close_now()

    # -- what the session calls ----------------------------------------------------------------------------------------

    async def _talks_early(self) -> bool:
        """Whether the client sent something before the banner left; it is read then, so that closing is no reset."""
        if not len(self._inbox) and not has_unread_octets(self._open_transport()):
            return False
        while not (len(self._inbox) or self._is_eof or self._is_closing):
            await self._wait()
        return True

    async def push(self, status: Reply | str | bytes) -> None:
        """Queue one reply line; it leaves when the client has to be waited for."""
        line = status.decode("ascii", "replace") if isinstance(status, bytes) else str(status)
        if not isinstance(status, Reply):  # which is printable by itself
            line = printable(line, replies.LONGEST_REPLY)
        octets = line.encode("ascii") + b"\r\n"
        self._outbox.append(octets)
        self._outbox_octets += len(octets)
        if self._outbox_octets > _OUTBOX_FULL:
            await self._flush()

    async def _next_command(self) -> Command:
        while True:
            if self._is_closing:
                raise PeerGone
            command = self._inbox.next()
            if command is not None:
                self._note_progress()
                return command
            await self._flush()
            if self._is_eof:
                raise PeerGone
            await self._wait()

    async def _receive(self, intake: Intake, most: int | None = None) -> None:
        """Fill `intake` up to its end, at most `most` octets away, or until that is no longer worth waiting for."""
        self._intake = intake
        self.visit.begin_message()
        try:
            self._feed_intake(self._inbox.take_all() if most is None else self._inbox.take(most))
            if self._intake is not None:
                await self._flush()
            while self._intake is not None:
                if self._is_closing or self._is_eof:
                    raise PeerGone
                await self._wait()
        finally:
            self._intake = None

    async def _upgrade(self, context: SSLContext) -> bool:
        """Say that TLS may start, then shake hands; False when octets were waiting that nothing protects."""
        transport = self._open_transport()
        transport.pause_reading()
        # RFC 3207 section 6 and CVE-2011-0411: plaintext behind STARTTLS must never be taken for protected commands.
        if len(self._inbox):
            return False
        self._outbox.append(f"{replies.READY_FOR_TLS}\r\n".encode())
        self._write_outbox()
        # No await between here and the switch of protocols: not one octet may arrive in between.
        self._is_waiting_for_peer = False
        try:
            secured = await self.loop.start_tls(
                transport, self, context, server_side=True, ssl_handshake_timeout=self.terms.handshake_seconds
            )
        except OSError as error:  # ssl.SSLError, ConnectionError and TimeoutError are such
            self.end_reason = "tls_failed"
            log.info("tls_failed", peer=peer_name(self.session.peer), reason=reason_of(error))
            transport.abort()
            self._close_now()
            raise PeerGone from error
        if secured is None:
            raise PeerGone
        self.transport = secured
        self._note_progress()
        return True

    def hang_up(self, reason: str, reply: Reply | None = None) -> None:
        """Close after `reply`; for sessions that are in no handler."""
        if self._is_closing or self.transport is None:
            return
        self.end_reason = self.end_reason or reason
        if reply is not None:
            self._outbox.append(f"{reply}\r\n".encode())
        self._write_outbox()
        self._is_closing = True
        self.transport.close()
        self._abort_handle = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)
        self._wake()

    def _set_rset_state(self) -> None:
        self._set_post_data_state()  # type: ignore[no-untyped-call]

    # -- within --------------------------------------------------------------------------------------------------------

    def _feed_intake(self, octets: bytes) -> None:
        intake = self._intake
        if intake is None:
            return
        rest = intake.feed(octets)
        if intake.is_finished or intake.is_hopeless:
            self.data_ended_at = perf_counter()
            self._intake = None
            self._inbox.feed(rest)

    async def _flush(self) -> None:
        self._write_outbox()
        if self._paused and not self._is_closing:
            self._is_waiting_for_peer = True
            try:
                await self._drain_helper()  # type: ignore[attr-defined]
            except ConnectionResetError as error:
                raise PeerGone from error
            finally:
                self._is_waiting_for_peer = False

    def _write_outbox(self) -> None:
        if self._outbox and self.transport is not None and not self._is_closing:
            self.transport.write(b"".join(self._outbox))
            for line in self._outbox:
                if line[3:4] != b"-":  # the last line of a reply
                    tally.count(_REPLIES.get(line[:3], "replies:other"))
        self._outbox.clear()
        self._outbox_octets = 0

    async def _wait(self) -> None:
        if self._is_reading_paused:
            self._is_reading_paused = False
            self._open_transport().resume_reading()
        self._waiter = self.loop.create_future()
        self._is_waiting_for_peer = True
        try:
            await self._waiter
        finally:
            self._is_waiting_for_peer = False
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _note_progress(self) -> None:
        self._last_progress = self.loop.time()

    def _reset_timeout(self, duration: float | None = None) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_later(duration or self._timeout_duration, self._timeout_cb)

    def _timeout_cb(self) -> None:
        quiet = self.loop.time() - self._last_progress
        if not self._is_waiting_for_peer:
            self._reset_timeout()
        elif quiet < self._timeout_duration:
            self._reset_timeout(self._timeout_duration - quiet)
        elif self._paused:
            # It does not read our replies: there is no use in one more.
            self.end_reason = "unread_replies"
            self._open_transport().abort()
        else:
            self.hang_up("idle", replies.IDLE_TOO_LONG)

    def _open_transport(self) -> asyncio.Transport:
        if self.transport is None:
            raise PeerGone
        return self.transport

    def _close_now(self) -> None:
        self._is_closing = True
        self.transport = None
        for handle in (self._timeout_handle, self._abort_handle):
            if handle is not None:
                handle.cancel()
        self._wake()
