"""Start processes, start again what dies, replace them with others, stop in order.

Knows nothing of mail: a child is a role, a name and perhaps listening sockets. A process that dies is started again
at once, then after a growing pause while it keeps dying. A process with listening sockets is replaced by one that is
ready before it is told to stop, so that no connection is lost; any other by one that starts when it has ended.
Raises StartFailed when one does not get ready at the first start.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import structlog

from receiver.listening import Listener
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
        listeners: Sequence[Listener] = (),
        *,
        shared_fd: int | None = None,
        forget: Callable[[], None] | None = None,
    ) -> None:
        """`forget` is called each time its process has ended, before another one takes its place."""
        self.role = role
        self.name = name
        self._settings = settings
        self.stop_seconds = stop_seconds
        self._listeners = listeners
        self._shared_fd = shared_fd
        self._forget = forget
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._may_start_at = 0.0
        self._failures = 0
        self._predecessor: Child | None = None

    @property
    def is_door(self) -> bool:
        """Whether it shares listening sockets, so that two may live side by side."""
        return bool(self._listeners)

    @property
    def has_ended(self) -> bool:
        """Whether there is no process of it."""
        return self._process is None or self._process.poll() is not None

    def start_after(self, predecessor: "Child") -> None:
        """Let `restart_if_dead` wait until another one has ended."""
        self._predecessor = predecessor

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
        for listener in self._listeners:
            command += ["--listen", f"{listener.kind}={listener.socket.fileno()}"]
            passed.append(listener.socket.fileno())
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
            # SIGHUP is for the supervisor alone. The child ignores it once it can, and then lets it in.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
            try:
                region.process = subprocess.Popen(
                    command, stdin=handed_over, pass_fds=passed, start_new_session=True, env=_environment()
                )
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return region.process

    def restart_if_dead(self) -> None:
        """Start it again when it has died and its pause is over."""
        if self._predecessor is not None and not self._predecessor.has_ended:
            return
        self._predecessor = None
        now = time.monotonic()
        if self._process is not None and (status := self._process.poll()) is not None:
            self._failures = 1 if now - self._started_at > STEADY_SECONDS else self._failures + 1
            self.bury()
            log.error("process_died", name=self.name, status=status, restart_in_seconds=self._put_off(now))
        if self._process is None and now >= self._may_start_at:
            try:
                os.close(self.start())
            except StartFailed as failure:
                self._failures += 1
                log.error("process_not_started", reason=str(failure), restart_in_seconds=self._put_off(now))

    def bury(self) -> None:
        """Forget a process that has ended."""
        self._process = None
        if self._forget is not None:
            self._forget()

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

    def __init__(self, children: Sequence[Child], renew: Callable[[set[str]], Sequence[Child] | None]) -> None:
        """`renew` gives the children for a reload, whose doors bear none of the names given; None: all stays."""
        self._children = list(children)
        self._renew = renew
        self._leaving: dict[Child, float] = {}  # told to stop, and when they are killed
        self._is_reload_wanted = False
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

    def request_reload(self, *_signal: object) -> None:
        """Replace the children as soon as none is leaving any more; may be called from a signal handler (SIGHUP)."""
        self._is_reload_wanted = True
        self.wake()

    def wake(self, *_signal: object) -> None:
        """Look at the children now; may be called from a signal handler (SIGCHLD)."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"!")

    def start(self) -> None:
        """Start all and wait until each is ready. Raises StartFailed after stopping what was started."""
        try:
            self._bring_up(self._children)
        except StartFailed:
            self.stop()
            raise

    def watch(self) -> None:
        """Start again what dies and reload when asked to, until a stop is asked for."""
        while not self._is_stopping:
            self._see_off()
            # Two generations at most: else an impatient hand would fill the machine with draining doors.
            if self._is_reload_wanted and not self._leaving:
                self._is_reload_wanted = False
                self._reload()
            for child in self._children:
                child.restart_if_dead()
            self._sleep(1.0)

    def stop(self) -> None:
        """End the children one role after the other, the last started first."""
        everyone = [*self._leaving, *self._children]
        for role in dict.fromkeys(child.role for child in reversed(everyone)):
            group = [child for child in everyone if child.role == role]
            for child in group:
                child.ask_to_stop()
            deadline = time.monotonic() + max(child.stop_seconds for child in group)
            for child in group:
                child.await_end(deadline)

    def _bring_up(self, children: Sequence[Child]) -> None:
        waiting: dict[int, Child] = {}
        deadline = time.monotonic() + READY_SECONDS
        try:
            for child in children:
                waiting[child.start()] = child
            while waiting and not self._is_stopping:
                self._await_one(waiting, deadline)
        finally:
            for descriptor in waiting:
                os.close(descriptor)

    def _reload(self) -> None:
        fresh = self._renew({child.name for child in self._children})
        if fresh is None or not self._replace_doors([child for child in fresh if child.is_door]):
            return
        for child in [child for child in self._children if not child.is_door]:
            for successor in fresh:
                if successor.role == child.role:
                    successor.start_after(child)
            self._retire(child)
        self._children = [
            *(child for child in fresh if not child.is_door),
            *(child for child in self._children if child.is_door),
        ]
        log.info("service_reloaded", processes=[child.name for child in self._children])

    def _replace_doors(self, fresh: Sequence[Child]) -> bool:
        """One by one; False when the first does not get ready (nothing has changed then), or a stop was asked for.

        A later one that does not get ready is given up, and the one whose place it was to take stays.
        """
        old = [child for child in self._children if child.is_door]
        for number, door in enumerate(fresh):
            predecessor = old.pop(0) if old else None
            is_ready = self._gets_ready(door)
            if self._is_stopping or not (is_ready or number):
                return False
            if is_ready and predecessor is not None:
                self._retire(predecessor)
        for door in old:
            self._retire(door)
        return True

    def _gets_ready(self, door: Child) -> bool:
        self._children.append(door)
        try:
            self._bring_up([door])
        except StartFailed as failure:
            log.error("reload_failed", reason=str(failure))
            self._retire(door)
            return False
        return True

    def _retire(self, child: Child) -> None:
        self._children.remove(child)
        self._leave(child)

    def _leave(self, child: Child) -> None:
        child.ask_to_stop()
        self._leaving[child] = time.monotonic() + child.stop_seconds

    def _see_off(self) -> None:
        for child, deadline in list(self._leaving.items()):
            if not child.has_ended and time.monotonic() > deadline:
                child.await_end(deadline)
            if child.has_ended:
                child.bury()
                del self._leaving[child]

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


def _environment() -> dict[str, str]:
    """Ours without settings: a child gets those that are meant for it, and no secret by the back door."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POSTBUS_")}
