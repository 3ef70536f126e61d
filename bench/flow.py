"""The whole job beside Postfix's filing: mails with a 100 KB PDF, from the first MAIL until the last one is settled.

postbus reads, decides, stores raw mail and document and commits its row; a private Postfix delivers the same mails into
a Maildir. Same mails, same client, alternating, in one run; the ratio of the medians counts. Then a backlog is built up
with the worker held back, and the memory of every process is watched while it drains.

    ./dev bench flow [--mails 1000] [--rounds 3] [--sessions 20] [--backlog 10000]
"""

import argparse
import contextlib
import os
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.load import pdf_mails, send_all
from bench.postfix import PrivatePostfix
from bench.server import RunningPostbus, processor_seconds, resident_octets

PDF_OCTETS = 100_000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench flow", description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--backlog", type=int, default=10_000)
    arguments = parser.parse_args()
    # Not /tmp, which may be memory: both sides must meet the same disk.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        Path(folder).chmod(0o755)
        throughput(Path(folder), arguments)
        if arguments.backlog:
            backlog(Path(folder), arguments)
    return 0


def throughput(folder: Path, arguments: argparse.Namespace) -> None:
    """Alternate both sides and print the ratio of their medians."""
    ours: list[float] = []
    theirs: list[float] = []
    for round_number in range(arguments.rounds):
        mails = list(pdf_mails(arguments.mails, PDF_OCTETS, "x@bench.example", f"flow{round_number}"))
        ours.append(_postbus_round(folder / f"postbus{round_number}", mails, arguments.sessions))
        theirs.append(_postfix_round(folder / f"postfix{round_number}", mails, arguments.sessions))
        print(
            f"round {round_number + 1}: postbus {ours[-1]:.0f}/s settled, Postfix {theirs[-1]:.0f}/s delivered",
            flush=True,
        )
    ratio = statistics.median(ours) / statistics.median(theirs)
    medians = f"{statistics.median(ours):.0f}/s : {statistics.median(theirs):.0f}/s"
    print(f"postbus : Postfix = {ratio:.2f}   (medians {medians})")


def _postbus_round(folder: Path, mails: list[bytes], sessions: int) -> float:
    postbus = RunningPostbus(folder)
    address = postbus.set_up()
    with postbus:
        before = {pid: processor_seconds(pid) for pid, _ in postbus.processes()}
        rate = _measure(postbus.port, address, mails, sessions, lambda: settled(folder))
        spent = [(role, processor_seconds(pid) - before.get(pid, 0.0)) for pid, role in postbus.processes()]
        busy = ", ".join(f"{role} {seconds / len(mails) * 1000:.2f}" for role, seconds in spent if seconds > 0.05)
        print(f"  CPU in ms a mail: {busy}; together {sum(s for _, s in spent) / len(mails) * 1000:.2f}")
    return rate


def _postfix_round(folder: Path, mails: list[bytes], sessions: int) -> float:
    with PrivatePostfix(folder=folder) as postfix:

        def delivered() -> int:
            return sum(1 for _ in postfix.delivered.iterdir()) if postfix.delivered.exists() else 0

        return _measure(postfix.port, "box@maildir.example", mails, sessions, delivered)


def _measure(port: int, address: str, mails: list[bytes], sessions: int, done: Callable[[], int]) -> float:
    """Mails a second, from the first MAIL until `done` counts them all."""
    started = time.monotonic()
    outcome = send_all(port, address, mails, sessions)
    if outcome.refused:
        raise RuntimeError(f"refused: {outcome.refused[:3]}")
    while done() < len(mails):
        time.sleep(0.02)
        if time.monotonic() - started > 600:
            raise TimeoutError(f"{done()} of {len(mails)} after ten minutes")
    return len(mails) / (time.monotonic() - started)


def settled(folder: Path) -> int:
    """Messages imported so far, read beside the running service."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/postbus.db?mode=ro", uri=True, timeout=30)) as database:
        return int(database.execute("SELECT count(*) FROM messages WHERE state = 'imported'").fetchone()[0])


def backlog(folder: Path, arguments: argparse.Namespace) -> None:
    """Hold the worker back while mails come in, let it go, and watch every process's memory until all is settled."""
    data = folder / "backlog"
    postbus = RunningPostbus(data)
    address = postbus.set_up()
    with postbus:
        worker = postbus.pid_of("worker")
        os.kill(worker, signal.SIGSTOP)
        for start in range(0, arguments.backlog, 500):
            count = min(500, arguments.backlog - start)
            outcome = send_all(postbus.port, address, list(pdf_mails(count, PDF_OCTETS, address, f"b{start}")), 20)
            if outcome.refused:
                raise RuntimeError(f"refused: {outcome.refused[:3]}")
        started, peaks = time.monotonic(), dict[str, int]()
        os.kill(worker, signal.SIGCONT)
        while settled(data) < arguments.backlog:
            for pid, role in postbus.processes():
                peaks[role] = max(peaks.get(role, 0), resident_octets(pid))
            time.sleep(0.1)
        rate = arguments.backlog / (time.monotonic() - started)
    told = ", ".join(f"{role} {octets / 2**20:.0f}" for role, octets in sorted(peaks.items()))
    print(f"backlog of {arguments.backlog}: drained at {rate:.0f}/s; peak memory in MiB: {told}")


if __name__ == "__main__":
    sys.exit(main())
