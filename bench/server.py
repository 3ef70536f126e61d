"""A real postbus of our own, for tests and measurements: own folder, free loopback port, ended by pid.

`RunningPostbus` starts `postbus serve` as a user would and knows the processes below it.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.postbus_command import COMMAND
from bench.warm_command import warm_command

# Each process costs a start most of a second of processor time. Where nothing is rendered, and where the doors are not
# what a test is about, these settings leave out what it has no use for.
NO_RENDERER = {"RENDERING__SOCKET": "/nonexistent/renderer"}
LEAN = {**NO_RENDERER, "SMTP__DOORS": "1"}
# What `init` and `tenant add` look at; by any other setting the same folder is made.
_LOOKED_AT = ("CONFIG", "ADDRESSES", "PLANS", "DATABASE", "SMTP__HOSTNAME", "SMTP__TLS", "SMTP__STARTTLS")
_PREFIXES = tuple(f"POSTBUS_{name}" for name in _LOOKED_AT)
# Folders that `set_up` made in this process, by what was asked for, and the import address.
_made: dict[tuple[object, ...], tuple[tempfile.TemporaryDirectory[str], str]] = {}


class RunningPostbus:
    """`postbus serve` on a folder; as a context manager it stops at the end, whatever happened."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are environment variables without their prefix, for example SMTP__MAX_MESSAGE_OCTETS."""
        self.data = data
        self.port = 0
        self.places: dict[str, str] = {}  # where it listens, by kind: smtp, smtps, lmtp
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("POSTBUS_")}
        self.environment |= {"POSTBUS_DATA": str(data), "POSTBUS_SMTP__LISTEN": "127.0.0.1:0"}
        # All clients of a test or a measurement are one address, and hasty.
        self.environment |= {
            "POSTBUS_SMTP__MAX_CONNECTIONS": "20000",
            "POSTBUS_SMTP__MAX_CONNECTIONS_PER_ADDRESS": "20000",
            "POSTBUS_SMTP__MAX_MESSAGES": "1000000",
        }
        self.environment |= {f"POSTBUS_{name}": value for name, value in (settings or {}).items()}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log_file(self) -> Path:
        """What it wrote to stderr, over all its lives."""
        return self.data.parent / f"{self.data.name}.log"

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log about one event; a line that is being written is not there yet."""
        lines = self.log_file.read_text(encoding="utf-8").splitlines(keepends=True)
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
        return [entry for entry in entries if entry["event"] == event]

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def set_up(self, tenant: str = "bench", *arguments: str) -> str:
        """Initialise the folder and make a tenant; returns its import address. What was made before is copied."""
        settings = {name: text for name, text in self.environment.items() if name.startswith(_PREFIXES)}
        wanted = (tenant, *arguments, *sorted(settings.items()))
        if wanted in _made and not self.data.exists():
            folder, address = _made[wanted]
            shutil.copytree(folder.name, self.data)
            return address
        self.command("init")
        address = str(self.rows("tenant", "add", tenant, *arguments)[0]["import_address"])
        if "POSTBUS_DATABASE__URL" not in settings:
            _made[wanted] = (tempfile.TemporaryDirectory(), address)
            shutil.copytree(self.data, _made[wanted][0].name, dirs_exist_ok=True)
        return address

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run `postbus ARGUMENTS` on the same folder and settings."""
        if "serve" in arguments:
            return subprocess.run([COMMAND, *arguments], env=self.environment, check=check, capture_output=True)
        result = warm_command.run(arguments, self.environment)
        if check:
            result.check_returncode()
        return result

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects of `postbus ARGUMENTS --json`."""
        return [json.loads(line) for line in self.command(*arguments, "--json").stdout.splitlines()]

    def start(self, seconds: float = 150.0) -> None:
        """Start it; returns once it said `ready`. Raises RuntimeError with its last words when it did not."""
        with self.log_file.open("a") as log:
            self._process = subprocess.Popen(
                [COMMAND, "serve"], env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        watchdog = threading.Timer(seconds, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line.startswith("ready smtp="):
            raise RuntimeError(f"postbus did not get ready: {self.log_file.read_text()[-2000:]}")
        self.places = dict(word.split("=", 1) for word in line.split()[1:])
        self.port = int(self.places["smtp"].rpartition(":")[2])

    def stop(self, seconds: float = 90.0) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL to the supervisor alone, and wait until all its processes are gone with it."""
        if self._process is None or self._process.poll() is not None:
            return
        below = list(self.processes())
        self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + 10
        while any(_lives(pid) for pid, _ in below) and time.monotonic() < deadline:
            time.sleep(0.01)

    def processes(self) -> Iterator[tuple[int, str]]:
        """Every process of it as (pid, role), the supervisor first."""
        yield from processes_below(self.pid, "supervisor")

    def pid_of(self, role: str) -> int:
        """The process id of a role: door, worker, jobs, renderer."""
        return next(pid for pid, name in self.processes() if name == role)

    def doors(self) -> list[int]:
        """The process ids of all doors."""
        return [pid for pid, role in self.processes() if role == "door"]

    def until_settled(self, seconds: float = 150.0, *, with_jobs: bool = False) -> None:
        """Wait until the journal is empty (and no job waits). Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while (status := self.rows("status")[0])["journal_pending"] or (with_jobs and status["jobs_pending"]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not settled: {status}; {self.log_file.read_text()[-2000:]}")
            time.sleep(0.1)


def _lives(pid: int) -> bool:
    """Whether a process runs: a dead one that nobody has asked about yet holds nothing any more."""
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def processes_below(pid: int, role: str) -> Iterator[tuple[int, str]]:
    """A process, called `role`, and every process below it, as (pid, role)."""
    yield pid, role
    # A process belongs to the thread that started it.
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in thread.read_text().split():
                yield from processes_below(int(child), _role_of(int(child)))


def _role_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "gone"
    if "receiver.process" in words:
        return words[words.index("receiver.process") + 1]
    modules = [word for word in words if word.startswith("receiver.")]
    return modules[0].rpartition(".")[2] if modules else Path(words[0]).name


def resident_octets(pid: int) -> int:
    """Resident memory of a process now, shared pages included; 0 when it is gone."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def forget_peak(pid: int) -> None:
    """Let `peak_octets` begin anew (proc(5), clear_refs)."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_octets(pid: int) -> int:
    """The most resident memory a process had since `forget_peak`; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


class Growth:
    """How much the resident memory of processes grew at its highest, from the moment this is made."""

    def __init__(self, pids: list[int]) -> None:
        for pid in pids:
            forget_peak(pid)
        self._before = {pid: resident_octets(pid) for pid in pids}

    def octets(self) -> int:
        """The sum over all processes."""
        return sum(max(0, peak_octets(pid) - before) for pid, before in self._before.items())


def processor_seconds(pid: int) -> float:
    """User and system time of a process and of its ended children so far; 0 when it is gone."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0
