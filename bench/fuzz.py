"""Hostile dialogues made up by mutation, against SMTP sessions in this process, in virtual time.

    ./dev fuzz smtp [--seconds 60] [--seed N] [--corpus FOLDER]

Scripts of octets, pauses and endings grow out of valid dialogues and the abuse corpus; one that is answered as none
before it goes into the kept corpus (`smtp.jsonl`, a script a line) and is mutated on. Below the sessions stand a
journal and a directory that fail now and then, in both ways. What must hold of every script:

- nothing is raised but storage.failures' two families, neither into the loop nor to the exception hook;
- every reply is one of RFC 5321's form, printable, at most 512 octets, without a word of what failed or of our insides;
- 250 after a message means that the journal kept it, with lines that end in CRLF and no NUL; no sink is left behind;
- the trace of a message is one field of printable ASCII;
- the session ends: its timers see to it, however long the client is silent.

A script that breaks one of these is printed and kept in `found-*.json`; exit code 1.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import logging
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from bench.abuse import CORPUS as ABUSE
from bench.virtual_time import MemoryTransport, Standstill, VirtualLoop
from receiver.config import Settings
from receiver.smtp import replies, tls
from receiver.smtp.certificates import Certificates, WatchedCertificate
from receiver.smtp.door import make_terms
from receiver.smtp.handler import ImportHandler, ImportSession
from receiver.smtp.replies import Reply
from storage.failures import NoRoom, PermanentFailure, StorageFailure, TemporaryFailure
from storage.journal import Envelope, Letter, Recipient

KEPT = Path(__file__).parents[1] / "tests" / "corpus" / "fuzz"
ADDRESS = "invoices@inbox.example"
_INSIDE_WORDS = "never-tell-this /var/lib/postbus/journal/door-1/0001.segment"
_REPLY = re.compile(rb"[2-5][0-9]{2}[ -][ -~]*")
_TRACE = re.compile(r"Received: [ -~]+(?:\r\n\t[ -~]+){2,4}")
_INSIDES = re.compile(
    rb"never-tell|/var/lib|Traceback|\.py\b|line [0-9]+, in|Exception|<class|object at 0x|receiver\.|storage\."
)
_LONGEST_LIFE = 48 * 3600.0  # virtual seconds
_REAL_SECONDS = 10  # a script that takes longer runs in circles
_MOST_OCTETS = 20_000
_MOST_KEPT_OCTETS = 2_000

Step = bytes | float  # octets, or seconds of silence
Answer = Callable[[Sequence[Letter], StorageFailure | None], None]


@dataclass(frozen=True)
class Script:
    """What a client does."""

    steps: tuple[Step, ...]
    ending: str = "eof"  # eof, abort, or silence
    seed: int = 0  # what fails below, and when

    def to_json(self) -> str:
        """One line."""
        steps = [base64.b64encode(step).decode() if isinstance(step, bytes) else step for step in self.steps]
        return json.dumps({"steps": steps, "ending": self.ending, "seed": self.seed})

    @classmethod
    def from_json(cls, line: str) -> "Script":
        """From one line."""
        value = json.loads(line)
        steps = tuple(base64.b64decode(step) if isinstance(step, str) else float(step) for step in value["steps"])
        return cls(steps, value["ending"], value["seed"])

    @property
    def octets(self) -> int:
        """How much it sends."""
        return sum(len(step) for step in self.steps if isinstance(step, bytes))


@dataclass
class Course:
    """How a script went."""

    faults: list[str] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    kept: int = 0
    reason: str = ""

    @property
    def steps(self) -> set[tuple[str, str]]:
        """What makes a course new: which reply followed which, and how it ended after which."""
        names = [reply[:9].decode("ascii", "replace") for reply in self.replies]
        return {*zip(["", *names], [*names, f"{self.reason} {min(self.kept, 3)}"], strict=True)}


class FailingSink:
    """A sink that may fail, and knows whether it was let go."""

    def __init__(self, below: "Below") -> None:
        self.octets = bytearray()
        self.size = 0
        self.is_spent = False
        self._below = below

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        """Keep, or fail."""
        self._below.perhaps_fail(0.02)
        self.octets += octets
        self.size += len(octets)

    def discard(self) -> None:
        """Let go."""
        self.is_spent = True


class Below:
    """The journal and the directory under a session, failing at a script's own moments."""

    def __init__(self, seed: int, loop: asyncio.AbstractEventLoop) -> None:
        self.kept: list[bytes] = []
        self.traces: list[str] = []
        self.sinks: list[FailingSink] = []
        self._chance = random.Random(seed)
        self._loop = loop
        self._is_reliable = seed % 3 != 0

    def perhaps_fail(self, likely: float) -> None:
        """Raise a failure of storage, now and then."""
        if not self._is_reliable and self._chance.random() < likely:
            raise self._chance.choice((TemporaryFailure, NoRoom, PermanentFailure))(_INSIDE_WORDS)

    def has_room(self, octets: int) -> bool:  # noqa: ARG002 - the journal's signature
        """Mostly."""
        return self._is_reliable or self._chance.random() > 0.05

    def sink(self) -> FailingSink:
        """The next message's."""
        self.perhaps_fail(0.05)
        self.sinks.append(FailingSink(self))
        return self.sinks[-1]

    def submit_all(self, letters: Sequence[Letter], answer: Answer) -> None:
        """Each is kept after a while, or not."""
        for letter in letters:
            letter.sink.is_spent = True
            self.traces.append(Envelope.from_json(letter.envelope).trace)
        self.perhaps_fail(0.05)
        for letter in letters:
            self._loop.call_later(self._chance.choice((0.0, 0.01, 400.0)), self._finish, letter, answer)

    def _finish(self, letter: Letter, answer: Answer) -> None:
        try:
            self.perhaps_fail(0.1)
        except StorageFailure as failure:
            answer([letter], failure)
        else:
            self.kept.append(bytes(letter.sink.octets))
            answer([letter], None)

    async def judge(self, address: str) -> Recipient | Reply:
        """One address is ours, also with sub-addresses; all others of its domain are unknown."""
        self.perhaps_fail(0.05)
        if self._chance.random() < 0.2:
            await asyncio.sleep(self._chance.choice((0.0, 5.0)))
        local, _, domain = address.lower().rpartition("@")
        if domain != "inbox.example":
            return replies.relaying_denied(address)
        if local.partition("+")[0] != "invoices":
            return replies.unknown_import_address(address)
        return Recipient(address, "a" * 32, "b" * 32, None)


