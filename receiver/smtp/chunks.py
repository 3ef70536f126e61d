"""Take the chunks of BDAT as they arrive: nothing is stuffed and nothing is searched, the announced octets count.

Pure, and a DataDecoder to whoever feeds it: the chunks of a message run through one text, so that a CRLF or a line may
lie across their border. Holds one octet back at most. Standard: RFC 3030 section 2.
"""

import re
from collections.abc import Callable

from receiver.smtp import replies
from receiver.smtp.paths import SyntaxFault
from receiver.smtp.text import DataFault, DataLimits, MessageText

_CHUNK = re.compile(r"([0-9]{1,20})(?: +(LAST))?", re.ASCII | re.IGNORECASE)


def parse_bdat(argument: str) -> tuple[int, bool]:
    """The octets of a chunk, and whether it is the last one. Raises SyntaxFault."""
    match = _CHUNK.fullmatch(argument)
    if match is None:
        raise SyntaxFault(replies.CHUNK_SYNTAX)
    return int(match[1]), match[2] is not None


class ChunkDecoder:
    """One message on its way in, chunk by chunk; `read` counts whatever came, also what was thrown away."""

    def __init__(self, write: Callable[[bytes], object], limits: DataLimits, *, normalizes: bool = False) -> None:
        self.text = MessageText(write, limits, normalizes=normalizes)
        self.read = 0
        self.is_finished = False  # the chunk, not the message
        self.missing = 0  # octets of the chunk
        self._is_last = False
        self._held = b""  # a CR whose LF may come

    @property
    def size(self) -> int:
        """Octets as stored."""
        return self.text.size

    @property
    def fault(self) -> DataFault | None:
        """What is wrong with the message."""
        return self.text.fault

    def begin(self, octets: int, *, is_last: bool) -> None:
        """So many octets follow."""
        self.missing = octets
        self._is_last = is_last
        self.is_finished = False
        self.text.expect(octets)

    def feed(self, chunk: bytes) -> bytes:
        """Take the next octets off the wire; gives back what stands behind the end of the chunk."""
        ours, rest = chunk[: self.missing], chunk[self.missing :]
        self.read += len(ours)
        self.missing -= len(ours)
        self.is_finished = not self.missing
        octets = self._held + ours
        self._held = b""
        if octets.endswith(b"\r") and not (self.is_finished and self._is_last):
            self._held = b"\r"
            octets = octets[:-1]
        if octets:
            self.text.keep(self.text.police(octets))
        return rest
