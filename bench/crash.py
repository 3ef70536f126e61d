"""kill -9 at random moments under load: every mail that was answered 250 is there at the end, once.

    ./dev bench crash [--kills 200] [--seed N]

Kills hit the supervisor (all processes die with it, and it is started again), one door, all doors at once, or another
process alone, with as many doors as the default configuration starts here. A client whose connection breaks sends the
mail again, as mail servers do, until it hears 250. At the end every mail must be one imported message whose document
has the octets that were sent; twice may only be there what was sent twice. `run` is what the shorter test calls.
"""

import argparse
import contextlib
import hashlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

from bench.load import Outcome, pdf_mails, send_all
from bench.server import RunningPostbus

MAILS_A_ROUND = 400
SESSIONS = 8
_PDF_OCTETS = 5_000
_VICTIMS = ("supervisor",) * 5 + ("door",) * 5 + ("all doors", "worker", "child", "jobs")


@dataclass
class Ledger:
    """What clients were told, and what stands in postbus at the end; mails by subject."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # -> sha256 of the PDF
    sent_again: set[str] = field(default_factory=set)  # their first answer never came
    kills: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)  # although the client was answered the first time
    altered: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)  # sent again, and not known for the same
    duplicates: int = 0  # came twice, and were known for the same

    def is_clean(self) -> bool:
        """Nothing lost, doubled or altered."""
        return not (self.lost or self.doubled or self.altered)


class Sender:
    """A mail server with a queue: what is not answered 250 is tried again."""

    def __init__(self, address: str, ledger: Ledger, pdf_octets: int) -> None:
        self._address, self._ledger, self._pdf_octets = address, ledger, pdf_octets
        self._queue: dict[str, bytes] = {}
        self._rounds = 0

    def refill(self) -> None:
        """Queue new mail."""
        self._rounds += 1
        name = f"round{self._rounds}"
        new = list(pdf_mails(MAILS_A_ROUND - len(self._queue), self._pdf_octets, self._address, name))
        self._queue |= {f"Invoice {name} {number}": mail for number, mail in enumerate(new)}

    def send(self, port: int, is_over: threading.Event) -> Outcome:
        """Send the queue until it is empty, all connections broke, or it is over."""
        subjects, mails = list(self._queue), list(self._queue.values())
        outcome = send_all(port, self._address, mails, SESSIONS, is_over.is_set)
        for number in outcome.accepted:
            self._ledger.acknowledged[subjects[number]] = _document_of(self._queue.pop(subjects[number]))
        self._ledger.sent_again |= {subjects[number] for number in outcome.unanswered}
        return outcome

    def send_rest(self, port: int) -> None:
        """Send what is left. Raises RuntimeError when that fails without a crash."""
        outcome = self.send(port, threading.Event())
        if self._queue:
            raise RuntimeError(f"{len(self._queue)} mails not taken by a healthy postbus: {outcome.refused[:3]}")


def drawn(kills: int, seed: int) -> list[str]:
    """Whom so many kills hit, by chance."""
    return random.Random(seed).choices(_VICTIMS, k=kills)


def run(folder: Path, victims: Sequence[str], seed: int, settings: Mapping[str, str] | None = None) -> Ledger:
    """Crash a postbus on `folder` under load, one victim after the other, and compare at the end."""
    chance = random.Random(seed)
    ledger = Ledger()
    postbus = RunningPostbus(folder, settings)
    sender = Sender(postbus.set_up(), ledger, _PDF_OCTETS)
    for victim in victims:
        if not postbus.is_running:
            postbus.start()
        sender.refill()
        _crash_round(postbus, sender, victim, chance, ledger)
    if not postbus.is_running:
        postbus.start()
    sender.send_rest(postbus.port)
    # A mail whose worker died three times under it is put aside, and tried again by a job.
    postbus.until_settled(180, with_jobs=True)
    _compare(postbus, ledger)
    if (status := postbus.stop()) != 0:
        raise RuntimeError(f"exit code {status} after SIGTERM")
    return ledger


def _crash_round(postbus: RunningPostbus, sender: Sender, victim: str, chance: random.Random, ledger: Ledger) -> None:
    over = threading.Event()
    client = threading.Thread(target=sender.send, args=(postbus.port, over))
    client.start()
    time.sleep(chance.uniform(0.02, 0.6))
    ledger.kills[victim] = ledger.kills.get(victim, 0) + 1
    _kill(postbus, victim, chance)
    if victim != "supervisor":
        time.sleep(chance.uniform(0.0, 0.5))
    over.set()
    client.join()


def _kill(postbus: RunningPostbus, victim: str, chance: random.Random) -> None:
    if victim == "supervisor":
        postbus.kill()
        return
    role = "door" if victim == "all doors" else victim
    pids = [pid for pid, name in postbus.processes() if name == role]
    for pid in pids if victim == "all doors" else pids and [chance.choice(pids)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _document_of(mail: bytes) -> str:
    attachment = message_from_bytes(mail).get_payload(1)
    return hashlib.sha256(attachment.get_payload(decode=True)).hexdigest()  # type: ignore[union-attr, arg-type]


def _compare(postbus: RunningPostbus, ledger: Ledger) -> None:
    messages = postbus.rows("message", "list", "--tenant", "bench")
    documents = {row["message"]: row["sha256"] for row in postbus.rows("document", "list", "--tenant", "bench")}
    seen: dict[str, list[str]] = {}
    for message in messages:
        if message["state"] == "duplicate" and message["subject"] in ledger.sent_again:
            ledger.duplicates += 1  # known for the same: noted, not kept again
        else:
            seen.setdefault(message["subject"], []).append(message["id"])
    for subject, digest in ledger.acknowledged.items():
        ids = seen.get(subject, [])
        if not ids:
            ledger.lost.append(subject)
        elif documents.get(ids[0]) != digest:
            ledger.altered.append(subject)
    for subject, ids in seen.items():
        if len(ids) > 1:
            (ledger.twice if subject in ledger.sent_again else ledger.doubled).append(subject)


def main() -> int:
    """Run the long version and say what was found."""
    parser = argparse.ArgumentParser(prog="./dev bench crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        ledger = run(Path(folder) / "data", drawn(arguments.kills, arguments.seed), arguments.seed)
    print(
        f"{sum(ledger.kills.values())} kills ({ledger.kills}); {len(ledger.acknowledged)} mails answered 250: "
        f"{len(ledger.lost)} lost, {len(ledger.doubled)} doubled, {len(ledger.altered)} altered; "
        f"{len(ledger.sent_again)} sent again because no answer came, "
        f"{ledger.duplicates} of them known for duplicates, {len(ledger.twice)} there twice"
    )
    for name in ("lost", "doubled", "altered", "twice"):
        for subject in getattr(ledger, name)[:10]:
            print(f"  {name}: {subject}")
    return 0 if ledger.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
