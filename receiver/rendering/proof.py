"""Prove a sandbox: have a probe try to break out of it, in wkhtmltopdf's place, by the same words and the same filter.

Each attempt is made without the sandbox too: what fails there as well proves nothing and is told as such. What the
probe says of itself is not all: the canary's listener and files are looked at as well.
Raises NotRendered when the probe cannot be started.
"""

import json
import os
import socket
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from receiver.rendering import bounded_run, sandbox
from receiver.rendering.bounded_run import Limits
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import Confinement, Kind, Program

SECONDS = 3.0
CANARY = b"a page must never see this"
Result = Literal["stopped", "succeeded", "unproved"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one: stopped by `error` (a name of errno(3)), succeeded, or impossible without a sandbox too."""

    name: str
    result: Result
    error: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What holds pages on this machine, and what the probe could do in there."""

    kind: Kind
    attempts: tuple[Attempt, ...]


def probe_program() -> Program:
    """Python in wkhtmltopdf's place, with its standard library beside the shared ones."""
    found = sandbox.find_program(str(Path(sys.executable).resolve()))
    return replace(found, reads=(Path(sysconfig.get_path("stdlib")).resolve(),))


def probe_command(program: Program, attempts: list[tuple[str, str, object]]) -> list[str]:
    """The command line that makes these attempts: (name, how, on what)."""
    script = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
    return [str(program.path), "-I", "-S", "-B", "-c", script, json.dumps(attempts)]


def prove(confine: Callable[[Program], Confinement], port: int | None = None) -> Proof:
    """Attempts to read, write, connect, start and signal from inside what `confine` makes for the probe.

    `port`: of a listener of the caller's on loopback, who will know whether it was reached.
    """
    program = probe_program()
    confinement = confine(program)
    with _canary(port) as canary:
        command = probe_command(program, canary.attempts)
        without = _answer(bounded_run.run, command, sandbox.ENVIRONMENT)
        canary.forget()
        within = _answer(lambda *asked: confinement.run(*asked[:3]), command, {})
        touched = canary.touched()
    return Proof(confinement.kind, tuple(_judge(name, within, without, touched) for name, _, _ in canary.attempts))


def _judge(name: str, within: Mapping[str, str], without: Mapping[str, str], touched: set[str]) -> Attempt:
    if within.get(name) == "" or name in touched:
        return Attempt(name, "succeeded")
    if without.get(name) != "":
        return Attempt(name, "unproved", without.get(name, ""))
    return Attempt(name, "stopped", within[name]) if name in within else Attempt(name, "unproved")


def _answer(
    run: Callable[[list[str], bytes, Limits, Mapping[str, str]], bounded_run.Outcome],
    command: list[str],
    environment: Mapping[str, str],
) -> dict[str, str]:
    outcome = run(command, b"", Limits(SECONDS, 10_000), environment)
    with suppress(ValueError):
        answer = json.loads(outcome.stdout)
        if isinstance(answer, dict):
            return {str(name): str(error) for name, error in answer.items()}
    said = outcome.stderr.decode("ascii", "replace").strip().rpartition("\n")[2]
    raise NotRendered("render_sandbox_refused", detail="".join(filter(str.isprintable, said))[:200] or outcome.end)


class _Canary:
    """A file to read, a place to write to, a listener to connect to: outside, where no page may reach."""

    def __init__(self, folder: Path, listener: socket.socket, port: int | None) -> None:
        self._listener = listener
        self._written = folder / "written"
        (folder / "canary").write_bytes(CANARY)
        self.attempts: list[tuple[str, str, object]] = [
            ("read", "read", str(folder / "canary")),
            ("write", "write", str(self._written)),
            ("connect", "connect_unix", str(folder / "listener")),
            *([("connect_loopback", "connect_tcp", port)] if port else []),
            ("start", "start", None),
            ("signal", "signal", os.getpid()),
            ("write_and_execute", "write_and_execute", None),
        ]

    def forget(self) -> None:
        """What was done without the sandbox."""
        self._written.unlink(missing_ok=True)
        self._heard()

    def touched(self) -> set[str]:
        """The attempts that left a trace."""
        return ({"write"} if self._written.exists() else set()) | ({"connect"} if self._heard() else set())

    def _heard(self) -> int:
        heard = 0
        with suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()
                heard += 1
        return heard


@contextmanager
def _canary(port: int | None) -> Iterator[_Canary]:
    with tempfile.TemporaryDirectory(prefix="postbus-canary-") as name, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{name}/listener")
        listener.listen()
        listener.setblocking(False)
        yield _Canary(Path(name), listener, port)
