"""Pulling a mailbox: ours beside mbsync, getmail6 and an imap-tools loop, from one Dovecot, alternating, in one run.

    ./dev bench imap [--mails 20000] [--rounds 1] [--only postbus] [--new 50] [--delay-ms 0] [--megabits 0]

A mailbox of 20,000 mails (2 GB, one in twenty to import, which hold at most a tenth of the octets). Each client pulls
it for the first time, then, after 50 new mails came, once more. Measured are the time until its process ends (ours:
until all is settled), the octets over the wire as a relay before Dovecot counts them (TLS and all, both ways), turns
(how often the client spoke after the server had spoken), Dovecot's processor time, and the client's memory at its
highest (ours: of the puller alone, above its idle size). Before each first pull what Dovecot remembers of the mailbox
(its index files) is removed and the mails leave the page cache. Every mailbox is compared with what it was before.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.imap_clients import Client, Getmail, ImapToolsLoop, Mbsync, Place
from bench.imap_postbus import PostbusPuller
from bench.mailbox_of_a_year import FIRST_DAY, Filed, Mailbox, files_of
from bench.peers import NotHere
from bench.relay import Relay, Traffic
from bench.server import peak_octets, processes_below
from tests.servers.dovecot import Dovecot
from tests.servers.imap_server import NOBODY

_PASSWORD = "bench-secret"  # noqa: S105
_MOST_SECONDS = 3600


@dataclass(frozen=True)
class Pull:
    """What one pull cost."""

    seconds: float
    traffic: Traffic
    server_seconds: float
    memory: int

    def line(self) -> str:
        """For people."""
        traffic = self.traffic
        return (
            f"{self.seconds:7.1f} s  {traffic.octets / 1e6:9.2f} MB  {traffic.turns:6d} turns  "
            f"{traffic.connections} connections  Dovecot {self.server_seconds:6.1f} s  "
            f"{self.memory / 1e6:6.1f} MB memory"
        )


class Bench:
    """One Dovecot, a relay before it, and an account for each client and round."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self._folder, self._arguments = folder, arguments
        self._pulls: dict[tuple[str, str], list[Pull]] = {}
        self._template = folder / "template"

    def run(self) -> bool:
        """Measure and print; whether every mailbox was left as it was."""
        filed = Mailbox().fill(self._template, self._arguments.mails)
        print(_described(filed), flush=True)
        untouched = True
        clients = [
            each for each in (PostbusPuller, Mbsync, Getmail, ImapToolsLoop) if self._arguments.only in each.name
        ]
        users = {f"{kind.name.split()[0]}{n}@bench.example": _PASSWORD for kind in clients for n in range(9)}
        with Dovecot(users) as server, self._relay(server) as relay:
            for number in range(self._arguments.rounds):
                for kind in clients:
                    user = f"{kind.name.split()[0]}{number}@bench.example"
                    try:
                        untouched &= self._one(server, relay, kind, user, number)
                    except NotHere as reason:
                        print(f"{kind.name}: not here: {reason}")
        self._compare()
        return untouched

    def _relay(self, server: Dovecot) -> Relay:
        return Relay(server.tls_port, self._arguments.delay_ms / 1000, self._arguments.megabits)

    def _one(self, server: Dovecot, relay: Relay, kind: type[Client], user: str, number: int) -> bool:
        maildir = server.maildir(user)
        for file in files_of(self._template):
            os.link(file, maildir / file.parent.name / file.name)
        place = Place(relay.port, server.ca_file, user, _PASSWORD)
        with tempfile.TemporaryDirectory(dir=self._folder) as own:
            Path(own).chmod(0o755)
            client = kind(Path(own) / "client")
            try:
                client.prepare(place)
                server.forget_caches(user)
                before = server.snapshot(user)  # asks for flags: no mail is read for that, and nothing of it kept
                _forget_pages(maildir)
                self._measure(client, "first pull", server, relay, lambda: client.pull(place))
                untouched = before == server.snapshot(user)
                later = FIRST_DAY + timedelta(days=300, seconds=number)
                added = Mailbox(seed=number).fill(maildir, self._arguments.new, later, are_new=True)
                print(f"{added.mails} new mails, {added.octets_to_import / 1e6:.2f} MB to import", flush=True)
                _own(maildir)
                before = server.snapshot(user)
                self._measure(client, "hourly pull", server, relay, lambda: client.pull(place))
                untouched &= before == server.snapshot(user)
                print(f"{client.name:16s} keeps {client.has()} mails; mailbox {'un' * untouched}changed", flush=True)
            finally:
                client.close()
        # The others open a mailbox by SELECT, which takes \\Recent away.
        return untouched or kind is not PostbusPuller

    def _measure(self, client: Client, what: str, server: Dovecot, relay: Relay, pull: Callable[[], list[int]]) -> None:
        _until_all_left(server)
        relay.take()
        processor = server.processor_seconds()
        begun = time.monotonic()
        memory = Memory(pull())
        status = client.wait(_MOST_SECONDS)
        seconds = time.monotonic() - begun
        peak = memory.end()
        _until_all_left(server)
        cost = Pull(seconds, relay.take(), server.processor_seconds() - processor, peak - client.idle_memory)
        self._pulls.setdefault((client.name, what), []).append(cost)
        failed = f"  FAILED ({status}), see its log: {client.last_words()}" if status else ""
        print(f"{client.name:16s} {what:12s} {cost.line()}{client.remark()}{failed}", flush=True)

    def _compare(self) -> None:
        for what in ("first pull", "hourly pull"):
            ours = self._pulls.get((PostbusPuller.name, what))
            for (name, when), theirs in self._pulls.items():
                if ours and when == what and name != PostbusPuller.name:
                    octets = _median(ours, lambda p: p.traffic.octets) / _median(theirs, lambda p: p.traffic.octets)
                    seconds = _median(ours, lambda p: p.seconds) / _median(theirs, lambda p: p.seconds)
                    processor = _median(ours, lambda p: p.server_seconds) / _median(theirs, lambda p: p.server_seconds)
                    print(
                        f"{what}: postbus : {name} = octets {octets:.3f}, time {seconds:.2f}, Dovecot {processor:.2f}"
                    )


