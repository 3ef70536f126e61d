"""Run one program on hostile input: with a deadline, a group of its own, limits, and bounded output.

At the end, whatever the end was, the whole process group is killed (by a thread, a second later at the most, where the
output was whole before). Never uses a shell, never passes on our
environment or descriptors, and puts no trust in the exit code.
"""

import os
import select
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

PIPE_OCTETS = 64 * 1024
MAX_STDERR = 8 * 1024
# How often it is asked whether what a program keeps on disk still fits.
WATCH_SECONDS = 0.05
# What a program has to tidy up once its output is whole, while its caller goes on.
TIDY_SECONDS = 1.0
# Of a child that runs a module of this house; nothing of our own environment.
MODULE_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use; octets and seconds of CPU time."""

    seconds: float
    output_octets: int
    cpu_seconds: int = 20
    file_octets: int = 64 * 1024**2
    data_octets: int = 768 * 1024**2
    # JavaScriptCore reserves 1.5 GB of addresses that it never uses.
    address_octets: int = 2560 * 1024**2
    files: int = 128

    def command(self) -> list[str]:
        """The prlimit(1) prefix of a command line. No limit on processes: QtWebKit then hangs for ever."""
        return [
            "/usr/bin/prlimit",
            "--core=0",
            f"--cpu={self.cpu_seconds}",
            f"--fsize={self.file_octets}",
            f"--data={self.data_octets}",
            f"--as={self.address_octets}",
            f"--nofile={self.files}",
        ]


Whole = Callable[[bytearray], bool]


@dataclass(frozen=True, slots=True)
class Besides:
    """What a program has besides its three pipes: descriptors of ours that stay open in it, and a place on disk.

    `fits` is asked again and again whether what lies there is bearable; no ends the program as too much output does.
    `is_whole` is asked of its output whether it is all there: nobody waits for a program to tidy up.
    """

    descriptors: tuple[int, ...] = ()
    fits: Callable[[], bool] | None = None
    is_whole: Whole | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program wrote, and how it ended."""

    stdout: bytes
    stderr: bytes
    end: Literal["finished", "deadline", "output"]


def run(
    command: Sequence[str],
    octets: bytes,
    limits: Limits,
    environment: Mapping[str, str],
    besides: Besides = Besides(),
) -> Outcome:
    """Feed `octets` to `command` and collect what it writes. Raises OSError when it cannot be started."""
    process = subprocess.Popen(
        [*limits.command(), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
        pass_fds=besides.descriptors,
        bufsize=0,
    )
    exchange = _Exchange(process, octets, limits, besides)
    try:
        return exchange.run()
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
        if exchange.is_left_early:
            threading.Thread(target=_end, args=(process, TIDY_SECONDS), name="tidying").start()
        else:
            _end(process, 0)


def _end(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Kill the whole group, after `seconds` at the latest: a sandbox that is killed leaves what it holds to init."""
    if seconds:
        ended, poll = os.pidfd_open(process.pid), select.poll()
        poll.register(ended, select.POLLIN)
        poll.poll(1000 * seconds)
        os.close(ended)
    # Not reaped yet, so the number is still its own.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Exchange:
    """The three pipes of one running program."""

    def __init__(self, process: "subprocess.Popen[bytes]", octets: bytes, limits: Limits, besides: Besides) -> None:
        if not (process.stdin and process.stdout and process.stderr):
            raise ValueError("a program without its three pipes")
        self._input = process.stdin
        self._stdin = process.stdin.fileno()
        self._stdout = process.stdout.fileno()
        self._stderr = process.stderr.fileno()
        self._rest = memoryview(octets)
        self._limits = limits
        self._fits, self._is_whole = besides.fits, besides.is_whole
        self.is_left_early = False
        self._collected = {self._stdout: bytearray(), self._stderr: bytearray()}

    def run(self) -> Outcome:
        """Until both outputs end, the deadline passes or too much was written."""
        deadline = time.monotonic() + self._limits.seconds
        with selectors.DefaultSelector() as selector:
            for descriptor, event in (
                (self._stdin, selectors.EVENT_WRITE),
                (self._stdout, selectors.EVENT_READ),
                (self._stderr, selectors.EVENT_READ),
            ):
                os.set_blocking(descriptor, False)
                selector.register(descriptor, event)
            while selector.get_map().keys() & self._collected.keys():
                left = deadline - time.monotonic()
                if left <= 0:
                    return self._outcome("deadline")
                for key, _ in selector.select(min(left, WATCH_SECONDS) if self._fits else left):
                    self._exchange(key.fd, selector)
                written = self._collected[self._stdout]
                if len(written) > self._limits.output_octets or (self._fits and not self._fits()):
                    return self._outcome("output")
                if self._is_whole and self._is_whole(written):
                    self.is_left_early = True
                    break
        return self._outcome("finished")

    def _exchange(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        is_open = self._feed() if descriptor == self._stdin else self._collect(descriptor)
        if not is_open:
            selector.unregister(descriptor)
            if descriptor == self._stdin:
                self._input.close()  # the program reads to the end of its input

    def _feed(self) -> bool:
        try:
            self._rest = self._rest[os.write(self._stdin, self._rest[:PIPE_OCTETS]) :]
        except BrokenPipeError:
            return False
        return bool(self._rest)

    def _collect(self, descriptor: int) -> bool:
        octets = os.read(descriptor, PIPE_OCTETS)
        collected = self._collected[descriptor]
        if descriptor == self._stdout or len(collected) < MAX_STDERR:
            collected += octets
        return bool(octets)

    def _outcome(self, end: Literal["finished", "deadline", "output"]) -> Outcome:
        return Outcome(bytes(self._collected[self._stdout]), bytes(self._collected[self._stderr]), end)
