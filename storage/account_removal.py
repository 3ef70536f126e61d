"""Unlink an account: its secret, its UIDs and the mail of it that was not imported go; what was imported stays.

A mail that also came by another door is kept. Mail of the account that is still on its way is settled as if it never
was, unless it is imported (storage.known_mail). Its blobs are no longer referred to, and collected (law 15).
Raises TemporaryFailure.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, or_, select
from sqlmodel import Session, col

from storage import audit
from storage.account_models import LinkedAccount, UidState
from storage.models import Forwarder, Job, Message, MessageKey, Tenant
from storage.rematching import forget_candidates
from storage.standard_changes import note_forwards_changed
from storage.stored_facts import forget
from storage.tenants import raise_revision

REMOVED = "account_removed"  # the audit's word
_PIECE = 500
_NOT_KEPT = ("not_imported", "expired", "parked", "received")


def remove_account(session: Session, account: LinkedAccount) -> None:
    """Unlink it; whoever pulls it finds its lease lost."""
    session.flush()
    connection = session.connection()
    tenant_id, account_id, address = account.tenant_id, account.id, account.address
    # Whoever settles mail of this tenant holds its row: wait for them before touching what they write.
    connection.execute(select(col(Tenant.id)).where(col(Tenant.id) == tenant_id).with_for_update())
    _forget_mail(session, tenant_id, account_id)
    # The account before its UIDs, as whoever notes looks does.
    connection.execute(select(col(LinkedAccount.id)).where(col(LinkedAccount.id) == account_id).with_for_update())
    connection.execute(delete(UidState).where(col(UidState.account_id) == account_id))
    connection.execute(delete(LinkedAccount).where(col(LinkedAccount.id) == account_id))
    if account in session:
        session.expunge(account)  # what stood there is gone
    audit.record(session, REMOVED, tenant_id=tenant_id, subject_id=account_id, params={"address": address})
    _note_forwarder_gone(session, tenant_id, address)


def _forget_mail(session: Session, tenant_id: str, account_id: str) -> None:
    place = (col(Message.received_at), col(Message.id))
    for state in _NOT_KEPT:
        own = (
            col(Message.tenant_id) == tenant_id,
            col(Message.state) == state,
            col(Message.source) == "imap",
            col(Message.address_id) == account_id,
        )
        query = select(*place, *_KEYS).where(*own).order_by(*place).limit(_PIECE)
        found = session.connection().execute(query).all()
        while found:
            _delete(session, tenant_id, [row for row in found if _is_only_here(row, account_id)])
            at, last = found[-1].received_at, found[-1].id
            after = (place[0] >= at, or_(place[0] > at, place[1] > last))
            found = session.connection().execute(query.where(*after)).all()


_KEYS = (col(Message.transport_key), col(Message.earlier_keys), col(Message.content_id))


def _is_only_here(row: Any, account_id: str) -> bool:
    """Whether the mail came by no other door, nor by another account."""
    keys = [row.transport_key, *(row.earlier_keys or ())]
    return all(key.startswith(f"imap:{account_id}:") for key in keys)


def _delete(session: Session, tenant_id: str, rows: Sequence[Any]) -> None:
    ids = [row.id for row in rows]
    if not ids:
        return
    connection = session.connection()
    forget(connection, ids)
    forget_candidates(session, tenant_id, ids)
    keys = [key for row in rows for key in (row.transport_key, row.content_id, *(row.earlier_keys or ())) if key]
    mine = (col(MessageKey.key).in_(keys), col(MessageKey.tenant_id) == tenant_id, col(MessageKey.message_id).in_(ids))
    connection.execute(delete(MessageKey).where(*mine))
    connection.execute(delete(Job).where(col(Job.subject_id).in_(ids)))
    connection.execute(delete(Message).where(col(Message.id).in_(ids)))


def _note_forwarder_gone(session: Session, tenant_id: str, address: str) -> None:
    linked = select(col(LinkedAccount.id)).where(
        col(LinkedAccount.tenant_id) == tenant_id, col(LinkedAccount.address) == address
    )
    if session.get(Forwarder, (tenant_id, address)) is None and session.connection().scalar(linked.limit(1)) is None:
        raise_revision(session, session.get_one(Tenant, tenant_id))
        note_forwards_changed(session, tenant_id, address)
