"""Bring a package here: from a file, or from a server over HTTPS, within a size and a time.

A server's name is resolved once, and what it named is connected to (law 18). Redirects are followed over HTTPS alone,
and to another host only at a public address: the operator named the first host, whoever runs it the others.
Judges nothing of what it brings. Raises Unfetched, with the remedy.
Standards: RFC 9110 (redirects), RFC 8446 and the system's certificates.
"""

import http.client
import socket
import ssl
from contextlib import closing
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from receiver.config_catalogue import is_web_address
from receiver.config_catalogue import source as checked_source
from receiver.web import Bounds, CheckedConnection, Deadline, NotSecure, addresses_of, path_of
from receiver.web import deadline as within

MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024


class Unfetched(Exception):
    """The package could not be brought here; the text says why."""


def fetch(source: str, bounds: Bounds) -> bytes:
    """The octets of a file (a path or file:// URL) or of an https:// URL; http:// from this machine alone."""
    if not is_web_address(source):
        return _read_file(Path(unquote(source.removeprefix("file://"))), bounds)
    with within(bounds.seconds) as deadline:
        try:
            return _follow(source, bounds, deadline)
        except (OSError, http.client.HTTPException) as error:
            if deadline.is_over:
                raise Unfetched(f"{source}: took longer than catalogue.seconds ({bounds.seconds:g})") from error
            raise Unfetched(f"{source}: {_reason(error)}") from error


def _follow(source: str, bounds: Bounds, deadline: Deadline) -> bytes:
    named, target = urlsplit(source), source
    for _ in range(MOST_REDIRECTS + 1):
        url = urlsplit(target)
        connection = CheckedConnection(url, _addresses(url, named), deadline, bounds.seconds)
        with closing(connection):
            connection.request("GET", path_of(url), headers={"Accept-Encoding": "identity", "User-Agent": "postbus"})
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
    try:
        addresses = addresses_of(url)
    except NotSecure as error:
        raise Unfetched(str(error)) from error
    is_other = (url.hostname, url.port) != (named.hostname, named.port)
    if is_other and not all(_is_public(each) for each in addresses):
        raise Unfetched(
            f"{named.geturl()}: sends us on to {url.hostname}, which has no public address; that is not followed"
        )
    return addresses


def _is_public(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_global


def _body(answer: http.client.HTTPResponse, source: str, bounds: Bounds, deadline: Deadline) -> bytes:
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
