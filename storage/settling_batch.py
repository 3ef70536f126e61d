"""How storage.settling writes a batch: look, judge, write each message in a savepoint of its own.

Keys are unique in the database, so two workers that meet are told apart there: the slower one's savepoint fails,
and it looks again. A row is changed only in the state in which it was seen (law 13).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlmodel import Session, col

from storage import audit, invoice_groups, jobs
from storage.failures import Invalid, StorageFailure, TemporaryFailure
from storage.invoice_groups import Met
from storage.known_mail import CONTENT, DECIDED_ANEW, TRANSPORT, Earlier, Key, KnownInvoice, KnownMail
from storage.models import AuditLine, Job, Message, MessageKey, new_id, now
from storage.rematching import forget_candidates
from storage.settlement import (
    Delivery,
    Settled,
    Settlement,
    Verdict,
    check,
    reason_values,
    settled_values,
    unread_values,
)
from storage.stored_facts import FactsWriter, forget

# A look that was overtaken is made again; nobody is overtaken for ever.
LOOKS = 4

_INSERT_MESSAGE = insert(Message)
_INSERT_KEYS = insert(MessageKey)
_INSERT_JOB = insert(Job)
_INSERT_AUDIT = insert(AuditLine)
_SEEN = (col(Message.id) == bindparam("seen_id")) & (col(Message.state) == bindparam("seen_state"))
_UPDATE_MESSAGE = update(Message).where(_SEEN)
_DELETE_MESSAGE = delete(Message).where(_SEEN)
_KEY_MEANS = (
    update(MessageKey)
    .where(
        col(MessageKey.key) == bindparam("old_key"),
        col(MessageKey.tenant_id) == bindparam("of_tenant"),
        col(MessageKey.kind) == TRANSPORT,
    )
    .values(message_id=bindparam("now_means"))
)


class _OvertakenError(Exception):
    """Somebody changed the row between our look and our write."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What a message's savepoint has changed; true once it is released."""

    settled: Settled
    row: Earlier
    keys: Sequence[Key] = ()
    audit_line: Mapping[str, Any] | None = None
    facts_of: Settlement | None = None
    forgotten: Sequence[str] = ()  # messages of which nothing is known any more
    invoices: Mapping[Key, KnownInvoice] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)  # groups that proved to be one