class WatchedHandler(ImportHandler):
    """Ours, telling what reaches the exception hook."""

    def __init__(self, below: Below, most_recipients: int, course: Course) -> None:
        super().__init__(below, below, most_recipients)  # type: ignore[arg-type]
        self._course = course

    async def handle_exception(self, error: Exception) -> Reply:
        """Only the two families of failure may come here."""
        if not isinstance(error, StorageFailure):
            self._course.faults.append(f"raised {error!r}")
        return await super().handle_exception(error)


class Range:
    """Where scripts are run: settings and loop, made once."""

    def __init__(self) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        logging.disable(logging.CRITICAL)
        self._settings = Settings(
            data=Path("unused"),
            smtp={
                "hostname": "mx.example",
                "max_message_octets": 65536,
                "max_line_octets": 2000,
                "max_recipients": 100,
                "forwarder_networks": ["192.0.2.7/32"],  # the peer of every script
            },
        )
        self._loop = VirtualLoop()
        with tempfile.TemporaryDirectory() as folder:
            self._tls = Certificates(WatchedCertificate(*tls.make_self_signed(Path(folder), "mx.example")))

    def run(self, script: Script) -> Course:
        """One script from greeting to end."""
        course = Course()
        self._loop.set_exception_handler(lambda _, context: course.faults.append(f"in the loop: {_words(context)}"))
        with _deadline(_REAL_SECONDS):
            try:
                self._loop.run_until_complete(self._play(script, course))
            except Standstill:
                course.faults.append("the session would never end: nothing is left to wake it")
            except TimeoutError as error:
                course.faults.append(str(error))
        if course.faults:
            # A loop that something went wrong in is not used again.
            self._loop = VirtualLoop()
        return course

    async def _play(self, script: Script, course: Course) -> None:
        below = Below(script.seed, self._loop)
        handler = WatchedHandler(below, self._settings.smtp.max_recipients, course)
        session = ImportSession(handler, make_terms(self._settings, handler, self._tls if script.seed % 2 else None))
        transport = MemoryTransport(self._loop, session)
        transport.is_deaf = script.seed % 11 == 0
        session.connection_made(transport)
        task = session.task
        if script.seed % 13:  # the others talk before the banner
            await asyncio.sleep(0.001)
        for step in script.steps:
            if isinstance(step, bytes):
                transport.give(step)
                await asyncio.sleep(0.001)
            else:
                await asyncio.sleep(step)
        if script.ending == "eof":
            transport.give_eof()
        elif script.ending == "abort":
            transport.abort()
        done, _ = await asyncio.wait([task], timeout=_LONGEST_LIFE)
        if not done:
            course.faults.append(f"the session still runs after {_LONGEST_LIFE:.0f} s of silence")
            task.cancel()
        elif task.exception() is not None:
            course.faults.append(f"the session raised {task.exception()!r}")
        await asyncio.sleep(1000)  # what was on its way to the journal arrives
        transport.abort()
        await asyncio.sleep(0)
        course.reason, course.kept = session.end_reason, len(below.kept)
        _judge(script, bytes(transport.written), below, course)


