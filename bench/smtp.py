"""The SMTP door beside others: messages a second, processor time a message, accept latency.

All sides take the same loads, alternating, in one run; medians of the rounds count, and ratios more than figures.
postbus runs in its default configuration: its worker reads, decides and stores what comes in during the measurement
(that is settled before another side's turn comes). Load is Postfix's smtp-source; with STARTTLS, which that does not
speak, stunnel stands between it and each side. Processor time is user and system time of all processes of a side
while the load lasts; for postbus the doors alone are told as well, and all that is spent until the last message is
settled.

    ./dev bench smtp [--rounds 5] [--sessions 20] [--scale 1.0] [--only 10k] [--peers Postfix,smtp-sink]
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers import Haraka, NotHere, OpenSmtpd, Postbus, Postfix, Side, SmtpSink, StockAiosmtpd
from bench.postfix import free_port

KIB, MIB = 1024, 1024**2


@dataclass(frozen=True)
class Load:
    """One kind of load; `messages` at scale 1."""

    name: str
    octets: int
    messages: int
    sessions: int  # 0: as asked for
    is_kept: bool = True
    is_tls: bool = False
    goals: tuple[tuple[str, float], ...] = ()  # postbus : that side, at least


LOADS = (
    Load("10k kept", 10 * KIB, 4000, 0, goals=(("Postfix", 3.5), ("smtp-sink", 0.4))),
    Load("10k each", 10 * KIB, 2000, 0, is_kept=False, goals=(("Postfix", 2.0),)),
    Load("10k tls kept", 10 * KIB, 2000, 0, is_tls=True, goals=(("Postfix", 3.5),)),
    Load("10k tls each", 10 * KIB, 500, 0, is_kept=False, is_tls=True, goals=(("Postfix", 2.0),)),
    Load("250k kept", 250 * KIB, 500, 0, goals=(("Postfix", 1.5),)),
    Load("5m kept", 5 * MIB, 40, 8, goals=(("stock aiosmtpd", 8.0),)),
    Load("25m kept", 25 * MIB, 12, 4, goals=(("stock aiosmtpd", 8.0), ("smtp-sink", 0.9))),
    Load("25m tls kept", 25 * MIB, 12, 4, is_tls=True, goals=(("stock aiosmtpd", 8.0),)),
)
DISK = "the disk itself"
ACCEPT_GOAL_MILLISECONDS = 100.0


@dataclass
class Figures:
    """What the rounds gave for one load and one side."""

    rates: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)  # ms a message, all processes, while the load lasts
    doors: list[float] = field(default_factory=list)  # postbus: the doors alone
    settled: list[float] = field(default_factory=list)  # postbus: all, until settled

    @property
    def rate(self) -> float:
        """Messages a second."""
        return statistics.median(self.rates)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench smtp", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--scale", type=float, default=1.0, help="messages of each load, times this")
    parser.add_argument("--only", default="", help="loads whose names begin so")
    parser.add_argument("--peers", default="", help="these sides beside postbus, by name, with commas")
    parser.add_argument("--latency-seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    loads = [load for load in LOADS if load.name.startswith(arguments.only)]
    wanted = set(filter(None, arguments.peers.split(",")))
    # Not /tmp, which may be memory: all sides must meet the same disk.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as name:
        Path(name).chmod(0o755)
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start", flush=True)
        with running_sides(Path(name), wanted) as sides:
            for load in loads:
                report(load, measure(load, sides, arguments, Path(name)))
        if arguments.latency_seconds and "10k kept".startswith(arguments.only):
            latency(Path(name) / "latency", arguments)
    return 0


@contextlib.contextmanager
def running_sides(folder: Path, wanted: set[str]) -> Iterator[list[Side]]:
    """All sides that can run here, started; says why others cannot."""
    ours = Postbus(folder / "postbus")
    ours.folder.mkdir()
    certificate = ours.prepare()
    sides: list[Side] = []
    with contextlib.ExitStack() as stack:
        for side in (ours, *(kind(folder / kind.__name__) for kind in _PEERS if not wanted or kind.name in wanted)):
            try:
                side.start(certificate)
            except NotHere as reason:
                print(f"{side.name} is left out: {reason}")
                continue
            stack.callback(side.stop)
            sides.append(side)
        yield sides


_PEERS: Sequence[type[Side]] = (Postfix, StockAiosmtpd, SmtpSink, OpenSmtpd, Haraka)
_UNSYNCED = {kind.name for kind in _PEERS if not kind.is_durable}


def measure(load: Load, sides: list[Side], arguments: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    """Rounds of one load over all sides that can take it."""
    figures: dict[str, Figures] = {}
    messages = max(2, int(load.messages * arguments.scale))
    for _ in range(arguments.rounds):
        for side in sides:
            if load.is_tls and not side.speaks_tls:
                continue
            os.sync()
            _round(load, side, messages, load.sessions or arguments.sessions, figures.setdefault(side.name, Figures()))
        if load.octets >= 25 * MIB:
            figures.setdefault(DISK, Figures()).rates.append(disk_rate(folder, messages, load.octets, load.sessions))
    return figures


def _round(load: Load, side: Side, messages: int, sessions: int, figures: Figures) -> None:
    if not load.is_kept:
        sessions = min(sessions, side.most_connects)
    before, doors_before, started = side.seconds(), side.seconds("door"), time.monotonic()
    try:
        send(load, side, messages, sessions)
    except subprocess.CalledProcessError as error:
        print(f"{load.name}: {side.name} failed: {error.stderr.strip()[-200:]!r}", flush=True)
        side.clear()
        return
    figures.rates.append(messages / (time.monotonic() - started))
    figures.processor.append((side.seconds() - before) / messages * 1000)
    doors = (side.seconds("door") - doors_before) / messages * 1000
    side.clear()
    if isinstance(side, Postbus):
        figures.doors.append(doors)
        figures.settled.append((side.seconds() - before) / messages * 1000)


def send(load: Load, side: Side, messages: int, sessions: int) -> None:
    """Send one load; returns when every message was answered 250. Raises CalledProcessError when one was not."""
    words = ["smtp-source", "-s", str(sessions), "-m", str(messages), "-l", str(load.octets)]
    words += ["-d"] if load.is_kept else []
    words += ["-f", "a@example.org", "-t", side.recipient]
    with starttls_before(side.port) if load.is_tls else contextlib.nullcontext(side.port) as port:
        subprocess.run([*words, f"127.0.0.1:{port}"], check=True, capture_output=True, text=True, timeout=900)


@contextlib.contextmanager
def starttls_before(port: int) -> Iterator[int]:
    """A port whose connections go on to `port` with STARTTLS, each with a handshake of its own: stunnel is a client
    in C, which takes less from the side that is measured than one in Python."""
    own = free_port()
    lines = ["foreground = yes", "pid =", "debug = err", "[smtp]", "client = yes", "protocol = smtp"]
    lines += [f"accept = 127.0.0.1:{own}", f"connect = 127.0.0.1:{port}", "sessionResume = no", "TIMEOUTclose = 0"]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        client = subprocess.Popen(["stunnel", file.name], stderr=subprocess.DEVNULL)
        try:
            until_open(own, 10.0)
            yield own
        finally:
            client.terminate()
            client.wait()


def until_open(port: int, seconds: float) -> None:
    """Return once somebody listens there. Raises ConnectionRefusedError when nobody does in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=seconds).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def disk_rate(folder: Path, files: int, octets: int, writers: int) -> float:
    """Files of so many octets a second that the disk takes, each synced, `writers` at once."""
    block = os.urandom(MIB)

    def write(number: int) -> None:
        path = folder / f"disk-{number}"
        with path.open("wb", buffering=0) as file:
            for _ in range(octets // MIB):
                file.write(block)
            os.fsync(file.fileno())

    os.sync()
    started = time.monotonic()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(files)))
    rate = files / (time.monotonic() - started)
    for number in range(files):
        (folder / f"disk-{number}").unlink()
    return rate


