"""Where one script is played at one session in virtual time, and judged.

What must hold of every script stands in bench/fuzz.py. A fault is words in `Course.faults`; nothing is raised.
"""

import asyncio
import contextlib
import logging
import re
import signal
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

import receiver.smtp
from bench.fuzzing.below import Below
from bench.fuzzing.code_paths import CodePaths
from bench.fuzzing.doors import KINDS, DoorKind, Doors
from bench.fuzzing.scripts import Handshake, Script
from bench.fuzzing.tls_client import TlsClient
from bench.virtual_time import MemoryTransport, Standstill, VirtualLoop
from receiver.smtp import replies, tls
from receiver.smtp.certificates import Certificates, WatchedCertificate
from receiver.smtp.handler import ImportHandler
from receiver.smtp.replies import Reply
from storage.failures import StorageFailure

_READY = f"{replies.READY_FOR_TLS}\r\n".encode()
_REPLY = re.compile(rb"[2-5][0-9]{2}[ -][ -~]*")
_TRACE = re.compile(r"Received: [ -~]+(?:\r\n\t[ -~]+){2,4}")
_INSIDES = re.compile(
    rb"never-tell|/var/lib|Traceback|\.py\b|line [0-9]+, in|Exception|<class|object at 0x|receiver\.|storage\."
)
_EVENT = re.compile(r"[a-z]+(_[a-z]+)+")
_LONGEST_LIFE = 48 * 3600.0  # virtual seconds
_REAL_SECONDS = 20  # a script that takes longer runs in circles


@dataclass
class Course:
    """How a script went."""

    faults: list[str] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    paths: set[tuple[str, int, int]] = field(default_factory=set)
    kept: int = 0
    reason: str = ""

    @property
    def traits(self) -> set[object]:
        """What makes a course new: which reply followed which and how it ended, what was logged, which code ran."""
        names = [reply[:9].decode("ascii", "replace") for reply in self.replies]
        followed = zip(["", *names], [*names, f"{self.reason} {min(self.kept, 3)}"], strict=True)
        return {*followed, *self.events, *self.paths}


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
    """Doors and loop, made once; puts the logs of this process into the course of the script that runs."""

    def __init__(self, kinds: Mapping[str, DoorKind] = KINDS) -> None:
        logging.disable(logging.CRITICAL)
        self._course = Course()
        structlog.configure(processors=[self._note_event], cache_logger_on_first_use=False)
        self._loop = VirtualLoop()
        self._paths = CodePaths(Path(receiver.smtp.__file__).parent)
        with tempfile.TemporaryDirectory() as folder:
            self._doors = Doors(
                Certificates(WatchedCertificate(*tls.make_self_signed(Path(folder), "mx.example"))), kinds
            )

    def run(self, script: Script) -> Course:
        """One script from greeting to end."""
        course = self._course = Course()
        self._loop.set_exception_handler(lambda _, context: course.faults.append(f"in the loop: {_words(context)}"))
        with _deadline(_REAL_SECONDS), self._paths:
            try:
                self._loop.run_until_complete(self._play(script, course))
            except Standstill:
                course.faults.append("the session would never end: nothing is left to wake it")
            except TimeoutError as error:
                course.faults.append(str(error))
        course.paths = set(self._paths.taken)
        if course.faults:
            # A loop that something went wrong in is not used again.
            self._loop = VirtualLoop()
        return course

    async def _play(self, script: Script, course: Course) -> None:
        below = Below(script.seed, self._loop)
        handler = WatchedHandler(below, self._doors.most_recipients(script.door), course)
        session = self._doors.session(script.door, handler, offers_tls=bool(script.seed % 2))
        client = Client(MemoryTransport(self._loop, session), is_deaf=script.seed % 11 == 0)
        session.connection_made(client.transport)
        task = session.task
        if script.seed % 13:  # the others talk before the banner
            await asyncio.sleep(0.001)
        await client.act(script)
        await _outlive(task, course)
        client.transport.abort()
        await asyncio.sleep(0)
        course.reason, course.kept = session.end_reason, len(below.kept)
        _judge(script, client.heard(), below, course)

    def _note_event(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        name = str(event.get("event"))
        self._course.events.add(" ".join((name, *sorted(event), str(event.get("reason", "")))))
        if not _EVENT.fullmatch(name):
            self._course.faults.append(f"logged {name[:80]!r}, which is no constant of ours")
        raise structlog.DropEvent


class Client:
    """The client's end: does what a script says."""

    def __init__(self, transport: MemoryTransport, *, is_deaf: bool) -> None:
        self.transport = transport
        transport.is_deaf = is_deaf
        self._tls: TlsClient | None = None

    async def act(self, script: Script) -> None:
        """All steps, then the ending."""
        for step in script.steps:
            if isinstance(step, bytes):
                self._say(step)
                await asyncio.sleep(0.001)
            elif isinstance(step, Handshake):
                await self._shake_hands()
            else:
                await asyncio.sleep(step)
            if self._tls is not None:
                self._tls.turn()
        if script.ending == "eof":
            self.transport.give_eof()
        elif script.ending == "abort":
            self.transport.abort()

    def heard(self) -> bytes:
        """Replies, those under TLS included."""
        said, upgrade, _ = bytes(self.transport.written).partition(_READY)
        if self._tls is None:
            return said + upgrade  # what follows is TLS
        self._tls.turn()
        return said + upgrade + bytes(self._tls.said)

    def _say(self, octets: bytes) -> None:
        if self._tls is None:
            self.transport.give(octets)
        else:
            self._tls.turn(octets)

    async def _shake_hands(self) -> None:
        at = self.transport.written.find(_READY)
        if at < 0 or self._tls is not None:
            return
        self._tls = TlsClient(self.transport, at + len(_READY))
        for _ in range(4):  # hello, finished, and what the server says of it
            self._tls.turn()
            await asyncio.sleep(0.001)


async def _outlive(task: "asyncio.Task[None]", course: Course) -> None:
    """Wait for a session to end by itself."""
    done, _ = await asyncio.wait([task], timeout=_LONGEST_LIFE)
    if not done:
        course.faults.append(f"the session still runs after {_LONGEST_LIFE:.0f} s of silence")
        task.cancel()
    elif task.exception() is not None:
        course.faults.append(f"the session raised {task.exception()!r}")
    await asyncio.sleep(1000)  # what was on its way to the journal arrives


def _words(context: dict[str, Any]) -> str:
    return f"{context.get('message')} {context.get('exception')!r}"


def _judge(script: Script, heard: bytes, below: Below, course: Course) -> None:
    course.replies = heard.split(b"\r\n")
    if course.replies.pop():
        course.faults.append("the last reply has no end")
    sent = b"".join(step for step in script.steps if isinstance(step, bytes)).lower()
    for reply in course.replies:
        if not _REPLY.fullmatch(reply) or len(reply) > replies.LONGEST_REPLY:
            course.faults.append(f"malformed reply {reply[:80]!r}")
        inside = _INSIDES.search(reply)
        if inside and inside[0].lower() not in sent:
            course.faults.append(f"a reply tells of our insides: {reply[:120]!r}")
    accepted = [reply for reply in course.replies if b" accepted as " in reply]
    # LMTP says it once for each recipient.
    promised = len(set(accepted) if script.door == "lmtp" else accepted)
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
            course.faults.append(f"a trace that is no single field of printable ASCII: {trace[:120]!r}")


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
