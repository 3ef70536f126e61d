"""How long mail that was not imported is kept: then its octets and what is known of it go, the row stays and tells so.

Law 13: only `WHERE state = 'not_imported'`. Its blob is no longer referred to, and collected (law 15). Imported mail
is never touched. Reads no clock.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from storage import audit
from storage.models import Message, Tenant
from storage.rematching import forget_candidates
from storage.seen_pictures import forget_pictures
from storage.stored_facts import forget

PIECE = 500


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
        forget_pictures(connection, tenant.id, [row.content_id for row in rows if row.content_id])
        forget(connection, expired)
        forget_candidates(session, tenant.id, expired)
        audit.record(session, "mail_expired", tenant_id=tenant.id, params={"count": len(expired)})
    return len(expired)
