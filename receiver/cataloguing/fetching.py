"""Bring a package here: from a file, or from a server over HTTPS, within a size and a time.

A server's name is resolved once, and what it named is connected to (law 18). Redirects are followed over HTTPS alone,
and to another host only at a public address: the operator named the first host, whoever runs it the others.
Judges nothing of what it brings. Raises Unfetched, with the remedy.
Standards: RFC 9110 (redirects), RFC 8446 and the system's certificates.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from receiver.config_catalogue import is_loopback, is_web_address
from receiver.config_catalogue import source as checked_source

MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024


class Unfetched(Exception):
    """The package could not be brought here; the text says why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a source may take."""

    max_octets: int
    seconds: float


def fetch(source: str, bounds: Bounds) -> bytes:
    """The octets of a file (a path or file:// URL) or of an https:// URL; http:// from this machine alone."""
    if not is_web_address(source):
        return _read_file(Path(unquote(source.removeprefix("file://"))), bounds)
    with _deadline(bounds.seconds) as deadline:
        try:
            return _follow(source, bounds, deadline)
        except (OSError, http.client.HTTPException) as error:
            if deadline.is_over:
                raise Unfetched(f"{source}: took longer than catalogue.seconds ({bounds.seconds:g})") from error
            raise Unfetched(f"{source}: {_reason(error)}") from error


class _Deadline:
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


class _Connection(http.client.HTTPConnection):
    """To an address that was resolved and checked before, by the name in the URL."""

    def __init__(self, url: SplitResult, addresses: list[str], deadline: _Deadline, seconds: float) -> None:
        host, is_secure = url.hostname or "", url.scheme == "https"
        super().__init__(host, url.port or (443 if is_secure else 80), timeout=seconds)
        self._addresses = addresses
        self._deadline = deadline
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
            self._deadline.watch(self.sock)
            if self._tls is not None:
                self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
                self._deadline.watch(self.sock)
            return
        raise failure or OSError("it has no address")


@contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    deadline = _Deadline(seconds)
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()


def _follow(source: str, bounds: Bounds, deadline: _Deadline) -> bytes:
    named, target = urlsplit(source), source
    for _ in range(MOST_REDIRECTS + 1):
        url = urlsplit(target)
        connection = _Connection(url, _addresses(url, named), deadline, bounds.seconds)
        with closing(connection):
            connection.request("GET", _path(url), headers={"Accept-Encoding": "identity", "User-Agent": "postbus"})
            answer = connection.getresponse()
            if answer.status not in _REDIRECTS:
                return _body(answer, source, bounds, deadline)
            target = _target(source, target, answer.getheader("Location"))
    raise Unfetched(f"{source}: more than {MOST_REDIRECTS} redirects")


def _target(source: str, here: str, location: str | None) -> str:
    target = urljoin(here, location or "")
    try:
        checked_source(target)
    except ValueError as error:
        raise Unfetched(f"{source}: sends us on to what is no https:// address; that is not followed") from error
    if not is_web_address(target) or (urlsplit(here).scheme == "https" and urlsplit(target).scheme != "https"):
        raise Unfetched(f"{source}: sends us on to what is no https:// address; that is not followed")
    return target


def _addresses(url: SplitResult, named: SplitResult) -> list[str]:
    host = url.hostname or ""
    found = socket.getaddrinfo(host, url.port or url.scheme, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    if url.scheme != "https" and not all(map(is_loopback, addresses)):
        raise Unfetched(f"{url.geturl()}: http:// is taken from this machine alone; use https://")
    is_other = (url.hostname, url.port) != (named.hostname, named.port)
    if is_other and not all(_is_public(each) for each in addresses):
        raise Unfetched(f"{named.geturl()}: sends us on to {host}, which has no public address; that is not followed")
    return addresses


def _is_public(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_global


def _path(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _body(answer: http.client.HTTPResponse, source: str, bounds: Bounds, deadline: _Deadline) -> bytes:
    if answer.status != HTTPStatus.OK:
        raise Unfetched(f"{source}: the server answers {answer.status}; check catalogue.source")
    octets = bytearray()
    while chunk := answer.read(_CHUNK):
        octets += chunk
        if len(octets) > bounds.max_octets:
            raise _too_large(source, bounds)
    if deadline.is_over:
        raise TimeoutError
    if answer.length:  # the server had promised more
        raise Unfetched(f"{source}: the connection ended before the package did; try again")
    return bytes(octets)


def _read_file(path: Path, bounds: Bounds) -> bytes:
    try:
        with path.open("rb") as file:
            octets = file.read(bounds.max_octets + 1)
    except OSError as error:
        raise Unfetched(f"{path}: cannot be read ({error.strerror})") from error
    if len(octets) > bounds.max_octets:
        raise _too_large(str(path), bounds)
    return octets


def _too_large(source: str, bounds: Bounds) -> Unfetched:
    return Unfetched(f"{source}: larger than catalogue.max_octets ({bounds.max_octets})")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return "its name has no address"
    if isinstance(error, http.client.HTTPException):
        return f"the server does not speak HTTP as it should ({type(error).__name__})"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
