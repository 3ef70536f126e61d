"""Whether a peer is in a list of networks. Pure."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address

from receiver.smtp.trace import address_of

Networks = Collection[IPv4Network | IPv6Network]


def is_listed(peer: object, networks: Networks) -> bool:
    """Whether `peer`, as a socket names it, is in one of the networks; a Unix socket's counts as 127.0.0.1."""
    if not networks:
        return False
    address = ip_address(address_of(peer) or "127.0.0.1")
    return any(address in network for network in networks)
