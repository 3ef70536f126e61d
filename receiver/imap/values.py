"""What goes into a session and what comes out of it: plain values, complete when they are handed over.

Names and texts are what a server or a sender says: decoded and storable, never safe to use as they stand.
Standards: RFC 9051 section 7 (responses), RFC 2045 and 2183 (parts).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server is. `ca_file`: authorities to trust beside the system's."""

    host: str
    port: int
    security: Security
    allow_internal: bool = False
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server may cost us. Seconds count while we wait for it, not while we work; sizes are octets."""

    connect_seconds: float = 20.0  # resolving, connecting, TLS, greeting: each
    silence_seconds: float = 60.0  # without a single octet
    command_seconds: float = 300.0  # a whole command; of pipelined ones each
    line_octets: int = 1024**2  # what is kept of a line
    skipped_octets: int = 64 * 1024**2  # what is read beyond that before the server is left
    literal_octets: int = 1024**2  # a literal that is not a message: header fields, texts, names
    depth: int = 100  # of multiparts and attached messages within each other
    parts: int = 2000  # of one message
    mailboxes: int = 20_000
    piece_octets: int = 1024**2  # asked for at a time of a message
    pieces_in_flight: int = 4


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """A user name and a password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A user name and an OAuth access token; host and port are part of what OAUTHBEARER says (RFC 7628 3.1)."""

    username: str
    token: str = field(repr=False)
    host: str
    port: int


Login = PasswordLogin | TokenLogin


@dataclass(frozen=True, slots=True)
class Traffic:
    """Octets of one session on the wire, TLS included where the system tells."""

    received: int = 0
    sent: int = 0

    @property
    def octets(self) -> int:
        """Both ways."""
        return self.received + self.sent


@dataclass(frozen=True, slots=True)
class ListedMailbox:
    """A mailbox of a LIST. `flags` in lower case with their backslash: "\\\\all", "\\\\noselect", "\\\\drafts"."""

    name: str
    delimiter: str | None
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Examined:
    """A mailbox opened for reading only. `uid_next` is None where the server does not say."""

    uidvalidity: int
    uid_next: int | None
    exists: int
    highest_modseq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A node of a message's structure, as its server told it.

    path: as in BODY[path]: "1.2"; "" for the multipart at the top. A message that is no multipart is one Part "1".
    media_type: "type/subtype" in lower case; octets: as encoded in the message; encoding, disposition: lower case.
    filename: decoded, from the disposition or else the type. cid: Content-ID without brackets.
    children: of a multipart its parts; of an attached message (message/rfc822) one: its only part, or its multipart,
    which has the path of the message since nothing else names it.
    is_cut: more lay below than the limits of depth and count, or than the server's line let us read.
    """

    path: str
    media_type: str
    octets: int = 0
    encoding: str = "7bit"
    charset: str | None = None
    filename: str | None = None
    disposition: str | None = None
    cid: str | None = None
    children: tuple["Part", ...] = ()
    is_attached_message: bool = False
    is_cut: bool = False

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the message."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is known of a message before it is fetched.

    internal_date: aware, UTC; None where the server told none that can be read. size: RFC822.SIZE, which may be wrong.
    header: the octets of the fields asked for. is_cut: the structure is not all there; nothing may be concluded
    from what it does not hold.
    """

    uid: int
    internal_date: datetime | None
    size: int
    structure: Part
    header: bytes
    gm_msgid: int | None = None
    gm_labels: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """How fetching one message ended: its octets, or why there are none (then what was written is worth nothing)."""

    uid: int
    octets: int
    state: Literal["complete", "gone", "refused"] = "complete"
