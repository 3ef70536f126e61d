"""One exchange with a web server, within a size and a time, at an address that was resolved once (law 18).

Plain http goes to this machine alone; over https the certificate proves the name. Never follows a redirect: who asks
decides what an answer means. Raises OSError and HTTPException from the connection, TimeoutError when the time is up.
Standards: RFC 9110, RFC 9112, RFC 8446 and the system's certificates.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from receiver.config_catalogue import is_loopback


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an exchange may take: octets of the answer's body, seconds altogether."""

    max_octets: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `body` is whole."""

    status: int
    body: bytes


class TooLarge(OSError):
    """The answer is larger than it may be."""


class NotSecure(OSError):
    """Plain http to another machine."""


class Deadline:
    """Ends the connection that is open when the time is up: a server that sends an octet a second would never end."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def watch(self, connected: socket.socket) -> None:
        """From now on, end this one."""
        with self._lock:
            self._socket = connected
            if self.is_over:
                raise TimeoutError
        connected.settimeout(self._seconds)

    def end(self) -> None:
        """The time is up."""
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # it has ended by itself


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """A deadline that holds within the block."""
    made = Deadline(seconds)
    timer = threading.Timer(seconds, made.end)
    timer.daemon = True
    timer.start()
    try:
        yield made
    finally:
        timer.cancel()


class CheckedConnection(http.client.HTTPConnection):
    """To one of the addresses that were resolved and checked before, by the name in the URL."""

    def __init__(self, url: SplitResult, addresses: Sequence[str], ends: Deadline, seconds: float) -> None:
        host, is_secure = url.hostname or "", url.scheme == "https"
        super().__init__(host, url.port or (443 if is_secure else 80), timeout=seconds)
        self._addresses = addresses
        self._ends = ends
        self._tls = ssl.create_default_context() if is_secure else None

    def connect(self) -> None:
        """Connect to the first of the addresses that answers."""
        failure: OSError | None = None
        for address in self._addresses:
            try:
                self.sock = socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                failure = error
                continue
            self._ends.watch(self.sock)
            if self._tls is not None:
                self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
                self._ends.watch(self.sock)
            return
        raise failure or OSError("it has no address")


def addresses_of(url: SplitResult) -> list[str]:
    """The addresses of its host; raises NotSecure for plain http beyond this machine, OSError when there is none."""
    found = socket.getaddrinfo(url.hostname or "", url.port or url.scheme, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    if url.scheme != "https" and not all(map(is_loopback, addresses)):
        raise NotSecure(f"{url.geturl()}: http:// is taken from this machine alone; use https://")
    return addresses


def path_of(url: SplitResult) -> str:
    """What is asked for: path and query."""
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def exchange(
    method: Literal["GET", "POST"], url: str, headers: Mapping[str, str], body: bytes | None, bounds: Bounds
) -> Answer:
    """Ask once. Raises TimeoutError, TooLarge, NotSecure, OSError and http.client.HTTPException."""
    asked = urlsplit(url)
    with deadline(bounds.seconds) as ends:
        try:
            with closing(CheckedConnection(asked, addresses_of(asked), ends, bounds.seconds)) as connection:
                connection.request(method, path_of(asked), body, {"Accept-Encoding": "identity", **headers})
                answer = connection.getresponse()
                octets = answer.read(bounds.max_octets + 1)
                is_cut = bool(answer.length) and len(octets) <= bounds.max_octets
        except (OSError, http.client.HTTPException) as error:
            if ends.is_over:
                raise TimeoutError(f"took longer than {bounds.seconds:g} seconds") from error
            raise
        if ends.is_over:
            raise TimeoutError(f"took longer than {bounds.seconds:g} seconds")
    if len(octets) > bounds.max_octets:
        raise TooLarge(f"larger than {bounds.max_octets} octets")
    if is_cut:
        raise http.client.IncompleteRead(b"")
    return Answer(answer.status, octets)
