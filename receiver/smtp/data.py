"""Decode the octets of DATA as they arrive: find the end and undo dot-stuffing; the rest is text.py's.

Pure: octets in, octets out through `write`; no socket, no journal, no clock. Memory stays flat: never more than two
octets are held back between two calls. A message with a fault is read to its end but no longer written.
Raises nothing of its own; what `write` raises passes through.
Standards: RFC 5321 4.5.2 (transparency) and 4.1.1.4 (only CRLF.CRLF ends the message, whatever ends its lines).
"""

from collections.abc import Callable

from receiver.smtp.text import DataFault, DataLimits, MessageText

_END = b"\r\n.\r\n"


class DataDecoder:
    """One message on its way in.

    `size` counts the octets as they will be stored (RFC 1870: with CRLF, without stuffed dots and the final dot),
    `read` whatever came in, also what was thrown away after a fault.
    """

    def __init__(self, write: Callable[[bytes], object], limits: DataLimits, *, normalizes: bool = False) -> None:
        self.text = MessageText(write, limits, normalizes=normalizes)
        self.read = 0
        self.is_finished = False
        self._held = b""  # what may be the beginning of CRLF, or of the final dot
        self._is_after_crlf = True  # as it came, which alone may end the message
        self._at_line_start = True  # as it is stored

    @property
    def size(self) -> int:
        """Octets as stored."""
        return self.text.size

    @property
    def fault(self) -> DataFault | None:
        """What is wrong with the message."""
        return self.text.fault

    def feed(self, chunk: bytes) -> bytes:
        """Take the next octets off the wire; gives back what stands behind the end of the message."""
        self.read += len(chunk)
        octets = self._held + chunk if self._held else chunk
        self._held = b""
        if self._is_after_crlf and octets.startswith(b".\r\n"):
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
        self._is_after_crlf = octets.endswith(b"\r\n")
        # Before dots are removed: a dot behind a bare LF must not pass for a stuffed one.
        octets = self.text.police(octets)
        self._at_line_start = octets.endswith(b"\r\n")
        if has_dot or self.text.is_normalized:
            octets = octets.replace(b"\r\n.", b"\r\n")
        if was_at_line_start and octets.startswith(b"."):
            octets = octets[1:]
        self.text.keep(octets)


def _octets_to_hold(octets: bytes) -> int:
    """How many octets at the end mean nothing until the next chunk tells what follows them."""
    for beginning in (b".\r", b".", b"\r"):
        if octets.endswith(beginning):
            return len(beginning)
    return 0
