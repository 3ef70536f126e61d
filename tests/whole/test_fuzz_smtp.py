"""Made-up hostile dialogues against sessions in virtual time, the short version of `./dev fuzz smtp`."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog

from bench.fuzz import KEPT, Course, Range, Script, run, seeds
from bench.virtual_time import Standstill, VirtualLoop


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    """The fuzzer silences what it runs."""
    yield
    logging.disable(logging.NOTSET)
    structlog.reset_defaults()


def test_no_dialogue_breaks_a_session() -> None:
    """Nothing raised but the two families, nothing told of our insides, no session without an end."""
    campaign = run(seconds=4.0, seed=20261122, known=seeds(KEPT))
    assert campaign.scripts > 300
    assert [(script.to_json(), faults) for script, faults in campaign.found] == []


def test_a_valid_dialogue_is_kept_whole() -> None:
    """The fuzzer's sessions take mail as a door does, or it would prove nothing."""
    course = Range().run(seeds(KEPT)[0])
    assert course == Course([], course.replies, kept=1, reason="quit")


def test_a_client_that_stays_silent_is_parted_from() -> None:
    """Virtual time passes the idle timer, and the client hears why."""
    course = Range().run(Script((b"EHLO client.example\r\n",), "silence", seed=1))
    assert course.faults == []
    assert course.reason == "idle"
    assert course.replies[-1].startswith(b"421 ")


def test_scripts_survive_their_file() -> None:
    """What is kept is what was run."""
    script = Script((b"\x00\xff\r\n", 12.5), "abort", 77)
    assert Script.from_json(script.to_json()) == script


def test_virtual_time_tells_a_standstill() -> None:
    """Waiting for what no timer and no octet will bring is an error at once."""
    loop = VirtualLoop()
    with pytest.raises(Standstill):
        loop.run_until_complete(loop.create_future())
    started = loop.time()
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() - started >= 3600
