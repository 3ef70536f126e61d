"""Mails to measure with, and a client that sends them: each with a Message-ID and PDF octets of its own.

The client is deliberately cheap (threads, blocking sockets, one write a mail), so that the machine's time goes to the
server that is measured. It counts only mails that were answered 250.
"""

import base64
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO


def pdf_mails(count: int, pdf_octets: int, to: str, seed: str) -> Iterator[bytes]:
    """Mails as they go over the wire, CRLF, without the final dot; `seed` keeps runs apart."""
    for number in range(count):
        pdf = b"%PDF-1.4\n%" + os.urandom(pdf_octets - 16) + b"\n%%EOF\n"
        encoded = base64.encodebytes(pdf).replace(b"\n", b"\r\n")
        yield (
            (
                f"From: Supplier <billing@supplier.example>\r\nTo: <{to}>\r\nSubject: Invoice {seed} {number}\r\n"
                f"Date: Tue, 14 May 2024 08:30:12 +0200\r\nMessage-ID: <{seed}.{number}@supplier.example>\r\n"
                'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
                "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease find our invoice attached.\r\n"
                f'--b\r\nContent-Type: application/pdf; name="invoice-{number}.pdf"\r\n'
                "Content-Transfer-Encoding: base64\r\n"
                f'Content-Disposition: attachment; filename="invoice-{number}.pdf"\r\n\r\n'
            ).encode()
            + encoded
            + b"--b--\r\n"
        )


@dataclass
class Outcome:
    """What became of the mails: numbers answered 250, numbers whose answer never came, and what else was said."""

    accepted: list[int]
    unanswered: list[int]
    refused: list[str]


def send_all(
    port: int, to: str, mails: list[bytes], sessions: int, is_over: Callable[[], bool] = lambda: False
) -> Outcome:
    """Send every mail over `sessions` connections at once; returns when all are answered or `is_over` says so."""
    load = _Load(port, to, mails, is_over)
    threads = [threading.Thread(target=load.run_session) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load.outcome


class _Load:
    """What the sessions share."""

    def __init__(self, port: int, to: str, mails: list[bytes], is_over: Callable[[], bool]) -> None:
        self.outcome = Outcome([], [], [])
        self._port, self._to, self._mails, self._is_over = port, to, mails, is_over
        self._numbers = iter(range(len(mails)))
        self._lock = threading.Lock()

    def run_session(self) -> None:
        """One connection, as many mails as it gets."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
                self._talk(connection, connection.makefile("rb"))
        except OSError as error:
            with self._lock:
                self.outcome.refused.append(repr(error))

    def _talk(self, connection: socket.socket, replies: BinaryIO) -> None:
        _reply(replies)
        connection.sendall(b"EHLO load.example\r\n")
        _reply(replies)
        while not self._is_over():
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                break
            try:
                reply = _deliver(connection, replies, self._to, self._mails[number])
            except OSError:
                with self._lock:
                    self.outcome.unanswered.append(number)
                raise
            with self._lock:
                if reply.startswith(b"250"):
                    self.outcome.accepted.append(number)
                else:
                    self.outcome.refused.append(reply.decode("latin-1"))
        connection.sendall(b"QUIT\r\n")


def _deliver(connection: socket.socket, replies: BinaryIO, to: str, mail: bytes) -> bytes:
    for command in (b"MAIL FROM:<billing@supplier.example>\r\n", f"RCPT TO:<{to}>\r\n".encode(), b"DATA\r\n"):
        connection.sendall(command)
        reply = _reply(replies)
        if reply[:1] not in b"23":
            connection.sendall(b"RSET\r\n")
            _reply(replies)
            return reply
    connection.sendall(mail + b".\r\n")
    return _reply(replies)


def _reply(replies: BinaryIO) -> bytes:
    while True:
        line = replies.readline()
        if not line:
            raise ConnectionError("hung up")
        if line[3:4] != b"-":
            return line
