"""Every dialogue of the abuse corpus, replayed against a running postbus, case by case.

For each: are the replies those the case calls safe, are no more messages taken than it allows, did the session end, and
by how much did the doors' memory grow at its highest. Every case comes from a loopback address of its own, so that the
log tells them apart. Cases that drip octets for minutes run at a hundredth of their time, against a server whose
patience is a hundredth too. At the end, the octets stored are compared where a case names them.

    ./dev bench abuse [--only smuggling] [--corpus FOLDER]
"""

import argparse
import base64
import contextlib
import json
import re
import socket
import sqlite3
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.server import Growth, RunningPostbus

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "smtp_abuse"
MOST_GROWTH = 16 * 1024**2
_THEIR_ADDRESS = re.compile(rb"invoices(\+tag)?@inbox\.example", re.IGNORECASE)
_NOT_FOR_SERVERS = "client-side-"
_FASTER = 100
_SLOW_SETTINGS = {"SMTP__IDLE_SECONDS": "3"}
_PATIENCE = 20.0

Case = dict[str, Any]


@dataclass
class Outcome:
    """What one case gave."""

    case: str
    faults: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)  # ids
    replies: list[str] = field(default_factory=list)
    growth: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """One line for people."""
        verdict = "; ".join(self.faults) if self.faults else "safe"
        last = self.replies[-1] if self.replies else "no reply"
        figures = f"{len(self.accepted)} taken, {self.growth / 2**20:4.1f} MiB, {self.seconds:5.1f} s"
        return f"{self.case:45s} {figures}  {verdict}   ({last[:60]!r})"


def cases_in(folder: Path, category: str = "") -> list[Case]:
    """The cases for a server, of one category or all."""
    cases = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return [case for case in cases if category in case["category"] and not case["id"].startswith(_NOT_FOR_SERVERS)]


def is_slow(case: Case) -> bool:
    """Whether it drips its octets."""
    return any("send_slow_b64" in step for step in case["steps"])


