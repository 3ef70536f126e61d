"""A relay before an IMAP server, at which something happens in the middle of a session; no TLS.

with InterruptingRelay(server.starttls_port) as relay:
    relay.when = (b"BODY.PEEK[]", another_client_expunges)     # once, before that command goes on
"""

import contextlib
import socket
from collections.abc import Callable

from tests.servers.cutting import CuttingRelay


class InterruptingRelay(CuttingRelay):
    """`when`: words of a command, and what is done before it is forwarded; None once it was done."""

    when: tuple[bytes, Callable[[], object]] | None = None

    def _commands(self, near: socket.socket, far: socket.socket) -> None:  # type: ignore[override]  # one of the relay
        with contextlib.suppress(OSError):
            for line in near.makefile("rb"):
                if self.when is not None and self.when[0] in line:
                    (_, act), self.when = self.when, None
                    act()
                far.sendall(line)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_WR)
