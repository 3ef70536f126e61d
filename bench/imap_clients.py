"""The clients that `./dev bench imap` measures beside ours: mbsync, getmail6, and a loop on imap-tools.

Each pulls a user's INBOX over TLS into a folder of its own, a second call only what is new. The loop is as
paperless-ngx does it: search since a day, fetch what it does not know whole, in batches, without marking it as seen,
and keep the attachments. Raises NotHere when a client is missing.
"""

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bench.peers import NotHere
from bench.postfix import closed_above
from tests.servers.imap_server import NOBODY

_TOOLS = Path(__file__).parents[1] / ".tools"
_IMAP_TOOLS = "imap-tools==1.16.0"


@dataclass(frozen=True)
class Place:
    """Where and as whom to log in."""

    port: int
    ca_file: Path
    user: str
    password: str


class Client(ABC):
    """A program that pulls into `folder`."""

    name: ClassVar[str]
    idle_memory = 0  # what it takes before it pulls, in octets

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, place: Place) -> None:  # noqa: B027 - most have nothing to prepare
        """What does not count for the pull."""

    def pull(self, place: Place) -> list[int]:
        """Begin a pull; gives the processes whose memory counts. Raises NotHere."""
        with self._log.open("ab") as log:
            command = self._command(place)
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._run_as()
            )
        return [self._process.pid]

    def wait(self, seconds: float) -> int:
        """Until the pull has ended; its exit status, not 0 when it failed."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.close()
            return self._process.wait()

    def close(self) -> None:
        """End whatever runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def last_words(self) -> str:
        """The end of what it said."""
        return self._log.read_text(errors="replace")[-500:] if self._log.exists() else ""

    def remark(self) -> str:
        """What is to be said beside of the last pull."""
        return ""

    @abstractmethod
    def has(self) -> int:
        """How many mails it keeps by now."""

    @abstractmethod
    def _command(self, place: Place) -> list[str]:
        """What pulls once and ends. Raises NotHere."""

    def _run_as(self) -> dict[str, Any]:
        return {}

    @property
    def _log(self) -> Path:
        return self.folder / "log"


class Mbsync(Client):
    """Everything new into a Maildir."""

    name = "mbsync"

    def _command(self, place: Place) -> list[str]:
        # Pipelining is its default.
        configuration = self.folder / "mbsyncrc"
        configuration.write_text(
            f"IMAPStore far\nHost localhost\nPort {place.port}\nUser {place.user}\nPass {place.password}\n"
            f"SSLType IMAPS\nCertificateFile {place.ca_file}\nAuthMechs LOGIN\n\n"
            f"MaildirStore near\nPath {self.folder}/mail/\nInbox {self.folder}/mail/INBOX\n\n"
            "Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nSync PullNew\nCreate Near\nSyncState *\n"
        )
        (self.folder / "mail").mkdir(exist_ok=True)
        return [_program("mbsync", "Debian package isync"), "-q", "-c", str(configuration), "all"]

    def has(self) -> int:
        """Files of its Maildir."""
        return _count(self.folder / "mail" / "INBOX")


# It forks for each mail, waits for the child's signal, and for ever if that comes before it waits: here it asks.
_GETMAIL = """
import os, runpy, sys
from getmailcore.baseclasses import ForkingBase
ForkingBase._prepare_child = lambda self: None
ForkingBase._wait_for_child = lambda self, pid: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Getmail(Client):
    """Everything new into a Maildir."""

    name = "getmail6"

    def _run_as(self) -> dict[str, Any]:
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    def _command(self, place: Place) -> list[str]:
        for name in ("cur", "new", "tmp"):
            (self.folder / "mail" / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "getmailrc").write_text(
            f"[retriever]\ntype = SimpleIMAPSSLRetriever\nserver = localhost\nport = {place.port}\n"
            f"username = {place.user}\npassword = {place.password}\nca_certs = {place.ca_file}\n"
            'mailboxes = ("INBOX",)\nuse_peek = true\ntimeout = 600\n'
            f"[destination]\ntype = Maildir\npath = {self.folder}/mail/\n"
            "[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 0\n"
        )
        program = _program("getmail", "Debian package getmail6")
        if os.geteuid() == 0:  # it refuses to deliver as root
            if closed := closed_above(self.folder.parent):
                raise NotHere(f"{closed} lets nobody through, and it does not deliver as root")
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        # Its own Python has its modules.
        started = ["/usr/bin/python3", "-c", _GETMAIL, program]
        return [*started, "--getmaildir", str(self.folder), "--rcfile", "getmailrc"]

    def has(self) -> int:
        """Files of its Maildir."""
        return _count(self.folder / "mail")


class ImapToolsLoop(Client):
    """The loop; a program of its own, so that its memory is its own."""

    name = "imap-tools loop"

    def _command(self, place: Place) -> list[str]:
        words = (str(place.port), str(place.ca_file), place.user, place.password, str(self.folder))
        return [sys.executable, "-m", "bench.imap_loop", str(_imap_tools()), *words]

    def has(self) -> int:
        """Lines of its list of what it processed."""
        return (self.folder / "processed").read_text().count("\n")


def _program(name: str, where: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise NotHere(f"{name} is missing ({where})")
    return path


def _imap_tools() -> Path:
    folder = _TOOLS / "imap-tools"
    if not (folder / "imap_tools").is_dir():
        command = [str(_TOOLS / "bin" / "uv"), "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        try:
            subprocess.run([*command, _IMAP_TOOLS], check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            raise NotHere(f"could not be installed: {_IMAP_TOOLS}: {type(error).__name__}") from error
    return folder


def _count(maildir: Path) -> int:
    return sum(1 for name in ("cur", "new") for _ in (maildir / name).glob("*"))
