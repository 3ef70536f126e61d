"""Octets of a server in, whole responses out: lines with their literals, within hard limits. No I/O.

What is too long is cut and marked, and read over to its end, so that one monstrous message does not end a session;
what goes on beyond all measure does. A message's octets are streamed to whoever wants them, never gathered here.
Raises ImapFailure server_nonsense. Standard: RFC 9051 section 4.3 (strings), RFC 9051 section 2.2.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from receiver.imap.failures import ImapFailure
from receiver.imap.values import Limits

Write = Callable[[bytes], object]
# Asked with the response so far, its literal's announcement included, and the octets announced.
Stream = Callable[[bytes, int], Write | None]

_LITERAL = re.compile(rb"~?\{(\d{1,20})\+?\}\r?\n\Z")
_LONGEST_MARK = 32
_LARGEST_LITERAL = 2**32 - 1
# Text for people may end as a literal's announcement does, but is none.
_HAS_NO_LITERALS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)\b|[^*]", re.IGNORECASE)
# Seen in practice: servers without ESEARCH name a million UIDs in one line. It can be read in pieces.
_NUMBERS = re.compile(rb"\* (?:SEARCH |ESEARCH [^:,\r\n]{0,200}? ALL )(?=\d)", re.IGNORECASE)
_PIECE_OF_NUMBERS = 64 * 1024


class Streamed(bytes):
    """Stands for a literal that was streamed."""


STREAMED = Streamed()


@dataclass(slots=True)
class Response:
    """One response. A literal in `text` is its announcement `{n}` and a line end; there is no other line end in it."""

    text: bytes
    literals: list[bytes] = field(default_factory=list)
    is_cut: bool = False


class Assembler:
    """Makes responses of octets, in whatever pieces they come."""

    def __init__(self, limits: Limits) -> None:
        self.stream: Stream | None = None
        self._limits = limits
        self._buffer = bytearray()
        self._read = 0  # of the buffer
        self._searched = 0  # no line end before
        self._missing = 0  # octets of a literal
        self._write: Write | None = None
        self._begin()

    def _begin(self) -> None:
        self._lines: list[bytes] = []
        self._kept = 0
        self._literals: list[bytes] = []
        self._literal: list[bytes] = []
        self._kept_literals = 0
        self._is_cut = False
        self._skipped = 0

    @property
    def has_unread(self) -> bool:
        """Whether octets came in that belong to no response that was given out."""
        return len(self._buffer) > self._read or bool(self._lines)

    def feed(self, octets: bytes) -> None:
        """Take what came in."""
        del self._buffer[: self._read]
        self._searched -= self._read
        self._read = 0
        self._buffer += octets

    def next(self) -> Response | None:
        """The next response; None until more octets are fed. What a stream's writer raises comes out of here."""
        while True:
            if self._missing and not self._take_literal():
                return None
            end = self._buffer.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._buffer)
                return self._long_line()
            line = bytes(self._buffer[self._read : end + 1])
            self._read = self._searched = end + 1
            if self._take_line(line):
                return self._finish()

    def _finish(self) -> Response:
        response = Response(b"".join(self._lines), self._literals, self._is_cut)
        self._begin()
        return response

    def _take_line(self, line: bytes) -> bool:
        """Add a line; whether the response ends with it."""
        announced = _LITERAL.search(line, max(0, len(line) - _LONGEST_MARK)) if line[-2:-1] in b"\r}" else None
        if announced and not self._lines and _HAS_NO_LITERALS.match(line):
            announced = None
        self._keep(line)
        if announced is None:
            return True
        self._begin_literal(int(announced.group(1)))
        return False

    def _keep(self, line: bytes) -> None:
        if self._is_cut:
            self._skip(len(line))
            return
        room = self._limits.line_octets - self._kept
        if len(line) > room:
            self._is_cut = True
            self._skip(len(line) - room)
            line = line[:room]
        self._kept += len(line)
        self._lines.append(line)

    def _skip(self, octets: int) -> None:
        self._skipped += octets
        if self._skipped > self._limits.skipped_octets:
            raise ImapFailure("server_nonsense", what="endless response")

    def _begin_literal(self, size: int) -> None:
        if size > _LARGEST_LITERAL:
            raise ImapFailure("server_nonsense", what="literal")
        self._missing = size
        self._literal = []
        self._write = None
        if self._is_cut:
            self._skip(size)
            return
        self._write = self.stream(b"".join(self._lines), size) if self.stream else None
        if self._write is not None:
            self._literals.append(STREAMED)
        elif self._kept_literals + size > self._limits.literal_octets:
            self._is_cut = True
            self._skip(size)
            self._literals.append(b"")
        else:
            self._kept_literals += size
            self._write = self._literal.append
            self._literals.append(b"")

    def _take_literal(self) -> bool:
        """Take what there is of a literal; whether it is complete."""
        end = min(len(self._buffer), self._read + self._missing)
        if end > self._read:
            if self._write is not None:
                self._write(bytes(self._buffer[self._read : end]))
            self._missing -= end - self._read
            self._read = self._searched = end
        if self._missing:
            return False
        if self._literal:
            self._literals[-1] = b"".join(self._literal)
        self._literal, self._write = [], None
        return True

    def _long_line(self) -> Response | None:
        """Keep a line that goes on and on within its limit: in pieces, or cut."""
        waiting = len(self._buffer) - self._read
        if not self._lines and waiting > _PIECE_OF_NUMBERS:
            numbers = _NUMBERS.match(self._buffer, self._read)
            if numbers:
                return self._piece_of_numbers(numbers.end(), bytes(numbers.group()))
        if waiting > self._limits.line_octets + _LONGEST_MARK:
            # The last octets may announce a literal.
            end = len(self._buffer) - _LONGEST_MARK
            self._keep(bytes(self._buffer[self._read : end]))
            self._read = self._searched = end
        return None

    def _piece_of_numbers(self, start: int, prefix: bytes) -> Response | None:
        end = max(self._buffer.rfind(b" ", start), self._buffer.rfind(b",", start))
        if end < 0:
            raise ImapFailure("server_nonsense", what="number")
        text = bytes(self._buffer[self._read : end])
        self._buffer[self._read : end + 1] = prefix
        self._searched = self._read
        return Response(text + b"\r\n")
