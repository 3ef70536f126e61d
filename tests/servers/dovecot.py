"""A private Dovecot 2.3 with many users.

    with Dovecot({"alice@example.com": "secret"}) as server:
        server.deliver("alice@example.com", octets, internal_date)

Beside TLS and STARTTLS it has XOAUTH2 and OAUTHBEARER, with `tokens` to allow and revoke; `auth_mechanisms = login` in
its settings leaves only that one. Needs Debian's dovecot-imapd.
"""

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import maildirs
from tests.servers.authority import CertificateKind
from tests.servers.imap_server import NOBODY, ImapServer
from tests.servers.tokens import Tokens

_PROGRAM = shutil.which("dovecot", path="/usr/sbin:/usr/bin")


class Dovecot(ImapServer):
    """Dovecot; users can come, and passwords change, while it runs."""

    name = "Dovecot"

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        folder: Path | None = None,
        certificate: CertificateKind = "good",
        settings: str = "",
    ) -> None:
        super().__init__(users, folder=folder, certificate=certificate, settings=settings)
        self.tokens = Tokens()

    @classmethod
    def why_not(cls) -> str | None:
        """Whether its package is there."""
        return None if _PROGRAM else "Debian package dovecot-imapd is missing"

    @property
    def mail(self) -> Path:
        """The folder of all Maildirs, one a user."""
        return self.folder / "mail"

    def __enter__(self) -> Self:
        self.tokens.__enter__()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.tokens.__exit__(kind, error, trace)

    def use_certificate(self, kind: CertificateKind) -> None:
        """Start anew on the same ports with another certificate."""
        self.stop()
        self._certificate = self._authority.certificate(kind)
        self.start()

    def set_password(self, user: str, password: str) -> None:
        """Add a user or change a password; at its return Dovecot has noticed."""
        self.users[user] = password
        self._write_users()
        # Dovecot looks at the file of users once a second.
        deadline = time.monotonic() + 20
        while not self._takes(user, password):
            assert time.monotonic() < deadline, self.log[-2000:]
            time.sleep(0.1)

    def maildir(self, user: str, mailbox: str = "INBOX") -> Path:
        """The Maildir++ folder of a mailbox; made when it is not there."""
        return maildirs.folder_of(self.mail / user, mailbox, self._maildir_owner)

    def deliver(self, user: str, octets: bytes, internal_date: datetime, mailbox: str = "INBOX") -> Path:
        """File a mail as new and say where it stands."""
        return maildirs.deliver(self.maildir(user, mailbox), octets, internal_date, self._maildir_owner)

    def forget_caches(self, user: str) -> None:
        """Remove what it knows of a user's mails beside their UIDs, as after a restore; nobody may be logged in."""
        for file in (self.mail / user).rglob("dovecot.*index*"):
            file.unlink()

    def doveadm(self, *words: str) -> str:
        """What `doveadm WORDS` says, run as Dovecot's own user. Raises CalledProcessError."""
        command = ["/usr/bin/doveadm", "-c", str(self.folder / "dovecot.conf"), *words]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=self.folder, timeout=120, **self._run_as()
        )
        return str(done.stdout)

    @property
    def _maildir_owner(self) -> int | None:
        return NOBODY if os.geteuid() == 0 else None

    def _takes(self, user: str, password: str) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.doveadm("auth", "test", user, password)
            return True
        return False

    def _write_users(self) -> None:
        file = self.folder / "users"
        draft = file.with_suffix(".new")
        draft.write_text("".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in self.users.items()))
        # It compares the file's time in whole seconds.
        stamp = max(file.stat().st_mtime + 1 if file.exists() else 0.0, time.time() - 3600)
        os.utime(draft, (stamp, stamp))
        draft.replace(file)

    def _prepare(self) -> None:
        for name in ("run", "mail"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "oauth2.conf").write_text(
            f"introspection_url = http://127.0.0.1:{self.tokens.port}/introspect?token=\nintrospection_mode = get\n"
            "username_attribute = email\nactive_attribute = active\nactive_value = true\n"
        )
        owner = pwd.getpwuid(NOBODY if os.geteuid() == 0 else os.geteuid())
        certificate, key = self._certificate
        text = _CONFIGURATION.format(
            folder=self.folder,
            owner=owner.pw_uid,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
            starttls_port=self.starttls_port,
            tls_port=self.tls_port,
            certificate=certificate,
            key=key,
        )
        (self.folder / "dovecot.conf").write_text(text + self._settings + "\n")
        self._write_users()
        self._own(self.folder, self.folder / "run", self.mail, certificate, key)

    def _command(self) -> list[str]:
        return [str(_PROGRAM), "-F", "-c", str(self.folder / "dovecot.conf")]


_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/stderr
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {owner}
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain login xoauth2 oauthbearer
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
