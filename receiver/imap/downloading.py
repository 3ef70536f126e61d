"""Whole messages, in pieces that follow each other closely, straight from the wire to whoever keeps them.

A message ends with the first piece that is shorter than asked: what its head said of its size is a guess. Where the
guess was larger, one more piece is asked for, so that a server that gives less at a time than it is asked for cannot
make us keep half a message. Raises ImapFailure, with the UID that was being read.
Standard: RFC 9051 sections 6.4.5 and 7.5.2 (partial fetches).
"""

import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from receiver.imap.assembling import Streamed, Write
from receiver.imap.classifying import says_gone
from receiver.imap.conversation import Command, Conversation
from receiver.imap.failures import ImapFailure
from receiver.imap.parsing import Untagged, Value, read_items, read_number, section_of
from receiver.imap.values import Whole

_MOST_COMMANDS = 32
_ANNOUNCED = re.compile(
    rb"\* +\d+ +FETCH +\((?:[^{]* )?UID (\d{1,10}) (?:[^{]* )?BODY\[\](?:<(\d{1,15})>)? ~?\{", re.IGNORECASE
)

WriterOf = Callable[[int], Write]


@dataclass(slots=True)
class _Piece:
    """A piece that was asked for."""

    offset: int
    command: Command
    octets: int | None = None  # that came
    is_written: bool = False


@dataclass(slots=True)
class _Message:
    """A message on its way."""

    uid: int
    size: int
    write: Write | None = None
    written: int = 0
    asked: int = 0  # the next piece begins here
    pieces: deque[_Piece] = field(default_factory=deque)
    early: dict[int, tuple[_Piece, bytes]] = field(default_factory=dict)  # came before those in front of them
    has_ended: bool = False
    is_careful: bool = False  # its size is not what its head said: one piece at a time
    is_capped: bool = False  # pieces are shorter than asked, and yet there is more
    failure: Literal["gone", "refused"] | None = None

    def wants_more(self) -> bool:
        """Whether one more piece is to be asked for."""
        if self.has_ended or self.failure:
            return False
        return not self.pieces or (not self.is_careful and self.asked <= self.size)

    def piece_at(self, offset: int) -> _Piece | None:
        """The piece that was asked for at `offset` and has not come."""
        return next((each for each in self.pieces if each.offset == offset and each.octets is None), None)

    def take(self, octets: bytes, writer_of: WriterOf) -> None:
        """Hand on what follows what was written."""
        if self.write is None:
            self.write = writer_of(self.uid)
        self.written += len(octets)
        self.write(octets)


