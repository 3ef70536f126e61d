"""Read what a mail server tells of its client: the attributes of XCLIENT and XFORWARD.

Pure. Values never bring a control character, a blank or anything outside ASCII with them, whatever was encoded; what is
of no use here (names, logins, destinations) is read and dropped. Raises SyntaxFault only.
Standards: Postfix's XCLIENT_README and XFORWARD_README, RFC 3461 section 4 (xtext).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from receiver.smtp import replies
from receiver.smtp.paths import SyntaxFault
from receiver.smtp.proxy import plain
from receiver.smtp.replies import printable

OF_XCLIENT = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "REVERSE_NAME")
OF_XFORWARD = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")

_LONGEST_VALUE = 255
# Postfix before 2.3 encodes nothing: "=" is taken as it is.
_ATTRIBUTE = re.compile(r"([A-Za-z_]{1,16})=((?:[!-*,-~]|\+[0-9A-Fa-f]{2})+)")
_ENCODED = re.compile(r"\+([0-9A-Fa-f]{2})")
_PORT = re.compile(r"[0-9]{1,5}")
_UNKNOWN = {"[UNAVAILABLE]", "[TEMPUNAVAIL]"}


@dataclass(frozen=True, slots=True)
class Client:
    """What is known of a client that another server speaks for; "" and 0 are what is not."""

    address: str = ""
    port: int = 0
    helo: str = ""


def told(argument: str, known: Collection[str], before: Client) -> Client:
    """What is known of the client now; attributes that are not given keep their value."""
    values = _values(argument, known)
    return Client(
        address=_address(values["ADDR"]) if "ADDR" in values else before.address,
        port=_port(values["PORT"]) if "PORT" in values else before.port,
        helo=values.get("HELO", before.helo),
    )


def _values(argument: str, known: Collection[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in argument.split(" "):
        match = _ATTRIBUTE.fullmatch(part)
        if match is None:
            raise SyntaxFault(replies.ATTRIBUTE_SYNTAX)
        keyword = match[1].upper()
        if keyword not in known or keyword in values:
            raise SyntaxFault(replies.ATTRIBUTE_SYNTAX)
        values[keyword] = _decoded(match[2], keyword)
    return values


def _decoded(xtext: str, keyword: str) -> str:
    text = _ENCODED.sub(lambda match: chr(int(match[1], 16)), xtext)
    if len(text) > _LONGEST_VALUE:
        raise SyntaxFault(replies.parameter_malformed(keyword))
    return "" if text.upper() in _UNKNOWN else printable(text).replace(" ", "?")


def _address(text: str) -> str:
    if not text:
        return ""
    is_tagged = text[:5].upper() == "IPV6:"
    try:
        # A zone ("%eth0") may be any text, and means nothing on another machine.
        address = ip_address("" if "%" in text else text[5:] if is_tagged else text)
    except ValueError as error:
        raise SyntaxFault(replies.parameter_malformed("ADDR")) from error
    if is_tagged and not isinstance(address, IPv6Address):
        raise SyntaxFault(replies.parameter_malformed("ADDR"))
    return plain(address)


def _port(text: str) -> int:
    if text and (not _PORT.fullmatch(text) or int(text) > 0xFFFF):
        raise SyntaxFault(replies.parameter_malformed("PORT"))
    return int(text or "0")
