"""What is known of mail that was left in its mailbox: rows without octets, which wait until somebody fetches them.

Reads, and writes the wish to have one. Decides nothing. Raises TemporaryFailure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from rules.facts import MailFacts
from storage import audit
from storage.failures import Damaged
from storage.known_mail import TRANSPORT
from storage.models import Message, MessageKey
from storage.rematch_models import MessageFacts
from storage.stored_facts import decode
from storage.wanted_mail import want

BY_HAND = "waits_by_hand"
PIECE = 1000
Place = tuple[str, str]  # tenant id, transport key


@dataclass(frozen=True, slots=True)
class LeftMail:
    """A row of a mail that was not imported, and never downloaded."""

    message_id: str
    reason_code: str
    reason_params: Mapping[str, Any]
    facts: MailFacts | None  # None: nothing is kept of it, or not readably


def left_mail(session: Session, places: Collection[Place]) -> dict[Place, LeftMail]:
    """Those of these deliveries that were left in their mailboxes."""
    found: dict[Place, LeftMail] = {}
    keys = sorted({key for _, key in places})
    for start in range(0, len(keys), PIECE):
        query = _LEFT.where(col(MessageKey.key).in_(keys[start : start + PIECE]), col(MessageKey.kind) == TRANSPORT)
        for row in session.connection().execute(query):
            if (row.tenant_id, row.key) in places:
                facts = _facts(row.facts)
                found[row.tenant_id, row.key] = LeftMail(row.id, row.reason_code, row.reason_params, facts)
    return found


def left_among(session: Session, message_ids: Sequence[str]) -> list[Message]:
    """Those of these messages that are not imported, and never were downloaded; in a transaction that writes, held.

    In the order of their accounts: whoever wants all of them takes the accounts as everybody else does.
    """
    query = select(Message).where(col(Message.id).in_(message_ids), *_IS_LEFT).order_by(col(Message.transport_key))
    return list(session.scalars(query.with_for_update()))


def wish(session: Session, message: Message, keep: str | None) -> bool:
    """Have a mail fetched that somebody asked for, and imported when it comes; False when it cannot be had any more."""
    # The message before its account, as settling and re-matching do.
    if not left_among(session, [message.id]) or not want(session, message):
        return False
    this = update(Message).where(col(Message.id) == message.id, *_IS_LEFT)
    changed = session.connection().execute(this.values(reason_code=BY_HAND, reason_params={"keep": keep or ""}))
    if changed.rowcount == 1:
        audit.record(session, "message_wanted", tenant_id=message.tenant_id, subject_id=message.id)
    return changed.rowcount == 1


_IS_LEFT = (col(Message.state) == "not_imported", col(Message.raw_sha256) == "")
_LEFT = (
    select(
        col(MessageKey.tenant_id),
        col(MessageKey.key),
        col(Message.id),
        col(Message.reason_code),
        col(Message.reason_params),
        col(MessageFacts.facts),
    )
    .join(Message, col(Message.id) == col(MessageKey.message_id))
    .join(MessageFacts, col(MessageFacts.message_id) == col(Message.id), isouter=True)
    .where(*_IS_LEFT)
)


def _facts(kept: str | None) -> MailFacts | None:
    try:
        return None if kept is None else decode(kept)
    except Damaged:
        return None
