"""How long mail that was not imported is kept: then its octets and what is known of it go, the row stays and tells so.

Law 13: only `WHERE state = 'not_imported'`. Its blob is no longer referred to, and collected (law 15). Imported mail
is never touched. Reads no clock.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import Session, col

from storage import audit
from storage.failures import Damaged
from storage.models import Message, Tenant
from storage.rematch_models import MessageFacts
from storage.rematching import forget_candidates
from storage.seen_pictures import forget_pictures
from storage.stored_facts import decode, forget

PIECE = 500
_PICTURE = '"image/'  # stands in the facts of a mail that has one


def expire(session: Session, tenant: Tenant, older_than: datetime) -> int:
    """Let mail expire that came, and was decided first, before then; how many, at most PIECE."""
    session.flush()
    connection = session.connection()
    old = (
        select(col(Message.id))
        .where(col(Message.tenant_id) == tenant.id, col(Message.state) == "not_imported")
        # What a linked account brings in may be years old when it is seen first.
        .where(col(Message.received_at) < older_than, col(Message.settled_at) < older_than)
        .limit(PIECE)
    )
    taken = (
        update(Message)
        .where(col(Message.id).in_(old), col(Message.state) == "not_imported")
        .values(state="expired", reason_code="expired", reason_params={})
        .returning(col(Message.id), col(Message.content_id))
    )
    rows = connection.execute(taken).all()
    expired = [row.id for row in rows]
    if expired:
        _forget_pictures(connection, tenant.id, {row.id: row.content_id for row in rows if row.content_id})
        forget(connection, expired)
        forget_candidates(session, tenant.id, expired)
        audit.record(session, "mail_expired", tenant_id=tenant.id, params={"count": len(expired)})
    return len(expired)


def _forget_pictures(connection: Connection, tenant_id: str, content_ids: Mapping[str, str]) -> None:
    kept = select(col(MessageFacts.message_id), col(MessageFacts.facts))
    for message_id, facts in connection.execute(kept.where(col(MessageFacts.message_id).in_(content_ids))).all():
        if _PICTURE in facts:
            with suppress(Damaged):  # nothing tells them: they go with the oldest (seen_pictures.trim)
                forget_pictures(connection, tenant_id, decode(facts), content_ids[message_id])
