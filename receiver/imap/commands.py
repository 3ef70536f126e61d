"""Arguments of commands: quoted where that is safe, literals else. Nothing that a name holds can end a command. No I/O.

Raises ValueError for NUL, which no string of IMAP can hold. Standards: RFC 9051 section 4.3, RFC 7888 (LITERAL+).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from receiver.imap.mailbox_names import encode_mailbox

_QUOTABLE = re.compile(rb"[\x20-\x7e]{0,1000}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LITERAL_MINUS_OCTETS = 4096


@dataclass(frozen=True, slots=True, repr=False)
class Literal:
    """An argument that is sent by its length."""

    octets: bytes


Argument = bytes | Literal


def string(text: str) -> Argument:
    """`text` as an IMAP string. ValueError: it holds NUL."""
    octets = text.encode("utf-8", "surrogateescape")
    if b"\0" in octets:
        raise ValueError("NUL in a string")
    if _QUOTABLE.fullmatch(octets):
        return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return Literal(octets)


def mailbox(name: str) -> Argument:
    """The name of a mailbox."""
    return string(encode_mailbox(name).decode("ascii"))


def day(value: date) -> bytes:
    """A day as SEARCH takes it: 1-Nov-2026, whatever the locale."""
    return f"{value.day}-{_MONTHS[value.month - 1]}-{value.year:04}".encode("ascii")


def packets(tag: bytes, arguments: Collection[Argument], capabilities: frozenset[str]) -> Iterator[bytes]:
    """The octets of a command. Between two packets the server's `+` must be waited for."""
    packet = tag
    for argument in arguments:
        if not isinstance(argument, Literal):
            packet += b" " + argument
            continue
        size = len(argument.octets)
        if "LITERAL+" in capabilities or ("LITERAL-" in capabilities and size <= _LITERAL_MINUS_OCTETS):
            packet += b" {%d+}\r\n" % size + argument.octets
        else:
            yield packet + b" {%d}\r\n" % size
            packet = argument.octets
    yield packet + b"\r\n"
