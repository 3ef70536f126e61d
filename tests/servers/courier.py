"""A private Courier 5, from Debian packages unpacked beside the system: apt refuses it next to Dovecot.

Courier's folders are compiled in (/etc/courier, /run/courier), so it runs in a mount namespace of its own, where its
files lie over the system's and nobody else sees them. That needs root. A user's Maildir is filled from outside.
"""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.servers import maildirs, snapshot
from tests.servers.imap_server import NOBODY, TOOLS, ImapServer

_ROOT = TOOLS / "courier"
# Layers of one overlay may not lie inside each other: Courier's files move to memory first.
_START = """set -e
mount -t tmpfs none "$FOLDER/layer"
mkdir "$FOLDER/layer/courier" "$FOLDER/layer/upper" "$FOLDER/layer/work"
cp -r "$PACKAGES/usr" "$PACKAGES/etc" "$FOLDER/layer/courier"
overlay="lowerdir=$FOLDER/layer/courier:/,upperdir=$FOLDER/layer/upper,workdir=$FOLDER/layer/work"
mount -t overlay overlay -o "$overlay" "$FOLDER/root"
mount --rbind /dev "$FOLDER/root/dev"
mount -t proc proc "$FOLDER/root/proc"
mount --rbind /tmp "$FOLDER/root/tmp"
mount -t tmpfs none "$FOLDER/root/run"
mount -t tmpfs none "$FOLDER/root/mnt"
mkdir -p "$FOLDER/root/run/courier/authdaemon" "$FOLDER/root/mnt/own"
mount --bind "$FOLDER" "$FOLDER/root/mnt/own"
exec chroot "$FOLDER/root" sh /mnt/own/inside.sh
"""
_INSIDE = """set -e
printf 'courier:x:65534:65534::/:/bin/false\\n' >> /etc/passwd
cp /mnt/own/userdb /etc/courier/userdb
chmod 600 /etc/courier/userdb
makeuserdb
printf 'authmodulelist="authuserdb"\\nauthmodulelistorig="authuserdb"\\ndaemons=2\\nDEFAULTOPTIONS=""\\n' \\
    > /etc/courier/authdaemonrc
/usr/lib/courier/courier-authlib/authdaemond &
set -a
. /mnt/own/settings
couriertcpd -address=127.0.0.1 -maxprocs=50 -maxperip=50 -nodnslookup -noidentlookup "$STARTTLS_PORT" \\
    /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir &
export IMAP_TLS=1
exec couriertcpd -address=127.0.0.1 -maxprocs=50 -maxperip=50 -nodnslookup -noidentlookup "$TLS_PORT" \\
    /usr/bin/couriertls -server -tcpd /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
"""


class Courier(ImapServer):
    """Courier; users can come, and passwords change, while it runs."""

    name = "Courier"

    @classmethod
    def why_not(cls) -> str | None:
        """Whether it was unpacked, and may have a namespace of its own."""
        if not (_ROOT / "usr/sbin/couriertcpd").exists():
            return "./dev test has not unpacked Debian's courier-imap"
        probe = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"]
        if shutil.which("unshare") and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return None
        return "Courier needs root and a mount namespace of its own"

    def set_password(self, user: str, password: str) -> None:
        """Add a user or change a password; holds for the next login."""
        self.users[user] = password
        self._write_users()
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--root", "--wd=/"]
        command = "cp /mnt/own/userdb /etc/courier/userdb && makeuserdb"
        subprocess.run([*enter, "sh", "-c", command], check=True, capture_output=True)

    def deliver(self, user: str, octets: bytes, internal_date: datetime, mailbox: str = "INBOX") -> Path:
        """File a mail as new and say where it stands.

        Courier keeps lines without CR. As long as a mailbox was never opened by SELECT, each EXAMINE gives it a new
        UIDVALIDITY: like any owner, ours opens it once.
        """
        folder = maildirs.folder_of(self._home(user) / "Maildir", mailbox, NOBODY)
        file = maildirs.deliver(folder, octets.replace(b"\r\n", b"\n"), internal_date, NOBODY)
        if not (folder / "courierimapuiddb").exists():
            with snapshot.owner_of(self.login(user)) as client:
                client.select(f'"{self.name_of(mailbox)}"')
                client.close()
            (file,) = folder.glob(f"cur/{file.name}*")
        return file

    def name_of(self, mailbox: str) -> str:
        """Below INBOX, with dots."""
        return mailbox if mailbox == "INBOX" else f"INBOX.{mailbox.replace('/', '.')}"

    def _home(self, user: str) -> Path:
        return self.folder / "mail" / user

    def _write_users(self) -> None:
        lines = []
        for user, password in self.users.items():
            home = self._home(user)
            maildirs.folder_of(home / "Maildir", "INBOX", NOBODY)
            self._own(home)
            command = ["openssl", "passwd", "-6", "-stdin"]
            hashed = subprocess.run(command, input=password, check=True, capture_output=True, text=True).stdout.strip()
            lines.append(f"{user}\tuid={NOBODY}|gid={NOBODY}|home=/mnt/own/mail/{user}|systempw={hashed}\n")
        (self.folder / "userdb").write_text("".join(lines))

    def _prepare(self) -> None:
        """Without its locks: for each it looks 1.2 s for a gam_server, and our mailboxes are used by one at a time."""
        for name in ("root", "layer", "mail"):
            (self.folder / name).mkdir(exist_ok=True)
        self._own(self.folder / "mail")
        certificate, key = self._certificate
        (self.folder / "both.pem").write_bytes(certificate.read_bytes() + key.read_bytes())
        capabilities = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
        (self.folder / "settings").write_text(
            f"TLS_PORT={self.tls_port}\nSTARTTLS_PORT={self.starttls_port}\nCOURIERTLS=/usr/bin/couriertls\n"
            "TLS_CERTFILE=/mnt/own/both.pem\nTLS_TRUSTCERTS=/etc/ssl/certs\nTLS_VERIFYPEER=NONE\n"
            f'IMAP_CAPABILITY="{capabilities} AUTH=PLAIN"\nIMAP_CAPABILITY_TLS="{capabilities} AUTH=PLAIN"\n'
            "IMAPDSTARTTLS=YES\nIMAP_STARTTLS=YES\nIMAP_TLS_REQUIRED=0\nIMAP_KEYWORDS=1\nIMAP_ACL=1\nMAILDIRPATH=Maildir\n"
            f"IMAP_USELOCKS=0\nIMAP_EMPTYTRASH=Trash:7\nIMAP_IDLE_TIMEOUT=60\n{self._settings}\n"
        )
        (self.folder / "start.sh").write_text(_START)
        (self.folder / "inside.sh").write_text(_INSIDE)
        self._write_users()

    def _command(self) -> list[str]:
        words = ["env", f"FOLDER={self.folder}", f"PACKAGES={_ROOT}"]
        return [*words, "unshare", "--mount", "--propagation", "private", "sh", str(self.folder / "start.sh")]

    def _run_as(self) -> dict[str, Any]:
        return {}
