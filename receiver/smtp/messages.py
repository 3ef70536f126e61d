"""How a message comes in: DATA and BDAT, between the recipients and the verdict of the handler.

The octets that a client announced as a message are read as one whatever becomes of it: they must never pass for
commands. A transaction whose chunk failed is forgotten, so that no message is taken with a part missing.
Standards: RFC 5321 4.1.1.4 (DATA), RFC 3030 section 2 (BDAT).
"""

# ruff: noqa: N802 - the names of the commands are aiosmtpd's
from typing import Any

from aiosmtpd.smtp import MISSING, Envelope

from receiver.smtp import replies
from receiver.smtp.attributes import Client
from receiver.smtp.chunks import parse_bdat
from receiver.smtp.intake import ChunkIntake, Intake, MemorySink, Sink
from receiver.smtp.networks import is_listed
from receiver.smtp.paths import SyntaxFault
from receiver.smtp.replies import Reply
from receiver.smtp.text import DataFault
from receiver.smtp.wire import Wire


class Transaction(Envelope):
    """aiosmtpd's envelope, with what streaming needs. `mail_from` is None before MAIL and "" for the null path."""

    def __init__(self) -> None:
        super().__init__()
        self.declared_size = 0
        self.sink: Sink | None = None
        self.chunks: ChunkIntake | None = None  # once BDAT has begun
        self.size = 0  # octets received
        self.normalized = False  # bare CR or LF became CRLF
        self.forwarded = Client()  # by XFORWARD


class MessageSession(Wire):
    """What a session knows of transactions and messages."""

    envelope: Transaction

    messages = 0  # that came in, taken or not
    _errors = 0

    # -- commands ------------------------------------------------------------------------------------------------------

    async def smtp_DATA(self, argument: str) -> None:
        """RFC 5321 4.1.1.4; the message streams into its sink."""
        if argument:
            return await self._refuse(replies.NO_ARGUMENT_ALLOWED)
        if self.envelope.chunks is not None:
            return await self._refuse(replies.CHUNKS_BEGUN)
        if not self.envelope.rcpt_tos:
            return await self._refuse(replies.RECIPIENT_FIRST if self._in_transaction else replies.MAIL_FIRST)
        sink = await self._open_sink()
        if isinstance(sink, Reply):
            return await self.push(sink)
        intake = Intake(sink, self.terms.limits, normalizes=self._normalizes())
        await self.push(replies.START_MESSAGE)
        await self._flush()
        await self._receive(intake)
        if not intake.is_finished:
            return self._give_up(intake)
        self._note_end_of_message()
        status = await self._judge_message(intake)
        self._set_post_data_state()
        await self._push_verdict(status)
        return None

    async def smtp_BDAT(self, argument: str) -> None:
        """RFC 3030 section 2: a chunk streams into the sink of its message."""
        try:
            octets, is_last = parse_bdat(argument)
        except SyntaxFault as fault:
            # How much of what follows is a message nobody knows.
            return self.hang_up("chunk_malformed", fault.reply)
        if is_last:
            self._note_end_of_message()
        try:
            chunks = await self._open_chunks()
        except Exception:
            await self._throw_away(octets)
            raise
        if isinstance(chunks, Reply):
            if await self._throw_away(octets):
                self._set_post_data_state()
                await self._refuse(chunks)
            return None
        chunks.begin(octets, is_last=is_last)
        await self._receive(chunks, octets)
        if not chunks.is_finished:
            return self._give_up(chunks)
        if not is_last and chunks.failure is None and chunks.fault is None:
            return await self.push(replies.chunk_taken(octets))
        status = await self._judge_message(chunks)
        self._set_post_data_state()
        await self._push_verdict(status)
        return None

    # -- within --------------------------------------------------------------------------------------------------------

    @property
    def _in_transaction(self) -> bool:
        return self.envelope.mail_from is not None

    def _normalizes(self) -> bool:
        """Whether this client is known to write bare CR or LF and to mean no harm."""
        return is_listed(self.session.peer, self.terms.normalize_networks)

    async def _open_sink(self) -> Sink | Reply:
        sink = await self._call_handler_hook("SINK")
        if isinstance(sink, Reply):
            return sink
        self.envelope.sink = MemorySink() if sink is MISSING else sink
        return self.envelope.sink

    async def _open_chunks(self) -> ChunkIntake | Reply:
        """The intake of the message, made for its first chunk; a Reply when there is to be none."""
        if self.envelope.chunks is not None:
            return self.envelope.chunks
        if not self.envelope.rcpt_tos:
            return replies.RECIPIENT_FIRST if self._in_transaction else replies.MAIL_FIRST
        sink = await self._open_sink()
        if isinstance(sink, Reply):
            return sink
        self.envelope.chunks = ChunkIntake(sink, self.terms.limits, normalizes=self._normalizes())
        return self.envelope.chunks

    async def _throw_away(self, octets: int) -> bool:
        """Read a chunk that nobody wants; False when it is too much of that, and the session is over."""
        chunk = ChunkIntake(MemorySink(), self.terms.limits)
        chunk.refuse()
        chunk.begin(octets, is_last=True)
        await self._receive(chunk, octets)
        if not chunk.is_finished:
            self._give_up(chunk)
        return chunk.is_finished

    def _give_up(self, intake: Intake) -> None:
        # Whatever follows is still the message: it must never be read as commands.
        reply = replies.FAILED_HERE if intake.fault is None else self._fault_reply(intake.fault)
        self.hang_up("endless_message", reply)

    def _note_end_of_message(self) -> None:
        """What is pushed as a verdict next answers a whole message."""

    async def _push_verdict(self, status: Any) -> None:
        """Answer a message, or what came in its place."""
        await self.push(status)

    async def _judge_message(self, intake: Intake) -> Any:
        self.messages += 1
        if intake.failure is not None:
            raise intake.failure
        if intake.fault is not None:
            return self._fault_reply(intake.fault)
        if isinstance(intake, ChunkIntake) and not intake.size:
            # Somebody announced a message and lost it: an empty one helps nobody.
            return replies.EMPTY_MESSAGE
        self.envelope.size = intake.size
        self.envelope.normalized = intake.is_normalized
        if isinstance(self.envelope.sink, MemorySink):
            self.envelope.content = self.envelope.original_content = bytes(self.envelope.sink.octets)
        return await self._call_or(replies.OK, "DATA")

    def _fault_reply(self, fault: DataFault) -> Reply:
        match fault:
            case DataFault.TOO_LARGE:
                return replies.message_too_large(self.terms.limits.message)
            case DataFault.LINE_TOO_LONG:
                return replies.line_too_long(self.terms.limits.line)
            case DataFault.NUL:
                return replies.NUL_OCTET
            case DataFault.BARE_NEWLINE:
                return replies.BARE_NEWLINE

    async def _refuse(self, reply: Reply) -> None:
        """A mistake of the client's; after too many of them we part."""
        self._errors += 1
        if self._errors > self.terms.visits.limits.max_errors:
            self.hang_up("too_many_errors", replies.TOO_MANY_ERRORS)
        else:
            await self._push_verdict(reply)

    async def _call_or(self, default: Reply, command: str, *arguments: Any) -> Any:
        status = await self._call_handler_hook(command, *arguments)
        return default if status is MISSING else status

    def _create_envelope(self) -> Transaction:
        return Transaction()

    def _set_post_data_state(self) -> None:
        """Forget the transaction, and what came in of its message."""
        transaction: Transaction | None = self.envelope
        self.envelope = self._create_envelope()
        if transaction is not None and transaction.sink is not None:
            transaction.sink.discard()
