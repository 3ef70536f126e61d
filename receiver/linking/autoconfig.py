"""What a domain says of its mail servers: a file of settings over HTTPS, and SRV records in the DNS.

The file is asked of the domain alone, over HTTPS, within a size and a time; names are resolved once, internal addresses
refused unless they are allowed (law 18). Its XML is read without a document type, so without entities. What it says is
a proposal: names and ports are checked like what people type, and again when they are connected to. Raises Unusable.
Standards: Mozilla's autoconfiguration file (config-v1.1), RFC 6186 and RFC 8314 (SRV), RFC 2782.
"""

import http.client
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urljoin, urlsplit
from xml.parsers import expat

from receiver.doctor.resolver import Resolver
from receiver.imap.destinations import is_internal
from receiver.linking.proposal import Auth, Proposal, Security
from receiver.web import Bounds, CheckedConnection, Deadline, addresses_of, deadline, path_of
from rules.addresses import canonical_domain

BOUNDS = Bounds(max_octets=256 * 1024, seconds=5.0)
# {domain}, {address}: of the person, quoted for a URL.
PLACES = (
    "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
    "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress={address}",
)
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_TEXT = 1000
_SECURITIES: dict[str, Security] = {"SSL": "tls", "STARTTLS": "starttls"}
_AUTHS: dict[str, Auth] = {"password-cleartext": "password", "plain": "password", "OAuth2": "xoauth2"}
_FIELDS = frozenset({"hostname", "port", "socketType", "username", "authentication"})


class Unusable(Exception):
    """There is no such file, or none that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Web:
    """How files are asked for. `places`: URLs with {domain} and {address}."""

    places: Sequence[str] = PLACES
    bounds: Bounds = BOUNDS
    allow_internal: bool = False
    resolve: Callable[[str], list[str]] = lambda url: addresses_of(urlsplit(url))


def from_web(web: Web, place: str, address: str) -> list[Proposal]:
    """The servers that the file at this place names, the preferred first; [] when it names none that can be used."""
    local, _, domain = address.rpartition("@")
    url = place.format(domain=quote(domain), address=quote(address))
    return _proposals(read_servers(_fetch(web, url)), local, domain)


def from_dns(resolver: Resolver, address: str) -> list[Proposal]:
    """The servers that SRV names, TLS before STARTTLS (RFC 8314). Raises Unanswered."""
    _, _, domain = address.rpartition("@")
    secure = [(each, "tls") for each in resolver.services(f"_imaps._tcp.{domain}")]
    plain = [(each, "starttls") for each in resolver.services(f"_imap._tcp.{domain}")]
    kinds: dict[str, Security] = {"tls": "tls", "starttls": "starttls"}
    return [
        Proposal(source="srv", host=host, port=each.port, security=kinds[kind], usernames=(address,))
        for each, kind in (*secure, *plain)
        if (host := canonical_domain(each.host)) is not None and each.port
    ]


def read_servers(octets: bytes) -> list[dict[str, list[str]]]:
    """The incoming IMAP servers of a file, each as its fields' texts in order. Raises Unusable."""
    reader = _Reader()
    try:
        reader.parser.Parse(octets, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        # The latter two come of an encoding that it declares: one of Python's that is none of text, or of many octets.
        raise Unusable("its settings are no well-formed XML") from error
    return reader.servers


class _Reader:
    """Collects the fields of <incomingServer type="imap">; keeps no tree, so depth costs nothing."""

    def __init__(self) -> None:
        self.servers: list[dict[str, list[str]]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._server: dict[str, list[str]] | None = None
        self._field = ""
        self._said = ""

    def _refuse(self, *_declared: object) -> None:
        raise Unusable("its settings declare a document type, which is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "incomingServer" and attributes.get("type") == "imap":
            self._server = {}
        elif self._server is not None and name in _FIELDS:
            self._field, self._said = name, ""

    def _end(self, name: str) -> None:
        if name == "incomingServer" and self._server is not None:
            self.servers.append(self._server)
            self._server = None
        elif self._server is not None and name == self._field:
            self._server.setdefault(name, []).append(self._said.strip())
            self._field = ""

    def _text(self, data: str) -> None:
        if self._field and len(self._said) < _LONGEST_TEXT:
            self._said += data


def _proposals(servers: Sequence[dict[str, list[str]]], local: str, domain: str) -> list[Proposal]:
    found = [_proposal(each, local, domain) for each in servers]
    usable = [each for each in found if each is not None]
    return sorted(usable, key=lambda each: (each.security != "tls", each.auth != "password"))


def _proposal(said: dict[str, list[str]], local: str, domain: str) -> Proposal | None:
    texts = {name: values[0] for name, values in said.items() if values}
    host = canonical_domain(_filled(texts.get("hostname", ""), local, domain))
    security = _SECURITIES.get(texts.get("socketType", ""))
    auth = next((_AUTHS[each] for each in said.get("authentication", []) if each in _AUTHS), None)
    port = texts.get("port", "")
    if host is None or security is None or auth is None or not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    if not 1 <= int(port) <= 65_535:
        return None
    username = _filled(texts.get("username", "%EMAILADDRESS%"), local, domain)
    names = (username,) if username.isprintable() and 0 < len(username) <= 320 else ()
    return Proposal(source="autoconfig", host=host, port=int(port), security=security, auth=auth, usernames=names)


def _filled(text: str, local: str, domain: str) -> str:
    for name, value in (("ADDRESS", f"{local}@{domain}"), ("LOCALPART", local), ("DOMAIN", domain)):
        text = text.replace(f"%EMAIL{name}%", value)
    return text


def _fetch(web: Web, url: str) -> bytes:
    with deadline(web.bounds.seconds) as ends:
        try:
            return _follow(web, url, ends)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if ends.is_over:
                raise Unusable(f"it takes longer than {web.bounds.seconds:g} seconds") from error
            raise Unusable(_reason(error)) from error


def _follow(web: Web, url: str, ends: Deadline) -> bytes:
    for _ in range(_MOST_REDIRECTS + 1):
        asked = urlsplit(url)
        if asked.scheme != "https":
            raise Unusable("it is not offered over https://")
        addresses = web.resolve(url)
        if not web.allow_internal and any(is_internal(each) for each in addresses):
            raise Unusable("it has an internal address")
        with closing(CheckedConnection(asked, addresses, ends, web.bounds.seconds)) as connection:
            connection.request("GET", path_of(asked), headers={"Accept-Encoding": "identity", "User-Agent": "postbus"})
            answer = connection.getresponse()
            if answer.status not in _REDIRECTS:
                return _body(answer, web.bounds, ends)
            url = urljoin(url, answer.getheader("Location") or "")
    raise Unusable("it sends us on and on")


def _body(answer: http.client.HTTPResponse, bounds: Bounds, ends: Deadline) -> bytes:
    if answer.status != HTTPStatus.OK:
        raise Unusable(f"the server answers {answer.status}")
    octets = answer.read(bounds.max_octets + 1)
    if ends.is_over:
        raise TimeoutError
    if len(octets) > bounds.max_octets:
        raise Unusable(f"it is larger than {bounds.max_octets} octets")
    return octets


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "the server cannot be reached"
    return "the server does not speak HTTP as it should"
