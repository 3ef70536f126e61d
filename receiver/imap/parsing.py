"""A response of a server as values: tokens, status, numbers, data of a FETCH. Iterative, linear in its octets. No I/O.

Values are octets, None (NIL) and lists of them; numbers and names are made where their meaning is known.
Raises ImapFailure server_nonsense where a response cannot be what it says it is.
Standard: RFC 9051 section 9 (grammar), read liberally.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeAlias

from receiver.imap.assembling import Response
from receiver.imap.failures import ImapFailure

Value: TypeAlias = "bytes | list[Value] | None"

# Every alternative ends where it began to fail: no octet is looked at twice, whatever stands there.
_TOKEN = re.compile(
    rb"[()]"
    rb'|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
    rb"|~?\{\d++\+?\}\r?\n"
    rb"|(?:BODY|BINARY)\[[^\]]*+(?:\](?:<\d*+>)?|\Z)"
    rb'|[^ ()"\r\n]++',
    re.DOTALL | re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_STATUS = re.compile(rb"(OK|NO|BAD|BYE|PREAUTH)(?: +\[([^\]]*)\])?(?: +(.*))?", re.IGNORECASE | re.DOTALL)
_UNTAGGED = re.compile(rb"\* +(?:(\d{1,10}) +)?([A-Z][A-Z0-9.\-]*) *", re.IGNORECASE)
_SECTION = re.compile(rb"(?:BODY|BINARY)\[([^\]]*)\](?:<(\d{0,15})>)?", re.IGNORECASE)
_DATE = re.compile(rb" ?(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
MONTH = {name: number for number, name in enumerate(_MONTHS, 1)}
# Envelopes of attached messages nest a little deeper than the parts around them.
DEPTH_BESIDE_PARTS = 8


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH, with its response code ("UIDNEXT 5") and its words."""

    condition: bytes
    code: bytes = b""
    words: bytes = b""


@dataclass(slots=True)
class Untagged:
    """One untagged response: `* 12 FETCH …` has number 12, name b"FETCH"; a status response has `status`."""

    name: bytes
    number: int | None = None
    status: Status | None = None
    response: Response = field(default_factory=lambda: Response(b""))
    start: int = 0  # of its data in the response's text

    @property
    def data(self) -> bytes:
        """What follows the name, without literals."""
        return self.response.text[self.start :].rstrip(b"\r\n")

    def values(self, depth: int = DEPTH_BESIDE_PARTS) -> list[Value]:
        """What follows the name as values; lists deeper than `depth` are empty."""
        return read_values(self.response.text, self.start, self.response.literals, depth)


def read_untagged(response: Response) -> Untagged:
    """What `* …` says."""
    match = _UNTAGGED.match(response.text)
    if match is None:
        raise ImapFailure("server_nonsense", what="untagged response")
    number = int(match.group(1)) if match.group(1) else None
    name = match.group(2).upper()
    status = read_status(response.text[match.start(2) :]) if number is None else None
    return Untagged(name, number, status, response, match.end())


def read_status(text: bytes) -> Status | None:
    """A status of `text` ("OK [CODE] words"), None where it is none."""
    match = _STATUS.match(text.rstrip(b"\r\n"))
    if match is None:
        return None
    return Status(match.group(1).upper(), match.group(2) or b"", match.group(3) or b"")


def read_values(text: bytes, start: int, literals: Sequence[bytes], depth: int) -> list[Value]:
    """The values of `text` from `start`; lists deeper than `depth` are left empty, open ones are closed at its end."""
    top: list[Value] = []
    current, above = top, list[list[Value]]()
    too_deep = 0
    remaining = iter(literals)
    for token in _TOKEN.findall(text, start):
        if token == b"(":
            if too_deep or len(above) >= depth:
                too_deep += 1
                continue
            above.append(current)
            inner: list[Value] = []
            current.append(inner)
            current = inner
        elif token == b")":
            if too_deep:
                too_deep -= 1
            elif above:
                current = above.pop()
        elif token[-1] == 10:  # only a literal's announcement ends with a line
            literal = next(remaining, b"")
            if not too_deep:
                current.append(literal)
        elif not too_deep:
            current.append(_value(token))
    return top


def _value(token: bytes) -> bytes | None:
    if token[0] == 34:
        inner = token[1:-1] if token.endswith(b'"') else token[1:]
        return _ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner
    return None if token in {b"NIL", b"nil"} else token


def read_items(untagged: Untagged, depth: int) -> dict[bytes, Value]:
    """The data items of a FETCH by their names in upper case; sections as b"BODY[1.2]<0>"."""
    values = untagged.values(depth + DEPTH_BESIDE_PARTS)
    items = values[0] if values and isinstance(values[0], list) else []
    names = [each.upper() if isinstance(each, bytes) else b"" for each in items[::2]]
    return dict(zip(names, items[1::2], strict=False))


def section_of(name: bytes) -> tuple[bytes, int | None] | None:
    """(section, origin) of a data item's name: b"BODY[1.2]<0>" is (b"1.2", 0); None where it is no section."""
    match = _SECTION.fullmatch(name)
    if match is None:
        return None
    return match.group(1), int(match.group(2)) if match.group(2) else None


def read_number(value: Value) -> int | None:
    """A number of at most 20 digits, else None."""
    return int(value) if isinstance(value, bytes) and len(value) <= 20 and value.isdigit() else None


def read_internal_date(value: Value) -> datetime | None:
    """INTERNALDATE as an aware UTC datetime; None where it is none."""
    match = _DATE.fullmatch(value) if isinstance(value, bytes) else None
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset)
        moment = datetime(
            int(year), MONTH[month.lower()], int(day), int(hour), int(minute), min(int(second), 59), tzinfo=zone
        )
        return moment.astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None
