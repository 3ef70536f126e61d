"""Load clients where Postfix's smtp-source does not reach: STARTTLS, and a steady pace with latencies.

Run in processes of their own, so that no client waits for another one's interpreter:

    python -m bench.clients tls PORT TO SESSIONS MESSAGES OCTETS kept|each
    python -m bench.clients paced PORT TO SESSIONS RATE SECONDS OCTETS

`tls` says nothing and exits 0 when every message was answered 250. `paced` sends on schedule, whether or not earlier
mail was answered (an open loop: a stall shows in every mail that waits behind it), and prints its latencies in
milliseconds as JSON: {"answer": final dot to 250, "whole": scheduled moment to 250}, each a list.
"""

import heapq
import json
import selectors
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field

_HEAD = (
    "From: Supplier <billing@supplier.example>\r\nTo: <{to}>\r\nSubject: Invoice {number}\r\n"
    "Date: Tue, 14 May 2024 08:30:12 +0200\r\nMessage-ID: <{number}.{seed}@supplier.example>\r\n\r\n"
)


def message(to: str, number: int, octets: int, seed: str) -> bytes:
    """A mail of about `octets` octets, CRLF, with its final dot."""
    head = _HEAD.format(to=to, number=number, seed=seed).encode()
    line = b"X" * 76 + b"\r\n"
    return head + line * max(1, (octets - len(head)) // len(line)) + b".\r\n"


def commands(to: str) -> bytes:
    """MAIL, RCPT and DATA in one piece (RFC 2920)."""
    return f"MAIL FROM:<billing@supplier.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode()


class TlsLoad:
    """Sessions in threads that send until all messages are gone."""

    def __init__(self, port: int, to: str, messages: int, octets: int, *, is_kept: bool) -> None:
        self._port, self._to, self._octets, self._is_kept = port, to, octets, is_kept
        self._numbers = iter(range(messages))
        self._lock = threading.Lock()
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE  # every side has the same self-signed certificate
        self.failures: list[str] = []

    def run(self, sessions: int) -> bool:
        """Whether all was taken."""
        threads = [threading.Thread(target=self._work) for _ in range(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return not self.failures

    def _work(self) -> None:
        try:
            while (number := self._next()) is not None:
                self._session(number)
        except (OSError, ValueError) as error:
            self.failures.append(repr(error))

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def _session(self, number: int | None) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as plain:
            _expect(plain, b"220")
            _ask(plain, b"EHLO load.example\r\n", b"250")
            _ask(plain, b"STARTTLS\r\n", b"220")
            with self._context.wrap_socket(plain) as secured:
                _ask(secured, b"EHLO load.example\r\n", b"250")
                while number is not None:
                    for line in commands(self._to).splitlines(keepends=True):
                        _ask(secured, line, b"354" if line == b"DATA\r\n" else b"250")
                    _ask(secured, message(self._to, number, self._octets, str(id(self))), b"250")
                    number = self._next() if self._is_kept else None
                _ask(secured, b"QUIT\r\n", b"221")


def _ask(connection: socket.socket, octets: bytes, expected: bytes) -> None:
    connection.sendall(octets)
    _expect(connection, expected)


def _expect(connection: socket.socket, code: bytes) -> None:
    answer = b""
    while not (answer.endswith(b"\r\n") and answer.splitlines()[-1][3:4] != b"-"):
        octets = connection.recv(65536)
        if not octets:
            raise ConnectionError(f"hung up after {answer!r}")
        answer += octets
    if not answer.splitlines()[-1].startswith(code):
        raise ValueError(answer.decode("latin-1"))


@dataclass(eq=False)
class _Seat:
    """One kept connection of the paced client."""

    socket: socket.socket
    due: float = 0.0
    sent: float = 0.0
    replies_awaited: int = 0
    rest: bytes = field(default=b"")


class PacedLoad:
    """Mail on schedule over kept connections, in one thread without waiting."""

    def __init__(self, port: int, to: str, sessions: int, octets: int) -> None:
        self._commands, self._to, self._octets = commands(to), to, octets
        self._selector = selectors.DefaultSelector()
        self._free: list[_Seat] = []
        self._late: list[float] = []  # scheduled moments that found no free connection
        self._number = 0
        self._mail: dict[int, bytes] = {}
        self.answer: list[float] = []
        self.whole: list[float] = []
        for _ in range(sessions):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _expect(connection, b"220")
            _ask(connection, b"EHLO paced.example\r\n", b"250")
            seat = _Seat(connection)
            self._selector.register(connection, selectors.EVENT_READ, seat)
            self._free.append(seat)

    def run(self, rate: float, seconds: float) -> None:
        """Send `rate` mails a second for `seconds`, then hear the last answers."""
        start = time.perf_counter()
        schedule = [start + n / rate for n in range(int(rate * seconds))]
        position, in_flight_until = 0, start + seconds + 30
        while position < len(schedule) or self._late or len(self.whole) < len(schedule):
            now = time.perf_counter()
            if now > in_flight_until:
                raise TimeoutError(f"{len(schedule) - len(self.whole)} mails were never answered")
            while position < len(schedule) and schedule[position] <= now:
                heapq.heappush(self._late, schedule[position])
                position += 1
            while self._late and self._free:
                self._begin(self._free.pop(), heapq.heappop(self._late))
            pause = schedule[position] - now if position < len(schedule) else 0.1
            for key, _ in self._selector.select(max(0.0, pause)):
                self._hear(key.data)

    def _begin(self, seat: _Seat, due: float) -> None:
        seat.due, seat.sent, seat.replies_awaited = due, 0.0, 3
        seat.socket.sendall(self._commands)

    def _hear(self, seat: _Seat) -> None:
        octets = seat.socket.recv(65536)
        if not octets:
            raise ConnectionError("hung up")
        *lines, seat.rest = (seat.rest + octets).split(b"\r\n")
        for line in lines:
            if line[:1] not in b"23":
                raise ValueError(line.decode("latin-1"))
            seat.replies_awaited -= 1
        if seat.replies_awaited:
            return
        now = time.perf_counter()
        if seat.sent:
            self.answer.append((now - seat.sent) * 1000)
            self.whole.append((now - seat.due) * 1000)
            self._free.append(seat)
        else:
            self._number += 1
            seat.replies_awaited = 1
            seat.socket.sendall(message(self._to, self._number, self._octets, str(id(self))))
            seat.sent = now


def main() -> int:
    """One client, as its parent asked."""
    kind, port, to, sessions, *rest = sys.argv[1:]
    if kind == "tls":
        messages, octets, habit = rest
        load = TlsLoad(int(port), to, int(messages), int(octets), is_kept=habit == "kept")
        is_well = load.run(int(sessions))
        print(*load.failures[:3], file=sys.stderr)
        return 0 if is_well else 1
    rate, seconds, size = rest
    paced = PacedLoad(int(port), to, int(sessions), int(size))
    paced.run(float(rate), float(seconds))
    print(json.dumps({"answer": paced.answer, "whole": paced.whole}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
