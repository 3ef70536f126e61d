"""Who did what to what, when: one line for each change, written in the transaction of the change.

Lines hold ids, names of things and states; never content of mail, addresses of third parties or secrets.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from storage.models import AuditLine


def record(
    session: Session,
    action: str,
    *,
    tenant_id: str | None = None,
    subject_id: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> None:
    """Write a line. `action` is past tense snake_case; the actor is the one the transaction was opened for."""
    line = AuditLine(
        actor=actor(session), action=action, tenant_id=tenant_id, subject_id=subject_id, params=dict(params or {})
    )
    session.add(line)


def actor(session: Session) -> str:
    """On whose behalf this transaction changes things."""
    return str(session.info.get("actor", "postbus"))


def list_lines(session: Session, tenant_id: str | None = None, limit: int = 100) -> list[AuditLine]:
    """The newest lines first, of one tenant or of all."""
    query = select(AuditLine).order_by(col(AuditLine.at).desc(), col(AuditLine.id)).limit(limit)
    if tenant_id is not None:
        query = query.where(AuditLine.tenant_id == tenant_id)
    return list(session.exec(query))


def lines_about(session: Session, tenant_id: str, subject_id: str) -> list[AuditLine]:
    """What was done to one thing of a tenant, the oldest first."""
    about = (AuditLine.tenant_id == tenant_id, AuditLine.subject_id == subject_id)
    return list(session.exec(select(AuditLine).where(*about).order_by(col(AuditLine.at), col(AuditLine.id))))
