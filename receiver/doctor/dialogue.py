"""A short SMTP dialogue with a door: its greeting, what it announces, a handshake. Sends no mail.

Raises OSError (ssl.SSLError, TimeoutError among them), and Unexpected when what answers does not speak SMTP.
Standards: RFC 5321 sections 3.1 and 4.2, RFC 3207 (STARTTLS), HAProxy's proxy-protocol.txt 2.1.
"""

import socket
import ssl
import time
from dataclasses import dataclass

from receiver.doctor.findings import PATIENCE_SECONDS
from receiver.smtp.networks import Networks, is_listed

_LONGEST_REPLY = 16 * 1024
# "the receiver must use the real connection endpoints": a door takes the doctor for the proxy itself.
_HEADER = b"PROXY UNKNOWN\r\n"


class Unexpected(Exception):
    """What came is no reply, or another one than the dialogue can go on with; the text quotes it, made printable."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a TLS handshake agreed on, and the certificate that was shown (DER)."""

    version: str
    cipher: str
    certificate: bytes


class Dialogue:
    """One connection, closed at the end of the block; everything within PATIENCE_SECONDS, connecting aside."""

    def __init__(self, channel: socket.socket) -> None:
        self._deadline = time.monotonic() + PATIENCE_SECONDS
        self._socket = channel
        self._unread = b""

    @classmethod
    def at_unix_socket(cls, path: str) -> "Dialogue":
        """With who listens at a path."""
        channel = socket.socket(socket.AF_UNIX)
        channel.settimeout(PATIENCE_SECONDS)
        try:
            channel.connect(path)
        except OSError:
            channel.close()
            raise
        return cls(channel)

    @classmethod
    def at(cls, address: tuple[str, int], proxies: Networks = ()) -> "Dialogue":
        """With who listens at an address, and awaits a PROXY header from `proxies`: this machine may be one of them."""
        channel = socket.create_connection(address, timeout=PATIENCE_SECONDS)
        try:
            if is_listed(channel.getsockname(), proxies):
                channel.sendall(_HEADER)
        except OSError:
            channel.close()
            raise
        return cls(channel)

    def __enter__(self) -> "Dialogue":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def greeting(self) -> str:
        """The banner after its code."""
        return self._reply(220)[0]

    def extensions(self, hello: str = "EHLO") -> set[str]:
        """What is announced after EHLO (LHLO), in capitals, without parameters."""
        lines = self._command(f"{hello} doctor.invalid", 250)
        return {line.partition(" ")[0].upper() for line in lines[1:]}

    def start_tls(self, server_name: str) -> Handshake:
        """STARTTLS, asking for the certificate of that name; it is taken whatever it is."""
        self._command("STARTTLS", 220)
        return self.shake_hands(server_name)

    def shake_hands(self, server_name: str) -> Handshake:
        """Begin TLS at once, asking for the certificate of that name; it is taken whatever it is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._socket.settimeout(self._left())
        # wrap_socket takes the descriptor over, also when the handshake fails.
        self._socket = secured = context.wrap_socket(self._socket, server_hostname=server_name)
        cipher = secured.cipher()
        return Handshake(
            secured.version() or "", cipher[0] if cipher else "", secured.getpeercert(binary_form=True) or b""
        )

    def quit(self) -> None:
        """Say goodbye, without waiting for an answer."""
        self._socket.sendall(b"QUIT\r\n")

    def _command(self, line: str, expected: int) -> list[str]:
        self._socket.sendall(line.encode("ascii") + b"\r\n")
        return self._reply(expected)

    def _reply(self, expected: int) -> list[str]:
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            line = self._line()
            if not line.startswith(f"{expected}"):
                raise Unexpected(f"it said: {line[:200]!a}" if line else "it hung up")
            lines.append(line)
        return [line[4:] for line in lines]

    def _line(self) -> str:
        while b"\n" not in self._unread and len(self._unread) < _LONGEST_REPLY:
            self._socket.settimeout(self._left())
            octets = self._socket.recv(4096)
            if not octets:
                break
            self._unread += octets
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("ascii", "replace").strip()

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left
