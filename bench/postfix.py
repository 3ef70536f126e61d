"""A private Postfix beside us: own queue and configuration in a folder of ours, loopback only, ended by pid.

Needs Debian's postfix package and root (Postfix drops to its own user). Raises RuntimeError when it does not start.
"""

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
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


class PrivatePostfix:
    """Postfix on `port`: delivers *@maildir.example into `folder`/maildir/box, or relays all to `relay`.

    `relay` is HOST:PORT, or a transport in Postfix's own words: lmtp:inet:HOST:PORT, lmtp:unix:PATH.

    With a `hold_port` it accepts any mail there durably into its hold queue. `certificate` (PEM, PEM of the key) turns
    STARTTLS on.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        relay: str | None = None,
        *,
        hold_port: int | None = None,
        certificate: tuple[Path, Path] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.port, self._relay = folder, port, relay
        self.hold_port, self._certificate = hold_port, certificate
        self._settings = dict(settings or {})  # of main.cf, beyond ours

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
        self._configure()
        command = ["/usr/sbin/postfix", "-c", str(self.folder / "conf"), "start"]
        started = subprocess.run(command, capture_output=True, text=True, check=False)
        if started.returncode != 0:
            raise RuntimeError(f"Postfix did not start: {started.stdout}{started.stderr}")
        deadline = time.monotonic() + 20
        while True:
            if _answers(self.port):
                return self
            if time.monotonic() > deadline:
                raise RuntimeError(f"Postfix did not start; see {self.folder / 'mail.log'}")
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pid = self.pid
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

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
            "relay_domains": "static:all" if self._relay or self.hold_port else "",
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
            "maillog_file": self.folder / "mail.log",
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
        if self.hold_port:
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
