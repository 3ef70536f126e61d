"""The listening sockets: handed over by systemd, or bound here.

One socket is shared by every door process and outlives each of them, so that a restarted door loses no connection.
Raises ListenFailed with the address and the remedy. Standard: sd_listen_fds(3).
"""

import os
import socket
from collections.abc import MutableMapping

from receiver.setting_values import host_and_port

_FIRST_SYSTEMD_FD = 3
_BACKLOG = 1024


class ListenFailed(Exception):
    """The port cannot be had; the text says why and what to do."""


def inherited(environment: MutableMapping[str, str] = os.environ) -> list[socket.socket]:
    """The stream sockets systemd passed to this very process, none if it passed none; clears the variables."""
    count, pid = environment.pop("LISTEN_FDS", "0"), environment.pop("LISTEN_PID", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    return [socket.socket(fileno=_FIRST_SYSTEMD_FD + i) for i in range(int(count))]


def bound(listen: str) -> socket.socket:
    """A new listening socket at HOST:PORT; `[::]` takes IPv4 as well."""
    host, port = host_and_port(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both)
    except PermissionError as error:
        raise ListenFailed(
            f"{listen}: only root may open ports below 1024; let systemd open it (deploy/systemd/postbus.socket) "
            "or set smtp.listen to a port above"
        ) from error
    except OSError as error:
        raise ListenFailed(
            f"{listen}: cannot listen ({_reason(error)}); stop the program that holds it or set smtp.listen to another"
        ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).partition(" (while ")[0]  # Python adds the address once more


def address_of(listener: socket.socket) -> str:
    """The socket's own address as HOST:PORT."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
