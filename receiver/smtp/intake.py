"""One message between the wire and its sink.

Feeds what arrives through the decoder into the sink; from the first fault on it only looks for the end, and the sink
is thrown away. Never raises into the transport: what the sink raised is kept in `failure` for the session to report.
"""

from typing import Protocol

from receiver.smtp.chunks import ChunkDecoder
from receiver.smtp.data import DataDecoder
from receiver.smtp.text import DataFault, DataLimits


class Sink(Protocol):
    """Where the octets of one message go; the journal's sinks are such."""

    def write(self, octets: bytes) -> object:
        """Keep these octets; may raise TemporaryFailure."""

    def discard(self) -> None:
        """Forget them all, and free what they took."""


class MemorySink:
    """For handlers without a sink of their own: aiosmtpd's `envelope.content`."""

    def __init__(self) -> None:
        self.octets = bytearray()

    def write(self, octets: bytes) -> None:
        """Keep these octets."""
        self.octets += octets

    def discard(self) -> None:
        """Forget them all."""
        self.octets.clear()


class Intake:
    """The octets of one message on their way in."""

    _decoder: DataDecoder | ChunkDecoder

    def __init__(self, sink: Sink, limits: DataLimits, *, normalizes: bool = False) -> None:
        self.failure: Exception | None = None
        self._sink = sink
        self._decoder = DataDecoder(self._write, limits, normalizes=normalizes)
        self._most_read = 2 * limits.message
        self._is_discarded = False

    @property
    def fault(self) -> DataFault | None:
        """What is wrong with the message itself."""
        return self._decoder.fault

    @property
    def size(self) -> int:
        """Octets as stored."""
        return self._decoder.size

    @property
    def is_normalized(self) -> bool:
        """Whether a bare CR or LF became CRLF."""
        return self._decoder.text.is_normalized

    @property
    def is_finished(self) -> bool:
        """Whether the final dot was seen, or the end of the chunk."""
        return self._decoder.is_finished

    @property
    def is_hopeless(self) -> bool:
        """Whether a refused message goes on for so long that its end is no longer waited for."""
        return self._is_discarded and self._decoder.read > self._most_read

    def feed(self, octets: bytes) -> bytes:
        """Take octets off the wire; gives back what stands behind the end."""
        rest = self._decoder.feed(octets)
        if self._decoder.fault is not None or self.failure is not None:
            self._discard()
        return rest

    def _write(self, octets: bytes) -> None:
        if self.failure is not None or self._is_discarded:
            return
        try:
            self._sink.write(octets)
        except Exception as error:  # noqa: BLE001 - carried to the exception hook, which a transport callback cannot reach
            self.failure = error

    def _discard(self) -> None:
        if not self._is_discarded:
            self._is_discarded = True
            self._sink.discard()


class ChunkIntake(Intake):
    """A message that comes in chunks."""

    _decoder: ChunkDecoder

    def __init__(self, sink: Sink, limits: DataLimits, *, normalizes: bool = False) -> None:
        super().__init__(sink, limits)
        self._decoder = ChunkDecoder(self._write, limits, normalizes=normalizes)

    def begin(self, octets: int, *, is_last: bool) -> None:
        """So many octets follow."""
        self._decoder.begin(octets, is_last=is_last)

    @property
    def is_hopeless(self) -> bool:
        """Whether more was announced of a refused message than is worth reading."""
        return self._is_discarded and self._decoder.read + self._decoder.missing > self._most_read

    def refuse(self) -> None:
        """Read what is left of the chunk, and keep nothing."""
        self._discard()
