"""The clients of `./dev bench memory`: some that mean harm, and honest heavy load.

Each case takes the postbus under test and a scale, and says in words what it did and heard. Never looks at memory.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.server import RunningPostbus

_CHUNK = 1024**2


@dataclass
class Target:
    """The postbus under test."""

    postbus: RunningPostbus
    address: str

    def connect(self, number: int = 0) -> socket.socket:
        """A greeted connection from the loopback address with this number."""
        source = f"127.{1 + number // 60000}.{number // 250 % 240}.{1 + number % 250}"
        connection = socket.create_connection(("127.0.0.1", self.postbus.port), 60, (source, 0))
        if not (greeting := hear(connection)).startswith(b"220"):
            raise RuntimeError(f"client {number} was greeted with {greeting!r}")
        return connection

    def begin(self, number: int = 0) -> socket.socket:
        """A connection up to the recipient."""
        connection = self.connect(number)
        for command in ("EHLO memory.example", "MAIL FROM:<a@example.org>", f"RCPT TO:<{self.address}>"):
            _agreed(connection, command.encode() + b"\r\n")
        return connection

    def begin_data(self, number: int = 0) -> socket.socket:
        """A connection up to 354."""
        connection = self.begin(number)
        _agreed(connection, b"DATA\r\n")
        return connection


def hear(connection: socket.socket) -> bytes:
    """One reply."""
    answer = b""
    while not (answer.endswith(b"\r\n") and answer.splitlines()[-1][3:4] != b"-"):
        octets = connection.recv(65536)
        if not octets:
            return answer
        answer += octets
    return answer


def ask(connection: socket.socket, octets: bytes) -> bytes:
    """Send and hear."""
    connection.sendall(octets)
    return hear(connection)


def _agreed(connection: socket.socket, command: bytes) -> None:
    if (answer := ask(connection, command))[:1] not in b"23":
        raise RuntimeError(f"{command!r} was answered {answer!r}")


def flood(connection: socket.socket, block: bytes, octets: int) -> str:
    """Send so many octets or until it is hung up on; returns what was said and how much went out."""
    sent = 0
    try:
        while sent < octets:
            connection.sendall(block)
            sent += len(block)
        connection.sendall(b"\r\n.\r\n")
        answer = hear(connection)
    except OSError as error:
        answer = type(error).__name__.encode()
        with contextlib.suppress(OSError):
            answer = connection.recv(4096) or answer
    connection.close()
    return f"{sent / 1e6:.0f} MB sent, then {answer.strip().decode('latin-1')[:50]!r}"


def flood_chunks(connection: socket.socket, block: bytes, octets: int) -> str:
    """The same in chunks, each sent before the last one is answered; replies are read beside."""
    replies, sent = list[bytes](), 0

    def listen() -> None:
        with contextlib.suppress(OSError):
            while answer := connection.recv(65536):
                replies.append(answer)

    listener = threading.Thread(target=listen)
    listener.start()
    with contextlib.suppress(OSError):
        while sent < octets:
            connection.sendall(b"BDAT %d\r\n" % len(block) + block)
            sent += len(block)
        connection.sendall(b"BDAT 0 LAST\r\nQUIT\r\n")
    listener.join()
    connection.close()
    codes = [line[:3].decode() for line in b"".join(replies).splitlines()]
    counts = ", ".join(f"{codes.count(code)} times {code}" for code in sorted(set(codes)))
    return f"{sent / 1e6:.0f} MB sent: {counts}"


def endless_line(target: Target, scale: float) -> str:
    """300 MB without CRLF, in a message."""
    return flood(target.begin_data(), b"A" * 65536, int(300e6 * scale))


def endless_command(target: Target, scale: float) -> str:
    """300 MB without CRLF, as a command."""
    return flood(target.connect(), b"A" * 65536, int(300e6 * scale))


def oversize(target: Target, scale: float) -> str:
    """100 MB where 50 are allowed."""
    return flood(target.begin_data(), (b"B" * 76 + b"\r\n") * 840, int(100e6 * max(scale, 0.6)))


def empty_lines(target: Target, scale: float) -> str:
    """10 MB of CRLF."""
    return flood(target.begin_data(), b"\r\n" * 32768, int(10e6 * scale))


def endless_line_in_chunks(target: Target, scale: float) -> str:
    """300 MB without CRLF, in chunks of a MiB."""
    return flood_chunks(target.begin(), b"A" * _CHUNK, int(300e6 * scale))


def oversize_in_chunks(target: Target, scale: float) -> str:
    """100 MB where 50 are allowed, in chunks of a MiB."""
    return flood_chunks(target.begin(), (b"B" * 62 + b"\r\n") * (_CHUNK // 64), int(100e6 * max(scale, 0.6)))


def empty_lines_in_chunks(target: Target, scale: float) -> str:
    """10 MB of CRLF, in chunks of a MiB."""
    return flood_chunks(target.begin(), b"\r\n" * (_CHUNK // 2), int(10e6 * scale))


def tiny_chunks(target: Target, scale: float) -> str:
    """A message of 200,000 chunks."""
    return flood_chunks(target.begin(), b"x", int(200_000 * scale))


def recipients(target: Target, scale: float) -> str:
    """20,000 recipients, all of them ours by sub-address."""
    connection = target.connect()
    ask(connection, b"EHLO memory.example\r\n")
    ask(connection, b"MAIL FROM:<a@example.org>\r\n")
    local, _, domain = target.address.partition("@")
    codes: dict[bytes, int] = {}
    with contextlib.suppress(OSError):
        for number in range(int(20_000 * scale)):
            code = ask(connection, f"RCPT TO:<{local}+{number}@{domain}>\r\n".encode())[:3]
            codes[code] = codes.get(code, 0) + 1
            if code in {b"", b"421"}:
                break
    connection.close()
    return ", ".join(f"{count} times {code.decode() or 'nothing'}" for code, count in codes.items())


def deaf(target: Target, scale: float) -> str:
    """A client that asks and never reads, until nothing more goes out."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(5 * max(scale, 0.2))
    connection.connect(("127.0.0.1", target.postbus.port))
    sent = 0
    with contextlib.suppress(OSError):
        while sent < 200e6 * scale:
            sent += connection.send(b"EHLO deaf.example\r\n" * 3000)
    connection.close()
    return f"{sent / 1e6:.1f} MB of commands taken"


