"""Command lines out of the octets of a connection.

Pure. Only CRLF ends a command: a line with a bare CR or LF, or another control character, is refused as a whole and
never split into two commands (smuggling). What is too long is thrown away up to its end; memory stays flat.
Standard: RFC 5321 2.3.8, 4.1.1, 4.5.3.1.4.
"""

from typing import NamedTuple

from receiver.smtp import replies
from receiver.smtp.replies import Reply

# RFC 5321 4.5.3.1.4 asks for 512; extensions add to it (RFC 1870, 6152, 6531: 460 for SMTPUTF8).
LONGEST_COMMAND = 1024
# Other protocols that knock here, told apart so that none of their lines is taken for a command: TLS without STARTTLS,
# and HTTP, through which a browser could be made to speak SMTP.
_TLS_HANDSHAKE = b"\x16\x03"
_HTTP_VERBS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH"})
_CONTROLS = bytes([*range(0x20), 0x7F])


class Command(NamedTuple):
    """A verb in upper case with the text behind it, as it came; `fault` is set instead when it is no command."""

    verb: str = ""
    argument: str = ""
    fault: Reply | None = None


class CommandLines:
    """The inbox of a session between messages."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._searched = 0  # no LF before this
        self._is_overlong = False

    def __len__(self) -> int:
        return len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Add what came off the wire."""
        self._octets += octets

    def take_all(self) -> bytes:
        """Everything not read yet: it belongs to a message, or to nobody."""
        octets = bytes(self._octets)
        self._octets.clear()
        self._searched = 0
        return octets

    def take(self, most: int) -> bytes:
        """As much of it as a chunk may have."""
        octets = bytes(self._octets[:most])
        del self._octets[:most]
        self._searched = 0
        return octets

    def next(self) -> Command | None:
        """The next command, or None while its end has not come."""
        if self._octets.startswith(_TLS_HANDSHAKE):
            self.take_all()
            return Command(fault=replies.NOT_SMTP)
        end = self._octets.find(b"\n", self._searched)
        if end < 0:
            self._wait_for_end()
            return None
        line = bytes(self._octets[: end + 1])
        del self._octets[: end + 1]
        self._searched = 0
        is_overlong, self._is_overlong = self._is_overlong, False
        if is_overlong or len(line) > LONGEST_COMMAND:
            return Command(fault=replies.COMMAND_TOO_LONG)
        return parse_command(line)

    def _wait_for_end(self) -> None:
        if len(self._octets) > LONGEST_COMMAND:
            self._is_overlong = True
            self._octets.clear()
        self._searched = len(self._octets)


def parse_command(line: bytes) -> Command:
    """One line, its LF included."""
    if not line.endswith(b"\r\n"):
        return Command(fault=replies.LINE_ENDING)
    octets = line[:-2]
    if len(octets.translate(None, _CONTROLS)) != len(octets):
        return Command(fault=replies.LINE_ENDING)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return Command(fault=replies.COMMAND_UNKNOWN)
    verb, _, argument = text.partition(" ")
    verb = verb.upper() if verb.isascii() else ""
    if verb in _HTTP_VERBS:
        return Command(fault=replies.NOT_SMTP)
    return Command(verb, argument.strip(" "))
