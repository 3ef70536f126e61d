"""The trace of an accepted message: our Received field, kept beside the message and never in it (law 27).

Pure. No "for" clause, whoever the recipients are: it would show one tenant to another (law 16).
Standards: RFC 5321 4.4 (form), RFC 3848 and 6531 4.3 (what stands after "with"), RFC 5322 3.2.2 (comments).
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from receiver.smtp.paths import is_client_name_sound

# The peer of a Unix socket, which has no address: a process of this machine.
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a message came in.

    `peer` is an IP address or LOCAL, `tls` protocol and cipher or None, `via` who told of the peer.
    """

    message_id: str
    received_at: datetime
    hostname: str
    peer: str
    helo: str
    tls: str | None
    extended: bool
    smtputf8: bool
    normalized: bool = False
    via: str = ""
    lmtp: bool = False


def received_field(arrival: Arrival) -> str:
    """The whole header field, folded, without the CRLF at its end."""
    tls = f" ({arrival.tls})" if arrival.tls else ""
    normalized = "\r\n\t(bare line ends were made CRLF)" if arrival.normalized else ""
    told = f"\r\n\t(told by {_shown(arrival.via)})" if arrival.via else ""
    return (
        f"Received: from {_from_domain(arrival.helo, arrival.peer)}{told}\r\n"
        f"\tby {arrival.hostname} with {_protocol(arrival)}{tls}{normalized}\r\n"
        f"\tid {arrival.message_id}; {_date(arrival.received_at.replace(microsecond=0))}"
    )


def address_literal(peer: str) -> str:
    """`[192.0.2.1]` or `[IPv6:2001:db8::1]`; a peer without an IP address (a Unix socket) is `[127.0.0.1]`."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "[127.0.0.1]"
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def address_of(peer: object) -> str:
    """The address in a socket's name of its peer, "" for a Unix socket."""
    address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
    # An IPv4 client of a socket that listens on [::].
    return address.removeprefix("::ffff:")


@lru_cache(maxsize=2)
def _date(second: datetime) -> str:
    """Made once a second and not once a message."""
    return format_datetime(second)


def peer_name(peer: object) -> str:
    """What is recorded of a peer: its address, or LOCAL."""
    return address_of(peer) or LOCAL


def _shown(peer: str) -> str:
    return LOCAL if peer == LOCAL else address_literal(peer)


def _from_domain(helo: str, peer: str) -> str:
    literal = address_literal(peer)
    if is_client_name_sound(helo):
        return f"{helo} ({_shown(peer)})"
    if not helo:  # a forwarder that does not know
        return f"{literal} ({literal})"
    # What the client claimed goes into a comment, where it cannot pass for a name.
    claimed = "".join(c for c in helo if "!" <= c <= "~" and c not in "()\\")
    return f"{literal} ({literal} helo={claimed})"


def _protocol(arrival: Arrival) -> str:
    if not arrival.extended:
        return "SMTP"
    plain, international = ("LMTP", "UTF8LMTP") if arrival.lmtp else ("ESMTP", "UTF8SMTP")
    return (international if arrival.smtputf8 else plain) + ("S" if arrival.tls else "")
