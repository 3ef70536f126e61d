"""A load client where Postfix's smtp-source does not reach: a steady pace, and latencies.

Run in a process of its own, so that it waits for no other interpreter:

    python -m bench.clients paced PORT TO SESSIONS RATE SECONDS OCTETS

It sends on schedule, whether or not earlier mail was answered (an open loop: a stall shows in every mail that waits
behind it), and prints its latencies in milliseconds as JSON: {"answer": final dot to 250, "whole": scheduled moment to
250}, each a list.
"""

import heapq
import json
import selectors
import socket
import sys
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
    _paced, port, to, sessions, rate, seconds, size = sys.argv[1:]
    paced = PacedLoad(int(port), to, int(sessions), int(size))
    paced.run(float(rate), float(seconds))
    print(json.dumps({"answer": paced.answer, "whole": paced.whole}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