class _Downloads:
    """All that is asked for at a time."""

    def __init__(self, conversation: Conversation, wanted: Iterable[tuple[int, int]], writer_of: WriterOf) -> None:
        self._conversation = conversation
        self._piece = conversation.limits.piece_octets
        self._expunged_before = conversation.expunged
        self._wanted = iter(wanted)
        self._writer_of = writer_of
        self._streaming: tuple[_Message, _Piece] | None = None
        self.messages: deque[_Message] = deque()

    @property
    def current(self) -> int | None:
        """The UID whose octets are due."""
        return self.messages[0].uid if self.messages else None

    def send(self) -> None:
        """Ask for as many pieces as may be on the way at a time, message after message."""
        room = self._conversation.limits.pieces_in_flight * self._piece
        commands = 0
        for message in self.messages:
            commands += len(message.pieces)
            room -= sum(self._expected_of(message, piece.offset) for piece in message.pieces)
        for message in chain(self.messages, self._new_messages()):
            while room > 0 and commands < _MOST_COMMANDS and message.wants_more():
                room -= self._ask(message)
                commands += 1
            if room <= 0 or commands >= _MOST_COMMANDS:
                return

    def _new_messages(self) -> Iterator[_Message]:
        for uid, size in self._wanted:
            message = _Message(uid, size)
            self.messages.append(message)
            yield message

    def _expected_of(self, message: _Message, offset: int) -> int:
        """How many octets a piece will probably have; 1 KiB for a command and what surrounds them."""
        return min(self._piece, max(0, message.size - offset)) + 1024

    def _ask(self, message: _Message) -> int:
        if message.is_careful:
            message.asked = message.written
            message.early.clear()
        items = f"(UID BODY.PEEK[]<{message.asked}.{self._piece}>)".encode("ascii")
        command = self._conversation.begin("UID FETCH", str(message.uid).encode("ascii"), items)
        expected = self._expected_of(message, message.asked)
        message.pieces.append(_Piece(message.asked, command))
        message.asked += self._piece
        return expected

    def stream(self, text: bytes, size: int) -> Write | None:
        """Where the octets of an announced literal go: straight to the message that they continue."""
        found = _ANNOUNCED.match(text)
        message = self._find(int(found.group(1))) if found else None
        if message is None or found is None or message.has_ended or message.failure:
            return None
        # Seen in practice: servers that know no partial fetch and send all of it.
        is_all = not found.group(2)
        piece = message.piece_at(0 if is_all else int(found.group(2)))
        if piece is None or piece.offset != message.written or (size > self._piece and not is_all):
            return None
        self._streaming = (message, piece)
        return lambda octets: message.take(octets, self._writer_of)

    def take(self, untagged: Untagged) -> None:
        """Note what a FETCH brought."""
        streaming, self._streaming = self._streaming, None
        told = read_items(untagged, 1)
        message = self._find(read_number(told.get(b"UID")))
        if streaming is not None:
            message, piece = streaming
            piece.octets, piece.is_written = message.written - piece.offset, True
            if any(section_of(name) == (b"", None) for name in told):
                message.has_ended = True
        elif untagged.response.is_cut:
            (message or self.messages[0]).failure = "refused"  # more came than was asked for
            return
        if message is not None:
            self._take_unstreamed(message, told)

    def _take_unstreamed(self, message: _Message, told: dict[bytes, Value]) -> None:
        """Pieces that came as quoted strings, before those in front of them, or before it was said of which message."""
        for name, value in told.items():
            section, origin = section_of(name) or (b"?", None)
            piece = message.piece_at(origin or 0)
            if section or piece is None or isinstance(value, Streamed):
                continue
            octets = value if isinstance(value, bytes) else b""
            piece.octets = len(octets)
            if octets:
                message.early[piece.offset] = (piece, octets)
                message.has_ended |= origin is None
        while message.written in message.early:
            piece, octets = message.early.pop(message.written)
            message.take(octets, self._writer_of)
            piece.is_written = True

    def _find(self, uid: int | None) -> _Message | None:
        return next((message for message in self.messages if message.uid == uid), None)

    def settle(self) -> list[Whole]:
        """Look at pieces that were answered; the messages that are over now."""
        over = []
        for message in self.messages:
            while message.pieces and message.pieces[0].command.is_done:
                self._settle(message, message.pieces.popleft())
            if not message.pieces and (message.failure or message.has_ended):
                over.append(message)
        for message in over:
            self.messages.remove(message)
        return [Whole(each.uid, each.written, each.failure or "complete") for each in over]

    def _settle(self, message: _Message, piece: _Piece) -> None:
        """What the answer to a piece means for its message."""
        self._conversation.check(piece.command)
        if message.failure or ((message.is_careful or message.has_ended) and piece.offset > message.written):
            # What lies behind the end. More there than nothing: this server gives less than it is asked for.
            if piece.octets:
                message.is_capped, message.is_careful, message.has_ended = True, True, False
        elif not piece.octets:
            self._settle_nothing(message, piece)
        elif piece.octets < self._piece and not message.has_ended:
            message.has_ended = message.written >= message.size and not message.is_capped
            message.is_careful = not message.has_ended

    def _settle_nothing(self, message: _Message, piece: _Piece) -> None:
        """No octets came: there are no more, or the message has gone, or the server cannot deliver it."""
        answer = piece.command.answer
        has_gone = says_gone(answer) or (
            self._conversation.expunged > self._expunged_before and message.written < message.size
        )
        was_told = piece.octets is not None
        if message.written == 0:
            if was_told and piece.command.is_ok and message.size == 0:
                message.take(b"", self._writer_of)
                message.has_ended = True
            else:
                is_missing = piece.command.is_ok and not was_told
                message.failure = "gone" if has_gone or is_missing else "refused"
        elif has_gone:
            message.failure = "gone"
        elif was_told or message.written >= message.size or (message.is_careful and not message.is_capped):
            message.has_ended = True
        else:
            message.failure = "refused"


async def wholes_of(
    conversation: Conversation, wanted: Iterable[tuple[int, int]], writer_of: WriterOf
) -> AsyncIterator[Whole]:
    """Session.wholes."""
    downloads = _Downloads(conversation, wanted, writer_of)
    conversation.assembler.stream = downloads.stream
    try:
        downloads.send()
        while downloads.messages:
            untagged = await conversation.step()
            if untagged is not None and untagged.name == b"FETCH":
                downloads.take(untagged)
            if untagged is None:
                for whole in downloads.settle():
                    yield whole
                downloads.send()
    except ImapFailure as failure:
        failure.uid = downloads.current if failure.uid is None else failure.uid
        raise
    finally:
        conversation.assembler.stream = None
