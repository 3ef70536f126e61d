"""Heads of messages and beginnings of their texts, in batches, some of them on the way at a time.

A batch that the server refuses is asked for in halves, so that one message that it cannot tell about does not hide the
others. What was not asked for is not read. Raises ImapFailure. Standard: RFC 9051 section 6.4.5 (FETCH).
"""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from receiver.imap.conversation import Command, Conversation
from receiver.imap.mailbox_names import decode_mailbox
from receiver.imap.parsing import Untagged, Value, read_internal_date, read_items, read_number, section_of
from receiver.imap.structure import UNKNOWN, read_structure
from receiver.imap.uid_sets import UidSet
from receiver.imap.values import Head, Limits

# What facts are made of, and no more: servers say all these names again with each head. A subject in raw octets is in
# the charset of Content-Type.
FIELDS = "From Sender Reply-To Subject Date Message-ID Return-Path Content-Type"
_ITEMS = f"(UID INTERNALDATE RFC822.SIZE BODYSTRUCTURE%s BODY.PEEK[HEADER.FIELDS ({FIELDS})])"
_HEADS_IN_FLIGHT = 2
_TEXTS_IN_FLIGHT = 8
_MOST_LABELS = 200
_TEXTS_IN_A_BATCH = 50


@dataclass(slots=True)
class _Batch:
    """UIDs that one command asks for, with what has come of each so far."""

    items: bytes
    expected: dict[int, dict[bytes, Value]]
    command: Command
    has_unnamed: bool = False  # a response that was cut before it said of which message


