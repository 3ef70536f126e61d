"""Write what was decided again about mail that was not imported: it comes in now, or stays with its present reason.

Law 13: only `WHERE state = 'not_imported'`, one row changed or none; law 10: on the row that is there; law 12: what
decided is compared once more inside the transaction. A message's documents are unique by (message, part, kind).
Raises Stale when what decides has changed meanwhile, NotFound when the tenant was removed, TemporaryFailure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from storage import audit, invoice_groups, jobs
from storage.failures import TemporaryFailure
from storage.known_mail import KnownMail, check_in_force
from storage.models import Message, now
from storage.settlement import Settled, Settlement, Verdict, check
from storage.stored_facts import FactsWriter, forget, forget_keys

_NOT_IMPORTED = (col(Message.id) == bindparam("of_message")) & (col(Message.state) == "not_imported")
_UPDATE = update(Message).where(_NOT_IMPORTED)


@dataclass(frozen=True, slots=True)
class Redecision:
    """Why a mail is still not imported."""

    tenant_id: str
    message_id: str
    reason_code: str
    reason_params: Mapping[str, Any]
    standard: str | None
    decision_trace: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """What decided: the tenants' rules at their revisions, the catalogue at a version."""

    revisions: Mapping[str, int]
    catalogue_version: int | None


def keep_left(session: Session, decided_by: DecidedBy, redecisions: Sequence[Redecision]) -> None:
    """These stay as they are, with the reasons of now. Raises Stale."""
    session.flush()
    connection = session.connection()
    check_in_force(connection, decided_by.revisions, decided_by.catalogue_version)
    rows = [_left_values(each, decided_by) for each in redecisions]
    if rows:
        connection.execute(_UPDATE, rows)


def settle_again(session: Session, message_id: str, settlement: Settlement) -> Settled | None:
    """Write what became of a mail whose octets were read again; None when somebody else has imported or expired it.

    Its blobs are synced. Raises Stale, NotFound, Invalid, TemporaryFailure.
    """
    session.flush()
    connection = session.connection()
    known = KnownMail(connection, [settlement])
    known.check_tenant(settlement)
    known.check_revision(settlement)
    check(settlement)
    try:
        with connection.begin_nested():
            return _settle(session, connection, known, message_id, settlement)
    except IntegrityError as error:  # the same invoice came by another mail at this moment
        raise TemporaryFailure(f"message {message_id}: overtaken by another mail; try again") from error


def _settle(
    session: Session, connection: Connection, known: KnownMail, message_id: str, settlement: Settlement
) -> Settled | None:
    met = invoice_groups.meet(connection, known, settlement)
    verdict = invoice_groups.duplicate(known, met, settlement.documents) or _own_verdict(settlement)
    values = _values(settlement, verdict, message_id)
    values["decision_trace"] += invoice_groups.steps(met, verdict)
    if connection.execute(_UPDATE, values).rowcount != 1:
        return None
    groups = invoice_groups.insert_documents(connection, settlement, verdict, message_id, met)
    invoice_groups.insert_keys(connection, known, settlement, message_id, (met, groups))
    _keep_facts(connection, settlement, message_id, verdict.state)
    if settlement.wants_pdf and verdict.documents:
        jobs.queue(session, jobs.RENDER, message_id, tenant_id=settlement.tenant_id)
    if verdict.state != "not_imported":
        params = {"from": "not_imported", "state": verdict.state, "reason": verdict.reason_code}
        audit.record(session, "message_rematched", tenant_id=settlement.tenant_id, subject_id=message_id, params=params)
    return Settled(message_id, verdict.state, is_new=True, reason_code=verdict.reason_code)


def _own_verdict(settlement: Settlement) -> Verdict:
    return Verdict(settlement.state, settlement.reason_code, settlement.reason_params, settlement.documents)


def _keep_facts(connection: Connection, settlement: Settlement, message_id: str, state: str) -> None:
    """What was read now takes the place of what was known."""
    if settlement.facts is None:
        forget_keys(connection, [message_id] if state != "not_imported" else [])
        return
    forget(connection, [message_id])
    writer = FactsWriter(connection)
    writer.add(settlement, message_id, state)
    writer.write()


def _values(settlement: Settlement, verdict: Verdict, message_id: str) -> dict[str, Any]:
    # How long mail is kept counts from when it was first decided, however often it is matched again.
    settled = {} if verdict.state == "not_imported" else {"settled_at": now()}
    return settled | {
        "of_message": message_id,
        "state": verdict.state,
        "reason_code": verdict.reason_code,
        "reason_params": dict(verdict.reason_params),
        # By the thresholds of now.
        "invoice_id": next(iter(settlement.invoice_ids), None),
        "standard": settlement.standard,
        "decision_trace": [dict(line) for line in settlement.decision_trace],
        "tenant_revision": settlement.tenant_revision,
        "catalogue_version": settlement.catalogue_version,
        "duplicate_of": verdict.duplicate_of,
        "group_id": verdict.group_id or message_id,
    }


def _left_values(left: Redecision, decided_by: DecidedBy) -> dict[str, Any]:
    return {
        "of_message": left.message_id,
        "reason_code": left.reason_code,
        "reason_params": dict(left.reason_params),
        "standard": left.standard,
        "decision_trace": [dict(line) for line in left.decision_trace],
        "tenant_revision": decided_by.revisions[left.tenant_id],
        "catalogue_version": decided_by.catalogue_version,
    }
