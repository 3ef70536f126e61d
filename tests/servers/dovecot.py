"""A private Dovecot 2.3 with many users: own folder, loopback only, ended by pid.

    with Dovecot({"alice@example.com": "secret"}) as server:
        server.deliver("alice@example.com", octets, internal_date)

STARTTLS on `starttls_port`, TLS on `tls_port`, certificates of an authority of its own (`ca_file`), XOAUTH2 and
OAUTHBEARER with `tokens` to allow and revoke. Needs Debian's dovecot-imapd. Started by root it goes on as nobody, who
must be able to pass through to its folder: without one it makes its own in the system's temporary folder, gone at the
end. Raises RuntimeError with its last words when it does not start.
"""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.postfix import free_port
from bench.server import processes_below, processor_seconds
from tests.servers import snapshot
from tests.servers.authority import Authority, CertificateKind
from tests.servers.tokens import Tokens

PROGRAM = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
WHY_NOT = "Debian package dovecot-imapd is missing"
NOBODY = 65534
# Between a look at a free port and Dovecot's bind, another test run may take it.
_ATTEMPTS = 5


class Dovecot:
    """Dovecot for `users`, password by address; more can come while it runs.

    `mechanisms` are those it offers; `certificate` says what is wrong with its certificate, if anything; `settings` are
    lines of its configuration beyond ours. From loopback it takes passwords without TLS too.
    """

    name = "Dovecot"
    host = "localhost"

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        folder: Path | None = None,
        certificate: CertificateKind = "good",
        mechanisms: Sequence[str] = ("plain", "login", "xoauth2", "oauthbearer"),
        settings: str = "",
    ) -> None:
        self.users = dict(users)
        self._is_ours = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="postbus-dovecot-"))
        self._kind: CertificateKind = certificate
        self._mechanisms, self._settings = tuple(mechanisms), settings
        self.tls_port = self.starttls_port = 0
        self.tokens = Tokens()
        self._counter = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

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

    @property
    def mail(self) -> Path:
        """The folder of all Maildirs, one a user."""
        return self.folder / "mail"

    def __enter__(self) -> Self:
        assert PROGRAM is not None, WHY_NOT
        for name in ("run", "mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        authority = Authority(self.folder)
        self.ca_file = authority.file
        self._certificate = authority.certificate(self._kind)
        self._owner = NOBODY if os.geteuid() == 0 else os.geteuid()
        self.folder.chmod(0o755)
        self.tokens.__enter__()
        self._write_users()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.tokens.__exit__(kind, error, trace)
        if self._is_ours:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start, on other ports than before only when those are taken."""
        for _ in range(_ATTEMPTS):
            self.tls_port, self.starttls_port = self.tls_port or free_port(), self.starttls_port or free_port()
            self._configure()
            self._own(self.folder)
            owner = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
            command = [str(PROGRAM), "-F", "-c", str(self.folder / "dovecot.conf")]
            said = (self.folder / "stderr").open("ab")
            with said:
                self._process = subprocess.Popen(command, stderr=said, **owner)  # type: ignore[call-overload]
            if self._until_ready():
                return
            self.stop()
            self.tls_port = self.starttls_port = 0
        raise RuntimeError(f"Dovecot did not start: {(self.folder / 'stderr').read_text()} {self.log[-2000:]}")

    def stop(self) -> None:
        """End all its processes."""
        if self._process is None or self._process.poll() is not None:
            return
        below = [pid for pid, _ in processes_below(self.pid, "master")]
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)  # what it does in the rest of its two seconds helps nobody
        for pid in below:
            if _is_dovecot(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def set_password(self, user: str, password: str) -> None:
        """Add a user or change a password; at its return Dovecot has noticed."""
        self.users[user] = password
        self._write_users()
        # Dovecot looks at the file of users once a second.
        deadline = time.monotonic() + 20
        while not self._takes(user, password):
            assert time.monotonic() < deadline, self.log[-2000:]
            time.sleep(0.1)

    def use_certificate(self, kind: CertificateKind) -> None:
        """Start anew with another certificate of the same authority (an unknown one aside)."""
        self.stop()
        self._certificate = Authority(self.folder).certificate(kind)
        self.start()

    def maildir(self, user: str, mailbox: str = "INBOX") -> Path:
        """The Maildir++ folder of a mailbox; made when it is not there."""
        home = self.mail / user
        folder = home if mailbox == "INBOX" else home / f".{mailbox.replace('/', '.')}"
        if not (folder / "tmp").is_dir():
            for name in ("cur", "new", "tmp"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            if mailbox != "INBOX":
                (folder / "maildirfolder").touch()
            self._own(home)
        return folder

    def deliver(self, user: str, octets: bytes, internal_date: datetime, mailbox: str = "INBOX") -> Path:
        """File a mail as a delivery agent does, and say where it stands; its INTERNALDATE is the file's time."""
        folder = self.maildir(user, mailbox)
        name = f"{int(internal_date.timestamp())}.M{next(self._counter):09d}P1.test,S={len(octets)},W={len(octets)}"
        draft, file = folder / "tmp" / name, folder / "new" / name
        draft.write_bytes(octets)
        os.utime(draft, (internal_date.timestamp(),) * 2)
        if os.geteuid() == 0:
            os.chown(draft, NOBODY, NOBODY)
        draft.rename(file)
        return file

    def login(self, user: str) -> snapshot.Login:
        """How the owner of a mailbox logs in."""
        return snapshot.Login(self.host, self.tls_port, self.ca_file, user, self.users[user])

    def snapshot(self, user: str) -> snapshot.Snapshot:
        """UIDs, flags, counts, UIDVALIDITY and HIGHESTMODSEQ of all mailboxes."""
        return snapshot.take(self.login(user))

    def forget_caches(self, user: str) -> None:
        """Remove what it remembers of a user's mails beside their UIDs, as after a restore; let nobody be logged in."""
        for file in (self.mail / user).rglob("dovecot.*"):
            if file.is_file() and file.name.startswith(("dovecot.index", "dovecot.list.index")):
                file.unlink()

    def processor_seconds(self) -> float:
        """User and system time of all its processes so far."""
        return sum(processor_seconds(pid) for pid, _ in processes_below(self.pid, "master"))

    def doveadm(self, *words: str) -> str:
        """What `doveadm WORDS` says, run as Dovecot's own user."""
        owner = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        command = ["/usr/bin/doveadm", "-c", str(self.folder / "dovecot.conf"), *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=self.folder, **owner)  # type: ignore[call-overload]
        return str(done.stdout)

    def _takes(self, user: str, password: str) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.doveadm("auth", "test", user, password)
            return True
        return False

    def _write_users(self) -> None:
        file = self.folder / "users"
        draft = file.with_suffix(".new")
        draft.write_text("".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in self.users.items()))
        self._own(draft)
        # Dovecot looks at the file's time in whole seconds.
        last = file.stat().st_mtime if file.exists() else 0.0
        stamp = max(last + 1, time.time() - 3600)
        os.utime(draft, (stamp, stamp))
        draft.replace(file)

    def _own(self, top: Path) -> None:
        if os.geteuid() == 0:
            os.chown(top, NOBODY, NOBODY)
            if top.is_dir():
                for path in top.iterdir():
                    if path != self.mail or not path.is_dir():
                        self._own(path)
                    else:
                        os.chown(path, NOBODY, NOBODY)

    def _configure(self) -> None:
        tokens = self.folder / "oauth2.conf"
        tokens.write_text(
            f"introspection_url = http://127.0.0.1:{self.tokens.port}/introspect?token=\nintrospection_mode = get\n"
            "username_attribute = email\nactive_attribute = active\nactive_value = true\n"
        )
        certificate, key = self._certificate
        text = _CONFIGURATION.format(
            folder=self.folder,
            owner=self._owner,
            user="nobody" if os.geteuid() == 0 else _user_name(),
            group=_group_name(self._owner if os.geteuid() == 0 else os.getegid()),
            starttls_port=self.starttls_port,
            tls_port=self.tls_port,
            certificate=certificate,
            key=key,
            mechanisms=" ".join(self._mechanisms),
        )
        (self.folder / "dovecot.conf").write_text(text + self._settings + "\n")

    def _until_ready(self) -> bool:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                return False
            if greets(self.starttls_port):
                return True
            time.sleep(0.05)
        return False


def greets(port: int) -> bool:
    """Whether an IMAP server says `* OK` on this port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        return connection.recv(4) == b"* OK"
    return False


def _is_dovecot(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "dovecot" in os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115 - the link may lead nowhere
    return False


def _user_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _group_name(number: int) -> str:
    import grp

    return grp.getgrgid(number).gr_name


_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {owner}
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
mail_max_userip_connections = 50
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  # No penalty for the address of a failed login: all clients of a test have the same one.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 1024
}}
"""
