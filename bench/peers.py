"""The servers that the door is measured beside, each with loopback ports, a folder and processes of its own.

- Postfix accepts durably into its hold queue: the yardstick.
- Stock aiosmtpd runs its own command line with its `Mailbox` (Maildir) handler.
- smtp-sink reads and forgets: what C can do when nothing is kept.
- OpenSMTPD accepts into its queue, deliveries paused, and syncs nothing (by a trace of its system calls). Its package
  and Postfix's exclude each other, so it is unpacked beside, and sees the folders and users it insists on in a mount
  namespace of its own. Needs root.
- Haraka accepts into its outbound queue, deliveries disabled; its call that should sync does not, by the same trace.

`start` raises NotHere with the reason when a peer cannot run on this machine.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from bench.postfix import PrivatePostfix, free_port
from bench.server import RunningPostbus, processes_below, processor_seconds

_TOOLS = Path(__file__).parents[1] / ".tools"
_LARGEST_MESSAGE = 64_000_000
_HARAKA = "Haraka@3.1.1"  # the newest that runs on the Node.js of long-term support before the current one


class NotHere(Exception):
    """A peer that cannot run here; the text says why."""


class Side(ABC):
    """One server under load."""

    name: ClassVar[str]
    recipient = "x@bench.example"
    speaks_tls = True
    is_durable = True  # synced before 250
    most_connects = 1000  # at once

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0

    @abstractmethod
    def start(self, certificate: tuple[Path, Path]) -> None:
        """Start it, with this certificate and key for STARTTLS. Raises NotHere."""

    @abstractmethod
    def stop(self) -> None:
        """End its processes."""

    @abstractmethod
    def processes(self) -> list[tuple[int, str]]:
        """Its processes as (pid, role)."""

    def clear(self) -> None:  # noqa: B027 - not every peer keeps something
        """Let it come to rest after a load, and remove what it kept."""

    def seconds(self, role: str = "") -> float:
        """User and system time of its processes so far; of those called `role` when one is named."""
        return sum(processor_seconds(pid) for pid, name in self.processes() if not role or name == role)


class Postbus(Side):
    """Ours, in its default configuration: the worker reads, decides and stores what comes in meanwhile."""

    name = "postbus"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.service = RunningPostbus(folder / "data")

    def prepare(self) -> tuple[Path, Path]:
        """Make folder, tenant and certificate; returns certificate and key."""
        self.recipient = self.service.set_up()
        tls = self.service.data / "tls"
        return tls / "certificate.pem", tls / "key.pem"

    def start(self, certificate: tuple[Path, Path]) -> None:  # noqa: ARG002 - it is the one that made it
        """Start the service."""
        self.service.start()
        self.port = self.service.port

    def stop(self) -> None:
        """End the service."""
        self.service.kill()

    def processes(self) -> list[tuple[int, str]]:
        """Supervisor, doors, worker, children."""
        return list(self.service.processes())

    def clear(self) -> None:
        """Wait until all is settled: the backlog must not run into another side's turn."""
        self.service.until_settled(900, with_jobs=True)


class Postfix(Side):
    """The hold queue: everything synced before 250, nothing delivered."""

    name = "Postfix"

    def start(self, certificate: tuple[Path, Path]) -> None:
        """Start a private Postfix."""
        self._postfix = PrivatePostfix(folder=self.folder, certificate=certificate)
        try:
            self._postfix.__enter__()
        except (RuntimeError, OSError, KeyError) as error:
            raise NotHere(str(error)) from error
        self.port = self._postfix.hold_port

    def stop(self) -> None:
        """End it."""
        self._postfix.__exit__(None, None, None)

    def processes(self) -> list[tuple[int, str]]:
        """Master and everything below."""
        return list(processes_below(self._postfix.pid, "master"))

    def clear(self) -> None:
        """Empty the hold queue."""
        _empty(self._postfix.held)


class Command(Side):
    """A server that is one command."""

    def start(self, certificate: tuple[Path, Path]) -> None:
        """Run the command until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        words = self.command(certificate)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + 20
        while not _greets(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NotHere(f"did not start: {(self.folder / 'log').read_text(errors='replace')[-300:]!r}")
            time.sleep(0.05)

    @abstractmethod
    def command(self, certificate: tuple[Path, Path]) -> list[str]:
        """Program and arguments. Raises NotHere."""

    def stop(self) -> None:
        """End it and what stands below it, by pid."""
        below = [pid for pid, _ in self.processes()]
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def processes(self) -> list[tuple[int, str]]:
        """The command and everything below."""
        return list(processes_below(self._process.pid, self.name))


class StockAiosmtpd(Command):
    """What we are a subclass of, with its own Maildir handler; one process, as it comes."""

    name = "stock aiosmtpd"

    def command(self, certificate: tuple[Path, Path]) -> list[str]:
        """aiosmtpd's command line."""
        pem, key = (str(path) for path in certificate)
        options = ["-n", "-s", str(_LARGEST_MESSAGE), "-l", f"127.0.0.1:{self.port}"]
        options += ["--tlscert", pem, "--tlskey", key, "--no-requiretls", "-c", "aiosmtpd.handlers.Mailbox"]
        return [sys.executable, "-m", "aiosmtpd", *options, str(self.folder / "maildir")]

    def clear(self) -> None:
        """Empty the Maildir."""
        _empty(self.folder / "maildir")


