"""How much the doors' memory grows, at its highest, under clients that mean harm and under honest load.

Figures are of all doors together: the highest resident memory during a case less that before it, as the kernel counts
(proc(5), VmHWM after clear_refs), so that no peak falls between two looks. Clients come from many loopback addresses.
postbus runs in its default configuration.

    ./dev bench memory [--scale 1.0] [--only idle]
"""

import argparse
import contextlib
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.server import Growth, RunningPostbus

MIB = 1024**2
# Else a client that never reads would be parted from before its replies fill anything.
_SETTINGS = {"SMTP__MAX_COMMANDS_WITHOUT_PROGRESS": "1000000000"}


@dataclass(frozen=True)
class Case:
    """A load with the most it may take: in all, or for each of `each` things."""

    name: str
    run: Callable[["Target", float], str]
    goal: float
    each: int = 0


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

    def begin_data(self, number: int = 0) -> socket.socket:
        """A connection up to 354."""
        connection = self.connect(number)
        for command in ("EHLO memory.example", "MAIL FROM:<a@example.org>", f"RCPT TO:<{self.address}>", "DATA"):
            answer = ask(connection, command.encode() + b"\r\n")
            if answer[:1] not in b"23":
                raise RuntimeError(f"{command} was answered {answer!r}")
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
    count, octets = max(4, int(100 * scale)), 25_000_000
    block, codes = (b"C" * 76 + b"\r\n") * 840, list[bytes]()
    together = threading.Barrier(count)

    def work(number: int) -> None:
        connection = target.begin_data(number)
        connection.sendall(b"Message-ID: <%d@memory.example>\r\n\r\n" % number)
        for _ in range(octets // len(block)):
            connection.sendall(block)
        together.wait(300)
        codes.append(ask(connection, b".\r\n")[:3])
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return f"{count} at once, {codes.count(b'250')} of them 250"


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


CASES = (
    Case("300 MB without CRLF", endless_line, 8 * MIB),
    Case("300 MB without CRLF, as a command", endless_command, 8 * MIB),
    Case("100 MB oversize", oversize, 8 * MIB),
    Case("10 MB of empty lines", empty_lines, 8 * MIB),
    Case("20,000 recipients", recipients, 8 * MIB),
    Case("a client that never reads", deaf, 8 * MIB),
    Case("100 concurrent messages of 25 MB", many_large, 64 * MIB),
    Case("5,000 idle connections, each", idle, 16 * 1024, each=5000),
)


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    case: Case
    growth: float
    said: str

    @property
    def is_met(self) -> bool:
        """Whether the goal holds."""
        return self.growth < self.case.goal

    def line(self) -> str:
        """For people."""
        unit, size = ("KiB", 1024) if self.case.each else ("MiB", MIB)
        verdict = "met" if self.is_met else "MISSED"
        figures = f"{self.growth / size:6.1f} {unit}  goal {self.case.goal / size:.0f}: {verdict}"
        return f"{self.case.name:36s} {figures}  ({self.said})"


def run(folder: Path, cases: tuple[Case, ...], scale: float) -> list[Result]:
    """Measure the cases one after the other on one postbus."""
    postbus = RunningPostbus(folder / "data", _SETTINGS)
    target = Target(postbus, postbus.set_up())
    results = []
    with postbus:
        _warm_up(target)
        for case in cases:
            growth = Growth(postbus.doors())
            said = case.run(target, scale)
            each = max(1, int(case.each * scale))
            results.append(Result(case, growth.octets() / each, said))
            print(results[-1].line(), flush=True)
            time.sleep(0.5)
    return results


def _warm_up(target: Target) -> None:
    """Some small messages through every door: what a first message takes is not the case's doing."""
    for number in range(32):
        connection = target.begin_data(number)
        ask(connection, b"Subject: warm\r\n\r\nwarm\r\n.\r\n")
        connection.close()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench memory", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", default="", help="cases with this in their names")
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > soft else soft, hard))
    chosen = tuple(case for case in CASES if arguments.only in case.name)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        results = run(Path(folder), chosen, arguments.scale)
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
