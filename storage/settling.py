"""Once means once: what became of a mail is written so that no second delivery, copy or attempt can double it.

One transaction for a batch, a savepoint for each message (law 5), one for all that was left in its mailbox.
A message is known by three keys (laws 9, 10):
transport (this delivery), content (this mail), invoice (this invoice).
The blobs that rows name must be synced before. Decides nothing; checks that what was decided still holds (law 12).
Raises what storage.database raises; for a single message: Stale, NotFound (its tenant was removed), Invalid.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from storage import jobs
from storage.failures import StorageFailure
from storage.known_mail import TRANSPORT
from storage.models import MessageKey
from storage.settlement import Delivery, NewDocument, Settled, Settlement, Stale, State, Verdict
from storage.settling_batch import SettlingBatch, transport_key

__all__ = [
    "Delivery",
    "NewDocument",
    "Settled",
    "Settlement",
    "Stale",
    "State",
    "defer",
    "park",
    "settle",
    "settle_many",
    "settled",
]


def settle_many(session: Session, settlements: Sequence[Settlement]) -> list[Settled | StorageFailure]:
    """Write a batch; the outcomes stand in the order of the settlements.

    A failure in the list is that message's own: nothing of it was written, the others are as they should be.
    What is raised instead concerns the database: the whole transaction is to be rolled back and tried again.
    """
    batch = SettlingBatch(session, settlements)
    left = batch.settle_left(settlements)
    outcomes = [left.get(transport_key(each)) or batch.settle(each) for each in settlements]
    batch.write_rest()
    return outcomes


def settle(session: Session, settlement: Settlement) -> Settled:
    """Write one message. Raises Stale, NotFound, Invalid, TemporaryFailure."""
    return _sole(settle_many(session, [settlement])[0])


def defer(
    session: Session,
    delivery: Delivery,
    *,
    reason: tuple[str, Mapping[str, Any]] = ("received", {}),
    run_at: datetime | None = None,
) -> Settled:
    """Give a mail that is slow to read a row of its own (state received) and a job, so that the batch goes on.

    Settling the same transport key later fills the row. Raises NotFound, Invalid, TemporaryFailure.
    """
    outcome = _write_unread(session, delivery, Verdict("received", *reason))
    if outcome.is_new:
        jobs.queue(session, jobs.SETTLE, outcome.message_id, tenant_id=delivery.tenant_id, run_at=run_at)
    return outcome


def park(session: Session, delivery: Delivery, reason: tuple[str, Mapping[str, Any]]) -> Settled:
    """Keep a mail that cannot be read, with its raw octets and the reason, for the operator.

    Fills the row of a deferred mail too. Raises NotFound, Invalid, TemporaryFailure.
    """
    return _write_unread(session, delivery, Verdict("parked", *reason))


def settled(session: Session, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the (tenant id, transport key) pairs that have a row already, whatever its state."""
    wanted = {key for _, key in keys}
    query = select(col(MessageKey.tenant_id), col(MessageKey.key)).where(
        col(MessageKey.key).in_(wanted), col(MessageKey.kind) == TRANSPORT
    )
    known = {(tenant_id, key) for tenant_id, key in session.connection().execute(query)}
    return known & set(keys)


def _write_unread(session: Session, delivery: Delivery, verdict: Verdict) -> Settled:
    batch = SettlingBatch(session, [delivery])
    outcome = _sole(batch.keep_unread(delivery, verdict))
    batch.write_rest()
    return outcome


def _sole(outcome: Settled | StorageFailure) -> Settled:
    if isinstance(outcome, StorageFailure):
        raise outcome
    return outcome
