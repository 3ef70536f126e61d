"""Made-up hostile dialogues against sessions in virtual time, the short version of `./dev fuzz smtp`."""

import asyncio
import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bench.fuzz import run
from bench.fuzzing import corpus, decoders
from bench.fuzzing.doors import KINDS, DoorKind
from bench.fuzzing.range import Course, Range
from bench.fuzzing.scripts import HANDSHAKE, Script
from bench.fuzzing.words import DIALOGUES
from bench.virtual_time import Standstill, VirtualLoop
from receiver.smtp.handler import ImportSession

GREET = b"EHLO client.example\r\n"


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    """The fuzzer takes the logs of the process it runs in."""
    yield
    logging.disable(logging.NOTSET)
    structlog.reset_defaults()


def test_no_kept_script_breaks_a_session() -> None:
    """What an hour of fuzzing came upon, distilled: every promise holds in each."""
    place, scripts = Range(), corpus.kept_in(corpus.CHECKED_IN)
    assert len(scripts) >= 20
    assert [(script.to_json(), faults) for script in scripts if (faults := place.run(script).faults)] == []


def test_no_dialogue_breaks_a_session() -> None:
    """Nothing raised but the two families, nothing told of our insides, no session without an end."""
    campaign = run(seconds=4.0, seed=20261122, known=corpus.seeds())
    assert campaign.scripts > 150
    assert [(script.to_json(), faults) for script, faults in campaign.found] == []
    assert campaign.decoder_faults == []


def test_every_first_dialogue_finds_its_way() -> None:
    """The fuzzer's sessions take mail as a door does, in DATA, in chunks and under TLS, or it would prove nothing."""
    place = Range()
    courses = [place.run(script) for script in DIALOGUES]
    assert [course.faults for course in courses if course.faults] == []
    assert sum(course.kept for course in courses) >= 8
    assert courses[0] == Course([], courses[0].replies, courses[0].events, courses[0].paths, 1, "quit")
    assert any("tls_failed" in event for course in courses for event in course.events)
    assert {"too_slow", "session_too_long", "no_progress", "idle"} <= {course.reason for course in courses}


def test_a_client_under_tls_is_heard_and_answered() -> None:
    """After a handshake in the script, what is said and answered is encrypted, and judged like the rest."""
    script = Script((GREET, b"STARTTLS\r\n", HANDSHAKE, GREET, b"STARTTLS\r\n"), seed=1)
    course = Range().run(script)
    assert course.faults == []
    assert course.replies[-1].startswith(b"503 5.5.1 TLS")
    assert course.replies.count(b"250-CHUNKING") == 2


class Telling(ImportSession):
    """A session that tells its client what failed."""

    async def handle_exception(self, error: Exception) -> str:
        return f"500 Error: {error}"


class Waiting(ImportSession):
    """A session that waits for something that never comes."""

    async def smtp_NOOP(self, argument: str) -> None:  # noqa: N802 - aiosmtpd's
        await asyncio.get_running_loop().create_future()


class Keeping(ImportSession):
    """A session that says yes to what it has not kept."""

    async def smtp_DATA(self, argument: str) -> None:  # noqa: N802 - aiosmtpd's
        await self.push("250 2.0.0 accepted as nothing")


@pytest.mark.parametrize(
    ("session", "octets", "words"),
    [(Telling, b"MAIL FROM:<>\r\n", "insides"), (Waiting, b"NOOP\r\n", "still runs"), (Keeping, b"DATA\r\n", "0 kept")],
)
def test_a_broken_session_is_found(session: type[ImportSession], octets: bytes, words: str) -> None:
    """The fuzzer sees what it is there to see."""
    place = Range({"smtp": DoorKind(session=session)})
    scripts = (
        Script((GREET + octets + b"RCPT TO:<invoices@inbox.example>\r\nDATA\r\n",), seed=seed)
        for seed in range(3, 300, 3)
    )
    faults = [fault for script in scripts for fault in place.run(script).faults]
    assert any(words in fault for fault in faults)


def test_a_client_that_stays_silent_is_parted_from() -> None:
    """Virtual time passes the idle timer, and the client hears why."""
    course = Range().run(Script((GREET,), "silence", seed=1))
    assert course.faults == []
    assert course.reason == "idle"
    assert course.replies[-1].startswith(b"421 ")


def test_scripts_survive_their_file(tmp_path: Path) -> None:
    """What is kept is what was run; what a later version cannot read is passed over."""
    script = Script((b"\x00\xff\r\n", 12.5, HANDSHAKE), "abort", 77, "lenient")
    corpus.keep(tmp_path, script)
    corpus.keep(tmp_path, Script((b"x",), door="no such door"))
    (tmp_path / "kept.jsonl").open("a").write("torn {\n")
    corpus.set_aside(tmp_path, "1-0", script)
    assert corpus.kept_in(tmp_path) == corpus.found_in(tmp_path) == [script]


def test_the_few_that_cover_the_most_are_chosen() -> None:
    """Distilled is what adds something, the smaller one first, and no more than asked for."""
    small, large, other, none = (Script((b"x" * size,)) for size in (1, 2, 3, 4))
    traits: dict[Script, set[object]] = {small: {1, 2}, large: {1, 2}, other: {3}, none: set()}
    assert corpus.distil([large, small, none, other], traits.__getitem__, 9) == [small, other]
    assert corpus.distil([large, small, none, other], traits.__getitem__, 1) == [small]


def test_new_scripts_are_told_apart_by_what_they_do() -> None:
    """The same again is not kept; another reply, another line of log or other code is."""
    place = Range()
    first, second = (place.run(Script((GREET, b"QUIT\r\n"), seed=1)) for _ in range(2))
    assert first.traits == second.traits
    assert place.run(Script((GREET, b"QUIT x\r\n"), seed=1)).traits - first.traits


def test_decoders_agree_with_their_references() -> None:
    """Whatever is made up and however it is cut."""
    chance = random.Random(20261122)
    assert [words for _ in range(2000) if (words := decoders.trial(chance))] == []


def test_virtual_time_tells_a_standstill() -> None:
    """Waiting for what no timer and no octet will bring is an error at once."""
    loop = VirtualLoop()
    with pytest.raises(Standstill):
        loop.run_until_complete(loop.create_future())
    started = loop.time()
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() - started >= 3600


def test_every_kind_of_door_has_a_dialogue() -> None:
    """A listener that joins without one would hardly be fuzzed."""
    assert {script.door for script in DIALOGUES} == set(KINDS)