class Player:
    """Plays one case: a client of octets from an address of its own."""

    def __init__(self, postbus: RunningPostbus, address: str, case: Case, source: str, outcome: Outcome) -> None:
        self._postbus, self._address, self._case, self._outcome = postbus, address, case, outcome
        self._socket = socket.create_connection(("127.0.0.1", postbus.port), _PATIENCE, (source, 0))
        self._buffer = b""

    def play(self) -> None:
        """All steps, then hear the rest and close; faults go to the outcome."""
        try:
            steps = self._case["steps"]
            for before, step in zip([{}, *steps], steps, strict=False):
                if not self._step(step, is_last=not before.get("repeat")):
                    break
            self._finish()
        except TimeoutError:
            self._outcome.faults.append(f"stuck: no answer in {_PATIENCE:.0f} s")
        except OSError as error:
            # Hung up on: whether it was told why was judged where a reply was expected.
            self._outcome.replies.append(type(error).__name__)
        finally:
            self._socket.close()

    def _step(self, step: dict[str, Any], *, is_last: bool) -> bool:  # noqa: PLR0911 - the corpus has so many kinds
        if "expect" in step:
            return self._expect(tuple(step["expect"]), is_last=is_last)
        if "send_b64" in step:
            self._send(self._octets(step["send_b64"]) * step.get("repeat", 1))
        elif "send_slow_b64" in step:
            self._drip(self._octets(step["send_slow_b64"]), step["interval_seconds"] / _FASTER)
        elif "starttls" in step:
            return self._start_tls()
        elif "expect_silence_seconds" in step:
            return self._hear_nothing(step["expect_silence_seconds"])
        elif "expect_close_within_seconds" in step:
            return self._hear_close(step["expect_close_within_seconds"] / _FASTER)
        elif "expect_close_or_alert" in step:
            return self._hear_close(_PATIENCE)
        elif step.get("close"):
            return False
        elif step.get("flush"):
            time.sleep(0.005)
        return True

    def _octets(self, encoded: str) -> bytes:
        local, _, domain = self._address.partition("@")

        def ours(found: re.Match[bytes]) -> bytes:
            theirs = f"{local}{(found[1] or b'').decode().lower()}@{domain}".encode()
            return theirs.upper() if found[0].isupper() else theirs

        return _THEIR_ADDRESS.sub(ours, base64.b64decode(encoded))

    def _send(self, octets: bytes) -> None:
        # In a thread: a client that sends much and reads nothing would wait for the server as the server for it.
        def send() -> None:
            with contextlib.suppress(OSError):
                self._socket.sendall(octets)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        if len(octets) < 65536:
            sender.join(_PATIENCE)

    def _drip(self, octets: bytes, seconds: float) -> None:
        with contextlib.suppress(ConnectionError):
            for position in range(len(octets)):
                self._socket.sendall(octets[position : position + 1])
                time.sleep(seconds)

    def _expect(self, beginnings: tuple[str, ...], *, is_last: bool) -> bool:
        while True:
            reply = self._reply()
            if reply.startswith(beginnings):
                return True
            if not reply:
                if not self._was_told_off():
                    self._outcome.faults.append(f"hung up without words where {beginnings} was expected")
                return False
            if is_last:
                self._outcome.faults.append(f"{reply[:60]!r} where {beginnings} was expected")
                return False

    def _was_told_off(self) -> bool:
        return bool(self._outcome.replies) and self._outcome.replies[-1].startswith(("421", "5"))

    def _start_tls(self) -> bool:
        if not self._outcome.replies[-1].startswith("220"):
            return False
        context = ssl.create_default_context(cafile=self._postbus.data / "tls" / "certificate.pem")
        context.check_hostname = False
        self._socket = context.wrap_socket(self._socket)
        return True

    def _hear_nothing(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            if octets := self._socket.recv(4096):
                self._outcome.faults.append(f"{octets[:60]!r} where silence was expected")
        self._socket.settimeout(_PATIENCE)
        return True

    def _hear_close(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        with contextlib.suppress(ConnectionError):
            while self._socket.recv(4096):
                pass
        return False

    def _finish(self) -> None:
        if not any(step.get("close") for step in self._case["steps"]):
            self._socket.shutdown(socket.SHUT_WR)
            while self._reply():
                pass

    def _reply(self) -> str:
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            while b"\r\n" not in self._buffer:
                octets = self._socket.recv(65536)
                if not octets:
                    return ""
                self._buffer += octets
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            lines.append(line.decode("latin-1"))
        self._outcome.replies.append("\n".join(lines))
        return self._outcome.replies[-1]


class LogReader:
    """What the service logs, as it comes."""

    def __init__(self, postbus: RunningPostbus) -> None:
        self._file = postbus.log_file.open(encoding="utf-8")
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
        outcome.accepted, has_ended = log.of_session(source, _PATIENCE)
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


def run(folder: Path, cases: list[Case]) -> Iterator[Outcome]:
    """Replay: the quick cases on a postbus in its default configuration, the slow ones on an impatient one."""
    quick = [case for case in cases if not is_slow(case)]
    slow = [case for case in cases if is_slow(case)]
    for name, settings, some in (("data", {}, quick), ("impatient", _SLOW_SETTINGS, slow)):
        if not some:
            continue
        postbus = RunningPostbus(folder / name, settings)
        address = postbus.set_up()
        with postbus:
            outcomes = []
            for outcome in replay(postbus, address, some):
                outcomes.append(outcome)
                yield outcome
            wrong = wrong_bodies(postbus, some, outcomes)
        if wrong:
            yield Outcome("bodies", [f"stored otherwise than sent: {wrong}"])


def main() -> int:
    """Replay and print."""
    parser = argparse.ArgumentParser(prog="./dev bench abuse", description=__doc__)
    parser.add_argument("--only", default="", help="cases of categories with this in their names")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    arguments = parser.parse_args()
    cases = cases_in(arguments.corpus, arguments.only)
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
