"""What postbus answers: room, recipients, acceptance.

The handler of aiosmtpd's hooks, one for all sessions of a door. Says 250 to a message only when the journal has it on
disk; a client that hangs up in the meantime changes nothing about that. Logs one line for each accepted message and
each session, never subjects or bodies. Faults of ours go to the log by kind and place, never to the client.
"""

# ruff: noqa: ARG002, N802 - names and signatures of the hooks are aiosmtpd's
import asyncio
import secrets
import socket
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Protocol

import structlog
from aiosmtpd.smtp import Session

from receiver.smtp import replies
from receiver.smtp.acceptance import Acceptance, LetterBox
from receiver.smtp.messages import Transaction
from receiver.smtp.proxied import introduce
from receiver.smtp.recipients import RecipientLookup
from receiver.smtp.replies import Reply, printable
from receiver.smtp.session import SmtpSession
from receiver.smtp.trace import Arrival, peer_name, received_field
from receiver.tally import ACCEPT_SECONDS, tally
from storage.failures import NoRoom, TemporaryFailure
from storage.journal import Envelope, Recipient, Sink

log = structlog.get_logger()


class MessageJournal(LetterBox, Protocol):
    """What is asked of storage.journal.Journal."""

    def has_room(self, octets: int) -> bool:
        """Whether a message of this size may still be taken (law 6)."""

    def sink(self) -> Sink:
        """Where the octets of one message go."""


class ImportTransaction(Transaction):
    """A transaction whose forward-paths are known to be import addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: dict[str, Recipient] = {}  # by forward-path


class ImportSession(SmtpSession):
    """A session of the import door, with what its last log line tells."""

    envelope: ImportTransaction

    accepted = 0
    refused_recipients = 0

    async def open(self, client: socket.socket, peer: Any) -> None:
        """Serve this client, who has just been accepted from `peer`. Raises OSError when it has hung up already."""
        self.connected = peer
        try:
            await introduce(self, client)
        except OSError:
            client.close()
            return self._end_unopened("hung_up")
        except asyncio.CancelledError:
            client.close()
            self._end_unopened("drained")
            raise
        return await self._begin_with(client)

    async def _begin_with(self, client: socket.socket) -> None:
        """Start the session of a client who is known."""
        try:
            await self.loop.connect_accepted_socket(lambda: self, client)
        except (OSError, asyncio.CancelledError):
            self.visit.leave()  # a proxy's connection counts before its session begins
            raise

    def _end_unopened(self, reason: str) -> None:
        """Count and log a connection that never came to a session."""
        tally.count(f"connections:{self.listener}")
        self.session = self._create_session()
        peer: Any = self.proxied_peer or self.connected
        self.session.peer = peer
        self.end_reason = reason
        self._end()

    def _create_envelope(self) -> ImportTransaction:
        return ImportTransaction()


class ImportHandler:
    """The hooks of the import door."""

    def __init__(
        self,
        journal: MessageJournal,
        lookup: RecipientLookup,
        most_recipients: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._journal = journal
        self._acceptance = Acceptance(journal)
        self._lookup = lookup
        self._most_recipients = most_recipients
        self._sleep = sleep  # for those who guess addresses

    async def handle_MAIL(
        self, server: ImportSession, session: Session, envelope: ImportTransaction, address: str, options: list[str]
    ) -> Reply:
        """Take any sender while there is room: an import address gets forwarded mail, so verdicts are for the rules."""
        if not self._journal.has_room(envelope.declared_size):
            return replies.NO_ROOM
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return replies.SENDER_OK

    async def handle_RCPT(
        self, server: ImportSession, session: Session, envelope: ImportTransaction, address: str, options: list[str]
    ) -> Reply:
        """Refuse here, or never."""
        if len(envelope.rcpt_tos) >= self._most_recipients:
            return replies.too_many_recipients(self._most_recipients)
        judged = await self._lookup.judge(address)
        if isinstance(judged, Reply):
            server.refused_recipients += 1
            if judged.status == replies.NO_SUCH_ADDRESS and (seconds := server.visit.tarpit_seconds()):
                await self._sleep(seconds)
            return judged
        envelope.recipients.setdefault(address, judged)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return replies.recipient_taken(address)

    async def handle_SINK(self, server: ImportSession, session: Session, envelope: ImportTransaction) -> Sink | Reply:
        """Where the message goes while it arrives."""
        if not self._journal.has_room(envelope.declared_size):
            return replies.NO_ROOM
        return self._journal.sink()

    async def handle_DATA(self, server: ImportSession, session: Session, envelope: ImportTransaction) -> Reply:
        """Make the message durable, then say yes: responsibility passes to us (RFC 5321 6.1)."""
        accepted = _journal_envelope(server, session, envelope)
        # From here on the sink is the journal's: whatever becomes of the session must not touch it.
        sink, envelope.sink = envelope.sink, None
        await self._acceptance.accept(accepted, sink)  # type: ignore[arg-type]
        server.accepted += 1
        ACCEPT_SECONDS.observe(perf_counter() - server.data_ended_at)
        log.info(
            "message_accepted",
            id=accepted.id,
            tenants=sorted({recipient.tenant_id for recipient in accepted.recipients}),
            octets=envelope.size,
            peer=accepted.peer,
            via=server.teller,
            tls=accepted.tls,
        )
        return replies.accepted(accepted.id)

    async def handle_exception(self, error: Exception) -> Reply:
        """A full disk has its own words; of all else the client learns only that it may try again."""
        if isinstance(error, NoRoom):
            log.warning("message_refused", reason="no_room")
            return replies.NO_ROOM
        if isinstance(error, TemporaryFailure):
            log.error("message_refused", reason="temporary_failure", failure=str(error))
        else:
            log.error("command_failed", error=type(error).__name__, place=_place(error))
        return replies.FAILED_HERE

    def session_ended(self, server: ImportSession, session: Session, reason: str) -> None:
        """One canonical line a session."""
        log.info(
            "session_ended",
            peer=peer_name(session.peer),
            via=server.session_teller,
            helo=printable(session.host_name or ""),
            tls=_tls(session),
            accepted=server.accepted,
            refused_recipients=server.refused_recipients,
            reason=reason,
        )


def _journal_envelope(server: ImportSession, session: Session, envelope: ImportTransaction) -> Envelope:
    client = server.client
    arrival = Arrival(
        message_id=secrets.token_hex(16),  # law 3
        received_at=datetime.now(UTC),
        hostname=server.hostname,
        peer=client.address,
        helo=client.helo,
        via=server.teller,
        tls=_tls(session),
        extended=session.extended_smtp,
        smtputf8=envelope.smtp_utf8,
        normalized=envelope.normalized,
        lmtp=server.protocol == "LMTP",
    )
    return Envelope(
        id=arrival.message_id,
        source="smtp",
        received_at=arrival.received_at,
        peer=arrival.peer,
        helo=arrival.helo,
        tls=arrival.tls,
        reverse_path=envelope.mail_from or "",
        recipients=tuple(envelope.recipients.values()),
        smtputf8=arrival.smtputf8,
        trace=received_field(arrival),
        normalized=arrival.normalized,
    )


def _tls(session: Session) -> str | None:
    if not session.ssl or not session.ssl.get("cipher"):
        return None
    name, protocol, _bits = session.ssl["cipher"]
    version = session.ssl["ssl_object"].version() if session.ssl.get("ssl_object") else protocol
    return f"{version} {name}"


def _place(error: Exception) -> str:
    """File and line where it was raised: the text of an exception may quote mail."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
