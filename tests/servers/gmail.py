"""What Gmail has beyond other servers, in front of a real Dovecot: a relay on a free loopback port.

    with Gmail(dovecot) as gmail:
        gmail.labels["<1@shop.example>"] = ("\\Inbox", "Bills")      # of the message with this Message-ID
        gmail.refuses_login = "[ALERT] Too many simultaneous connections. (Failure)"

Says X-GM-EXT-1, takes X-GM-MSGID and X-GM-LABELS out of FETCH commands and puts them into the answers; everything else
is Dovecot's own. One number a Message-ID, in all mailboxes. Speaks without TLS, which only loopback may.
Standard: https://developers.google.com/gmail/imap/imap-extensions
"""

import contextlib
import hashlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO, Self

from tests.servers.dovecot import Dovecot

_ITEMS = b" X-GM-MSGID X-GM-LABELS"
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")
_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)\r$", re.IGNORECASE | re.MULTILINE)
_LOGIN = re.compile(rb"(\S+) (?:LOGIN|AUTHENTICATE) ", re.IGNORECASE)


class Gmail:
    """The relay; `commands` are those that asked for what only Gmail has."""

    def __init__(self, dovecot: Dovecot) -> None:
        self.labels: dict[str, tuple[str, ...]] = {}
        self.refuses_login = ""
        self.commands: list[bytes] = []
        relay, port = self, dovecot.starttls_port

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with (
                    contextlib.suppress(OSError, ValueError),
                    socket.create_connection(("127.0.0.1", port)) as upstream,
                ):
                    back = threading.Thread(target=relay.answer, args=(upstream, self.request), daemon=True)
                    back.start()
                    relay.ask(self.request, upstream)
                    with contextlib.suppress(OSError):
                        upstream.shutdown(socket.SHUT_WR)
                    back.join()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def ask(self, client: socket.socket, upstream: socket.socket) -> None:
        """Hand on what a client asks."""
        for command in _whole(client.makefile("rb")):
            login = _LOGIN.match(command)
            if login and self.refuses_login:
                client.sendall(login[1] + f" NO {self.refuses_login}\r\n".encode())
                continue
            if _ITEMS in command:
                self.commands.append(command)
            upstream.sendall(command.replace(_ITEMS, b""))

    def answer(self, upstream: socket.socket, client: socket.socket) -> None:
        """Hand on what Dovecot answers, with Gmail's own in it."""
        with contextlib.suppress(OSError, ValueError):
            for said in _whole(upstream.makefile("rb")):
                client.sendall(
                    self._with_items(said.replace(b"CAPABILITY IMAP4rev1", b"CAPABILITY IMAP4rev1 X-GM-EXT-1"))
                )
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _with_items(self, said: bytes) -> bytes:
        found = _MESSAGE_ID.search(said) if b"RFC822.SIZE" in said and said.endswith(b")\r\n") else None
        if found is None:
            return said
        labels = " ".join(_label(each) for each in self.labels.get(found[1].decode(), ()))
        number = int.from_bytes(hashlib.sha256(found[1]).digest()[:7])
        return said[:-3] + f" X-GM-MSGID {number} X-GM-LABELS ({labels}))\r\n".encode()


def _label(label: str) -> str:
    """As Gmail writes it: its own with a backslash, in quotes; others as names of mailboxes."""
    if label.startswith("\\"):
        return f'"\\{label}"'
    return f'"{label}"' if " " in label else label


def _whole(stream: Any) -> Iterator[bytes]:
    """Commands or responses, each with its literals."""
    lines: BinaryIO = stream
    whole = b""
    while line := lines.readline():
        whole += line
        literal = _LITERAL.search(line)
        if literal:
            whole += lines.read(int(literal[1]))
        else:
            yield whole
            whole = b""
