"""A tenant's stored mail as a trial of other standards looks at it: what became of it, and the facts that are kept.

Reads only. What was never read (received, parked) or is gone (expired) is no mail to try anything on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from rules.facts import MailFacts, Unread
from storage.failures import Damaged
from storage.known_mail import INVOICE
from storage.models import Message, MessageKey, Tenant
from storage.rematch_models import MessageFacts
from storage.stored_facts import decode

TRIED = ("imported", "duplicate", "not_imported")
PIECE = 500


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail with what is known of it."""

    message: Message
    facts: MailFacts | None  # None: nothing is kept of it, or not readably


def mail_since(session: Session, tenant: Tenant, since: datetime) -> Iterator[StoredMail]:
    """The tenant's mail that came since then and was decided, by id: the order in which it is matched again."""
    query = _of_tenant(tenant).where(col(Message.received_at) >= since).order_by(col(Message.id)).limit(PIECE)
    last, found = "", PIECE
    while found == PIECE:
        piece = [_stored(*row) for row in session.exec(query.where(col(Message.id) > last))]
        session.expunge_all()  # a year's mail is not kept in memory
        yield from piece
        found = len(piece)
        last = piece[-1].message.id if piece else last


def count_since(session: Session, tenant: Tenant, since: datetime) -> int:
    """How many mails `mail_since` gives."""
    own = (Message.tenant_id == tenant.id, col(Message.state).in_(TRIED), col(Message.received_at) >= since)
    return session.exec(select(func.count(col(Message.id))).where(*own)).one()


def mail_of_sender(session: Session, tenant: Tenant, sender: str, n: int) -> list[StoredMail]:
    """The newest mail that may be of this sender (canonical): From names it, or a forward claims it."""
    is_named = col(Message.from_).icontains(sender, autoescape=True)
    query = _of_tenant(tenant).where(or_(col(Message.original_sender) == sender, is_named))
    return [_stored(*row) for row in session.exec(query.order_by(col(Message.received_at).desc()).limit(n))]


def stored_mail(session: Session, message: Message) -> StoredMail:
    """A mail with what is known of it."""
    kept = session.get(MessageFacts, message.id)
    return _stored(message, kept.facts if kept else None)


def unread_of(session: Session, message_id: str) -> frozenset[Unread]:
    """What was left unread of a mail, and had better be left unread again."""
    kept = session.get(MessageFacts, message_id)
    try:
        return frozenset(decode(kept.facts).unread if kept else ())
    except Damaged:
        return frozenset()


def known_invoices(session: Session, tenant: Tenant) -> set[str]:
    """The ids of the invoices that the tenant has: another mail with one of them is a duplicate (law 10)."""
    query = select(MessageKey.key).where(MessageKey.tenant_id == tenant.id, MessageKey.kind == INVOICE)
    return set(session.exec(query))


def _of_tenant(tenant: Tenant) -> "Select[Message, str | None]":
    return (
        select(Message, MessageFacts.facts)
        .join(MessageFacts, col(MessageFacts.message_id) == col(Message.id), isouter=True)
        .where(Message.tenant_id == tenant.id, col(Message.state).in_(TRIED))
    )


def _stored(message: Message, kept: str | None) -> StoredMail:
    try:
        return StoredMail(message, None if kept is None else decode(kept))
    except Damaged:
        return StoredMail(message, None)
