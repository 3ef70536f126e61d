"""Read the arguments of MAIL, RCPT, HELO and EHLO.

Pure. Nothing is decoded: no RFC 2047, no comments, no quoted pairs undone; the path is kept as it was written.
Hostile input takes linear time. Raises SyntaxFault only.
Standards: RFC 5321 4.1.2 (grammar), 4.1.3 (address literals), 4.5.3.1 (lengths); RFC 6531 3.3 (outside ASCII).
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

from receiver.smtp import replies
from receiver.smtp.replies import Reply

LONGEST_LOCAL_PART = 64
LONGEST_DOMAIN = 255
LONGEST_LABEL = 63
_LONGEST_PATH = 256  # with the angle brackets
# Seen in practice: SRS and Gmail's "+caf_" put a whole address into the local part of the reverse-path of a forwarded
# mail, which takes it past 64. RFC 5321 4.5.3.1 asks to impose no limit where it can be helped: there only the path's.
_LONGEST_REVERSE_LOCAL_PART = _LONGEST_PATH

# No possessive quantifiers: CPython before 3.11.5 mismatches with them (gh-106052), and Debian 12 has 3.11.2. Each
# pattern is linear because no two of its alternatives begin alike.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED_STRING = re.compile(r'"(?:[ !#-\[\]-~\x80-\U0010ffff]|\\[ -~])*"')
# Seen in practice: an underscore within a domain of a reverse-path.
_LABEL = re.compile(r"[A-Za-z0-9\x80-\U0010ffff](?:[A-Za-z0-9_\x80-\U0010ffff-]*[A-Za-z0-9_\x80-\U0010ffff])?")
_PATH = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^"<>])*)>')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\x80-\U0010ffff]+))?")
_LITERAL = re.compile(r"\[(IPv6:)?([0-9A-Fa-f:.]{2,45})\]", re.IGNORECASE)
_CLIENT_NAME = re.compile(r"[!-~]{1,255}")
_SIZE = re.compile(r"[0-9]{1,20}")
_BODIES = ("7BIT", "8BITMIME")


class SyntaxFault(Exception):
    """An argument that does not fit; `reply` says so to the client."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class ReversePath:
    """The argument of MAIL: `address` without brackets ("" is the null reverse-path), `size` in octets if declared."""

    address: str
    size: int
    smtputf8: bool
    options: tuple[str, ...]


def parse_mail(argument: str, *, extended: bool, smtputf8_offered: bool) -> ReversePath:
    """`FROM:<path> [parameters]`."""
    text, options = _split(argument, "FROM:", replies.SENDER_SYNTAX, replies.sender_malformed())
    parameters = _parameters(options, replies.SENDER_SYNTAX, extended=extended)
    known = {"SIZE", "BODY", "SMTPUTF8"} if smtputf8_offered else {"SIZE", "BODY"}
    for keyword in parameters:
        if keyword not in known:
            raise SyntaxFault(replies.parameter_unknown(keyword))
    smtputf8 = "SMTPUTF8" in parameters
    if smtputf8 and parameters["SMTPUTF8"] is not None:
        raise SyntaxFault(replies.parameter_malformed("SMTPUTF8"))
    if "BODY" in parameters and (parameters["BODY"] or "").upper() not in _BODIES:
        raise SyntaxFault(replies.parameter_malformed("BODY"))
    size = _size(parameters)
    if text and not _is_mailbox(text, _LONGEST_REVERSE_LOCAL_PART, smtputf8=smtputf8):
        raise SyntaxFault(replies.sender_malformed())
    return ReversePath(text, size, smtputf8, tuple(options.split()))


def parse_rcpt(argument: str, *, extended: bool, smtputf8: bool) -> str:
    """`TO:<path>`; no parameter of RCPT is offered, so none is recognised."""
    text, options = _split(argument, "TO:", replies.RECIPIENT_SYNTAX, replies.recipient_malformed())
    for keyword in _parameters(options, replies.RECIPIENT_SYNTAX, extended=extended):
        raise SyntaxFault(replies.parameter_unknown(keyword))
    # RFC 5321 4.1.1.3: the one forward-path that may stand without a domain.
    if text.lower() == "postmaster":
        return text
    if not text or not _is_mailbox(text, LONGEST_LOCAL_PART, smtputf8=smtputf8):
        raise SyntaxFault(replies.recipient_malformed())
    return text


