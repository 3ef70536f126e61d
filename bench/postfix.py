"""A private Postfix beside us: own queue and configuration in a folder of ours, loopback only, ended by pid.

Needs Debian's postfix package and root (Postfix drops to its own user). Raises RuntimeError with its last words when it
does not start; ports that somebody else took meanwhile are replaced by others.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

_SERVICES = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


# Between a look at a free port and Postfix's bind, another test run may take it.
_ATTEMPTS = 5
_PORT_TAKEN = "Address already in use"


class PrivatePostfix:
    """Postfix on `port`: delivers *@maildir.example into `folder`/maildir/box, or relays all to `relay`.

    `relay` is HOST:PORT, or a transport in Postfix's own words: lmtp:inet:HOST:PORT, lmtp:unix:PATH.

    On `hold_port` it accepts any mail durably into its hold queue, unless it relays; both ports are known once it runs.
    `certificate` (PEM, PEM of the key) turns STARTTLS on. `settings` are of main.cf, beyond ours.

    `folder` must be one that Postfix's own user can pass through to; without it there is one in the system's temporary
    folder, gone at the end. pytest's are none: each new run closes what lies above them to others.
    """

    def __init__(
        self,
        relay: str | None = None,
        *,
        folder: Path | None = None,
        certificate: tuple[Path, Path] | None = None,
        settings: Mapping[str, str] | None = None,
        find_port: Callable[[], int] | None = None,
    ) -> None:
        self.port = self.hold_port = 0
        self._given = folder
        self._relay, self._certificate = relay, certificate
        self._settings = dict(settings or {})
        self._find_port = find_port or free_port

    @cached_property
    def folder(self) -> Path:
        """Where all of it stands."""
        return self._given or Path(tempfile.mkdtemp(prefix="postbus-postfix-"))

    @property
    def log(self) -> Path:
        """What it says of itself."""
        return self.folder / "mail.log"

    @property
    def delivered(self) -> Path:
        """Where delivered mail stands, a file a mail."""
        return self.folder / "maildir" / "box" / "new"

    @property
    def held(self) -> Path:
        """Where held mail stands, a file a mail."""
        return self.folder / "spool" / "hold"

    @property
    def pid(self) -> int:
        """The process id of its master."""
        return int((self.folder / "spool" / "pid" / "master.pid").read_text())

    def __enter__(self) -> Self:
        for _ in range(_ATTEMPTS):
            words = self._start()
            if words is None:
                return self
            self._end()
            if _PORT_TAKEN not in words:
                break
        self._clear()
        raise RuntimeError(f"Postfix did not start: {words}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._clear()

    def _start(self) -> str | None:
        """Start it on free ports; gives its last words when it did not."""
        self.port, self.hold_port = self._find_port(), self._find_port()
        self._configure()
        if closed := closed_above(self.folder):
            return f"{closed} lets nobody through, and Postfix drops to its own user"
        command = ["/usr/sbin/postfix", "-c", str(self.folder / "conf"), "start"]
        said_before = len(self._said())
        started = subprocess.run(command, capture_output=True, text=True, check=False)
        if started.returncode != 0:
            words = f"{started.stdout}{started.stderr}{self._said()[said_before:]}"
            return words or f"exit status {started.returncode} without a word; see the system's mail log"
        deadline = time.monotonic() + 20
        while not _answers(self.port):
            if time.monotonic() > deadline:
                return f"nobody answers; {self._said()[said_before:]}"
            time.sleep(0.05)
        return None

    def _said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _end(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has not started, or has ended already
            pid = self.pid
            if not _is_master(pid):
                return
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while _is_master(pid) and time.monotonic() < deadline:
                time.sleep(0.05)

    def _clear(self) -> None:
        if self._given is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            del self.folder

    def _configure(self) -> None:
        for name in ("conf", "spool", "data", "maildir/box"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        owner = pwd.getpwnam("postfix")
        for name in ("data", "maildir", "maildir/box"):
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        for folder in (self.folder, self.folder / "spool"):
            folder.chmod(0o755)
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "spool",
            "data_directory": self.folder / "data",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": "mx.bench.example",
            "mydestination": "",
            "relay_domains": "static:all" if self._relay else "",
            "relay_transport": _transport(self._relay or "127.0.0.1:9"),
            "smtp_dns_support_level": "disabled",
            "smtp_tls_security_level": "may",
            "lmtp_tls_security_level": "may",
            "lmtp_dns_support_level": "disabled",
            "virtual_mailbox_domains": "" if self._relay else "maildir.example",
            "virtual_mailbox_base": self.folder / "maildir",
            "virtual_mailbox_maps": "static:box/",
            "virtual_uid_maps": f"static:{owner.pw_uid}",
            "virtual_gid_maps": f"static:{owner.pw_gid}",
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "smtpd_peername_lookup": "no",
            "smtpd_client_connection_count_limit": "0",
            "message_size_limit": "64000000",
            "mailbox_size_limit": "0",
            "virtual_mailbox_limit": "0",
            "in_flow_delay": "0",
            "default_process_limit": "100",
            "maillog_file": self.log,
            "maillog_file_prefixes": self.folder,
            "alias_maps": "",
            "local_recipient_maps": "",
        }
        if self._certificate:
            certificate, key = self._certificate
            settings |= {"smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key}
            settings |= {"smtpd_tls_security_level": "may"}
        settings |= self._settings
        services = f"127.0.0.1:{self.port} inet n - n - - smtpd\n"
        if not self._relay:
            hold = "smtpd_recipient_restrictions=check_recipient_access,static:HOLD"
            services += f"127.0.0.1:{self.hold_port} inet n - n - - smtpd -o {hold}\n"
        conf = self.folder / "conf"
        (conf / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        (conf / "master.cf").write_text(services.rstrip() + _SERVICES)


def _transport(relay: str) -> str:
    if relay.startswith("lmtp:"):
        return relay
    host, _, port = relay.rpartition(":")
    return f"smtp:[{host}]:{port}"


def closed_above(folder: Path) -> Path | None:
    """The first folder on the way that others may not pass through."""
    way = [*reversed(folder.absolute().parents), folder]
    return next((each for each in way if not each.stat().st_mode & stat.S_IXOTH), None)


def _is_master(pid: int) -> bool:
    """Whether this process is a Postfix: the number may be another's by now."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == "master"
    return False


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
