"""One session with an IMAP server: open it, log in, look at mailboxes, fetch. Nothing in a mailbox changes by it.

EXAMINE and BODY.PEEK only. Every wait has a deadline, everything a server sends has a limit. Never logs, never decides.
Raises ImapFailure when the session is over; Undeliverable for one message that the server cannot deliver.
Standards: RFC 9051 and 3501 (IMAP4), 2177 (IDLE), 2971 (ID), 4731 (ESEARCH), 4959 (SASL-IR), 7888 (LITERAL+).
"""

import asyncio
import re
from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from receiver.imap.asking import heads_of, texts_of
from receiver.imap.commands import Argument, mailbox, string
from receiver.imap.commands import day as day_of
from receiver.imap.conversation import Command, Conversation
from receiver.imap.downloading import wholes_of
from receiver.imap.failures import ImapFailure, Undeliverable
from receiver.imap.mailbox_names import decode_mailbox
from receiver.imap.opening import exchange_id, log_in, open_conversation
from receiver.imap.parsing import Untagged, Value, read_number
from receiver.imap.uid_sets import MAX_UID, UidSet
from receiver.imap.values import Examined, Head, Limits, ListedMailbox, Login, Place, Traffic, Whole

Write = Callable[[bytes], object]

_GOODBYE_SECONDS = 5.0
_MOST_FOUND = 20_000_000
_NUMBER = re.compile(rb"\d{1,10}")
_SET = re.compile(rb"\bALL ([\d:,]+)", re.IGNORECASE)
_RANGE = re.compile(rb"(\d{1,10})(?::(\d{1,10}))?")


