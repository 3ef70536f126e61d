"""Many linked accounts on one local Dovecot: a first round, and an hourly round with some new mail.

    ./dev bench accounts [--accounts 2000] [--mails 10] [--news 0.25]

Each account has a few mails, one in twenty to import. The first round looks at all of them; before the hourly one a
share of the accounts gets two new mails each. A round has ended when every pull has, and all it brought is settled.
postbus runs in its default configuration, save that internal hosts are allowed.
"""

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.linked import Linked
from bench.mailbox_of_a_year import FIRST_DAY, Mailbox
from bench.relay import Relay
from bench.server import RunningPostbus, forget_peak, peak_octets, processor_seconds
from tests.servers.dovecot import Dovecot
from tests.servers.imap_server import NOBODY

GOAL_SECONDS = 300
GOAL_MEMORY = 300e6
_PASSWORD = "bench-secret"  # noqa: S105
_MOST_SECONDS = 3600


class Rounds:
    """A Dovecot, a relay that counts, a postbus, and rounds over all accounts."""

    def __init__(self, folder: Path, server: Dovecot, relay: Relay) -> None:
        self._server, self._relay = server, relay
        settings = {"ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true", "ACCOUNTS__CA_FILE": str(server.ca_file)}
        self.postbus = RunningPostbus(folder / "data", settings)
        self.postbus.set_up()
        self.linked = Linked(self.postbus, relay.port, FIRST_DAY.date())

    def measure(self, what: str, pulls: dict[str, int]) -> bool:
        """Wait for these pulls and print what they cost; whether the goals hold."""
        pids = dict(self.postbus.processes())
        for pid in pids:
            forget_peak(pid)
        before = {pid: processor_seconds(pid) for pid in pids}
        dovecot = self._server.processor_seconds()
        self._relay.take()
        begun = time.monotonic()
        ended = self.linked.until_settled(pulls, _MOST_SECONDS)
        settled = time.monotonic()
        spent: dict[str, float] = {}
        for pid, role in pids.items():
            spent[role] = spent.get(role, 0.0) + processor_seconds(pid) - before[pid]
        puller = next(peak_octets(pid) for pid, role in pids.items() if role == "puller")
        everything = sum(peak_octets(pid) for pid in pids)
        traffic = self._relay.take()
        roles = ", ".join(f"{role} {seconds:.1f}" for role, seconds in sorted(spent.items()) if seconds >= 0.1)
        print(
            f"{what}: {len(pulls)} pulls ended after {ended - begun:.1f} s, all settled after {settled - begun:.1f} s; "
            f"{traffic.octets / 1e6:.1f} MB ({traffic.octets / len(pulls) / 1e3:.1f} KB each), "
            f"{traffic.turns / len(pulls):.1f} turns each; processor seconds: {roles}, "
            f"Dovecot {self._server.processor_seconds() - dovecot:.1f}; memory: puller {puller / 1e6:.0f} MB, "
            f"all processes {everything / 1e6:.0f} MB; health: {sorted(set(self.linked.health()))}",
            flush=True,
        )
        return settled - begun < GOAL_SECONDS and puller < GOAL_MEMORY


def run(folder: Path, accounts: int, mails: int, news: float) -> bool:
    """Both rounds; whether the goals hold for the hourly one."""
    users = {f"user{number}@bench.example": _PASSWORD for number in range(accounts)}
    with Dovecot(users) as server, Relay(server.tls_port) as relay:
        mailbox = Mailbox()
        for user in users:
            _deliver(mailbox, server, user, mails, 0)
        rounds = Rounds(folder, server, relay)
        with rounds.postbus:
            time.sleep(2)
            rounds.measure("first round", rounds.linked.link(users))
            for user in list(users)[:: max(1, round(1 / news))]:
                _deliver(mailbox, server, user, 2, 1)
            held = rounds.measure("hourly round", rounds.linked.ask())
            held &= rounds.measure("hourly round without news", rounds.linked.ask())
    return held


def _deliver(mailbox: Mailbox, server: Dovecot, user: str, count: int, days: int) -> None:
    folder = server.maildir(user)
    mailbox.fill(folder, count, FIRST_DAY + timedelta(days=days), are_new=True)
    if os.geteuid() == 0:
        for file in (folder / "new").iterdir():
            with contextlib.suppress(FileNotFoundError):
                os.chown(file, NOBODY, NOBODY)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench accounts", description=__doc__)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--mails", type=int, default=10)
    parser.add_argument("--news", type=float, default=0.25, help="share of the accounts that get new mail")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        return 0 if run(Path(folder), arguments.accounts, arguments.mails, arguments.news) else 1


if __name__ == "__main__":
    sys.exit(main())