def report(load: Load, figures: dict[str, Figures]) -> None:
    """Ratios first, then what they are made of."""
    ours = figures["postbus"]
    figures = {name: figure for name, figure in figures.items() if figure.rates}
    print(f"\n{load.name}: postbus to each, in messages a second")
    if not ours.rates:
        return
    goals = dict(load.goals)
    for name, theirs in figures.items():
        if name != "postbus":
            ratio = ours.rate / theirs.rate
            goal = f"   goal {goals[name]:.1f}: {'met' if ratio >= goals[name] else 'MISSED'}" if name in goals else ""
            unsynced = ", nothing synced" if name in _UNSYNCED else ""
            print(f"  {ratio:6.2f} : 1  {name}{unsynced}{goal}")
    for name, figure in figures.items():
        spread = f"{min(figure.rates):.4g} to {max(figure.rates):.4g}"
        octets = f", {figure.rate * load.octets / 1e6:.0f} MB/s" if load.octets >= MIB else ""
        processor = f", CPU {statistics.median(figure.processor):.3g} ms a message" if figure.processor else ""
        print(f"    {name}: {figure.rate:.4g}/s ({spread}){octets}{processor}")
    doors, settled = statistics.median(ours.doors), statistics.median(ours.settled)
    print(f"    postbus, CPU in ms a message: doors alone {doors:.3g}; with worker and all until settled {settled:.3g}")
    if "Postfix" in figures:
        share = doors / statistics.median(figures["Postfix"].processor)
        whole = settled / statistics.median(figures["Postfix"].processor)
        print(f"    CPU to Postfix's: doors {share:.2f}, everything until settled {whole:.2f}", flush=True)


def latency(folder: Path, arguments: argparse.Namespace) -> None:
    """Accept latency at half of the highest rate, while the worker drains."""
    ours = Postbus(folder)
    folder.mkdir()
    ours.start(ours.prepare())
    try:
        load, rates = LOADS[0], list[float]()
        for _ in range(3):
            figures = Figures()
            _round(load, ours, int(load.messages * arguments.scale), arguments.sessions, figures)
            rates += figures.rates
        rate = max(rates) / 2
        words = ["paced", str(ours.port), ours.recipient, "50", str(rate), str(arguments.latency_seconds), "10240"]
        result = subprocess.run(
            [sys.executable, "-m", "bench.clients", *words], check=True, capture_output=True, text=True
        )
    finally:
        ours.stop()
    measured = json.loads(result.stdout)
    print(f"\naccept latency at {rate:.0f}/s, half of the highest rate, while the worker drains")
    for name, words_for in (("answer", "final dot to 250"), ("whole", "scheduled moment to 250")):
        values = sorted(measured[name])
        p50, p99 = (values[int(len(values) * part)] for part in (0.5, 0.99))
        verdict = f"   goal {ACCEPT_GOAL_MILLISECONDS:.0f} ms: {'met' if p99 < ACCEPT_GOAL_MILLISECONDS else 'MISSED'}"
        print(f"  {words_for}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {values[-1]:.1f} ms{verdict}")


if __name__ == "__main__":
    sys.exit(main())
