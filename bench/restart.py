"""Rolling restarts under clients that connect anew for every mail: how many connections are lost.

SIGHUP to the supervisor again and again while clients connect, greet, deliver a small mail and quit. Lost is a
connection that was refused, reset, or closed without words; one that was told 421 is counted apart: that client comes
again. Every mail answered 250 must be settled at the end.

    ./dev bench restart [--connections 20000] [--clients 30] [--every 1.0]
"""

import argparse
import contextlib
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bench.server import RunningPostbus


@dataclass
class Tally:
    """What became of the connections."""

    taken: int = 0  # mails answered 250
    told: int = 0  # told 421
    lost: Counter[str] = field(default_factory=Counter)  # how -> how often
    restarts: int = 0
    doors: set[int] = field(default_factory=set)  # process ids seen
    settled: int = 0
    first_doors: int = 0  # how many ran at the start

    @property
    def connections(self) -> int:
        """All that were tried."""
        return self.taken + self.told + self.lost.total()

    @property
    def were_replaced(self) -> bool:
        """Whether doors came and went."""
        return len(self.doors) > self.first_doors

    @property
    def is_clean(self) -> bool:
        """Nothing lost, in restarts that were ones."""
        return not self.lost and self.settled >= self.taken and (self.were_replaced or not self.restarts)


class Clients:
    """Threads that share a number of connections."""

    def __init__(self, port: int, address: str, connections: int) -> None:
        self._port, self._address = port, address
        self._numbers = iter(range(connections))
        self._lock = threading.Lock()
        self.tally = Tally()

    def start(self, count: int) -> list[threading.Thread]:
        """Let them go."""
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def _work(self, client: int) -> None:
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            fate = self._connection(number, f"127.0.3.{1 + client}")
            with self._lock:
                if fate == "250":
                    self.tally.taken += 1
                elif fate == "421":
                    self.tally.told += 1
                else:
                    self.tally.lost[fate] += 1

    def _connection(self, number: int, source: str) -> str:
        """250, 421, or how it was lost."""
        step = "connect"
        try:
            with socket.create_connection(("127.0.0.1", self._port), 60, (source, 0)) as connection:
                replies = connection.makefile("rb")
                for step, octets in self._dialogue(number):
                    connection.sendall(octets)
                    reply = _reply(replies)
                    if reply.startswith(b"421"):
                        return "421"
                    if not reply.startswith((b"2", b"354")):
                        return f"{step}: {reply[:40].decode('latin-1')!r}"
                connection.sendall(b"QUIT\r\n")
        except OSError as error:
            return f"{step}: {type(error).__name__}"
        return "250"

    def _dialogue(self, number: int) -> list[tuple[str, bytes]]:
        head = f"From: a@example.org\r\nMessage-ID: <{number}@restart.example>\r\nSubject: {number}\r\n"
        mail = f"{head}\r\n{number}\r\n.\r\n"
        return [
            ("greeting", b""),
            ("EHLO", b"EHLO restart.example\r\n"),
            ("MAIL", b"MAIL FROM:<a@example.org>\r\n"),
            ("RCPT", f"RCPT TO:<{self._address}>\r\n".encode()),
            ("DATA", b"DATA\r\n"),
            ("final dot", mail.encode()),
        ]


def _reply(replies: BinaryIO) -> bytes:
    while True:
        line = replies.readline()
        if not line:
            raise ConnectionError("closed without words")
        if line[3:4] != b"-":
            return line


def run(folder: Path, connections: int, clients: int, every: float) -> Tally:
    """Restart every so many seconds until all connections were made; then compare with what was settled."""
    postbus = RunningPostbus(folder / "data")
    address = postbus.set_up()
    with postbus:
        load = Clients(postbus.port, address, connections)
        load.tally.first_doors = len(postbus.doors())
        threads = load.start(clients)
        while any(thread.is_alive() for thread in threads):
            load.tally.doors |= set(postbus.doors())
            deadline = time.monotonic() + every
            while time.monotonic() < deadline and any(thread.is_alive() for thread in threads):
                time.sleep(0.02)
            if any(thread.is_alive() for thread in threads):
                os.kill(postbus.pid, signal.SIGHUP)
                load.tally.restarts += 1
        postbus.until_settled(300)
        with contextlib.closing(sqlite3.connect(f"file:{postbus.data}/postbus.db?mode=ro", uri=True)) as database:
            load.tally.settled = int(database.execute("SELECT count(*) FROM messages").fetchone()[0])
    return load.tally


def main() -> int:
    """Restart and print."""
    parser = argparse.ArgumentParser(prog="./dev bench restart", description=__doc__)
    parser.add_argument("--connections", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--every", type=float, default=1.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        tally = run(Path(folder), arguments.connections, arguments.clients, arguments.every)
    print(
        f"{tally.connections} connections, {tally.restarts} restarts, {len(tally.doors)} door processes: "
        f"{tally.lost.total()} lost, {tally.told} told 421, {tally.taken} mails taken, {tally.settled} settled"
    )
    for how, count in tally.lost.most_common(10):
        print(f"  {count} lost at {how}")
    if tally.restarts and not tally.were_replaced:
        print("  no door was ever replaced: SIGHUP does nothing here")
    return 0 if tally.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
