"""Decode the octets of DATA as they arrive: find the end, undo dot-stuffing, police line ends, measure.

Pure: octets in, octets out through `write`; no socket, no journal, no clock. Memory stays flat: never more than two
octets are held back between two calls. A message with a fault is read to its end but no longer written.
Raises nothing of its own; what `write` raises passes through.
Standards: RFC 5321 4.5.2 (transparency), 2.3.8 and 4.1.1.4 (only CRLF ends a line, only CRLF.CRLF ends the message).
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass

_END = b"\r\n.\r\n"
_NOT_TEXT = b"\r\n\0"


class DataFault(enum.Enum):
    """Why a message cannot be taken; the first one found counts."""

    BARE_NEWLINE = enum.auto()
    NUL = enum.auto()
    LINE_TOO_LONG = enum.auto()
    TOO_LARGE = enum.auto()


@dataclass(frozen=True, slots=True)
class DataLimits:
    """In octets: of the message as it is stored, and of one line without its CRLF."""

    message: int
    line: int


class DataDecoder:
    """One message on its way in.

    `size` counts the octets as they will be stored (RFC 1870: with CRLF, without stuffed dots and the final dot),
    `read` whatever came in, also what was thrown away after a fault.
    """

    def __init__(self, write: Callable[[bytes], object], limits: DataLimits) -> None:
        self.size = 0
        self.read = 0
        self.fault: DataFault | None = None
        self.is_finished = False
        self._write = write
        self._limits = limits
        self._held = b""  # what may be the beginning of CRLF, or of the final dot
        self._at_line_start = True
        self._line = 0  # octets of the unfinished line so far

    def feed(self, chunk: bytes) -> bytes:
        """Take the next octets off the wire; gives back what stands behind the end of the message."""
        self.read += len(chunk)
        octets = self._held + chunk if self._held else chunk
        self._held = b""
        if self._at_line_start and octets.startswith(b".\r\n"):
            self.is_finished = True
            return octets[3:]
        # One search serves both questions: without a dot after LF there is no end here, and nothing stuffed. Base64
        # has no dot at all, which is seen ten times faster still.
        has_dot = b"." in octets and b"\n." in octets
        end = octets.find(_END) if has_dot else -1
        if end >= 0:
            self._take(octets[: end + 2], has_dot)
            self.is_finished = True
            return octets[end + 5 :]
        held = _octets_to_hold(octets)
        if held:
            self._held = octets[-held:]
            octets = octets[:-held]
        if octets:
            self._take(octets, has_dot)
        return b""

    def _take(self, octets: bytes, has_dot: bool) -> None:
        was_at_line_start = self._at_line_start
        self._at_line_start = octets.endswith(b"\r\n")
        # Before dots are removed: a dot behind a bare LF must not pass for a stuffed one.
        self.fault = self.fault or self._newline_fault(octets) or self._line_fault(octets)
        if self.fault is not None:
            return
        if has_dot:
            octets = octets.replace(b"\r\n.", b"\r\n")
        if was_at_line_start and octets.startswith(b"."):
            octets = octets[1:]
        self.size += len(octets)
        if self.size > self._limits.message:
            self.fault = DataFault.TOO_LARGE
        else:
            self._write(octets)

    def _newline_fault(self, octets: bytes) -> DataFault | None:
        # Every CR and LF belongs to a pair exactly when there are two of them for each pair.
        others = len(octets.translate(None, _NOT_TEXT))
        if others + 2 * octets.count(b"\r\n") == len(octets):
            return None
        return DataFault.NUL if b"\0" in octets and not _has_bare_newline(octets) else DataFault.BARE_NEWLINE

    def _line_fault(self, octets: bytes) -> DataFault | None:
        longest = self._limits.line
        first = octets.find(b"\r\n")
        if first < 0:
            self._line += len(octets)
            return DataFault.LINE_TOO_LONG if self._line > longest else None
        too_long = self._line + first > longest
        last = octets.rfind(b"\r\n")
        self._line = len(octets) - last - 2
        too_long = too_long or self._line > longest
        start = first + 2
        # Steps of a whole line's length at once: whatever lies between is short enough.
        while not too_long and last - start > longest:
            end = octets.rfind(b"\r\n", start, start + longest + 2)
            too_long = end < 0
            start = end + 2
        return DataFault.LINE_TOO_LONG if too_long else None


def _octets_to_hold(octets: bytes) -> int:
    """How many octets at the end mean nothing until the next chunk tells what follows them."""
    for beginning in (b".\r", b".", b"\r"):
        if octets.endswith(beginning):
            return len(beginning)
    return 0


def _has_bare_newline(octets: bytes) -> bool:
    pairs = octets.count(b"\r\n")
    return octets.count(b"\r") != pairs or octets.count(b"\n") != pairs