def many_large(target: Target, scale: float) -> str:
    """100 messages of 25 MB, all under way at the same time."""

    def send(number: int, block: bytes, blocks: int, wait: Callable[[], object]) -> bytes:
        connection = target.begin_data(number)
        connection.sendall(_message_id(number))
        for _ in range(blocks):
            connection.sendall(block)
        wait()
        answer = ask(connection, b".\r\n")
        connection.close()
        return answer

    return _at_once(send, scale)


def many_large_in_chunks(target: Target, scale: float) -> str:
    """The same in chunks."""

    def send(number: int, block: bytes, blocks: int, wait: Callable[[], object]) -> bytes:
        connection = target.begin(number)
        head = _message_id(number)
        ask(connection, b"BDAT %d\r\n" % len(head) + head)
        for _ in range(blocks):
            ask(connection, b"BDAT %d\r\n" % len(block) + block)
        wait()
        answer = ask(connection, b"BDAT 0 LAST\r\n")
        connection.close()
        return answer

    return _at_once(send, scale)


def _at_once(send: Callable[[int, bytes, int, Callable[[], object]], bytes], scale: float) -> str:
    count, octets = max(4, int(100 * scale)), 25_000_000
    block, codes = (b"C" * 76 + b"\r\n") * 840, list[bytes]()
    together = threading.Barrier(count)

    def work(number: int) -> None:
        codes.append(send(number, block, octets // len(block), lambda: together.wait(300))[:3])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return f"{count} at once, {codes.count(b'250')} of them 250"


def _message_id(number: int) -> bytes:
    return b"Message-ID: <%d.%d@memory.example>\r\n\r\n" % (number, time.monotonic_ns())


def idle(target: Target, scale: float) -> str:
    """5,000 connections that said EHLO and nothing more."""
    connections = []
    for number in range(int(5000 * scale)):
        connections.append(target.connect(number))
        ask(connections[-1], b"EHLO idle.example\r\n")
    time.sleep(0.5)
    said = f"{len(connections)} held"
    for connection in connections:
        connection.close()
    return said
