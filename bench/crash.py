"""kill -9 at random moments under load: every mail that was answered 250 is there after the restart, once.

    ./dev bench crash [--kills 100] [--seed N]

Most kills hit the supervisor (all processes die with it), the others one process alone. Each round sends mails of its
own; at the end every acknowledged one must be one imported message whose document has the octets that were sent.
`run` is what the shorter test calls.
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
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

from bench.load import pdf_mails, send_all
from bench.server import RunningPostbus

MAILS_A_ROUND = 400
SESSIONS = 8


@dataclass
class Ledger:
    """What clients were told, and what stands in postbus at the end."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # subject -> sha256 of the PDF
    kills: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    unacknowledged_kept: int = 0

    def is_clean(self) -> bool:
        """Nothing lost, doubled or altered."""
        return not (self.lost or self.doubled or self.altered)


def run(folder: Path, kills: int, seed: int, pdf_octets: int = 5_000) -> Ledger:
    """Crash a postbus on `folder` `kills` times under load and compare at the end."""
    chance = random.Random(seed)
    ledger = Ledger()
    postbus = RunningPostbus(folder)
    address = postbus.set_up()
    for number in range(kills):
        postbus.start()
        _crash_round(postbus, address, f"round{number}", chance, ledger, pdf_octets)
        postbus.kill()
    postbus.start()
    # A mail whose worker died three times under it is put aside, and tried again by a job.
    postbus.until_settled(180, with_jobs=True)
    _compare(postbus, ledger)
    if (status := postbus.stop()) != 0:
        raise RuntimeError(f"exit code {status} after SIGTERM")
    return ledger


def _crash_round(
    postbus: RunningPostbus, address: str, name: str, chance: random.Random, ledger: Ledger, pdf_octets: int
) -> None:
    mails = list(pdf_mails(MAILS_A_ROUND, pdf_octets, address, name))
    over = threading.Event()
    accepted: list[int] = []
    client = threading.Thread(
        target=lambda: accepted.extend(send_all(postbus.port, address, mails, SESSIONS, over.is_set).accepted)
    )
    client.start()
    time.sleep(chance.uniform(0.02, 0.6))
    victim = chance.choice(["supervisor"] * 5 + ["door", "worker", "child", "jobs"])
    ledger.kills[victim] = ledger.kills.get(victim, 0) + 1
    _kill(postbus, victim)
    if victim != "supervisor":
        time.sleep(chance.uniform(0.0, 0.5))
    over.set()
    client.join()
    for number in accepted:
        ledger.acknowledged[f"Invoice {name} {number}"] = _document_of(mails[number])


def _kill(postbus: RunningPostbus, victim: str) -> None:
    if victim == "supervisor":
        postbus.kill()
        return
    with contextlib.suppress(StopIteration, ProcessLookupError):
        os.kill(postbus.pid_of(victim), signal.SIGKILL)


def _document_of(mail: bytes) -> str:
    attachment = message_from_bytes(mail).get_payload(1)
    return hashlib.sha256(attachment.get_payload(decode=True)).hexdigest()  # type: ignore[union-attr, arg-type]


def _compare(postbus: RunningPostbus, ledger: Ledger) -> None:
    messages = postbus.rows("message", "list", "--tenant", "bench")
    documents = {row["message"]: row["sha256"] for row in postbus.rows("document", "list", "--tenant", "bench")}
    seen: dict[str, list[str]] = {}
    for message in messages:
        seen.setdefault(message["subject"], []).append(message["id"])
    for subject, digest in ledger.acknowledged.items():
        ids = seen.get(subject, [])
        if not ids:
            ledger.lost.append(subject)
        elif documents.get(ids[0]) != digest:
            ledger.altered.append(subject)
    ledger.doubled = [subject for subject, ids in seen.items() if len(ids) > 1]
    ledger.unacknowledged_kept = sum(1 for subject in seen if subject not in ledger.acknowledged)


def main() -> int:
    """Run the long version and say what was found."""
    parser = argparse.ArgumentParser(prog="./dev bench crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        ledger = run(Path(folder) / "data", arguments.kills, arguments.seed)
    print(
        f"{sum(ledger.kills.values())} kills ({ledger.kills}); {len(ledger.acknowledged)} mails answered 250: "
        f"{len(ledger.lost)} lost, {len(ledger.doubled)} doubled, {len(ledger.altered)} altered; "
        f"{ledger.unacknowledged_kept} kept whose client never got its 250"
    )
    for name in ("lost", "doubled", "altered"):
        for subject in getattr(ledger, name)[:10]:
            print(f"  {name}: {subject}")
    return 0 if ledger.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
