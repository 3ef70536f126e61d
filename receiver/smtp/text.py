"""The text of one message, out of whatever frame it came in: police line ends, measure lines and size, pass on.

Pure: octets in, octets out through `write`. Never given the CR of a CRLF without its LF, unless it has none. A bare CR
or LF is a fault, or becomes CRLF for peers that are trusted to mean no harm by it. What `write` raises passes through.
Standard: RFC 5321 2.3.8 (only CRLF ends a line).
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass

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


class MessageText:
    """What is kept of a message; `size` counts its octets as they are stored."""

    def __init__(self, write: Callable[[bytes], object], limits: DataLimits, *, normalizes: bool = False) -> None:
        self.size = 0
        self.fault: DataFault | None = None
        self.is_normalized = False
        self._write = write
        self._limits = limits
        self._normalizes = normalizes
        self._line = 0  # octets of the unfinished line so far

    def police(self, octets: bytes) -> bytes:
        """Look for faults; gives back what to keep, with other line ends only where bare ones are normalised."""
        if self.fault is not None:
            return octets
        self.fault = self._newline_fault(octets)
        if self.fault is DataFault.BARE_NEWLINE and self._normalizes:
            self.is_normalized = True
            octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
            self.fault = self._newline_fault(octets)
        self.fault = self.fault or self._line_fault(octets)
        return octets

    def keep(self, octets: bytes) -> None:
        """Pass on what was policed, unless there is a fault."""
        if self.fault is not None:
            return
        self.size += len(octets)
        if self.size > self._limits.message:
            self.fault = DataFault.TOO_LARGE
        else:
            self._write(octets)

    def expect(self, octets: int) -> None:
        """So many more were announced: too many are a fault before they come."""
        if self.fault is None and self.size + octets > self._limits.message:
            self.fault = DataFault.TOO_LARGE

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


def _has_bare_newline(octets: bytes) -> bool:
    pairs = octets.count(b"\r\n")
    return octets.count(b"\r") != pairs or octets.count(b"\n") != pairs