class Memory:
    """The most memory that processes had together, at their highest, asked as they run."""

    def __init__(self, pids: list[int]) -> None:
        self._pids, self._most = pids, 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> int:
        """Stop asking; octets."""
        self._is_over.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._is_over.wait(0.05):
            self._most = max(self._most, sum(peak_octets(pid) for pid in self._pids))


def _described(filed: Filed) -> str:
    share = filed.octets_to_import / filed.octets
    return (
        f"{filed.mails} mails, {filed.octets / 1e9:.2f} GB; to import {filed.to_import}, "
        f"{filed.octets_to_import / 1e6:.0f} MB ({share:.1%} of the octets)"
    )


def _median(pulls: list[Pull], of: Callable[[Pull], float]) -> float:
    return max(statistics.median(of(each) for each in pulls), 1e-9)


def _forget_pages(maildir: Path) -> None:
    """Let the mails leave the page cache; what others use stays."""
    os.sync()
    for file in files_of(maildir):
        handle = os.open(file, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def _own(maildir: Path) -> None:
    if os.geteuid() == 0:
        for file in (maildir / "new").iterdir():
            os.chown(file, NOBODY, NOBODY)


def _until_all_left(server: Dovecot) -> None:
    """Wait until no session is open: a process's time counts for its parent once it has ended."""
    deadline = time.monotonic() + 60
    while any(role == "imap" for _, role in processes_below(server.pid, "master")) and time.monotonic() < deadline:
        time.sleep(0.1)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench imap", description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--new", type=int, default=50)
    parser.add_argument("--only", default="", help="clients with this in their names")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="each way, between client and server")
    parser.add_argument("--megabits", type=float, default=0.0, help="a second, each way, between client and server")
    arguments = parser.parse_args()
    # Not /tmp, which may be memory: all sides must meet the same disk.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        Path(folder).chmod(0o755)
        return 0 if Bench(Path(folder), arguments).run() else 1


if __name__ == "__main__":
    sys.exit(main())