def parse_client_name(argument: str) -> str:
    """What follows HELO or EHLO.

    Seen in practice: underscores, single labels, addresses without brackets. RFC 5321 4.1.4 forbids to refuse mail for
    a wrong name, so whatever is printable and without blanks is taken, and `is_client_name_sound` tells the trace.
    """
    if not _CLIENT_NAME.fullmatch(argument):
        raise SyntaxFault(replies.ARGUMENT_NEEDED)
    return argument


def is_client_name_sound(name: str) -> bool:
    """Whether `name` is what RFC 5321 4.1.1.1 asks for: a domain or an address literal, in ASCII."""
    return name.isascii() and (_is_literal(name) or _is_domain(name))


def _split(argument: str, keyword: str, syntax: Reply, malformed: Reply) -> tuple[str, str]:
    if argument[: len(keyword)].upper() != keyword:
        raise SyntaxFault(syntax)
    # Seen in practice: a blank between the colon and the path.
    rest = argument[len(keyword) :].lstrip(" ")
    path = _PATH.match(rest)
    if path is None:
        raise SyntaxFault(malformed if rest.startswith("<") else syntax)
    options = rest[path.end() :]
    if options and not options.startswith(" "):
        raise SyntaxFault(malformed)
    if len(path[1].encode()) > _LONGEST_PATH - 2:
        raise SyntaxFault(malformed)
    return path[1], options.strip(" ")


def _parameters(options: str, syntax: Reply, *, extended: bool) -> dict[str, str | None]:
    if options and not extended:
        raise SyntaxFault(replies.PARAMETERS_NEED_EHLO)
    parameters: dict[str, str | None] = {}
    for option in options.split():
        match = _PARAMETER.fullmatch(option)
        if match is None:
            raise SyntaxFault(syntax)
        keyword = match[1].upper()
        if keyword in parameters:
            raise SyntaxFault(replies.parameter_malformed(keyword))
        parameters[keyword] = match[2]
    return parameters


def _size(parameters: dict[str, str | None]) -> int:
    if "SIZE" not in parameters:
        return 0
    value = parameters["SIZE"] or ""
    if not _SIZE.fullmatch(value):
        raise SyntaxFault(replies.parameter_malformed("SIZE"))
    return int(value)


def _is_mailbox(text: str, longest_local_part: int, *, smtputf8: bool) -> bool:
    if not text.isascii():
        if not smtputf8:
            raise SyntaxFault(replies.NEEDS_SMTPUTF8)
        if not _is_sound_unicode(text):
            return False
    local_part, _, domain = text.rpartition("@")
    if len(local_part.encode()) > longest_local_part:
        return False
    is_local_part = _DOT_STRING.fullmatch(local_part) or _QUOTED_STRING.fullmatch(local_part)
    return bool(is_local_part) and (_is_literal(domain) or _is_domain(domain))


def _is_domain(domain: str) -> bool:
    # A label outside ASCII is longer here than in DNS.
    return len(domain.encode()) <= LONGEST_DOMAIN and all(
        _LABEL.fullmatch(label) and len(label) <= LONGEST_LABEL for label in domain.split(".")
    )


def _is_literal(domain: str) -> bool:
    match = _LITERAL.fullmatch(domain)
    if match is None:
        return False
    try:
        if match[1]:
            ipaddress.IPv6Address(match[2])
        else:
            ipaddress.IPv4Address(match[2])
    except ValueError:
        return False
    return True


def _is_sound_unicode(text: str) -> bool:
    """No controls, blanks, invisible or unassigned characters outside ASCII: they only serve to deceive (RFC 5892)."""
    return all(c.isascii() or unicodedata.category(c)[0] not in "CZ" for c in text)
