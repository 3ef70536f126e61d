"""Start processes, start again what dies, stop in order.

Knows nothing of mail: a child is a role, a name and perhaps a listening socket. A process that dies is started again
at once, then after a growing pause while it keeps dying.
Raises StartFailed when one does not get ready at the first start.
"""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import structlog

from receiver.tally import regions

STEADY_SECONDS = 30.0  # who lived this long has no bad start behind it
LONGEST_PAUSE = 30.0
READY_SECONDS = 60.0
# What a child says when it is ready; anything else it says is why it cannot be.
READY = b"1"
_LONGEST_WORDS = 4096

log = structlog.get_logger()


class StartFailed(Exception):
    """A process did not get ready; the text says which, and where to look."""


class Child:
    """One process of ours, which may live several lives."""

    def __init__(  # noqa: PLR0913 - what a child is given, spelled out where it is made
        self,
        role: str,
        name: str,
        settings: bytes,
        stop_seconds: float,
        listener: socket.socket | None = None,
        *,
        shared_fd: int | None = None,
    ) -> None:
        self.role = role
        self.name = name
        self._settings = settings
        self.stop_seconds = stop_seconds
        self._listener = listener
        self._shared_fd = shared_fd
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._may_start_at = 0.0
        self._failures = 0

    def start(self) -> int:
        """Start it with its settings (JSON) on standard input; returns the descriptor on which it says it is ready.

        Raises StartFailed when the system has no process, memory or descriptor left for it.
        """
        try:
            return self._start()
        except OSError as error:
            raise StartFailed(f"{self.name}: cannot be started ({error.strerror})") from error

    def _start(self) -> int:
        ready_read, ready_write = os.pipe()
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, ready_write)
            on_failure = opened.enter_context(contextlib.ExitStack())
            on_failure.callback(os.close, ready_read)
            self._process = self._run(ready_write)
            on_failure.pop_all()
        self._started_at = time.monotonic()
        return ready_read

    def _run(self, ready_write: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "receiver.process", self.role, "--name", self.name]
        command += ["--supervisor", str(os.getpid()), "--ready-fd", str(ready_write)]
        passed = [ready_write]
        if self._listener is not None:
            command += ["--listen-fd", str(self._listener.fileno())]
            passed.append(self._listener.fileno())
        if self._shared_fd is not None:
            command += ["--shared-fd", str(self._shared_fd)]
            passed.append(self._shared_fd)
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then drains.
        with os.fdopen(os.memfd_create("settings"), "w+b") as handed_over, regions.region() as region:
            handed_over.write(self._settings)
            handed_over.seek(0)
            if self.role != "renderer":  # it is taken to be hostile, and would count what it likes
                command += ["--tally-fd", str(region.descriptor)]
                passed.append(region.descriptor)
            region.process = subprocess.Popen(command, stdin=handed_over, pass_fds=passed, start_new_session=True)
            return region.process

    def restart_if_dead(self) -> None:
        """Start it again when it has died and its pause is over."""
        now = time.monotonic()
        if self._process is not None and (status := self._process.poll()) is not None:
            self._failures = 1 if now - self._started_at > STEADY_SECONDS else self._failures + 1
            self._process = None
            log.error("process_died", name=self.name, status=status, restart_in_seconds=self._put_off(now))
        if self._process is None and now >= self._may_start_at:
            try:
                os.close(self.start())
            except StartFailed as failure:
                self._failures += 1
                log.error("process_not_started", reason=str(failure), restart_in_seconds=self._put_off(now))

    def _put_off(self, now: float) -> float:
        pause = 0.0 if self._failures == 1 else min(LONGEST_PAUSE, 2.0 ** (self._failures - 2))
        self._may_start_at = now + pause
        return pause

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def await_end(self, deadline: float) -> None:
        """Wait for its end until `deadline` (monotonic), then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("process_killed", name=self.name)
            self._process.kill()
            self._process.wait()


class Supervisor:
    """Keeps a list of children alive; they start in its order and stop in the opposite one."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._is_stopping

    def request_stop(self, *_signal: object) -> None:
        """Make `watch` and `start` return; may be called from a signal handler."""
        self._is_stopping = True
        self.wake()

    def wake(self, *_signal: object) -> None:
        """Look at the children now; may be called from a signal handler (SIGCHLD)."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"!")

    def start(self) -> None:
        """Start all and wait until each is ready. Raises StartFailed after stopping what was started."""
        waiting: dict[int, Child] = {}
        deadline = time.monotonic() + READY_SECONDS
        try:
            for child in self._children:
                waiting[child.start()] = child
            while waiting and not self._is_stopping:
                self._await_one(waiting, deadline)
        except StartFailed:
            self.stop()
            raise
        finally:
            for descriptor in waiting:
                os.close(descriptor)

    def watch(self) -> None:
        """Start again what dies, until a stop is asked for."""
        while not self._is_stopping:
            for child in self._children:
                child.restart_if_dead()
            self._sleep(1.0)

    def stop(self) -> None:
        """End the children one role after the other, the last started first."""
        for role in dict.fromkeys(child.role for child in reversed(self._children)):
            group = [child for child in self._children if child.role == role]
            for child in group:
                child.ask_to_stop()
            deadline = time.monotonic() + max(child.stop_seconds for child in group)
            for child in group:
                child.await_end(deadline)

    def _await_one(self, waiting: dict[int, Child], deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            for descriptor in waiting:
                selector.register(descriptor, selectors.EVENT_READ)
            said = selector.select(min(0.5, max(0.0, deadline - time.monotonic())))
        for key, _ in said:
            child = waiting.pop(key.fd)
            words = os.read(key.fd, _LONGEST_WORDS)
            os.close(key.fd)
            if words != READY and not self._is_stopping:
                why = words.decode(errors="replace") or "ended before it was ready; its last log line says why"
                raise StartFailed(f"{child.name}: {why}")
        if waiting and time.monotonic() > deadline:
            names = ", ".join(child.name for child in waiting.values())
            raise StartFailed(f"{names}: not ready after {READY_SECONDS:.0f} seconds; look at the log above")

    def _sleep(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            selector.select(seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
