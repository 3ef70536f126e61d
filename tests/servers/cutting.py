"""A relay before an IMAP server that cuts the connection after a number of response lines; no TLS.

A literal belongs to the line that announces it (RFC 9051 4.3), so that a cut falls between two responses.
"""

import contextlib
import re
import socket
import threading
from types import TracebackType
from typing import Self

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class CuttingRelay:
    """Forwards a loopback port of its own to `port`; `cut_after` lines of a session both sides are cut off."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.cut_after: int | None = None
        self.has_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            threading.Thread(target=self._commands, args=(near, far), daemon=True).start()
            threading.Thread(target=self._responses, args=(near, far), daemon=True).start()

    @staticmethod
    def _commands(near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := near.recv(65536):
                far.sendall(octets)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_WR)

    def _responses(self, near: socket.socket, far: socket.socket) -> None:
        lines, reader = 0, far.makefile("rb")
        with contextlib.suppress(OSError):
            while line := reader.readline():
                near.sendall(line)
                if literal := _LITERAL.search(line):
                    near.sendall(reader.read(int(literal[1])))
                    continue
                lines += 1
                if lines == self.cut_after:
                    self.has_cut = True
                    break
        for each in (near, far):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
