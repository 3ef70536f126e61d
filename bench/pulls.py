"""kill -9 at random moments of pulls: every mail is there at the end, once, and the mailbox is as it was.

    ./dev bench pulls [--kills 50] [--seed N]

New mail comes before each kill (of five mails one is an invoice). Kills hit the puller, the supervisor (all processes
die with it, and it is started again) or the worker. Leases are short, so that the next pull does not wait for long.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from bench.linked import Linked
from bench.load import pdf_mails
from bench.server import RunningPostbus
from tests.servers.dovecot import Dovecot

_USER = "someone@bench.example"
_PASSWORD = "bench-secret"  # noqa: S105
_WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
_VICTIMS = ("puller",) * 5 + ("supervisor",) * 3 + ("worker",)
_LETTER = b"From: a@mail.example\r\nSubject: Letter %d\r\nMessage-ID: <letter%d@mail.example>\r\n\r\nHow do you do?\r\n"


@dataclass
class Ledger:
    """What was delivered, and what became of it."""

    invoices: int = 0
    letters: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    is_untouched: bool = False

    def is_clean(self) -> bool:
        """Nothing lost, doubled or touched."""
        return self.is_untouched and not (self.lost or self.doubled)


def run(folder: Path, kills: int, seed: int) -> Ledger:
    """Kill `kills` times and compare at the end."""
    chance, ledger = random.Random(seed), Ledger()
    with Dovecot({_USER: _PASSWORD}) as server:
        settings = {"ALLOW_INTERNAL_HOSTS": "true", "CA_FILE": str(server.ca_file), "POLL_SECONDS": "0.1"}
        settings |= {"LEASE_SECONDS": "3", "BATCH_MESSAGES": "5"}
        postbus = RunningPostbus(folder / "data", {f"ACCOUNTS__{name}": value for name, value in settings.items()})
        postbus.set_up()
        linked = Linked(postbus, server.tls_port, date(2026, 1, 1))
        with postbus:
            _deliver(server, ledger, 200)
            linked.link({_USER: _PASSWORD})
            for _ in range(kills):
                if not postbus.is_running:
                    postbus.start()
                linked.ask()
                time.sleep(chance.uniform(0.05, 3.5))
                _kill(postbus, chance.choice(_VICTIMS), ledger)
                _deliver(server, ledger, 10)
            if not postbus.is_running:
                postbus.start()
            before = server.snapshot(_USER)
            linked.until_settled(linked.ask(), 120)
            postbus.until_settled(120, with_jobs=True)
            ledger.is_untouched = server.snapshot(_USER) == before
            _compare(postbus, ledger)
    return ledger


def _deliver(server: Dovecot, ledger: Ledger, count: int) -> None:
    for number in range(count):
        if number % 5 == 0:
            (mail,) = pdf_mails(1, 20_000, _USER, f"pull{ledger.invoices}")
            ledger.invoices += 1
        else:
            mail = _LETTER % (ledger.letters, ledger.letters)
            ledger.letters += 1
        server.deliver(_USER, mail, _WHEN)


def _kill(postbus: RunningPostbus, victim: str, ledger: Ledger) -> None:
    ledger.kills[victim] += 1
    if victim == "supervisor":
        postbus.kill()
        return
    for pid, role in list(postbus.processes()):
        if role == victim:
            os.kill(pid, signal.SIGKILL)


def _compare(postbus: RunningPostbus, ledger: Ledger) -> None:
    invoices = {f"Invoice pull{number} 0": "imported" for number in range(ledger.invoices)}
    expected = invoices | {f"Letter {number}": "not_imported" for number in range(ledger.letters)}
    messages = postbus.rows("message", "list", "--tenant", "bench", "--limit", "1000000")
    seen = Counter(str(row["subject"]) for row in messages)
    states = {row["subject"]: row["state"] for row in messages}
    ledger.lost = [subject for subject, state in expected.items() if states.get(subject) != state]
    ledger.doubled = [subject for subject, times in seen.items() if times > 1]


def main() -> int:
    """Run the long version and say what was found."""
    parser = argparse.ArgumentParser(prog="./dev bench pulls", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        ledger = run(Path(folder), arguments.kills, arguments.seed)
    print(
        f"{ledger.kills.total()} kills ({dict(ledger.kills)}); {ledger.invoices} invoices, {ledger.letters} letters: "
        f"{len(ledger.lost)} lost, {len(ledger.doubled)} twice; mailbox {'un' * ledger.is_untouched}changed"
    )
    for name in ("lost", "doubled"):
        print(*(f"  {name}: {subject}" for subject in getattr(ledger, name)[:10]), sep="\n")
    return 0 if ledger.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
