"""Standard error that nobody reads: lines are lost and counted, nobody waits, and what comes later is whole."""

import fcntl
import json
import os
import pty
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from receiver.log_stream import LastingStream

LINE = "x" * 200 + "\n"


@dataclass
class Ends:
    """Where is written, and how its reader takes what there is."""

    descriptor: int
    read: Callable[[], bytes]


def _pipe(stack: ExitStack) -> Ends:
    reading, writing = os.pipe()
    stack.callback(os.close, reading)
    stack.callback(os.close, writing)
    return Ends(writing, lambda: os.read(reading, 1 << 20))


def _journal(stack: ExitStack) -> Ends:
    ours, theirs = (stack.enter_context(end) for end in socket.socketpair())
    return Ends(ours.fileno(), lambda: theirs.recv(1 << 20))


def _terminal(stack: ExitStack) -> Ends:
    reading, writing = pty.openpty()
    stack.callback(os.close, reading)
    stack.callback(os.close, writing)
    return Ends(writing, lambda: os.read(reading, 1 << 20))


@pytest.fixture(name="ends", params=[_pipe, _journal, _terminal])
def _ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    with ExitStack() as stack:
        yield request.param(stack)


def fill(stream: LastingStream) -> int:
    """Write until a line is lost; how many were not."""
    written = 0
    while not stream.lost:
        stream.write(LINE)
        written += not stream.lost
        assert written < 100_000
    return written


def test_nobody_waits_for_a_reader(ends: Ends) -> None:
    """Whatever stands behind standard error may be full: the writer goes on, and others' descriptor stays as it is."""
    stream = LastingStream(ends.descriptor)
    assert fill(stream) > 5
    for _ in range(10):
        stream.write(LINE)
    assert stream.lost == 11
    assert not fcntl.fcntl(ends.descriptor, fcntl.F_GETFL) & os.O_NONBLOCK


def test_lines_are_whole_again_once_somebody_reads(ends: Ends) -> None:
    """The first line that can be written again stands alone, and the count begins anew."""
    stream = LastingStream(ends.descriptor)
    fill(stream)
    heard = b""
    while stream.lost:
        heard += ends.read()
        stream.write("after\n")
    while not heard.endswith((b"after\n", b"after\r\n")):
        heard += ends.read()
    *lines, rest = heard.replace(b"\r\n", b"\n").split(b"\n")
    assert (lines[-1], rest) == (b"after", b"")
    assert set(lines[:-1]) - {b"x" * 200} <= {b"x" * size for size in range(200)}
    assert sum(line != b"x" * 200 for line in lines[:-1]) <= 1


def test_a_reader_that_is_gone_harms_nothing() -> None:
    """A pipe without a reader, from the start or later: lines are lost, nothing is raised."""
    reading, writing = os.pipe()
    early = LastingStream(writing)
    os.close(reading)
    late = LastingStream(writing)
    for stream in (early, late):
        stream.write(LINE)
        assert stream.lost == 1
    os.close(writing)


PROGRAM = """
import sys, structlog
from receiver import logs
from receiver.config import LogSettings
logs.configure(LogSettings(format="json"), process="door-1")
log = structlog.get_logger()
for number in range(2000):
    log.info("something_happened", number=number)
print("done", flush=True)
sys.stdin.readline()
log.info("something_else_happened")
"""


def test_the_next_line_tells_how_many_were_lost() -> None:
    """An operator who comes back to the log learns that there is a gap, and how wide it is."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"done\n"
        first = os.read(process.stderr.fileno(), 1 << 20)
        process.stdin.write(b"\n")
        process.stdin.close()
        rest = process.stderr.read()
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    assert lines[-1]["event"] == "something_else_happened"
    assert lines[-1]["lines_lost"] == 2000 - len(lines[:-1]) > 0
    assert all("lines_lost" not in line for line in lines[:-1])