class SettlingBatch:
    """The writing of one batch: what is known, and what is to be said at its end."""

    def __init__(self, session: Session, deliveries: Sequence[Delivery]) -> None:
        session.flush()
        self._session = session
        self._connection: Connection = session.connection()
        self._actor = audit.actor(session)
        self._known = KnownMail(self._connection, deliveries)
        self._audit_lines: list[dict[str, Any]] = []
        self._facts = FactsWriter(self._connection)

    def settle(self, settlement: Settlement) -> Settled | StorageFailure:
        """Write a message that was decided, or find that it is there."""
        return self._in_savepoint(settlement, lambda: self._settle(settlement))

    def settle_left(self, settlements: Sequence[Settlement]) -> dict[Key, Settled]:
        """Write mail that was left in its mailbox and is new here, all of it in one savepoint; by transport key.

        The first pull of a mailbox brings thousands. Whatever is missing in the answer is for `settle`.
        """
        times = Counter(map(transport_key, settlements))
        left = [each for each in settlements if times[transport_key(each)] == 1 and self._is_new_and_left(each)]
        written = [self._written(each, _own_verdict(each), new_id(), [], None) for each in left]
        pairs = [(each, made.settled.message_id) for each, made in zip(left, written, strict=True)]
        if not pairs:
            return {}
        try:
            with self._connection.begin_nested():
                rows = [settled_values(each, _own_verdict(each), row_id) | {"id": row_id} for each, row_id in pairs]
                self._connection.execute(_INSERT_MESSAGE, rows)
                self._connection.execute(_INSERT_KEYS, [_key_row(transport_key(each), of) for each, of in pairs])
        except (StatementError, ValueError, OverflowError) as error:
            # One of them is at fault, or was overtaken: each by itself will tell.
            if isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError):
                raise
            return {}
        for each, made in zip(left, written, strict=True):
            self._note(replace(made, facts_of=each))
        return {transport_key(each): made.settled for each, made in zip(left, written, strict=True)}

    def keep_unread(self, delivery: Delivery, verdict: Verdict) -> Settled | StorageFailure:
        """Write a message that nobody could read, or find that it is there."""
        return self._in_savepoint(delivery, lambda: self._keep_unread(delivery, verdict))

    def write_rest(self) -> None:
        """What no later message of the batch asks for: the facts of each message written, and its line in the audit."""
        self._facts.write()
        if self._audit_lines:
            self._connection.execute(_INSERT_AUDIT, self._audit_lines)
            self._audit_lines = []

    def _in_savepoint(self, delivery: Delivery, write: Callable[[], _Written]) -> Settled | StorageFailure:
        for _ in range(LOOKS):
            try:
                with self._connection.begin_nested():
                    written = write()
            except StorageFailure as failure:
                return failure
            except (IntegrityError, _OvertakenError):
                self._known.look([delivery])
            except (StatementError, ValueError, OverflowError) as error:
                return _own_failure(delivery, error)
            else:
                self._note(written)
                return written.settled
        return TemporaryFailure(
            f"message {delivery.transport_key}: overtaken {LOOKS} times by other workers; try again"
        )

    def _note(self, written: _Written) -> None:
        self._known.learn(written.keys, written.row)
        self._known.learn_invoices(written.invoices, written.merged)
        if written.audit_line:
            self._audit_lines.append(dict(written.audit_line))
        self._facts.drop(written.forgotten)
        if written.facts_of:
            self._facts.add(written.facts_of, written.row.id, written.row.state)

    def _is_new_and_left(self, settlement: Settlement) -> bool:
        """Whether nothing stands in the way of a row of its own, and no other mail can be the same."""
        is_known = self._known.find(settlement, TRANSPORT, settlement.transport_key) is not None
        if is_known or settlement.raw_sha256 or settlement.content_id or settlement.invoices or settlement.documents:
            return False
        with suppress(StorageFailure):
            check(settlement)
            self._known.check_tenant(settlement)
            self._known.check_account(settlement)
            self._known.check_revision(settlement)
            return True
        return False

    def _settle(self, settlement: Settlement) -> _Written:
        self._known.check_tenant(settlement)
        before = self._known.find(settlement, TRANSPORT, settlement.transport_key)
        if before and not _is_open(before, settlement):
            return self._look_again(before, settlement)
        check(settlement)
        first = self._known.find(settlement, CONTENT, settlement.content_id)
        # Law 10: the second copy of what was not imported is decided anew, on the old row.
        old = first if first and first.state in DECIDED_ANEW else None
        met = Met(()) if first and not old else invoice_groups.meet(self._connection, self._known, settlement)
        verdict = self._judge(settlement, None if old else first, met)
        if verdict.state == "not_imported":
            self._known.check_account(settlement)
        place = old or before
        message_id = place.id if place else new_id()
        values = settled_values(settlement, verdict, message_id)
        values["decision_trace"] += invoice_groups.steps(met, verdict)
        self._place(place, values | _earlier_keys(settlement, old), message_id)
        forgotten = self._forget([row for row in (old, before) if row and row.state in DECIDED_ANEW])
        if old and before:
            self._merge(before, old, settlement)
        keys = _new_keys(settlement, is_known=before is not None, has_content_key=first is not None)
        self._insert_keys(keys, message_id)
        groups = invoice_groups.insert_documents(self._connection, settlement, verdict, message_id, met)
        invoices = invoice_groups.insert_keys(self._connection, self._known, settlement, message_id, (met, groups))
        if settlement.wants_pdf and verdict.documents:
            self._queue_rendering(settlement, message_id, is_new_row=place is None)
        written = self._written(settlement, verdict, message_id, keys, place)
        # Of a copy everything is known already.
        facts_of = None if verdict.reason_code == "duplicate_mail" else settlement
        return replace(written, facts_of=facts_of, forgotten=forgotten, invoices=invoices, merged=met.merged)

    def _look_again(self, before: Earlier, settlement: Settlement) -> _Written:
        """A mail that was left is looked at again: it stays where it is, with the reason of now."""
        is_look = before.was_left and before.state == "not_imported" and not settlement.raw_sha256
        if not is_look or before.reason_code == settlement.reason_code:
            return _nothing_written(before)
        check(settlement)
        self._known.check_account(settlement)
        self._known.check_revision(settlement)
        verdict = Verdict(settlement.state, settlement.reason_code, settlement.reason_params)
        self._place(before, reason_values(settlement), before.id)
        return self._written(settlement, verdict, before.id, [], before)

    def _keep_unread(self, delivery: Delivery, verdict: Verdict) -> _Written:
        self._known.check_tenant(delivery)
        before = self._known.find(delivery, TRANSPORT, delivery.transport_key)
        # Only what was deferred may still become parked, and what was left in its mailbox may be either.
        is_open = before is None or (before.state, verdict.state) == ("received", "parked") or before.was_left
        if before and not is_open:
            return _nothing_written(before)
        if verdict.state == "parked":
            self._known.check_account(delivery)
        message_id = before.id if before else new_id()
        self._place(before, unread_values(delivery, verdict, message_id), message_id)
        forgotten = self._forget([before] if before and before.was_left else [])
        keys = [] if before else [(delivery.tenant_id, TRANSPORT, delivery.transport_key)]
        self._insert_keys(keys, message_id)
        return replace(self._written(delivery, verdict, message_id, keys, before), forgotten=forgotten)

    def _forget(self, rows: Sequence[Earlier]) -> list[str]:
        """What was known of these mails is known anew, or of another row."""
        ids = [row.id for row in rows]
        if ids:
            forget(self._connection, ids)
        return ids

    def _judge(self, settlement: Settlement, first: Earlier | None, met: Met) -> Verdict:
        """What becomes of it, beside `first`: the earlier row of the same content that stays as it is."""
        if first:
            of = first.root
            return Verdict("duplicate", "duplicate_mail", {"of": of}, (), duplicate_of=of, group_id=first.group_id)
        self._known.check_revision(settlement)
        return invoice_groups.duplicate(self._known, met, settlement.documents) or _own_verdict(settlement)

    def _place(self, place: Earlier | None, values: dict[str, Any], message_id: str) -> None:
        if place is None:
            self._connection.execute(_INSERT_MESSAGE, values | {"id": message_id})
            return
        seen = {"seen_id": place.id, "seen_state": place.state}
        if self._connection.execute(_UPDATE_MESSAGE, values | seen).rowcount != 1:
            raise _OvertakenError

    def _merge(self, unread: Earlier, old: Earlier, settlement: Settlement) -> None:
        """A mail that was deferred, or left in its mailbox, is one that has a row: its delivery belongs to that row."""
        moved = {"old_key": settlement.transport_key, "of_tenant": settlement.tenant_id, "now_means": old.id}
        self._connection.execute(_KEY_MEANS, moved)
        forget_candidates(self._session, settlement.tenant_id, [unread.id])
        seen = {"seen_id": unread.id, "seen_state": unread.state}
        if self._connection.execute(_DELETE_MESSAGE, seen).rowcount != 1:
            raise _OvertakenError

    def _insert_keys(self, keys: Sequence[Key], message_id: str) -> None:
        rows = [_key_row(key, message_id) for key in keys]
        if rows:
            self._connection.execute(_INSERT_KEYS, rows)

    def _queue_rendering(self, delivery: Delivery, message_id: str, *, is_new_row: bool) -> None:
        if not is_new_row:  # an earlier job may be there
            jobs.queue(self._session, jobs.RENDER, message_id, tenant_id=delivery.tenant_id)
            return
        moment = now()
        row = {"id": new_id(), "kind": jobs.RENDER, "subject_id": message_id, "tenant_id": delivery.tenant_id}
        rest = {"run_at": moment, "created_at": moment, "attempts": 0, "error_params": {}}
        self._connection.execute(_INSERT_JOB, row | rest)

    def _written(
        self, delivery: Delivery, verdict: Verdict, message_id: str, keys: Sequence[Key], place: Earlier | None
    ) -> _Written:
        row = Earlier(
            message_id,
            verdict.state,
            verdict.reason_code,
            verdict.duplicate_of,
            verdict.group_id or message_id,
            delivery.raw_sha256,
            (delivery.transport_key, *(place.transport_keys if place else ())),
        )
        line = {
            "id": new_id(),
            "at": now(),
            "tenant_id": delivery.tenant_id,
            "actor": self._actor,
            "action": "message_deferred" if verdict.state == "received" else "message_settled",
            "subject_id": message_id,
            "params": {"from": place.state if place else None, "state": verdict.state, "reason": verdict.reason_code},
        }
        # The transport key is learnt also when it moved from a deferred row.
        learnt = [*keys, (delivery.tenant_id, TRANSPORT, delivery.transport_key)]
        return _Written(Settled(message_id, verdict.state, True, verdict.reason_code), row, learnt, line)