def _words(context: dict[str, Any]) -> str:
    return f"{context.get('message')} {context.get('exception')!r}"


def _judge(script: Script, written: bytes, below: Below, course: Course) -> None:
    # What follows this reply is TLS.
    said, upgrade, _ = written.partition(f"{replies.READY_FOR_TLS}\r\n".encode())
    course.replies = (said + upgrade).split(b"\r\n")
    if course.replies.pop():
        course.faults.append("the last reply has no end")
    sent = b"".join(step for step in script.steps if isinstance(step, bytes))
    for reply in course.replies:
        if not _REPLY.fullmatch(reply) or len(reply) > 510:
            course.faults.append(f"malformed reply {reply[:80]!r}")
        inside = _INSIDES.search(reply)
        if inside and inside[0].lower() not in sent.lower():
            course.faults.append(f"a reply tells of our insides: {reply[:120]!r}")
    promised = sum(b" accepted as " in reply for reply in course.replies)
    if promised > len(below.kept):
        course.faults.append(f"{promised} times 250, {len(below.kept)} kept")
    _judge_kept(below, course)
    if any(not sink.is_spent for sink in below.sinks):
        course.faults.append("a sink was left behind")


def _judge_kept(below: Below, course: Course) -> None:
    for octets in below.kept:
        without = octets.replace(b"\r\n", b"")
        if b"\r" in without or b"\n" in without or b"\0" in octets:
            course.faults.append(f"kept a bare CR, LF or NUL: {octets[:80]!r}")
    for trace in below.traces:
        if not _TRACE.fullmatch(trace):
            course.faults.append(f"malformed trace {trace!r}")


@contextlib.contextmanager
def _deadline(seconds: int) -> Iterator[None]:
    def strike(_: int, frame: FrameType | None) -> None:
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "somewhere"
        raise TimeoutError(f"runs in circles at {place}")

    before = signal.signal(signal.SIGALRM, strike)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