class SmtpSink(Command):
    """Postfix's test server: reads, answers, keeps nothing."""

    name = "smtp-sink"
    is_durable = False
    speaks_tls = False

    def command(self, certificate: tuple[Path, Path]) -> list[str]:  # noqa: ARG002 - no TLS
        """smtp-sink in the foreground."""
        return [_program("smtp-sink", "Debian package postfix"), "-8", "-u", "nobody", f"127.0.0.1:{self.port}", "1024"]


class OpenSmtpd(Command):
    """OpenSMTPD with its deliveries paused."""

    name = "OpenSMTPD"
    is_durable = False
    speaks_tls = False  # its key process cannot use keys on elliptic curves with the OpenSSL of Debian 12
    most_connects = 4  # it listens with a queue of 5; who does not fit waits a second

    def command(self, certificate: tuple[Path, Path]) -> list[str]:  # noqa: ARG002 - no TLS
        """smtpd in a mount namespace of its own."""
        if os.geteuid() != 0:
            raise NotHere("needs root")
        root = _unpacked("opensmtpd")
        shutil.copy("/etc/passwd", self.folder / "passwd")
        shutil.copy("/etc/group", self.folder / "group")
        with (self.folder / "passwd").open("a") as users, (self.folder / "group").open("a") as groups:
            for number, user in ((980, "opensmtpd"), (981, "opensmtpq")):
                users.write(f"{user}:x:{number}:{number}::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n")
                groups.write(f"{user}:x:{number}:\n")
        (self.folder / "smtpd.conf").write_text(
            f"smtp max-message-size {_LARGEST_MESSAGE}\nsmtp limit max-mails 100000\n"
            f"listen on 127.0.0.1 port {self.port}\n"
            'action keep relay host "smtp://127.0.0.1:9"\nmatch from any for any action keep\n'
        )
        (self.folder / "start.sh").write_text(
            f"set -eu; W={self.folder}; R={root}\n"
            "mkdir -p $W/spool/smtpd /usr/libexec; chmod 711 $W/spool/smtpd\n"
            "mount --bind $W/passwd /etc/passwd; mount --bind $W/group /etc/group; mount --bind $W/spool /var/spool\n"
            # No name server: it would ask for the client's name at every connection.
            "printf 'lookup file\\n' > $W/resolv.conf; mount --bind $W/resolv.conf /etc/resolv.conf\n"
            "mount -t tmpfs none /var/lib; mkdir -p /var/lib/opensmtpd/empty; mount -t tmpfs none /usr/libexec\n"
            "mkdir /usr/libexec/opensmtpd; mount --bind $R/usr/libexec/opensmtpd /usr/libexec/opensmtpd\n"
            "exec $R/usr/sbin/smtpd -d -P mta -f $W/smtpd.conf\n"
        )
        return ["unshare", "--mount", "--propagation", "private", "sh", str(self.folder / "start.sh")]

    def clear(self) -> None:
        """Nothing: smtpd holds an index of its queue in memory."""


class Haraka(Command):
    """Haraka with a process for each core, its deliveries disabled."""

    name = "Haraka"
    is_durable = False

    def command(self, certificate: tuple[Path, Path]) -> list[str]:
        """Node.js with a configuration of ours."""
        program = _installed_haraka()
        defaults = (program.parents[1] / "Haraka" / "config" / "connection.ini").read_text()
        config = self.folder / "config"
        (self.folder / "plugins").mkdir(exist_ok=True)
        (self.folder / "queue").mkdir(exist_ok=True)
        config.mkdir(exist_ok=True)
        for name, text in {
            "smtp.ini": f"listen=127.0.0.1:{self.port}\nnodes=cpus\n",
            "connection.ini": re.sub(r"(?m)^bytes *=.*$", f"bytes={_LARGEST_MESSAGE}", defaults),
            "outbound.ini": "disabled=true\n",
            "log.ini": "level=error\n",
            "me": "mx.bench.example\n",
            "host_list": "bench.example\n",
            "plugins": "tls\ntake_all\n",
            "tls.ini": "key=tls_key.pem\ncert=tls_cert.pem\n",
        }.items():
            (config / name).write_text(text)
        shutil.copy(certificate[0], config / "tls_cert.pem")
        shutil.copy(certificate[1], config / "tls_key.pem")
        (self.folder / "plugins" / "take_all.js").write_text(
            "exports.hook_rcpt = function (next, connection) { connection.relaying = true; next(OK) }\n"
        )
        return [str(program), "-c", str(self.folder)]

    def clear(self) -> None:
        """Empty the queue."""
        _empty(self.folder / "queue")


def _program(name: str, where: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise NotHere(f"{name} is missing ({where})")
    return path


def _unpacked(package: str) -> Path:
    """A Debian package's files in a folder of ours."""
    folder = _TOOLS / package
    if not (folder / "root" / "usr").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _run(["apt-get", "download", "-qq", package], folder)
        _run(["dpkg", "-x", *[str(path) for path in folder.glob("*.deb")], str(folder / "root")], folder)
    return folder / "root"


def _installed_haraka() -> Path:
    folder = _TOOLS / "haraka"
    program = folder / "node_modules" / ".bin" / "haraka"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = _program("npm", "Debian package npm, or Node.js's own")
        _run([npm, "install", "--no-audit", "--no-fund", "--omit=optional", "--prefix", str(folder), _HARAKA], folder)
    return program


def _run(words: list[str], folder: Path) -> None:
    try:
        subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotHere(f"could not be installed: {words[0]}: {type(error).__name__}") from error


def _greets(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        return connection.recv(3) == b"220"
    return False


def _empty(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink(missing_ok=True)
