"""One parsing child as the worker sees it: started without our environment, asked, and killed at the deadline.

What it answers is checked: lengths against limits, parts against what was asked for (law 17). Large parts go to files.
Raises AttemptFailed for the message, NotFound when its file is gone, TemporaryFailure when no child can be started or
no part can be kept.
"""

import fcntl
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import receiver
from receiver.config import Settings
from receiver.pipeline.child import ChildSettings
from receiver.pipeline.frames import BrokenFrame, Channel, Deadline
from receiver.pipeline.suspects import NOTE_OCTETS, suspect_in
from rules.facts import MailFacts, Unread
from storage.failures import NotFound, TemporaryFailure

MESSAGES_OF_A_CHILD = 5000
GROWN_OCTETS = 192 * 1024**2
# Above this a decoded part goes to a file instead of the worker's memory.
SPOOL_OCTETS = 1024**2
START_SECONDS = 30.0
MAX_BODY_OCTETS = 64 * 1024**2
_HOUSE = Path(receiver.__file__).parent.parent


class AttemptFailed(Exception):
    """This message could not be read this time; `code` says why, `suspect` which reader was at work."""

    def __init__(self, code: str, suspect: Unread | None = None, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.suspect = suspect
        self.params = params


@dataclass(frozen=True, slots=True)
class Mail:
    """What a child is given of one message."""

    octets: bytes | None
    large: Path | None
    size: int
    reverse_path: str
    left_out: frozenset[Unread] = frozenset()  # what is not to be read, for it ended those who tried


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be kept of a message, after its facts were judged."""

    parts: frozenset[str] = frozenset()
    body: bool = False
    invoices: frozenset[str] = frozenset()  # e-invoices of which a page is wanted, by part


@dataclass(slots=True)
class Parsed:
    """What a child said of one message. Large parts are files, to be discarded by whoever takes them."""

    facts: MailFacts
    content_id: str
    parts: dict[str, bytes | Path] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    invoices: dict[str, bytes] = field(default_factory=dict, repr=False)  # pages of e-invoices, by part
    judged: Any = None  # what `choose` made of it

    def discard(self) -> None:
        """Remove the files of large parts."""
        for part in self.parts.values():
            if isinstance(part, Path):
                part.unlink(missing_ok=True)


# Judges what was read; gives what the caller wants to remember, and what is to be kept.
Choose = Callable[[Parsed], tuple[Any, Wanted]]


class ParserProcess:
    """One process, and the conversation with it."""

    def __init__(self, settings: Settings, spool: Path, seconds: float) -> None:
        self._seconds = seconds
        self._decoded_octets = settings.pipeline.max_decoded_octets
        self._spool = spool
        self._messages = 0
        self._memory = 0
        self._notes = _notes()
        try:
            self._process, self._channel = _start(settings, seconds, self._notes)
        except BaseException:
            os.close(self._notes)
            raise

    @property
    def is_worn_out(self) -> bool:
        """Whether a new child is better for the next message."""
        return self._messages >= MESSAGES_OF_A_CHILD or self._memory > GROWN_OCTETS

    def parse(self, mail: Mail, choose: Choose) -> Parsed:
        """One message from its octets to what is kept of it."""
        self._messages += 1
        deadline = Deadline(self._seconds)
        self._channel.set_deadline(deadline)
        parsed: Parsed | None = None
        try:
            parsed, head = self._ask_to_parse(mail)
            self._receive_parts(parsed, head)
            parsed.judged, wanted = choose(parsed)
            self._keep(parsed, wanted)
        except BrokenFrame as broken:
            if parsed:
                parsed.discard()
            raise self._autopsy(deadline) from broken
        except BaseException:
            if parsed:
                parsed.discard()
            raise
        return parsed

    def kill(self) -> None:
        """End the process now; the conversation breaks."""
        self._process.kill()

    def end(self) -> None:
        """End the process and forget it."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        os.close(self._notes)

    def _ask_to_parse(self, mail: Mail) -> tuple[Parsed, dict[str, Any]]:
        """What the child found, and the head that declares the parts that follow."""
        left_out = [(each.part, each.reader) for each in mail.left_out]
        question = {"ask": "parse", "octets": mail.size, "reverse_path": mail.reverse_path, "left_out": left_out}
        if mail.large is None:
            self._channel.send(question, [mail.octets or b""])
        else:
            self._send_large(question, mail.large)
        head = self._answer()
        try:
            facts = MailFacts.from_json(head["facts"])
            return Parsed(facts, str(head["content_id"])), head
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BrokenFrame("answer is not facts") from error

    def _send_large(self, question: dict[str, Any], large: Path) -> None:
        try:
            descriptor = os.open(large, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(f"{large}: a large message has no file") from error
        except OSError as error:
            raise TemporaryFailure(f"{large}: a large message cannot be opened: {error.strerror}") from error
        try:
            self._channel.send(question, descriptor=descriptor)
        finally:
            os.close(descriptor)

    def _keep(self, parsed: Parsed, wanted: Wanted) -> None:
        for part in parsed.parts.keys() - wanted.parts:
            unwanted = parsed.parts.pop(part)
            if isinstance(unwanted, Path):
                unwanted.unlink(missing_ok=True)
        missing = sorted(wanted.parts - parsed.parts.keys())
        if not missing and not wanted.body and not wanted.invoices:
            return
        asked = {"ask": "keep", "parts": missing, "body": wanted.body, "invoices": sorted(wanted.invoices)}
        self._channel.send(asked)
        head = self._answer()
        self._receive_parts(parsed, head)
        length = head.get("body")
        if not isinstance(length, int) or not 0 <= length <= MAX_BODY_OCTETS or wanted.parts - parsed.parts.keys():
            raise BrokenFrame("answer lacks what was asked for")
        parsed.body = self._channel.receive_octets(length)
        self._receive_invoices(parsed, head, wanted.invoices)

    def _answer(self) -> dict[str, Any]:
        head, descriptor = self._channel.receive()
        if descriptor is not None:
            os.close(descriptor)
            raise BrokenFrame("a child has no descriptor to give")
        memory = head.get("memory")
        self._memory = memory if isinstance(memory, int) else 0
        if "failed" in head:
            raise AttemptFailed("parser_failed", suspect_in(self._notes), failure=str(head["failed"])[:60])
        return head

    def _receive_parts(self, parsed: Parsed, head: Mapping[str, Any]) -> None:
        room = self._decoded_octets
        for part, length in _declared(head):
            room -= length
            if room < 0 or part in parsed.parts:
                raise BrokenFrame("parts are larger than allowed, or come twice")
            parsed.parts[part] = self._receive_part(length)

    def _receive_invoices(self, parsed: Parsed, head: Mapping[str, Any], wanted: frozenset[str]) -> None:
        room = MAX_BODY_OCTETS
        for part, length in _declared(head, "invoices"):
            room -= length
            if room < 0 or part not in wanted or part in parsed.invoices:
                raise BrokenFrame("pages are larger than allowed, come twice, or were not asked for")
            parsed.invoices[part] = self._channel.receive_octets(length)
        if wanted - parsed.invoices.keys():
            raise BrokenFrame("answer lacks a page that was asked for")

    def _receive_part(self, length: int) -> bytes | Path:
        if length <= SPOOL_OCTETS:
            return self._channel.receive_octets(length)
        try:
            with tempfile.NamedTemporaryFile(dir=self._spool, delete=False) as spooled:
                self._spool_part(spooled, length)
        except OSError as error:
            raise TemporaryFailure(f"{self._spool}: a large part cannot be kept: {error.strerror}") from error
        return Path(spooled.name)

    def _spool_part(self, spooled: "tempfile._TemporaryFileWrapper[bytes]", length: int) -> None:
        try:
            for piece in self._channel.receive_pieces(length):
                spooled.write(piece)
            spooled.flush()
        except BaseException:
            # Law 6: on a full disk every attempt would leave another half, and there would never be room again.
            Path(spooled.name).unlink(missing_ok=True)
            raise

    def _autopsy(self, deadline: Deadline) -> AttemptFailed:
        """Why the conversation broke; the child is dead afterwards."""
        if not deadline.left():
            self._process.kill()
            self._process.wait()
            return AttemptFailed("parser_too_slow", suspect_in(self._notes), seconds=math.ceil(self._seconds))
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)  # it may be dying still
        self._process.kill()
        status = self._process.wait()
        return AttemptFailed("parser_died", suspect_in(self._notes), status=status)


def _notes() -> int:
    """Memory that a child writes and that outlives it; its size cannot be changed."""
    descriptor = os.memfd_create("notes", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.truncate(descriptor, NOTE_OCTETS)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return descriptor


def _start(settings: Settings, seconds: float, notes: int) -> tuple["subprocess.Popen[bytes]", Channel]:
    ours, theirs = socket.socketpair()
    pipeline = settings.pipeline
    told = ChildSettings(
        parent=os.getpid(),
        memory_octets=pipeline.parse_memory_octets,
        seconds=seconds,
        language=settings.language,
        depth=pipeline.max_depth,
        parts=pipeline.max_parts,
        decoded_octets=pipeline.max_decoded_octets,
        notes=notes,
    )
    command = [sys.executable, "-P", "-m", "receiver.pipeline.child", json.dumps(asdict(told))]
    # Nothing of our environment: it may hold the database's password.
    environment = {"PYTHONPATH": str(_HOUSE), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        with theirs:
            process = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                process_group=0,  # Ctrl-C is for the worker
                pass_fds=(notes,),
            )
        channel = Channel(ours)
        channel.set_deadline(Deadline(START_SECONDS))
        channel.receive()  # it says that it is ready
    except OSError as error:
        raise TemporaryFailure(f"a parser cannot be started: {error.strerror}") from error
    except BrokenFrame as error:
        process.kill()
        raise TemporaryFailure(f"a parser ended at its start with {process.wait()}") from error
    return process, channel


def _declared(head: Mapping[str, Any], name: str = "parts") -> list[tuple[str, int]]:
    try:
        declared = [(str(part), int(length)) for part, length in head[name]]
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("answer declares no parts") from error
    if any(length < 0 for _, length in declared):
        raise BrokenFrame("a part of negative length")
    return declared