def _is_open(before: Earlier, settlement: Settlement) -> bool:
    """Whether the row waits for this mail: it was deferred, or its mail left in the mailbox until now."""
    return bool(settlement.raw_sha256) and (before.state == "received" or before.was_left)


def _earlier_keys(settlement: Settlement, old: Earlier | None) -> dict[str, Any]:
    if old is None:
        return {}
    return {"earlier_keys": [key for key in dict.fromkeys(old.transport_keys) if key != settlement.transport_key]}


def _new_keys(settlement: Settlement, *, is_known: bool, has_content_key: bool) -> list[Key]:
    keys = []
    if not is_known:
        keys.append((settlement.tenant_id, TRANSPORT, settlement.transport_key))
    if settlement.content_id and not has_content_key:
        keys.append((settlement.tenant_id, CONTENT, settlement.content_id))
    return keys


def _own_verdict(settlement: Settlement) -> Verdict:
    return Verdict(settlement.state, settlement.reason_code, settlement.reason_params, settlement.documents)


def transport_key(delivery: Delivery) -> Key:
    """The key by which this delivery is known."""
    return (delivery.tenant_id, TRANSPORT, delivery.transport_key)


def _key_row(key: Key, message_id: str) -> dict[str, str]:
    tenant_id, kind, text = key
    return {"tenant_id": tenant_id, "kind": kind, "key": text, "message_id": message_id}


def _nothing_written(row: Earlier) -> _Written:
    return _Written(Settled(row.id, row.state, is_new=False, reason_code=row.reason_code), row)


def _own_failure(delivery: Delivery, error: Exception) -> Invalid:
    """The failure of this message alone; what concerns the whole database is raised."""
    if isinstance(error, DBAPIError) and not isinstance(error, DataError):
        raise error
    cause = error.orig if isinstance(error, StatementError) else error
    return Invalid(f"message {delivery.transport_key}: a value of it cannot be stored ({type(cause).__name__})")
