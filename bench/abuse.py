"""Every dialogue of the abuse corpus, replayed against a running postbus, case by case.

For each: are the replies those the case calls safe, are no more messages taken than it allows, did the session end, and
by how much did the doors' memory grow at its highest. Every case comes from a loopback address of its own, so that the
log tells them apart. What a case sends in DATA is sent once more in chunks (BDAT). Cases that drip octets for minutes
run at a hundredth of their time, against a server whose patience is a hundredth too. At the end, the octets stored are
compared where a case names them.

    ./dev bench abuse [--only smuggling] [--corpus FOLDER]
"""

import argparse
import base64
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.abuse_chunks import in_chunks
from bench.abuse_player import FASTER, PATIENCE, Case, Outcome, Player
from bench.server import Growth, RunningPostbus

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "smtp_abuse"
MOST_GROWTH = 16 * 1024**2
_NOT_FOR_SERVERS = "client-side-"
# The defaults, so many times as fast.
_SLOW_SETTINGS = {
    "SMTP__IDLE_SECONDS": str(300 / FASTER),
    "SMTP__MIN_OCTETS_PER_SECOND": str(100 * FASTER),
    "SMTP__TRANSFER_GRACE_SECONDS": str(60 / FASTER),
    "SMTP__SESSION_SECONDS": str(3600 / FASTER),
}


def cases_in(folder: Path, category: str = "") -> list[Case]:
    """The cases for a server, of one category or all."""
    cases = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return [case for case in cases if category in case["category"] and not case["id"].startswith(_NOT_FOR_SERVERS)]


def with_chunks(cases: list[Case]) -> list[Case]:
    """The cases, and those that send a message by DATA once more with the message in chunks."""
    return [*cases, *filter(None, map(in_chunks, cases))]


def is_slow(case: Case) -> bool:
    """Whether it drips its octets."""
    return any("send_slow_b64" in step for step in case["steps"])


class LogReader:
    """What the service logs from now on, as it comes."""

    def __init__(self, postbus: RunningPostbus) -> None:
        self._file = postbus.log_file.open(encoding="utf-8")
        self._file.seek(0, os.SEEK_END)
        self._line = ""

    def of_session(self, peer: str, patience: float) -> tuple[list[str], bool]:
        """Ids taken from a peer, and whether its session ended within `patience` seconds."""
        accepted: list[str] = []
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for event in self._events():
                if event.get("peer") == peer and event["event"] == "message_accepted":
                    accepted.append(event["id"])
                if event.get("peer") == peer and event["event"] == "session_ended":
                    return accepted, True
            time.sleep(0.005)
        return accepted, False

    def _events(self) -> Iterator[dict[str, Any]]:
        while piece := self._file.readline():
            self._line += piece
            if self._line.endswith("\n"):
                line, self._line = self._line, ""
                with contextlib.suppress(ValueError):
                    yield json.loads(line)


def replay(postbus: RunningPostbus, address: str, cases: list[Case]) -> Iterator[Outcome]:
    """Each case with what it gave; the memory of all doors is watched."""
    _warm_up(postbus, address)
    log = LogReader(postbus)
    for number, case in enumerate(cases):
        source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        outcome = Outcome(case["id"])
        growth, started = Growth(postbus.doors()), time.monotonic()
        Player(postbus, address, case, source, outcome).play()
        outcome.accepted, has_ended = log.of_session(source, PATIENCE)
        outcome.growth, outcome.seconds = growth.octets(), time.monotonic() - started
        if not has_ended:
            outcome.faults.append("the session is stuck")
        _judge(case, outcome)
        yield outcome


def _warm_up(postbus: RunningPostbus, address: str) -> None:
    # What a door takes for its first message is not the case's doing.
    case = {"steps": [{"send_b64": base64.b64encode(octets).decode()} for octets in (_WARM_UP_COMMANDS, _WARM_UP_MAIL)]}
    players = [Player(postbus, address, case, f"127.0.200.{n}", Outcome("")) for n in range(1, 33)]
    for player in players:
        player.play()


