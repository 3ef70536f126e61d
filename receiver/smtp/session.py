"""The commands of one SMTP session.

A subclass of `aiosmtpd.smtp.SMTP` that keeps its handler hooks: `handle_HELO, EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT,
VRFY, STARTTLS` and `handle_exception` are called with (server, session, envelope, ...) and answer with a status; a
handler without a hook gets the stock behaviour. One hook is new: `handle_SINK` gives the sink that DATA streams into;
without it `envelope.content` holds the message, as in stock aiosmtpd. Other than there, the null reverse-path is "".
Never lets an exception reach the client: it becomes 451 4.3.0 and the transaction is forgotten.
Standard: RFC 5321 section 4.1.
"""

# ruff: noqa: N802, N815 - the names of the commands are aiosmtpd's
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from aiosmtpd.smtp import MISSING

from receiver.smtp import replies
from receiver.smtp.command_lines import Command
from receiver.smtp.forwarding import ForwardingSession
from receiver.smtp.paths import SyntaxFault, parse_client_name, parse_mail, parse_rcpt
from receiver.smtp.wire import Hook, PeerGone
from receiver.tally import tally

_HOOK_PREFIX = "handle_"
_COMMAND_PREFIX = "smtp_"
# For how long a client that has not sent its first message counts as busy, whatever it says meanwhile.
ARRIVAL_SECONDS = 5.0


CommandMethod = Callable[["SmtpSession", str], Awaitable[None]]


def hooks_of(handler: object) -> dict[str, Hook]:
    """The hooks of a handler by command; found once for a door, not once for a connection."""
    names = (name for name in dir(handler) if name.startswith(_HOOK_PREFIX))
    return {name.removeprefix(_HOOK_PREFIX): getattr(handler, name) for name in names}


def tls_facts(transport: asyncio.BaseTransport) -> dict[str, Any]:
    """What aiosmtpd's `session.ssl` holds of a connection under TLS."""
    facts = ("sslcontext", "ssl_object", "peercert", "cipher", "compression")
    return {name: transport.get_extra_info(name) for name in facts}


def _commands_of(kind: type["SmtpSession"]) -> dict[str, CommandMethod]:
    """The commands of a class by verb; found once for a class, not once for a connection."""
    names = (name for name in dir(kind) if name.startswith(_COMMAND_PREFIX))
    return {name.removeprefix(_COMMAND_PREFIX): getattr(kind, name) for name in names}