_GREET = b"EHLO client.example\r\n"
_ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<invoices@inbox.example>\r\n"
_MAIL = b"From: a@example.org\r\nSubject: fuzz\r\n\r\nline\r\n..stuffed\r\n.\r\n"
_DIALOGUES: tuple[tuple[Step, ...], ...] = (
    (_GREET, _ENVELOPE, b"DATA\r\n", _MAIL, b"QUIT\r\n"),
    (_GREET + _ENVELOPE + b"DATA\r\n", _MAIL + _ENVELOPE + b"DATA\r\n", _MAIL + b"QUIT\r\n"),
    (_GREET, _ENVELOPE, b"BDAT 5\r\nabcd\r", b"BDAT 7 LAST\r\n\nefgh\r\n", b"QUIT\r\n"),
    (_GREET, _ENVELOPE, b"BDAT 0 LAST\r\n", b"RSET\r\nNOOP x\r\nVRFY a\r\n", 200.0, b"HELO again\r\nQUIT\r\n"),
    (b"LHLO client.example\r\n", b"MAIL FROM:<> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<invoices+a@inbox.example>\r\n"),
    (_GREET, b"STARTTLS\r\n", b"\x16\x03\x01\x00\x05hello"),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n", _GREET, b"XCLIENT ADDR=192.0.2.9 NAME=x\r\n", _GREET),
    (_GREET, b"XCLIENT ADDR=IPV6:2001:db8::9 HELO=a+2Bb\r\n", _GREET, _ENVELOPE, b"DATA\r\n", _MAIL, b"QUIT\r\n"),
    (
        _GREET,
        b"XFORWARD ADDR=192.0.2.9 HELO=x+0D+0Ay\r\n",
        _ENVELOPE,
        b"DATA\r\n",
        _MAIL,
        _ENVELOPE,
        b"BDAT 0 LAST\r\n",
    ),
)
_WORDS: tuple[bytes, ...] = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b".\r\n",
        b"\r\n.\r\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"..",
        b" ",
        b"\t",
        b"\xff",
    ),
    *(
        b"<",
        b">",
        b"@",
        b'"',
        b"\\",
        b":",
        b"=",
        b"+",
        b",",
        b"(",
        b"[127.0.0.1]",
        b"[IPv6:::1]",
        b"=?utf-8?q?=0d=0a?=",
    ),
    *(b"HELO x\r\n", _GREET, b"LHLO x\r\n", b"MAIL FROM:<>\r\n", b"RSET\r\n", b"NOOP\r\n", b"QUIT\r\n", b"DATA\r\n"),
    *(b"RCPT TO:<invoices@inbox.example>\r\n", b"RCPT TO:<nobody@inbox.example>\r\n", b"VRFY x\r\n", b"EXPN x\r\n"),
    *(b"BDAT 10\r\n", b"BDAT 3 LAST\r\nabc", b"BDAT 0 LAST\r\n", b"BDAT 99999999999999999999\r\n", b"BDAT -1\r\n"),
    *(
        b"STARTTLS\r\n",
        b"AUTH PLAIN AAAA\r\n",
        b"AUTH LOGIN\r\n",
        b"HELP\r\n",
        b"ETRN x\r\n",
        b"TURN\r\n",
        b"GET / HTTP/1.1\r\n",
    ),
    *(
        b" SIZE=1",
        b" SIZE=99999999999",
        b" BODY=8BITMIME",
        b" BODY=BINARYMIME",
        b" SMTPUTF8",
        b" RET=FULL",
        b" ORCPT=rfc822;a",
    ),
    *(
        b"PROXY UNKNOWN\r\n",
        b"\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c",
        b"XCLIENT ADDR=[UNAVAILABLE]\r\n",
        b"XFORWARD HELO=[UNAVAILABLE] ",
        b"ADDR=192.0.2.9 ",
        b"PORT=65535 ",
        b"+0D+0A+00",
        b"\x16\x03\x01\x02\0",
    ),
    *("bücher@例え.example".encode(), b"\xc3", b"xn--a", b"A" * 1100, b"a" * 2100 + b"\r\n", b"a" * 64, b"a." * 130),
)
_PAUSES = (0.1, 29.0, 60.0, 299.0, 301.0, 4000.0)