_WARM_UP_COMMANDS = b"EHLO warm.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<invoices@inbox.example>\r\nDATA\r\n"
_WARM_UP_MAIL = b"Subject: warm\r\n\r\n" + b"X" * 70 + b"\r\n.\r\n"


def _judge(case: Case, outcome: Outcome) -> None:
    allowed = {int(number) for number in str(case["expected"]["messages_delivered"]).split(" or ")}
    said = sum("2.0.0 accepted as" in reply for reply in outcome.replies)
    if len(outcome.accepted) not in allowed:
        outcome.faults.append(f"{len(outcome.accepted)} messages taken, {sorted(allowed)} allowed")
    if said > len(outcome.accepted):
        outcome.faults.append(f"{said} times 250, {len(outcome.accepted)} taken")
    if outcome.growth > MOST_GROWTH:
        outcome.faults.append(f"memory grew by {outcome.growth / 2**20:.0f} MiB")


def wrong_bodies(postbus: RunningPostbus, cases: list[Case], outcomes: list[Outcome]) -> list[str]:
    """Cases whose stored body is not the one they name; waits until all is settled."""
    postbus.until_settled()
    with contextlib.closing(sqlite3.connect(f"file:{postbus.data}/postbus.db?mode=ro", uri=True)) as database:
        message_of = dict(database.execute("SELECT transport_key, id FROM messages").fetchall())
    wrong = []
    for case, outcome in zip(cases, outcomes, strict=True):
        # A mail that came twice has one row, known by its last arrival (law 10): the octets are compared there.
        message = message_of.get(outcome.accepted[0]) if outcome.accepted else None
        if "body_b64" in case["expected"] and message is not None:
            raw = postbus.command("message", "raw", message).stdout
            body = raw.partition(b"\r\n\r\n")[2] or raw
            if body != base64.b64decode(case["expected"]["body_b64"]):
                wrong.append(case["id"])
    return wrong


def run(folder: Path, cases: list[Case], settings: Mapping[str, str] | None = None) -> Iterator[Outcome]:
    """Replay: the quick cases on a postbus in its default configuration, the slow ones on an impatient one.

    `settings` come on top, for both.
    """
    slow = [case for case in cases if is_slow(case)]
    chunks = [case for case in cases if case.get("is_in_chunks")]
    quick = [case for case in cases if case not in slow and case not in chunks]
    for name, own, parts in (("data", {}, (quick, chunks)), ("impatient", _SLOW_SETTINGS, (slow,))):
        if not any(parts):
            continue
        postbus = RunningPostbus(folder / name, {**own, **(settings or {})})
        first = postbus.set_up()
        # Chunks go to a tenant of their own: else their mails would be known for the same.
        second = str(postbus.rows("tenant", "add", "chunks")[0]["import_address"])
        with postbus:
            for address, some in zip((first, second), parts, strict=False):
                yield from _of_tenant(postbus, address, some)


def _of_tenant(postbus: RunningPostbus, address: str, cases: list[Case]) -> Iterator[Outcome]:
    outcomes = []
    for outcome in replay(postbus, address, cases):
        outcomes.append(outcome)
        yield outcome
    if wrong := wrong_bodies(postbus, cases, outcomes):
        yield Outcome("bodies", [f"stored otherwise than sent: {wrong}"])


def main() -> int:
    """Replay and print."""
    parser = argparse.ArgumentParser(prog="./dev bench abuse", description=__doc__)
    parser.add_argument("--only", default="", help="cases of categories with this in their names")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    arguments = parser.parse_args()
    cases = with_chunks(cases_in(arguments.corpus, arguments.only))
    if not cases:
        print(f"no cases in {arguments.corpus}")
        return 1
    unsafe = []
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        for outcome in run(Path(folder), cases):
            print(outcome.line(), flush=True)
            if outcome.faults:
                unsafe.append(outcome.case)
    print(f"{len(cases)} cases, {len(unsafe)} not safe: {', '.join(unsafe) or 'none'}")
    return 1 if unsafe else 0


if __name__ == "__main__":
    sys.exit(main())
