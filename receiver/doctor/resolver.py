"""Questions to a name server: MX, addresses, names of addresses, servers of a service.

Raises Unanswered when no name server gives an answer; that there is no such record is an answer.
Standards: RFC 1035, RFC 5321 section 5.1, RFC 7505 (null MX), RFC 2782 (SRV).
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.exception
import dns.resolver
import dns.reversename

from receiver.doctor.findings import PATIENCE_SECONDS
from receiver.setting_values import host_and_port

_TRY_SECONDS = 1.5
Address = IPv4Address | IPv6Address


class Unanswered(Exception):
    """No name server answered; the text says which question, and why."""


@dataclass(frozen=True, slots=True)
class Host:
    """The addresses of a name, and the name it is an alias for, if it is one."""

    addresses: tuple[Address, ...]
    alias_for: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is offered."""

    host: str
    port: int


class Resolver:
    """The name server at `server` (HOST:PORT), or those of the system when it is empty."""

    def __init__(self, server: str) -> None:
        self._server = server

    def mx(self, domain: str) -> list[str]:
        """The exchanges of a domain, the preferred first; `[""]` is a null MX."""
        answer = self._ask(domain, "MX")
        rows = sorted((row.preference, row.exchange.to_text(omit_final_dot=True).lower()) for row in answer or ())
        return [name if name != "." else "" for _, name in rows]

    def services(self, name: str) -> list[Service]:
        """The servers that SRV names for `_service._tcp.domain`, the preferred first; none when it says "not here"."""
        answer = self._ask(name, "SRV")
        rows = sorted(answer or (), key=lambda row: (row.priority, -row.weight, row.target.to_text()))
        named = [Service(row.target.to_text(omit_final_dot=True).lower(), row.port) for row in rows]
        return [each for each in named if each.host not in {"", "."}]

    def host(self, name: str) -> Host:
        """Its IPv4 and IPv6 addresses."""
        addresses: list[Address] = []
        alias = ""
        for kind in ("A", "AAAA"):
            answer = self._ask(name, kind)
            if answer is not None:
                canonical = answer.canonical_name.to_text(omit_final_dot=True)
                alias = canonical if canonical.lower() != name.lower().rstrip(".") else alias
                addresses += [ip_address(row.address) for row in answer]
        return Host(tuple(addresses), alias)

    def names_of(self, address: Address) -> list[str]:
        """What the PTR records of an address say."""
        answer = self._ask(dns.reversename.from_address(str(address)).to_text(), "PTR")
        return sorted(row.target.to_text(omit_final_dot=True).lower() for row in answer or ())

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer | None:
        try:
            return self._client().resolve(f"{name.rstrip('.')}.", kind, lifetime=PATIENCE_SECONDS / 2, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except dns.exception.DNSException as error:
            raise Unanswered(f"{name} {kind}: {_reason(error)}") from error
        except OSError as error:
            raise Unanswered(f"{name} {kind}: {error.strerror or error}") from error

    def _client(self) -> dns.resolver.Resolver:
        if not self._server:
            client = dns.resolver.Resolver()
        else:
            client = dns.resolver.Resolver(configure=False)
            host, client.port = host_and_port(self._server)
            client.nameservers = [str(socket.getaddrinfo(host, client.port, type=socket.SOCK_DGRAM)[0][4][0])]
        client.timeout = _TRY_SECONDS
        return client


def _reason(error: dns.exception.DNSException) -> str:
    match error:
        case dns.exception.Timeout():
            return "the name server does not answer"
        case dns.resolver.NoNameservers():
            return "the name server refuses to answer, or has failed"
        case dns.resolver.NoResolverConfiguration():
            return "this machine has no name server"
    return "no such name can exist" if isinstance(error, dns.exception.SyntaxError) else type(error).__name__
