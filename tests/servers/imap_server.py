"""What every private IMAP server of the tests has: own folder, loopback only, two ports, users, ended by pid.

Started by root a server goes on as nobody, who must be able to pass through to its folder: without one it makes its own
in the system's temporary folder, gone at the end (pytest's are closed to others). Raises RuntimeError with its last
words when it does not start; ports that somebody else took meanwhile are replaced by others.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from bench.postfix import free_port
from bench.server import processes_below, processor_seconds
from tests.servers import snapshot
from tests.servers.authority import Authority, CertificateKind

NOBODY = 65534
TOOLS = Path(__file__).parents[2] / ".tools"
# Between a look at a free port and the server's bind, another test run may take it.
_ATTEMPTS = 5


class ImapServer(ABC):
    """A server for `users` (password by address) with STARTTLS on `starttls_port` and TLS on `tls_port`.

    `certificate` says what is wrong with its certificate, if anything; `ca_file` is the authority that signed it;
    `settings` are lines of its configuration beyond ours. From loopback it may take passwords without TLS too.
    """

    name: ClassVar[str]
    host = "localhost"

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        folder: Path | None = None,
        certificate: CertificateKind = "good",
        settings: str = "",
    ) -> None:
        self.users = dict(users)
        self._is_ours = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"postbus-{self.name.lower()}-"))
        self._kind: CertificateKind = certificate
        self._settings = settings
        self.tls_port = self.starttls_port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def why_not(cls) -> str | None:
        """Why it cannot run on this machine; None when it can."""

    @abstractmethod
    def set_password(self, user: str, password: str) -> None:
        """Add a user or change a password; at its return the server has noticed."""

    @abstractmethod
    def deliver(self, user: str, octets: bytes, internal_date: datetime, mailbox: str = "INBOX") -> Path | None:
        """File a mail with this INTERNALDATE, its mailbox made if need be; says where it stands, if in a file."""

    def name_of(self, mailbox: str) -> str:
        """How the server calls the mailbox that `deliver` calls so."""
        return mailbox

    @abstractmethod
    def _prepare(self) -> None:
        """Write what the server reads, for the ports of now."""

    @abstractmethod
    def _command(self) -> list[str]:
        """What to start, in the foreground."""

    @property
    def pid(self) -> int:
        """The process id of its master."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it said so far."""
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self._authority = Authority(self.folder)
        self.ca_file = self._authority.file
        self._certificate = self._authority.certificate(self._kind)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._is_ours:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start, on other ports than before only when those are taken."""
        for _ in range(_ATTEMPTS):
            self.tls_port, self.starttls_port = self.tls_port or free_port(), self.starttls_port or free_port()
            self._prepare()
            with (self.folder / "log").open("ab") as said:
                # A session of its own: Cyrus ends by a signal to its whole group.
                self._process = subprocess.Popen(
                    self._command(), stdout=said, stderr=said, start_new_session=True, **self._run_as()
                )
            if self._until_ready():
                return
            self.stop()
            self.tls_port = self.starttls_port = 0
        raise RuntimeError(f"{self.name} did not start: {self.log[-2000:]}")

    def stop(self) -> None:
        """End all its processes."""
        if self._process is None or self._process.poll() is not None:
            return
        below = {pid: _words_of(pid) for pid, _ in processes_below(self.pid, "master")}
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)  # what it may do after that helps nobody
        for pid, words in below.items():
            if _words_of(pid) == words:  # the number may be another's by now
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def login(self, user: str) -> snapshot.Login:
        """How the owner of a mailbox logs in."""
        return snapshot.Login(self.host, self.tls_port, self.ca_file, user, self.users[user])

    def snapshot(self, user: str) -> snapshot.Snapshot:
        """UIDs, flags, counts, UIDVALIDITY and HIGHESTMODSEQ (where the server has it) of all mailboxes."""
        return snapshot.take(self.login(user))

    def processor_seconds(self) -> float:
        """User and system time of all its processes so far."""
        return sum(processor_seconds(pid) for pid, _ in processes_below(self.pid, "master"))

    def _run_as(self) -> dict[str, Any]:
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    def _own(self, *paths: Path) -> None:
        """Give files and folders (not what is in them) to whom the server runs as."""
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def _until_ready(self) -> bool:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                return False
            if _greets(self.starttls_port):
                return True
            time.sleep(0.05)
        return False


def _greets(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        return connection.recv(4) == b"* OK"
    return False


def _words_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""
