"""One session with an IMAP server: open it, log in, look at mailboxes, fetch. Nothing in a mailbox changes by it.

EXAMINE and BODY.PEEK only. Every wait has a deadline, everything a server sends has a limit. Never logs, never decides.
Raises ImapFailure when the session is over; Undeliverable for one message that the server cannot deliver.
Standards: RFC 9051 and 3501 (IMAP4), 2177 (IDLE), 2971 (ID), 4731 (ESEARCH), 4959 (SASL-IR), 7888 (LITERAL+).
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from receiver.imap.uid_sets import UidSet
from receiver.imap.values import Examined, Head, Limits, ListedMailbox, Login, Place, Traffic, Whole

Write = Callable[[bytes], object]


class Session(Protocol):
    """A connection to a server. Used by one task at a time; an async iterator is read to its end or closed."""

    capabilities: frozenset[str]  # in upper case
    address: str  # that was connected to: "192.0.2.1"
    tls: str | None  # "TLSv1.3"
    limits: Limits

    @classmethod
    async def open(cls, place: Place, limits: Limits) -> "Session":
        """Resolve, check, connect, TLS, greeting, capabilities."""

    @property
    def traffic(self) -> Traffic:
        """Octets so far."""

    async def login(self, login: Login) -> None:
        """Log in by the best way that both sides know."""

    async def identify(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """Say who we are (ID), where the server asks to know; gives who it says it is, {} where it does not."""

    async def mailboxes(self) -> list[ListedMailbox]:
        """All mailboxes of the account, with their special uses."""

    async def examine(self, name: str) -> Examined:
        """Open a mailbox for reading only. ImapFailure mailbox_gone does not end the session."""

    async def search_since(self, day: date) -> UidSet:
        """UIDs of the mailbox that came in on `day` (of the server's clock) or later."""

    async def search_from(self, uid: int) -> UidSet:
        """UIDs of the mailbox that are `uid` or above."""

    async def search_message_id(self, message_id: str) -> UidSet:
        """UIDs of messages whose Message-ID holds `message_id`."""

    def heads(self, uids: UidSet, batch: int = 250) -> AsyncIterator[Head]:
        """The heads of messages; one that is missing has gone."""

    def texts(self, wanted: Sequence[tuple[int, str]], octets: int) -> AsyncIterator[tuple[int, str, bytes]]:
        """(UID, part, its first octets as encoded) for each (UID, part) that the server delivers."""

    async def whole(self, uid: int, write: Write, size: int = 0) -> int:
        """A whole message, in pieces, to `write`; gives its octets. Raises Undeliverable."""

    def wholes(self, wanted: Iterable[tuple[int, int]], writer_of: Callable[[int], Write]) -> AsyncIterator[Whole]:
        """Whole messages of (UID, size as its head said), pipelined; `writer_of(uid)` is asked at the first octet.

        Gives each UID once, in the order in which they end: complete, gone or refused.
        """

    async def idle(self, seconds: float) -> bool:
        """Wait at most `seconds` for news of the open mailbox: True, there is something. Only with capability IDLE."""

    async def logout(self) -> None:
        """Say good-bye and close; never raises."""

    def abort(self) -> None:
        """Close at once."""
