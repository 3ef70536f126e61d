"""The preallocated segment beside SQLite as formats of the journal: messages a second, processor time a message.

Both have one writer thread with group commit (whatever was queued during one commit goes into the next) and are fed as
a door feeds them: tasks of one uvloop, each with one message under way. SQLite runs in WAL with synchronous=FULL, one
file, one row a message, its own checkpoints included. Envelope and octets are the same; nobody reads meanwhile.
Alternating, medians of the rounds; processor time is that of the whole process, its feeding tasks included.

    ./dev bench journal [--rounds 5] [--seconds 2.0]
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import uvloop

from storage.journal import Envelope, Journal, Recipient

SIZES = (10_000, 137_000)
SUBMITTERS = (1, 20, 50)
_SEGMENT_OCTETS = 64 * 1024**2


class Format(Protocol):
    """A way to keep messages."""

    def submit(self, envelope: Envelope, octets: bytes) -> "Future[None]":
        """Done when the message would survive a power cut."""

    def close(self) -> None:
        """Finish."""


class Segments:
    """storage.journal, as the door uses it."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(
            folder, "bench", segment_octets=_SEGMENT_OCTETS, memory_octets=256 * 1024, reserve_octets=0
        )
        self._journal.open()

    def submit(self, envelope: Envelope, octets: bytes) -> "Future[None]":
        """Through a sink, in the pieces that a socket gives."""
        sink = self._journal.sink()
        for start in range(0, len(octets), 65536):
            sink.write(octets[start : start + 65536])
        return self._journal.submit(envelope, sink)

    def close(self) -> None:
        """Finish."""
        self._journal.close()


class Rows:
    """One table in SQLite, and the shortest group commit there is."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._file = folder / "journal.db"
        self._queue: deque[tuple[bytes, bytes, Future[None]]] = deque()
        self._wake = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, envelope: Envelope, octets: bytes) -> "Future[None]":
        """Queue a row."""
        done: Future[None] = Future()
        with self._wake:
            self._queue.append((envelope.to_json(), octets, done))
            self._wake.notify()
        return done

    def close(self) -> None:
        """Finish."""
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        database = sqlite3.connect(self._file, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE records (number INTEGER PRIMARY KEY, envelope BLOB, octets BLOB)")
        while batch := self._take():
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO records (envelope, octets) VALUES (?, ?)", [row[:2] for row in batch])
            database.execute("COMMIT")
            for _, _, done in batch:
                done.set_result(None)
        database.close()

    def _take(self) -> list[tuple[bytes, bytes, "Future[None]"]]:
        with self._wake:
            while not self._queue and not self._is_closing:
                self._wake.wait()
            batch = list(self._queue)
            self._queue.clear()
            return batch


def envelope() -> Envelope:
    """What a door keeps beside the octets."""
    return Envelope(
        id=os.urandom(16).hex(),
        source="smtp",
        received_at=datetime.now(UTC),
        peer="192.0.2.1",
        helo="mail.supplier.example",
        tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
        reverse_path="billing@supplier.example",
        recipients=(Recipient("acme-k3x9@in.example.com", "a" * 32, "b" * 32, None),),
        smtputf8=False,
        trace="Received: from mail.supplier.example ([192.0.2.1]) by mx.in.example.com with ESMTPS; " + "x" * 60,
    )


async def feed(journal: Format, octets: bytes, submitters: int, seconds: float) -> int:
    """Keep so many messages under way for a while; returns how many were kept."""
    deadline = time.monotonic() + seconds

    async def one() -> int:
        count = 0
        while time.monotonic() < deadline:
            await asyncio.wrap_future(journal.submit(envelope(), octets))
            count += 1
        return count

    return sum(await asyncio.gather(*(one() for _ in range(submitters))))


def measure(journal: Format, octets: bytes, submitters: int, seconds: float) -> tuple[float, float]:
    """Messages a second, and milliseconds of processor time a message."""
    os.sync()
    started, busy = time.monotonic(), time.process_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        count = runner.run(feed(journal, octets, submitters, seconds))
    elapsed, busy = time.monotonic() - started, time.process_time() - busy
    journal.close()
    return count / elapsed, busy / count * 1000


def run(folder: Path, rounds: int, seconds: float) -> None:
    """All sizes and numbers of submitters, alternating, each time in a folder of its own."""
    for size in SIZES:
        octets = (b"X" * 76 + b"\r\n") * (size // 78)
        for submitters in SUBMITTERS:
            figures: dict[str, list[tuple[float, float]]] = {"segment": [], "SQLite": []}
            for number in range(rounds):
                for name, kind in (("segment", Segments), ("SQLite", Rows)):
                    place = folder / f"{name}-{size}-{submitters}-{number}"
                    figures[name].append(measure(kind(place), octets, submitters, seconds))
                    _remove(place)
            _report(size, submitters, figures)


def _report(size: int, submitters: int, figures: dict[str, list[tuple[float, float]]]) -> None:
    rate = {name: statistics.median(rate for rate, _ in rounds) for name, rounds in figures.items()}
    busy = {name: statistics.median(busy for _, busy in rounds) for name, rounds in figures.items()}
    print(
        f"{size // 1000} KB, {submitters:2d} submitters: segment to SQLite {rate['segment'] / rate['SQLite']:.2f} : 1 "
        f"in messages a second ({rate['segment']:.0f} : {rate['SQLite']:.0f}), "
        f"CPU {busy['segment']:.3f} : {busy['SQLite']:.3f} ms a message",
        flush=True,
    )


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench journal", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        run(Path(folder), arguments.rounds, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
