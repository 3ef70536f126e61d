"""Fetch whole messages into the journal, a few at a time, so that memory stays bounded whatever their sizes.

A message that its server cannot deliver is tried again after growing pauses, and holds up no other (law 11). Each group
is noted as soon as it is durable. Raises ImapFailure, EndedEarly, LeaseLost, TemporaryFailure.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from receiver.imap.failures import ImapFailure
from receiver.imap.health import UNDELIVERED
from receiver.imap.letters import hand_over, mail_letter
from receiver.imap.session import Write
from receiver.imap.visit import Visit
from rules.facts import MailFacts
from storage.journal import Letter, Sink
from storage.looks import LookState, UidLook
from storage.mailbox_cursors import MailboxState

# Broken off at a message: the server was not away, it is that message.
BROKEN_OFF = frozenset({"connection_lost", "server_silent", "server_nonsense"})
GROUP_OCTETS = 4 * 1024**2
GROUP_MESSAGES = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A message that is to be fetched. `size` is its server's claim; `attempts` were made at it before."""

    uid: int
    size: int
    transport_key: str  # that it is settled by
    facts: MailFacts
    received_at: datetime | None
    fingerprint: str | None = None
    gm_msgid: str | None = None
    attempts: int = 0
    is_wanted: bool = False


async def fetch(visit: Visit, mailbox: MailboxState, chosen: Sequence[Chosen]) -> None:
    """Fetch messages of the mailbox that is open, hand them to the journal and note them."""
    for group in _groups(chosen):
        await visit.note(mailbox, await _fetch_within_bounds(visit, group))


async def fetch_elsewhere(visit: Visit, chosen: Sequence[Chosen]) -> set[int]:
    """Fetch messages of a mailbox that nobody watches: nothing is noted of it; returns the UIDs that came."""
    came: set[int] = set()
    for group in _groups(chosen):
        noted = await _fetch_within_bounds(visit, group)
        came |= {each.uid for each in noted if each.state == "fetched"}
    return came


def undelivered(uid: int, attempts: int, state: LookState = "failed") -> UidLook:
    """What is noted of a message that could not be had, nor `attempts` times before; first it is tried again soon."""
    pause = UNDELIVERED.after(attempts) if attempts else 0.0
    return UidLook(uid=uid, state=state, next_try_at=datetime.now(UTC) + timedelta(seconds=pause))


def blamed(failure: ImapFailure, asked: Collection[int], told: Collection[int]) -> ImapFailure:
    """The failure with the message at which the server broke off, as far as can be told.

    Seen in practice: Dovecot says BYE when it cannot read a mail's file. Servers answer in the order of UIDs, so it was
    the first one behind those that came. Where it was not, an innocent mail is only tried once more.
    What is told of the account stays what it was: silence is no lost connection.
    """
    if failure.uid is not None or failure.code not in BROKEN_OFF | {"server_busy"}:
        return failure
    missing = [uid for uid in asked if uid not in told]
    behind = [uid for uid in missing if uid > max(told, default=0)]
    if not missing:
        return failure
    code, params = (failure.code, failure.params) if failure.code in BROKEN_OFF else ("connection_lost", {})
    return ImapFailure(code, uid=min(behind or missing), **params)


async def _fetch_within_bounds(visit: Visit, group: Sequence[Chosen]) -> list[UidLook]:
    octets = sum(each.size for each in group)
    visit.check(octets)
    async with visit.means.hold.of(octets):
        return await _fetch_group(visit, {each.uid: each for each in group})


async def _fetch_group(visit: Visit, group: dict[int, Chosen]) -> list[UidLook]:
    sinks: dict[int, Sink] = {}
    letters: list[Letter] = []
    noted: list[UidLook] = []

    def writer_of(uid: int) -> Write:
        sinks[uid] = visit.means.journal.sink()
        return sinks[uid].write

    try:
        async for whole in visit.session.wholes([(each.uid, each.size) for each in group.values()], writer_of):
            each, sink = group[whole.uid], sinks.get(whole.uid)
            if whole.state == "complete" and sink is not None:
                envelope = visit.origin.envelope(each.transport_key, each.facts, each.received_at)
                letters.append(mail_letter(envelope, sink))
                noted.append(
                    UidLook(uid=each.uid, state="fetched", fingerprint=each.fingerprint, gm_msgid=each.gm_msgid)
                )
                continue
            if sink is not None:
                sink.discard()
            if whole.state == "gone" and each.attempts:
                noted.append(UidLook(uid=each.uid, state="gone"))
            else:  # law 11: its head had come a moment ago, so one empty answer is not believed
                log.warning(
                    "uid_not_delivered", id=visit.account.id, mail=each.transport_key, attempts=each.attempts + 1
                )
                noted.append(undelivered(each.uid, each.attempts, "wanted" if each.is_wanted else "failed"))
    except BaseException as failure:
        for sink in sinks.values():
            sink.discard()
        if isinstance(failure, ImapFailure):
            raise blamed(failure, group, [each.uid for each in noted]) from failure
        raise
    # From here on the octets are the journal's, even if nobody waits for its answer any more.
    await hand_over(visit.means.journal, letters)
    visit.fetched += len(letters)
    return noted


def _groups(chosen: Sequence[Chosen]) -> Iterator[list[Chosen]]:
    group: list[Chosen] = []
    octets = 0
    for each in chosen:
        if group and (octets + each.size > GROUP_OCTETS or len(group) == GROUP_MESSAGES):
            yield group
            group, octets = [], 0
        group.append(each)
        octets += each.size
    if group:
        yield group
