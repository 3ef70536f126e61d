"""The connection below a session: octets in and out, TLS, how many there were, and how long we wait for them.

Holds at most a few hundred KiB that nobody has read: a server that sends faster has to wait. Never resolves a name.
Raises ImapFailure: connection_refused, connection_timed_out, connection_lost, server_silent, certificate_wrong,
tls_failed. Standards: RFC 8314 (TLS), RFC 9325 (TLS 1.2 and newer), RFC 9525 (names in certificates).
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from receiver.imap.failures import ImapFailure
from receiver.imap.values import Limits, Traffic

_INBOX_FULL = 64 * 1024
# Where there are several addresses, one that does not answer must not take all the time there is.
_FIRST_SECONDS = 4.0
_SHUTDOWN_SECONDS = 2.0
# struct tcp_info of Linux: bytes_acked and bytes_received, in every kernel since 4.2.
_TCP_INFO_OCTETS = 136
_TCP_INFO_AT = 120
_WHY = {9: "not_yet_valid", 10: "expired", 18: "self_signed", 19: "self_signed", 62: "wrong_name", 64: "wrong_name"}
_UNKNOWN_ISSUER = {2, 20, 21, 27}


@lru_cache(maxsize=8)
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """A context that trusts the system's authorities and those of `ca_file`; made once, since that takes long."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class Wire(asyncio.Protocol):
    """A connection; made by `connect`."""

    def __init__(self) -> None:
        self.address = ""
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._chunks: deque[bytes] = deque()
        self._waiting = 0  # octets in chunks
        self._is_paused = False
        self._is_over = False
        self._waiter: asyncio.Future[None] | None = None
        self._received = self._sent = 0
        self._on_the_wire = (0, 0)

    @classmethod
    async def connect(cls, addresses: Sequence[str], port: int, seconds: float) -> "Wire":
        """Connect to the first address that answers, within `seconds` for all of them."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        failure = ImapFailure("connection_timed_out")
        for number, address in enumerate(addresses, 1):
            left = deadline - loop.time()
            try:
                async with asyncio.timeout(left if number == len(addresses) else min(left, _FIRST_SECONDS)):
                    _, wire = await loop.create_connection(cls, address, port)
            except TimeoutError:
                failure = ImapFailure("connection_timed_out")
            except OSError:
                failure = ImapFailure("connection_refused")
            else:
                wire.address = address
                return wire
        raise failure

    async def secure(self, host: str, ca_file: Path | None, seconds: float) -> None:
        """Begin TLS, and see that the certificate is `host`'s. What came in before is refused, never trusted."""
        if self._chunks or self._is_over:
            self.abort()
            # CVE-2011-0411 and kin: what somebody on the way put in before TLS must not be taken for the server's.
            raise ImapFailure("tls_failed" if self._is_over else "server_nonsense", what="octets before TLS")
        transport = self._transport
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,  # type: ignore[arg-type]  # made by connect
                self,
                tls_context(ca_file),
                server_hostname=host,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
            )
        except ssl.SSLCertVerificationError as error:
            raise ImapFailure("certificate_wrong", why=_why(error)) from error
        except (OSError, ValueError) as error:
            raise ImapFailure("tls_failed") from error
        if secured is None:
            raise ImapFailure("tls_failed")
        self._transport = secured

    @property
    def tls(self) -> str | None:
        """The version of TLS, None where there is none."""
        tls = self._transport.get_extra_info("ssl_object") if self._transport else None
        return tls.version() if tls else None

    @property
    def has_unread(self) -> bool:
        """Whether octets wait to be read."""
        return bool(self._chunks)

    @property
    def traffic(self) -> Traffic:
        """Octets so far: TLS included where the system tells, else as they are read and written here."""
        self._look_at_the_wire()
        received, sent = self._on_the_wire
        return Traffic(max(received, self._received), max(sent, self._sent))

    async def read(self, seconds: float | None) -> bytes:
        """What came in, at least an octet. ImapFailure: nothing in `seconds`, or the connection is over."""
        if not self._chunks:
            if self._is_over:
                raise ImapFailure("connection_lost")
            self._resume()
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._waiter
            except TimeoutError as error:
                raise ImapFailure("server_silent") from error
            finally:
                self._waiter = None
        if not self._chunks:
            raise ImapFailure("connection_lost")
        octets = self._chunks.popleft()
        self._waiting -= len(octets)
        return octets

    def write(self, octets: bytes) -> None:
        """Send."""
        if self._is_over or self._transport is None:
            raise ImapFailure("connection_lost")
        self._sent += len(octets)
        self._transport.write(octets)

    def close(self) -> None:
        """Close in an orderly way; what the server still says is not read."""
        self._look_at_the_wire()
        if self._transport is not None:
            self._resume()
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._look_at_the_wire()
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._socket = transport.get_extra_info("socket")
        if self._socket is not None:
            with contextlib.suppress(OSError, AttributeError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        """Octets came in."""
        self._received += len(data)
        self._chunks.append(data)
        self._waiting += len(data)
        self._look_at_the_wire()
        if self._waiting > _INBOX_FULL and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio gives it
        """The connection is over; what came in before can still be read."""
        self._is_over = True
        self._wake()

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _look_at_the_wire(self) -> None:
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_OCTETS)  # type: ignore[union-attr]
            sent, received = struct.unpack_from("QQ", info, _TCP_INFO_AT)
        except (OSError, AttributeError, struct.error):
            return
        self._on_the_wire = (received, sent)


async def connect_securely(
    addresses: Sequence[str], port: int, host: str, ca_file: Path | None, limits: Limits
) -> Wire:
    """A connection that begins with TLS."""
    wire = await Wire.connect(addresses, port, limits.connect_seconds)
    try:
        await wire.secure(host, ca_file, limits.connect_seconds)
    except BaseException:
        wire.abort()
        raise
    return wire


def _why(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with a certificate, as a word."""
    if error.verify_code in _UNKNOWN_ISSUER:
        return "unknown_issuer"
    return _WHY.get(error.verify_code, "invalid")