class _Batches:
    """Commands that ask for the same kind of items, some on the way, the others to come."""

    def __init__(self, conversation: Conversation, asked: Iterable[tuple[UidSet, bytes]], in_flight: int) -> None:
        self._conversation = conversation
        self._in_flight = in_flight
        self._to_come = iter(asked)
        self._again: deque[tuple[UidSet, bytes]] = deque()
        self.on_the_way: deque[_Batch] = deque()

    def send(self) -> bool:
        """Send what may be sent; whether anything is on the way."""
        while len(self.on_the_way) < self._in_flight:
            following = self._again.popleft() if self._again else next(self._to_come, None)
            if following is None:
                break
            uids, items = following
            command = self._conversation.begin("UID FETCH", str(uids).encode("ascii"), items)
            self.on_the_way.append(_Batch(items, {uid: {} for uid in uids}, command))
        return bool(self.on_the_way)

    def find(self, uid: int | None, item: bytes = b"") -> _Batch | None:
        """The batch that waits for `item` of `uid`."""
        return next((batch for batch in self.on_the_way if uid in batch.expected and item in batch.items), None)

    def answered(self) -> Iterator[_Batch]:
        """Batches that are over. One that was refused is asked for again in halves; of one UID it is what it is."""
        while self.on_the_way and self.on_the_way[0].command.is_done:
            batch = self.on_the_way.popleft()
            self._conversation.check(batch.command)
            if not batch.command.is_ok and len(batch.expected) > 1:
                left = UidSet.of(batch.expected)
                self._again.extend((half, batch.items) for half in left.batches((len(left) + 1) // 2))
            else:
                yield batch


async def heads_of(conversation: Conversation, uids: UidSet, size: int) -> AsyncIterator[Head]:
    """Session.heads."""
    more = " X-GM-MSGID X-GM-LABELS" if "X-GM-EXT-1" in conversation.capabilities else ""
    items = (_ITEMS % more).encode("ascii")
    batches = _Batches(conversation, ((each, items) for each in uids.batches(size)), _HEADS_IN_FLIGHT)
    limits = conversation.limits
    while batches.send():
        untagged = await conversation.step()
        if untagged is not None and untagged.name == b"FETCH":
            told = read_items(untagged, limits.depth)
            uid = read_number(told.get(b"UID"))
            batch = batches.find(uid)
            if batch is None or uid is None:
                _note_unnamed(batches.on_the_way, untagged, told)
                continue
            batch.expected[uid].update(told)
            if untagged.response.is_cut or _is_complete(batch.expected[uid]):
                yield _head(uid, batch.expected.pop(uid), limits, is_cut=untagged.response.is_cut)
        for batch in batches.answered():
            # A message that has gone is not told about; one that could not be told about is not gone.
            is_refused = batch.has_unnamed or not batch.command.is_ok
            for uid, told in batch.expected.items():
                if is_refused or b"RFC822.SIZE" in told or b"BODYSTRUCTURE" in told:
                    yield _head(uid, told, limits, is_cut=True)


async def texts_of(
    conversation: Conversation, wanted: Sequence[tuple[int, str]], octets: int
) -> AsyncIterator[tuple[int, str, bytes]]:
    """Session.texts."""
    batches = _Batches(conversation, _by_part(wanted, octets), _TEXTS_IN_FLIGHT)
    while batches.send():
        untagged = await conversation.step()
        if untagged is not None and untagged.name == b"FETCH" and not untagged.response.is_cut:
            told = read_items(untagged, 1)
            uid = read_number(told.get(b"UID"))
            for section, text in _sections(told):
                batch = batches.find(uid, b"BODY.PEEK[%s]" % section)
                if batch is not None and uid is not None:
                    del batch.expected[uid]
                    yield uid, section.decode("ascii", "replace"), text[:octets]
        for _ in batches.answered():
            pass


def _by_part(wanted: Sequence[tuple[int, str]], octets: int) -> Iterator[tuple[UidSet, bytes]]:
    """One command for all messages whose text is the same part."""
    parts: dict[str, list[int]] = {}
    for uid, path in wanted:
        parts.setdefault(path, []).append(uid)
    for path, uids in parts.items():
        items = f"(UID BODY.PEEK[{path}]<0.{octets}>)".encode("ascii")
        yield from ((each, items) for each in UidSet.of(uids).batches(_TEXTS_IN_A_BATCH))


def _sections(told: dict[bytes, Value]) -> Iterator[tuple[bytes, bytes]]:
    """The sections that were told, and their octets; NIL is none."""
    for name, value in told.items():
        section = section_of(name)
        if section is not None:
            yield section[0], value if isinstance(value, bytes) else b""


def _header(told: dict[bytes, Value]) -> bytes | None:
    return next((octets for section, octets in _sections(told) if section.startswith(b"HEADER")), None)


def _is_complete(told: dict[bytes, Value]) -> bool:
    return b"RFC822.SIZE" in told and b"BODYSTRUCTURE" in told and b"INTERNALDATE" in told and _header(told) is not None


def _note_unnamed(on_the_way: Iterable[_Batch], untagged: Untagged, told: dict[bytes, Value]) -> None:
    if untagged.response.is_cut and b"UID" not in told:
        for batch in on_the_way:
            batch.has_unnamed = True


def _head(uid: int, told: dict[bytes, Value], limits: Limits, *, is_cut: bool) -> Head:
    structure = read_structure(told.get(b"BODYSTRUCTURE"), limits)
    labels = told.get(b"X-GM-LABELS")
    return Head(
        uid=uid,
        internal_date=read_internal_date(told.get(b"INTERNALDATE")),
        size=read_number(told.get(b"RFC822.SIZE")) or 0,
        structure=structure,
        header=_header(told) or b"",
        gm_msgid=read_number(told.get(b"X-GM-MSGID")),
        gm_labels=_labels(labels) if isinstance(labels, list) else (),
        is_cut=is_cut or structure is UNKNOWN or any(part.is_cut for part in structure.walk()),
    )


def _labels(values: list[Value]) -> tuple[str, ...]:
    return tuple(decode_mailbox(each[:1000]) for each in values[:_MOST_LABELS] if isinstance(each, bytes))
