"""An event loop whose clock jumps: when nothing is ready it goes on to the next timer at once.

Timeouts of five minutes pass in microseconds, in the right order. `Standstill` is raised when neither octets nor timers
are left, yet somebody waits: in a server, that is a session that would never end.
"""

import asyncio
import selectors
from typing import Any


class Standstill(Exception):
    """Nothing will ever happen again in this loop."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Standstill
        self.jumped += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """For what uses no threads and no sockets."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds, the ones jumped over included."""
        return super().time() + self._jumping.jumped


class MemoryTransport(asyncio.Transport):
    """The client's end of a connection: what the protocol wrote stands in `written`."""

    # asyncio asks for this before it puts TLS on top.
    _start_tls_compatible = True

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.BaseProtocol) -> None:
        super().__init__({"peername": ("192.0.2.7", 40000)})
        self.written = bytearray()
        self.unread = 0  # octets that a deaf client left in the buffer
        self.is_deaf = False
        self._loop = loop
        self._protocol = protocol
        self._is_paused = False
        self._waiting = bytearray()
        self._is_closing = False

    def give(self, octets: bytes) -> None:
        """What the client sends; kept back while reading is paused."""
        self._waiting += octets
        self._hand_over()

    def give_eof(self) -> None:
        """The client sends no more."""
        self._is_paused = False
        self._hand_over()
        if not self._is_closing and not self._protocol.eof_received():  # type: ignore[attr-defined]
            self.close()

    def write(self, data: Any) -> None:
        """Keep what the protocol says; a deaf client's buffer fills up."""
        if self._is_closing:
            return
        self.written += data
        self.unread += len(data)
        if self.is_deaf and self.unread > 65536:
            self._protocol.pause_writing()

    def pause_reading(self) -> None:
        """Hand over no more."""
        self._is_paused = True

    def resume_reading(self) -> None:
        """Hand over what waits."""
        self._is_paused = False
        self._loop.call_soon(self._hand_over)

    def is_reading(self) -> bool:
        """Whether octets are handed over."""
        return not self._is_paused

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who hears."""
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another one hear."""
        self._protocol = protocol

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._is_closing

    def close(self) -> None:
        """End the connection; a deaf client keeps it open until it is aborted."""
        if not self._is_closing and not (self.is_deaf and self.unread > 65536):
            self.abort()

    def abort(self) -> None:
        """End it now."""
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def _force_close(self, error: Exception | None) -> None:  # noqa: ARG002 - what asyncio's TLS calls
        self.abort()

    def _hand_over(self) -> None:
        while self._waiting and not self._is_paused and not self._is_closing:
            octets = bytes(self._waiting[:65536])
            del self._waiting[:65536]
            try:
                if isinstance(self._protocol, asyncio.BufferedProtocol):
                    self._fill(self._protocol, octets)
                else:
                    self._protocol.data_received(octets)  # type: ignore[attr-defined]
            except Exception as error:  # noqa: BLE001 - as a real transport does
                self._loop.call_exception_handler({"message": "data_received raised", "exception": error})
                self.abort()

    @staticmethod
    def _fill(protocol: asyncio.BufferedProtocol, octets: bytes) -> None:
        while octets:
            buffer = memoryview(protocol.get_buffer(len(octets)))
            size = min(len(buffer), len(octets))
            buffer[:size] = octets[:size]
            protocol.buffer_updated(size)
            octets = octets[size:]
