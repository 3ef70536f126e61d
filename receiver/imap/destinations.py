"""Where a connection may go: a name is resolved once, every address is checked, and only those addresses are used.

A linked account's host is a tenant's word: without this check it could name the operator's own machines (law 18).
Raises ImapFailure host_not_found, host_is_internal. Standards: RFC 6890 (special addresses), RFC 6052 (NAT64).
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from receiver.imap.failures import ImapFailure

_MAX_ADDRESSES = 8
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Python counts some of these as global, by parts or because it is older than they are.
_SPECIAL_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637
_NAT64 = IPv6Network("64:ff9b::/96")
_ORDERED_TO_V4 = IPv6Network("2002::/16")  # 6to4
_TEREDO = IPv6Network("2001::/32")


async def resolve(host: str, port: int, *, allow_internal: bool, seconds: float) -> list[str]:
    """The addresses of `host` that may be connected to, in the system's order."""
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise ImapFailure("host_not_found", host=host) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))[:_MAX_ADDRESSES]
    allowed = addresses if allow_internal else _public(addresses)
    if not allowed:
        raise ImapFailure("host_is_internal" if addresses else "host_not_found", host=host)
    return allowed


def is_internal(address: str) -> bool:
    """Whether an address is not one of the public Internet: of this machine, a network around it, a group, nobody."""
    try:
        ip = ip_address(address)
    except ValueError:
        return True
    return _is_internal_v6(ip) if isinstance(ip, IPv6Address) else _is_internal_v4(ip)


def _public(addresses: Iterable[str]) -> list[str]:
    return [address for address in addresses if not is_internal(address)]


def _is_internal_v4(ip: IPv4Address) -> bool:
    return not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in each for each in _SPECIAL_V4)


def _is_internal_v6(ip: IPv6Address) -> bool:
    if ip.ipv4_mapped is not None:
        return _is_internal_v4(ip.ipv4_mapped)
    if ip in _NAT64:
        return _is_internal_v4(IPv4Address(int(ip) & 0xFFFFFFFF))
    if ip not in _GLOBAL_UNICAST or ip.scope_id is not None:
        return True
    return not ip.is_global or any(ip in each for each in (_ORDERED_TO_V4, _TEREDO, _DOCUMENTATION))