class Mutator:
    """Makes new scripts out of known ones."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ways = (
            *(self._flip, self._insert, self._insert, self._delete, self._repeat, self._cut, self._cut),
            *(self._join, self._swap, self._pause, self._drop, self._insert_step),
        )

    def mutate(self, script: Script, other: Script) -> Script:
        """A few changes at once; now and then the second half of another script."""
        steps = list(script.steps)
        if self._chance.random() < 0.2:
            steps = steps[: self._chance.randint(0, len(steps))] + list(
                other.steps[self._chance.randint(0, len(other.steps)) :]
            )
        for _ in range(self._chance.choice((1, 1, 2, 3, 5, 8))):
            steps = self._chance.choice(self._ways)(steps or [_GREET])
        ending = script.ending if self._chance.random() < 0.8 else self._chance.choice(("eof", "abort", "silence"))
        seed = script.seed if self._chance.random() < 0.5 else self._chance.randrange(1 << 16)
        return _bounded(Script(tuple(steps), ending, seed))

    def _somewhere(self, steps: list[Step]) -> tuple[int, bytes, int]:
        """A step of octets, and a place in it."""
        numbers = [number for number, step in enumerate(steps) if isinstance(step, bytes)]
        if not numbers:
            steps.append(_GREET)
            numbers = [len(steps) - 1]
        number = self._chance.choice(numbers)
        octets = steps[number]
        assert isinstance(octets, bytes)
        return number, octets, self._chance.randint(0, len(octets))

    def _flip(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        changed = bytes([self._chance.randrange(256)])
        steps[number] = octets[:place] + changed + octets[place + 1 :]
        return steps

    def _insert(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        steps[number] = octets[:place] + self._chance.choice(_WORDS) + octets[place:]
        return steps

    def _delete(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        steps[number] = octets[:place] + octets[place + self._chance.choice((1, 1, 2, 8, 64)) :]
        return steps

    def _repeat(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        piece = octets[place : place + self._chance.choice((1, 2, 20, 200))]
        steps[number] = octets[:place] + piece * self._chance.choice((2, 3, 20, 120)) + octets[place:]
        return steps

    def _cut(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        steps[number : number + 1] = [octets[:place], octets[place:]]
        return steps

    def _join(self, steps: list[Step]) -> list[Step]:
        number, octets, _ = self._somewhere(steps)
        if number + 1 < len(steps) and isinstance(following := steps[number + 1], bytes):
            steps[number : number + 2] = [octets + following]
        return steps

    def _swap(self, steps: list[Step]) -> list[Step]:
        one, two = self._chance.randrange(len(steps)), self._chance.randrange(len(steps))
        steps[one], steps[two] = steps[two], steps[one]
        return steps

    def _pause(self, steps: list[Step]) -> list[Step]:
        steps.insert(self._chance.randint(0, len(steps)), self._chance.choice(_PAUSES))
        return steps

    def _drop(self, steps: list[Step]) -> list[Step]:
        del steps[self._chance.randrange(len(steps))]
        return steps

    def _insert_step(self, steps: list[Step]) -> list[Step]:
        steps.insert(self._chance.randint(0, len(steps)), self._chance.choice(_WORDS))
        return steps


def _bounded(script: Script) -> Script:
    left, steps = _MOST_OCTETS, list[Step]()
    for step in script.steps[:60]:
        steps.append(step[: max(0, left)] if isinstance(step, bytes) else step)
        left -= len(step) if isinstance(step, bytes) else 0
    return Script(tuple(steps), script.ending, script.seed)


def seeds(kept: Path) -> list[Script]:
    """Valid dialogues, the abuse corpus where there is one, and what was kept before."""
    scripts = [Script(dialogue, seed=1) for dialogue in _DIALOGUES]
    for path in sorted(ABUSE.glob("*.json")):
        steps = json.loads(path.read_bytes())["steps"]
        sent = [base64.b64decode(s["send_b64"]) * min(s.get("repeat", 1), 120) for s in steps if "send_b64" in s]
        scripts.append(_bounded(Script(tuple(sent), seed=1)))
    file = kept / "smtp.jsonl"
    if file.exists():
        scripts += [Script.from_json(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return scripts


@dataclass
class Campaign:
    """What a run came to."""

    scripts: int = 0
    kept: list[Script] = field(default_factory=list)
    found: list[tuple[Script, list[str]]] = field(default_factory=list)


def run(seconds: float, seed: int, known: list[Script]) -> Campaign:
    """Run what is known, then mutate until the time is over or ten faults were found."""
    chance, place, campaign = random.Random(seed), Range(), Campaign()
    mutator, pool, seen = Mutator(chance), list[Script](), set[tuple[str, str]]()
    deadline = time.monotonic() + seconds
    waiting = list(known)
    while (waiting or time.monotonic() < deadline) and len(campaign.found) < 10:
        is_known = bool(waiting)
        script = waiting.pop(0) if waiting else mutator.mutate(chance.choice(pool), chance.choice(pool))
        course = place.run(script)
        campaign.scripts += 1
        if course.faults:
            campaign.found.append((script, course.faults))
        elif course.steps - seen or not pool:
            seen |= course.steps
            pool.append(script)
            if not is_known and script.octets <= _MOST_KEPT_OCTETS:
                campaign.kept.append(script)
    return campaign


def main() -> int:
    """Fuzz and say what was found."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("what", choices=["smtp"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--corpus", type=Path, default=KEPT)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    known = seeds(arguments.corpus)
    campaign = run(arguments.seconds, arguments.seed, known)
    arguments.corpus.mkdir(parents=True, exist_ok=True)
    with (arguments.corpus / "smtp.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(script.to_json() + "\n" for script in campaign.kept)
    for number, (script, faults) in enumerate(campaign.found):
        path = arguments.corpus / f"found-{arguments.seed}-{number}.json"
        path.write_text(script.to_json() + "\n", encoding="utf-8")
        print(f"{path}: {faults[0]}\n  {script.steps!r:.400}, {script.ending}")
    new, found = len(campaign.kept), len(campaign.found)
    print(f"{campaign.scripts} scripts, {len(known)} known before, {new} new kept, {found} faults")
    return 1 if campaign.found else 0


if __name__ == "__main__":
    sys.exit(main())
