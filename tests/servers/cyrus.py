"""A private Cyrus 3.6, from Debian packages unpacked beside the system: apt refuses it next to Dovecot.

`./dev test` unpacks them into .tools/cyrus; who calls pytest alone may do without, and its tests skip.
"""

import os
import pwd
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from bench.postfix import closed_above
from tests.servers import snapshot
from tests.servers.imap_server import NOBODY, TOOLS, ImapServer

_ROOT = TOOLS / "cyrus"
_FOLDERS = ("spool", "sock", *(f"conf/{name}" for name in ("db", "socket", "proc", "log", "msg", "lock", "user")))


class Cyrus(ImapServer):
    """Cyrus; a user's INBOX comes with the first login."""

    name = "Cyrus"

    _root = _ROOT

    @classmethod
    def why_not(cls) -> str | None:
        """Whether it was unpacked."""
        return None if (_ROOT / "usr/sbin/cyrmaster").exists() else "./dev test has not unpacked Debian's cyrus-imapd"

    def set_password(self, user: str, password: str) -> None:
        """Add a user or change a password; holds for the next login."""
        self.users[user] = password
        local, _, domain = user.partition("@")
        command = [
            f"{self._root}/usr/sbin/saslpasswd2",
            "-p",
            "-c",
            "-f",
            str(self.folder / "sasldb2"),
            "-u",
            domain,
            local,
        ]
        subprocess.run(command, input=password.encode(), check=True, capture_output=True, env=_environment(self._root))
        self._own(self.folder / "sasldb2")

    def deliver(self, user: str, octets: bytes, internal_date: datetime, mailbox: str = "INBOX") -> None:
        """Append it, as the owner would."""
        with snapshot.owner_of(self.login(user)) as client:
            if mailbox != "INBOX":
                client.create(f'"{mailbox}"')  # it is there already: NO
            when = internal_date.strftime('"%d-%b-%Y %H:%M:%S %z"')
            answer, words = client.append(f'"{mailbox}"', "", when, octets)
            assert answer == "OK", words

    def _prepare(self) -> None:
        if os.geteuid() == 0 and closed_above(_ROOT) and self._root == _ROOT:
            self._root = self.folder / "root"
            shutil.copytree(_ROOT, self._root, symlinks=True)
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        certificate, key = self._certificate
        owner = pwd.getpwuid(NOBODY if os.geteuid() == 0 else os.geteuid()).pw_name
        (self.folder / "imapd.conf").write_text(
            f"configdirectory: {self.folder}/conf\ndefaultpartition: default\npartition-default: {self.folder}/spool\n"
            f"cyrus_user: {owner}\nadmins: cyrus\nunixhierarchysep: yes\naltnamespace: yes\nvirtdomains: userid\n"
            "defaultdomain: nowhere.example\nallowplaintext: yes\nsasl_pwcheck_method: auxprop\n"
            f"sasl_auxprop_plugin: sasldb\nsasl_sasldb_path: {self.folder}/sasldb2\nsasl_mech_list: PLAIN LOGIN\n"
            f"autocreate_quota: 0\ntls_server_cert: {certificate}\ntls_server_key: {key}\n{self._settings}\n"
        )
        programs = f"{self._root}/usr/lib/cyrus/bin"
        imapd = f"{programs}/imapd -C {self.folder}/imapd.conf"
        (self.folder / "cyrus.conf").write_text(
            f'START {{\n  recover cmd="{programs}/ctl_cyrusdb -C {self.folder}/imapd.conf -r"\n}}\nSERVICES {{\n'
            f'  imap cmd="{imapd}" listen="127.0.0.1:{self.starttls_port}" prefork=0 maxchild=50\n'
            f'  imaps cmd="{imapd} -s" listen="127.0.0.1:{self.tls_port}" prefork=0 maxchild=50\n}}\n'
        )
        for user, password in self.users.items():
            self.set_password(user, password)
        self._own(self.folder, *self.folder.rglob("*"))

    def _command(self) -> list[str]:
        # LD_LIBRARY_PATH is for it alone.
        words = [f"{name}={value}" for name, value in _environment(self._root).items()]
        master = [f"{self._root}/usr/sbin/cyrmaster", "-D", "-C", f"{self.folder}/imapd.conf"]
        return ["env", *words, *master, "-M", f"{self.folder}/cyrus.conf", "-p", f"{self.folder}/master.pid"]


def _environment(root: Path) -> dict[str, str]:
    libraries = [*(root / "usr/lib").glob("*-linux-gnu"), *(root / "lib").glob("*-linux-gnu")]
    plugins = next((each / "sasl2" for each in libraries if (each / "sasl2").is_dir()), Path("/nowhere"))
    places = ":".join(str(path) for path in (*libraries, root / "usr/lib/cyrus/lib"))
    return {"LD_LIBRARY_PATH": places, "SASL_PATH": str(plugins)}
