"""Read the addresses of a header field as tolerantly as mail in practice asks for.

Addresses come out as they stand there, on one line; `rules.addresses.canonical` makes them comparable. Never fails.
Standard: RFC 5322 3.4 and 3.6, RFC 6854 (groups in From), RFC 2047 5.3 (encoded words in names).
"""

import re
from collections.abc import Sequence
from email.message import Message
from email.utils import getaddresses

from receiver.mail.charsets import one_line
from receiver.mail.fields import decode_words

MAX_ADDRESSES = 100
MAX_VALUE = 2000  # characters of one field
_BRACKETED = re.compile(r"<([^\s<>@]{1,64}@[^\s<>@]{1,255})>")
_BARE = re.compile(r"(?<![^\s,;])([^\s<>@,;:()\"]{1,64}@[^\s<>@,;:()\"]{1,255})(?![^\s,;])")
_FAILURES = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)

_PHRASE = r"(?:\"[^\"\\<>\r\n]{0,200}\"|[^\"\\<>@,;:()\r\n]{0,200})"
_ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}"
_ONE = rf"\s*+(?:{_PHRASE}\s*<{_ADDRESS}>|{_ADDRESS})\s*+"
_PLAIN = re.compile(rf"{_ONE}(?:,{_ONE}){{0,20}}", re.ASCII)

Named = tuple[str, str]  # the name, "" for none, and the address


def named_addresses(values: list[str]) -> list[Named]:
    """Names and addresses of the values of a field, by CPython's reading; nothing where that gives up."""
    if not values:
        return []
    try:
        return [(decode_words(name), address) for name, address in getaddresses(values)]
    except _FAILURES:  # "a:a:a:…" opens a group in a group in a group
        return []


def senders(found: Sequence[Named], values: list[str]) -> list[Named]:
    """What a first reader `found` in the values of header From, tidied, or, where it found nothing, what is there."""
    if not any("@" in address for _, address in found):
        found = named_addresses(values)
    if not any("@" in address for _, address in found) and "@" in "".join(values):
        # Seen in practice: addresses without commas between them. Those in angle brackets count first.
        text = ", ".join(values)
        found = [("", address) for address in _BRACKETED.findall(text) or _BARE.findall(text)]
    tidy = [(one_line(name), one_line(decode_words(address))) for name, address in found[:MAX_ADDRESSES]]
    return [(name, address) for name, address in tidy if "@" in address]


def addresses_of(fields: Message, name: str) -> tuple[str, ...]:
    """The addresses of all header fields of this name."""
    values = [str(value)[:MAX_VALUE] for value in fields.get_all(name, [])[:20]]
    found = (one_line(decode_words(address)) for _, address in named_addresses(values)[:MAX_ADDRESSES])
    return tuple(address for address in found if "@" in address)


def shown(addresses: Sequence[Named]) -> str:
    """Names and addresses for people."""
    return ", ".join(f"{name} <{address}>" if name else address for name, address in addresses)


def is_plain(value: str) -> bool:
    """Whether a list of addresses can be read in one way only: names, quoted or not, and addresses in brackets."""
    return _PLAIN.fullmatch(value[:MAX_VALUE]) is not None and len(value) <= MAX_VALUE
