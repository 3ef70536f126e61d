"""The listening sockets: handed over by systemd, or bound here.

Each is of a kind: what is spoken there. All are shared by every door process and outlive each of them, so that a
restarted door loses no connection. Systemd's are told apart by their names (FileDescriptorName).
Raises ListenFailed with the address and the remedy. Standard: sd_listen_fds(3).
"""

import errno
import os
import socket
import stat
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from receiver.config_smtp import SmtpSettings
from receiver.setting_values import UNIX_PREFIX, host_and_port

Kind = Literal["smtp", "smtps", "lmtp"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_FIRST_SYSTEMD_FD = 3
_BACKLOG = 1024
# What systemd and systemd-socket-activate call a socket that nobody gave a name; a unit's own name ends with .socket.
_UNNAMED = ("", "unknown")


class ListenFailed(Exception):
    """The port cannot be had; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket, and what is spoken there; `path` and `inode` of a Unix socket that is ours to remove."""

    kind: Kind
    socket: socket.socket
    path: Path | None = None
    inode: tuple[int, int] = (0, 0)

    def address(self) -> str:
        """HOST:PORT, or unix:PATH."""
        name = self.socket.getsockname()
        return f"{UNIX_PREFIX}{name}" if isinstance(name, str) else address_of(self.socket)

    def close(self) -> None:
        """Let go of it, and remove what stands in the file system, unless somebody has put another in its place."""
        if self.socket.fileno() < 0:  # closed already: what stands there now is another's
            return
        if self.path is not None and _inode_of(self.path) == self.inode:
            self.path.unlink(missing_ok=True)
        self.socket.close()


def open_all(smtp: SmtpSettings, environment: MutableMapping[str, str] = os.environ) -> list[Listener]:
    """Every listening socket: systemd's, and of the configured ones those that systemd's do not stand for."""
    listeners = [Listener(_kind_of(name), handed_over) for name, handed_over in inherited(environment)]
    kinds = {each.kind for each in listeners}
    try:
        if not listeners:
            listeners.append(Listener("smtp", bound(smtp.listen, "smtp.listen")))
        if smtp.listen_tls and "smtps" not in kinds:
            listeners.append(Listener("smtps", bound(smtp.listen_tls, "smtp.listen_tls")))
        if smtp.listen_lmtp and "lmtp" not in kinds:
            listeners.append(_bound_for_lmtp(smtp))
    except ListenFailed:
        for each in listeners:
            each.close()
        raise
    return listeners


def inherited(environment: MutableMapping[str, str] = os.environ) -> list[tuple[str, socket.socket]]:
    """The stream sockets systemd passed to this very process, with their names; clears the variables."""
    count, pid = environment.pop("LISTEN_FDS", "0"), environment.pop("LISTEN_PID", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    named = [names[i] if i < len(names) else "" for i in range(int(count))]
    return [(name, socket.socket(fileno=_FIRST_SYSTEMD_FD + i)) for i, name in enumerate(named)]


def _kind_of(name: str) -> Kind:
    if name in KINDS:
        return name
    if name in _UNNAMED or name.endswith(".socket"):
        return "smtp"
    # A mistyped name would otherwise speak SMTP in the clear where TLS is expected.
    raise ListenFailed(f"systemd's socket {name!r}: set FileDescriptorName of its unit to one of {', '.join(KINDS)}")


def bound(listen: str, setting: str) -> socket.socket:
    """A new listening socket at HOST:PORT; `[::]` takes IPv4 as well."""
    host, port = host_and_port(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both)
    except PermissionError as error:
        raise ListenFailed(
            f"{listen}: only root may open ports below 1024; let systemd open it (deploy/systemd/postbus.socket) "
            f"or set {setting} to a port above"
        ) from error
    except OSError as error:
        raise ListenFailed(
            f"{listen}: cannot listen ({_reason(error)}); stop the program that holds it or set {setting} to another"
        ) from error


def _bound_for_lmtp(smtp: SmtpSettings) -> Listener:
    if not smtp.listen_lmtp.startswith(UNIX_PREFIX):
        return Listener("lmtp", bound(smtp.listen_lmtp, "smtp.listen_lmtp"))
    path = Path(smtp.listen_lmtp.removeprefix(UNIX_PREFIX))
    listener = bound_unix(path, int(smtp.lmtp_socket_mode, 8), "smtp.listen_lmtp")
    return Listener("lmtp", listener, path, _inode_of(path))


def bound_unix(path: Path, mode: int, setting: str) -> socket.socket:
    """A new listening Unix socket; one that a dead process has left there is replaced, and nothing else is."""
    _remove_stale(path, setting)
    listener = socket.socket(socket.AF_UNIX)
    # Not chmod behind it: nobody may connect in between.
    before = os.umask(0o777 & ~mode)
    try:
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenFailed(
            f"{path}: cannot listen ({_reason(error)}); make its folder one that postbus may write to, "
            f"or set {setting} to another path"
        ) from error
    finally:
        os.umask(before)
    return listener


def _remove_stale(path: Path, setting: str) -> None:
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:  # nothing is there; what else is in the way, bind will tell
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        answer = probe.connect_ex(str(path)) if is_socket else 0
    if answer != errno.ECONNREFUSED:
        what = "another program listens there" if is_socket else "something that is no socket stands there"
        raise ListenFailed(f"{path}: {what}; stop it or take it away, or set {setting} to another path")
    path.unlink(missing_ok=True)


def _inode_of(path: Path) -> tuple[int, int]:
    try:
        status = path.lstat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).partition(" (while ")[0]  # Python adds the address once more


def address_of(listener: socket.socket) -> str:
    """The socket's own address as HOST:PORT."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