class SmtpSession(ForwardingSession):
    """One client."""

    _commands: ClassVar[Mapping[str, CommandMethod]] = {}
    hello_first = replies.HELO_FIRST
    _is_draining = False
    _came_at = float("inf")  # not begun yet

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls._commands = _commands_of(cls)

    # -- the life of a session -----------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        self._came_at = self.loop.time()
        try:
            if refusal := self._enter():
                self.hang_up(*refusal)
            elif await self._talks_early():
                self.hang_up("early_talker", replies.TALKED_EARLY)
            else:
                await self.push(self._greeting())
            while True:
                command = await self._next_command()
                if refusal := self.visit.before(command.verb, len(self.envelope.rcpt_tos), self.messages):
                    self.hang_up(*refusal)
                else:
                    await self._answer(command)
                if self._is_draining and not self._is_busy:
                    self.hang_up("drained", replies.SHUTTING_DOWN)
        except PeerGone:
            self.end_reason = self.end_reason or "hung_up"
        finally:
            self._end()

    def drain(self) -> None:
        """End the session as soon as it is not busy; asked again once nobody counts as just arrived any more."""
        self._is_draining = True
        if self._is_waiting_for_peer and not self._is_busy:
            self.hang_up("drained", replies.SHUTTING_DOWN)

    def end_if_waiting(self) -> None:
        """End the session even in a transaction, unless a handler is at work: that one finishes first."""
        self._is_draining = True
        if self._is_waiting_for_peer:
            self.hang_up("drained", replies.SHUTTING_DOWN)

    @property
    def _is_busy(self) -> bool:
        """In a transaction, or only just arrived: a client that was let in a moment ago is not sent away again."""
        return self._in_transaction or (not self.messages and self.loop.time() - self._came_at < ARRIVAL_SECONDS)

    @property
    def task(self) -> "asyncio.Task[None]":
        """Done when the session is over."""
        if self._handler_coroutine is None:
            raise PeerGone
        return self._handler_coroutine

    def _end(self) -> None:
        self._set_rset_state()
        self.hang_up(self.end_reason)
        self.visit.leave()
        self.terms.sessions.discard(self)
        tally.count("connections_closed")
        tally.count(f"sessions:{self.end_reason}")
        ended = getattr(self.event_handler, "session_ended", None)
        if ended is not None:
            ended(self, self.session, self.end_reason)

    async def _answer(self, command: Command) -> None:
        """Carry out one command; the edge at which exceptions become replies."""
        try:
            await self._carry_out(command)
        except SyntaxFault as fault:
            await self._refuse(fault.reply)
        except PeerGone:
            raise
        except Exception as error:  # noqa: BLE001 - the exception hook: one of the two edges of the house
            self._set_rset_state()
            await self._push_verdict(await self.handle_exception(error))

    async def handle_exception(self, error: Exception) -> str:
        """What the client hears of a fault of ours: never its text. The handler's hook may log it."""
        hook = getattr(self.event_handler, "handle_exception", None)
        if hook is None:
            return str(replies.FAILED_HERE)
        try:
            return str(await hook(error))
        except Exception:  # noqa: BLE001 - a hook that fails must not take the session with it
            return str(replies.FAILED_HERE)

    async def _carry_out(self, command: Command) -> None:
        if command.fault is not None:
            if command.fault is replies.NOT_SMTP:
                self.hang_up("not_smtp", command.fault)
            else:
                await self._refuse(command.fault)
            return
        method = self._commands.get(command.verb)
        if method is None:
            await self._refuse(replies.COMMAND_UNKNOWN)
        elif not self._tls_handshake_okay and command.verb != "QUIT":
            await self._refuse(replies.TLS_REFUSED)
        else:
            await method(self, command.argument)

    # -- commands ------------------------------------------------------------------------------------------------------

    async def smtp_HELO(self, argument: str) -> None:
        """RFC 5321 4.1.1.1."""
        name = parse_client_name(argument)
        self._set_rset_state()
        self.session.extended_smtp = False
        status = await self._call_handler_hook("HELO", name)
        if status is MISSING:
            self.session.host_name = name
            status = replies.helo(self.hostname)
        await self.push(status)

    async def smtp_EHLO(self, argument: str) -> None:
        """RFC 5321 4.1.1.1; announces what works, and nothing else."""
        name = parse_client_name(argument)
        self._set_rset_state()
        self.session.extended_smtp = True
        lines = replies.ehlo(self.hostname, self._extensions())
        answer = await self._call_handler_hook("EHLO", name, lines)
        if answer is MISSING:
            self.session.host_name = name
            answer = lines
        for line in answer:
            await self.push(line)

    async def smtp_MAIL(self, argument: str) -> None:
        """RFC 5321 4.1.1.2, RFC 1870, RFC 6152, RFC 6531."""
        if not self.session.host_name:
            return await self._refuse(self.hello_first)
        if self._in_transaction:
            return await self._refuse(replies.NESTED_MAIL)
        path = parse_mail(argument, extended=self.session.extended_smtp, smtputf8_offered=self.enable_SMTPUTF8)
        if path.size > self.terms.limits.message:
            return await self.push(replies.message_too_large(self.terms.limits.message))
        self.envelope.declared_size = path.size
        self.envelope.smtp_utf8 = path.smtputf8
        status = await self._call_handler_hook("MAIL", path.address, list(path.options))
        if status is MISSING:
            self.envelope.mail_from = path.address
            self.envelope.mail_options.extend(path.options)
            status = replies.SENDER_OK
        await self.push(status)
        return None

    async def smtp_RCPT(self, argument: str) -> None:
        """RFC 5321 4.1.1.3."""
        if not self._in_transaction:
            return await self._refuse(replies.MAIL_FIRST if self.session.host_name else self.hello_first)
        if self.envelope.chunks is not None:
            return await self._refuse(replies.CHUNKS_BEGUN)
        path = parse_rcpt(argument, extended=self.session.extended_smtp, smtputf8=self.envelope.smtp_utf8)
        status = await self._call_handler_hook("RCPT", path, [])
        if status is MISSING:
            self.envelope.rcpt_tos.append(path)
            status = replies.recipient_taken(path)
        await self.push(status)
        return None

    async def smtp_RSET(self, argument: str) -> None:
        """RFC 5321 4.1.1.5."""
        if argument:
            return await self._refuse(replies.NO_ARGUMENT_ALLOWED)
        self._set_rset_state()
        await self.push(await self._call_or(replies.OK, "RSET"))
        return None

    async def smtp_NOOP(self, argument: str) -> None:
        """RFC 5321 4.1.1.9."""
        await self.push(await self._call_or(replies.OK, "NOOP", argument))

    async def smtp_VRFY(self, argument: str) -> None:
        """RFC 5321 3.5.3: tells nothing, so that nobody can look for addresses with it."""
        await self.push(await self._call_or(replies.CANNOT_VERIFY, "VRFY", argument))

    async def smtp_QUIT(self, argument: str) -> None:
        """RFC 5321 4.1.1.10."""
        if argument:
            return await self._refuse(replies.NO_ARGUMENT_ALLOWED)
        await self.push(await self._call_or(replies.GOODBYE, "QUIT"))
        self.hang_up("quit")
        return None

    async def smtp_STARTTLS(self, argument: str) -> None:
        """RFC 3207."""
        if argument:
            return await self._refuse(replies.NO_ARGUMENT_ALLOWED)
        if self.session.ssl is not None:
            return await self._refuse(replies.TLS_ALREADY)
        if self.tls_context is None:
            return await self._refuse(replies.TLS_NOT_OFFERED)
        if not await self._upgrade(self.tls_context):
            return self.hang_up("tls_injection", replies.TLS_NOT_LAST)
        self._begin_anew()
        return None

    def _begin_anew(self) -> None:
        # RFC 3207 section 4.2: whatever was said before the handshake counts for nothing.
        self._set_rset_state()
        peer, self.session = self.session.peer, self._create_session()
        self.session.peer = peer
        self.session.ssl = tls_facts(self._open_transport())
        hook = self._handle_hooks.get("STARTTLS")
        self._tls_handshake_okay = hook is None or bool(hook(self, self.session, self.envelope))

    async def _not_implemented(self, arg: str) -> None:  # noqa: ARG002 - the signature of a command
        await self._refuse(replies.COMMAND_NOT_IMPLEMENTED)

    smtp_HELP = smtp_EXPN = smtp_AUTH = _not_implemented

    def _extensions(self) -> list[str]:
        extensions = [f"SIZE {self.terms.limits.message}", "8BITMIME"]
        if self.enable_SMTPUTF8:
            extensions.append("SMTPUTF8")
        if self.tls_context is not None and self.session.ssl is None:
            extensions.append("STARTTLS")
        return [*extensions, "CHUNKING", "PIPELINING", "ENHANCEDSTATUSCODES", *self._forwarding_extensions()]


SmtpSession._commands = _commands_of(SmtpSession)