class Session:
    """A connection to a server. Used by one task at a time; an async iterator is read to its end or closed."""

    def __init__(self, conversation: Conversation, place: Place, *, is_authenticated: bool) -> None:
        self._conversation = conversation
        self._place = place
        self._is_authenticated = is_authenticated
        self._names: dict[str, bytes] = {}  # of mailboxes, as listed
        self._known = 0  # messages in the open mailbox when it was opened
        self.tls = conversation.wire.tls  # "TLSv1.3"
        self.address = conversation.wire.address  # that was connected to: "192.0.2.1"
        self.limits = conversation.limits

    @classmethod
    async def open(cls, place: Place, limits: Limits) -> "Session":
        """Resolve, check, connect, TLS, greeting, capabilities."""
        conversation, is_authenticated = await open_conversation(place, limits)
        return cls(conversation, place, is_authenticated=is_authenticated)

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server says it can do now, in upper case."""
        return self._conversation.capabilities

    @property
    def traffic(self) -> Traffic:
        """Octets so far."""
        return self._conversation.wire.traffic

    async def login(self, login: Login) -> None:
        """Log in by the best way that both sides know."""
        if not self._is_authenticated:
            is_secure = self._place.security != "none"
            await log_in(self._conversation, login, is_secure=is_secure)
            self._is_authenticated = True

    async def identify(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """Say who we are (ID), where the server asks to know; gives who it says it is, {} where it does not."""
        return await exchange_id(self._conversation, fields) if "ID" in self.capabilities else {}

    async def mailboxes(self) -> list[ListedMailbox]:
        """All mailboxes of the account, with their special uses."""
        found: dict[str, ListedMailbox] = {}

        def note(untagged: Untagged) -> None:
            if untagged.name == b"LIST" and (listed := self._listed(untagged.values())):
                found[listed.name] = listed
            if len(found) > self.limits.mailboxes:
                raise ImapFailure("server_nonsense", what="too many mailboxes")

        can_say_uses = {"SPECIAL-USE", "LIST-EXTENDED"} <= self.capabilities
        asked = [b'""', b'"*"', *([b"RETURN (SPECIAL-USE)"] if can_say_uses else [])]
        self._conversation.require(await self._conversation.run(note, "LIST", *asked))
        return list(found.values())

    async def examine(self, name: str) -> Examined:
        """Open a mailbox for reading only. ImapFailure mailbox_gone does not end the session."""
        told: dict[bytes, int] = {}

        def note(untagged: Untagged) -> None:
            key, _, value = untagged.status.code.partition(b" ") if untagged.status else (b"", b"", b"")
            number = read_number(value)
            if number is not None:
                told[key.upper()] = number

        conversation = self._conversation
        conversation.exists = 0
        raw = self._names.get(name)
        command = await conversation.run(note, "EXAMINE", mailbox(name) if raw is None else _as_listed(raw))
        conversation.check(command)
        if not command.is_ok:
            raise ImapFailure("mailbox_gone", mailbox=name)
        if b"UIDVALIDITY" not in told:
            raise ImapFailure("server_nonsense", what="no UIDVALIDITY")
        self._known = conversation.exists
        conversation.expunged = 0
        validity, following = told[b"UIDVALIDITY"], told.get(b"UIDNEXT")
        return Examined(validity, following, conversation.exists, told.get(b"HIGHESTMODSEQ"))

    async def search_since(self, day: date) -> UidSet:
        """UIDs of the mailbox that came in on `day` (of the server's clock) or later."""
        return await self._search(b"SINCE", day_of(day))

    async def search_from(self, uid: int) -> UidSet:
        """UIDs of the mailbox that are `uid` or above."""
        # RFC 9051 9: `n:*` holds the last message even where n lies above it.
        return (await self._search(b"UID", b"%d:*" % min(uid, MAX_UID))).since(uid)

    async def search_message_id(self, message_id: str) -> UidSet:
        """UIDs of messages whose Message-ID holds `message_id`; none where no message can have it."""
        if not message_id.isascii() or not message_id.isprintable():
            return UidSet()
        return await self._search(b"HEADER", b"Message-ID", string(message_id))

    def heads(self, uids: UidSet, batch: int = 250) -> AsyncIterator[Head]:
        """The heads of messages, in no order that could be relied on; one that is missing has gone."""
        return heads_of(self._conversation, uids, batch)

    def texts(self, wanted: Sequence[tuple[int, str]], octets: int) -> AsyncIterator[tuple[int, str, bytes]]:
        """(UID, part, its first octets as encoded) for each (UID, part) that the server delivers."""
        return texts_of(self._conversation, wanted, octets)

    async def whole(self, uid: int, write: Write, size: int = 0) -> int:
        """A whole message, in pieces, to `write`; gives its octets. Raises Undeliverable."""
        octets = 0
        async for each in self.wholes([(uid, size)], lambda _: write):
            if each.state != "complete":
                raise Undeliverable(uid, is_gone=each.state == "gone")
            octets = each.octets
        return octets

    def wholes(self, wanted: Iterable[tuple[int, int]], writer_of: Callable[[int], Write]) -> AsyncIterator[Whole]:
        """Whole messages of (UID, size as its head said), pipelined; `writer_of(uid)` is asked at the first octet.

        Gives each UID once, in the order in which they end: complete, gone or refused.
        """
        return wholes_of(self._conversation, wanted, writer_of)

    async def idle(self, seconds: float) -> bool:
        """Wait at most `seconds` for news of the open mailbox: True, there is something. Only with capability IDLE."""
        conversation = self._conversation
        command = conversation.begin("IDLE")
        if await conversation.continuation(command) is None:
            conversation.require(command)
            return self._has_news()
        try:
            async with asyncio.timeout(seconds):
                while not self._has_news() and not command.is_done:
                    await conversation.step(seconds)
        except TimeoutError:
            pass
        except ImapFailure as failure:
            if failure.code != "server_silent":
                raise
        if not command.is_done:
            conversation.restart_clock()
            conversation.wire.write(b"DONE\r\n")
            conversation.require(await conversation.finish(command))
        return self._has_news()

    async def logout(self) -> None:
        """Say good-bye and close; never raises."""
        self._conversation.is_leaving = True
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._conversation.run(None, "LOGOUT")
        except (ImapFailure, TimeoutError):
            self.abort()
        self._conversation.wire.close()

    def abort(self) -> None:
        """Close at once."""
        self._conversation.wire.abort()

    def _has_news(self) -> bool:
        conversation = self._conversation
        return conversation.exists > self._known - conversation.expunged

    def _listed(self, values: list[Value]) -> ListedMailbox | None:
        flags, delimiter, name = [*values[:3], None, None, None][:3]
        if not isinstance(flags, list) or not isinstance(name, bytes):
            return None
        text = decode_mailbox(name[:1000])
        self._names[text] = name
        words = frozenset(each.decode("ascii", "replace").lower() for each in flags[:50] if isinstance(each, bytes))
        return ListedMailbox(
            text, delimiter.decode("ascii", "replace") if isinstance(delimiter, bytes) else None, words
        )

    async def _search(self, *criteria: Argument) -> UidSet:
        found, firsts, lasts = array("I"), array("I"), array("I")

        def note(untagged: Untagged) -> None:
            if untagged.name == b"SEARCH":
                found.extend(_uids(untagged.data))
            elif untagged.name == b"ESEARCH":
                for first, last in _ranges(untagged.data):
                    firsts.append(first)
                    lasts.append(last)
            if len(found) + len(firsts) > _MOST_FOUND:
                raise ImapFailure("server_nonsense", what="search")

        asked = [b"RETURN (ALL)"] if "ESEARCH" in self.capabilities else []
        command: Command = await self._conversation.run(note, "UID SEARCH", *asked, *criteria)
        self._conversation.require(command)
        return UidSet(zip(firsts, lasts, strict=True)) if firsts else UidSet.of(found)


def _uids(data: bytes) -> Iterator[int]:
    return (uid for uid in map(int, _NUMBER.findall(data)) if 1 <= uid <= MAX_UID)


def _ranges(data: bytes) -> Iterator[tuple[int, int]]:
    told = _SET.search(data)
    for found in _RANGE.finditer(told.group(1)) if told else ():
        low, high = sorted((int(found[1]), int(found[2] or found[1])))
        if low >= 1 and high <= MAX_UID:
            yield low, high


def _as_listed(raw: bytes) -> Argument:
    return string(raw.decode("utf-8", "surrogateescape"))
