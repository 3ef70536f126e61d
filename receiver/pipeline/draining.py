"""Settle a batch of accepted messages: parsed, decided per tenant, kept, and written in one transaction.

Order matters: blobs are synced before rows name them, rows are committed before the journal forgets (HOUSE, step 7).
The blobs of the next batch are written by a thread of their own while the rows of this one are.
A crash anywhere in between is made good by doing it again: the transport key tells what was settled (law 9).
Raises TemporaryFailure when nothing of a batch could be written; the same works may be given again.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from receiver.pipeline.judging import Decisions, judge, settlement
from receiver.pipeline.keep import delivery_of, keep_raw, labels_of, recipients_by_tenant
from receiver.pipeline.left_mail import Rows, judge_wished, remembering, settlements_of, want_waiting, wishes_of
from receiver.pipeline.parsing import AttemptFailed, Mail, Parsed, Pool, Wanted
from receiver.pipeline.past import Past
from receiver.pipeline.since_accepted import since_accepted
from receiver.rulebook import Rulebook, Rules
from receiver.tally import tally
from storage.blobs import BlobBatch, BlobStore
from storage.database import Database, Session
from storage.failures import NotFound, PermanentFailure, StorageFailure, TemporaryFailure, Unlinked
from storage.journal import JournalReader, Record
from storage.left_mail import left_mail
from storage.settling import Delivery, Settled, Settlement, defer, settle_many
from storage.tenants import was_removed

# A record over which its worker died this often is not read by the worker any more (law 5).
ATTEMPTS_OF_WORKERS = 6
# Between two attempts at a message that is slow or kills its parser.
DEFER_SECONDS = 20.0

log = structlog.get_logger()
Reason = tuple[str, dict[str, str | int]]


@dataclass(slots=True, eq=False)
class Work:
    """One accepted message on its way through a batch."""

    record: Record
    rules: dict[str, Rules]
    future: Future[Parsed] | None  # None: not to be parsed here
    rows: Rows = field(default_factory=dict)  # of mail that was left in its mailbox before
    begun: float = field(default_factory=time.monotonic)

    def discard(self) -> None:
        """Give back the files of large parts."""
        if self.future and not self.future.cancel() and not self.future.exception():
            self.future.result().discard()


@dataclass(slots=True)
class _Lot:
    """One tenant's share of a message: a settlement, or a delivery with the reason why it was not read."""

    work: Work
    tenant_id: str
    delivery: Delivery | None  # None: the tenant is gone
    unread: Reason | None = None
    outcome: Settled | StorageFailure | None = None


@dataclass(slots=True)
class Batch:
    """Messages that are settled in one transaction."""

    works: list[Work]
    lots: Future[list[_Lot]] | None = None  # what is to be written, once its blobs are synced; None: not begun

    def halves(self) -> "tuple[Batch, Batch]":
        """The same messages as two batches."""
        middle = len(self.works) // 2
        return Batch(self.works[:middle]), Batch(self.works[middle:])

    def discard(self) -> None:
        """Let go of what was parsed and not settled: it is in the journal still."""
        if self.lots:
            self.lots.exception()  # waits for its end
        for work in self.works:
            work.discard()


class Drain:
    """The batches of one worker. One thread only."""

    def __init__(
        self, database: Database, blobs: BlobStore, pool: Pool, reader: JournalReader, indexes: Path | None = None
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._pool = pool
        self._reader = reader
        self._rulebook = Rulebook(database, indexes)
        self._past = Past(database)
        self._stager = ThreadPoolExecutor(1, thread_name_prefix="stager")
        self.parsers = pool.size
        self.held = 0  # messages left in the journal because nothing could be done with them

    def start(self, records: Sequence[Record]) -> Batch:
        """Have messages parsed and judged, and their blobs written. Raises TemporaryFailure."""
        tenants = {recipient.tenant_id for record in records for recipient in record.envelope.recipients}
        rules = self._rulebook.rules_for(tenants)
        rows = self._left_rows(records)
        works = [self._submit(record, rules, rows) for record in records]
        return Batch(works, self._stager.submit(self._prepare, works))

    def settle(self, batch: Batch) -> Batch:
        """Write a batch; what is to be decided anew is returned as another one. Raises TemporaryFailure."""
        works, prepared, batch.lots = batch.works, batch.lots, None
        # Given a second time, the blobs are touched again: they must be young when their rows are committed (law 15).
        lots = prepared.result() if prepared else self._prepare(works)
        with self._database.write("worker") as session:
            self._write(session, lots)
        # Stale among them: what decides has changed meanwhile (law 12).
        again = {lot.work for lot in lots if isinstance(lot.outcome, TemporaryFailure)}
        unreadable = {lot.work for lot in lots if self._is_held(lot)} - again
        self._finish([work for work in works if work not in again | unreadable])
        self.held += len(unreadable)
        for lot in lots:
            _tell(lot)
        # Should that fail, what is done is not done again.
        batch.works = [work for work in works if work in again]
        return self._restart(batch.works)

    def close(self) -> None:
        """End the thread that writes blobs."""
        self._stager.shutdown()

    def set_aside(self, work: Work, reason: Reason) -> None:
        """Give one message, unread, rows of its own and a job, so that the others go on (law 5)."""
        if work.record.envelope.look:  # it is no mail that could be read later
            self.hold(work)
            return
        work.discard()
        work.future = None
        work.rules = self._rulebook.rules_for(recipients_by_tenant(work.record.envelope))
        blobs = self._blobs.batch()
        lots = self._unread_lots(blobs, work, reason)
        blobs.sync()
        with self._database.write("worker") as session:
            self._write(session, lots)
        self._finish([work])
        for lot in lots:
            _tell(lot)

    def hold(self, work: Work) -> None:
        """Leave a message in the journal: neither settling nor deferring it was possible."""
        work.discard()
        self.held += 1
        log.error("message_held", transport_key=work.record.envelope.id, octets=work.record.size)

    def _left_rows(self, records: Sequence[Record]) -> Rows:
        """The rows of mail that was left in its mailbox, and now is here, or gone."""
        envelopes = [record.envelope for record in records if record.envelope.source == "imap"]
        places = {
            (tenant, each.id) for each in envelopes if each.look != "left" for tenant in recipients_by_tenant(each)
        }
        if not places:
            return {}
        with self._database.read() as session:
            return left_mail(session, places)

    def _submit(self, record: Record, rules: Mapping[str, Rules], rows: Rows) -> Work:
        own = {tenant: rules[tenant] for tenant in recipients_by_tenant(record.envelope) if tenant in rules}
        if record.attempts >= ATTEMPTS_OF_WORKERS or not own or record.envelope.look:
            return Work(record, own, None, rows)
        mail = Mail(record.octets, record.large, record.size, record.envelope.reverse_path)
        labels, key = labels_of(record.envelope), record.envelope.id
        wishes = wishes_of(key, rows)

        def choose(parsed: Parsed) -> tuple[Decisions, Wanted]:
            counts = self._past.of_tenants(parsed, own)
            if wishes:
                return judge_wished(parsed.facts, own, labels, counts, wishes)
            return judge(parsed.facts, own, labels, counts)

        return Work(record, own, self._pool.submit(mail, choose), rows)

    def _restart(self, works: Sequence[Work]) -> Batch:
        batch = self.start([work.record for work in works]) if works else Batch([])
        for work in works:
            work.discard()
        return batch

    def _prepare(self, works: Sequence[Work]) -> list[_Lot]:
        """Everything that is to be written, with its blobs synced."""
        self._await_parsers(works)
        blobs = self._blobs.batch()
        lots = [lot for work in works for lot in self._lots_of(blobs, work)]
        blobs.sync()
        return lots

    def _await_parsers(self, works: Sequence[Work]) -> None:
        failure: TemporaryFailure | None = None
        for work in works:
            error = work.future.exception() if work.future else None
            if isinstance(error, TemporaryFailure):
                work.future, failure = self._submit(work.record, work.rules, work.rows).future, error
        if failure:
            raise failure

    def _lots_of(self, blobs: BlobBatch, work: Work) -> list[_Lot]:
        if work.record.envelope.look:
            return self._looked_lots(work)
        if work.future is None:
            return self._unread_lots(blobs, work, ("worker_died", {"attempts": work.record.attempts}))
        try:
            parsed = work.future.result()
        except AttemptFailed as failed:
            return self._unread_lots(blobs, work, (failed.code, failed.params))
        lots = self._unread_lots(blobs, work, None)
        for lot in lots:
            if lot.delivery:
                lot.delivery = settlement(blobs, lot.delivery, parsed, parsed.judged)
        return lots

    def _looked_lots(self, work: Work) -> list[_Lot]:
        """Every tenant's share of a mail that stays in its mailbox: nothing of it is kept but its facts."""
        try:
            found = settlements_of(work.record, work.rules, work.rows)
        except ValueError:
            log.exception("look_unreadable", transport_key=work.record.envelope.id)
            return [_Lot(work, tenant_id, None) for tenant_id in work.rules]
        lots = [_Lot(work, tenant_id, made) for tenant_id, made in found.items() if made]
        gone = recipients_by_tenant(work.record.envelope).keys() - work.rules.keys()
        return lots + [_Lot(work, tenant_id, None) for tenant_id in gone]

    def _unread_lots(self, blobs: BlobBatch, work: Work, reason: Reason | None) -> list[_Lot]:
        """Every tenant's share with its raw octets; nothing is kept for a tenant that is gone."""
        record, lots = work.record, []
        wishes = wishes_of(record.envelope.id, work.rows)
        for tenant_id, recipients in recipients_by_tenant(record.envelope).items():
            delivery = None
            if tenant_id in work.rules:
                raw = keep_raw(blobs, tenant_id, record.octets, record.large)
                delivery = delivery_of(record.envelope, recipients, raw)
            told = reason and (reason[0], remembering(reason[1], wishes.get(tenant_id)))
            lots.append(_Lot(work, tenant_id, delivery, told))
        return lots

    def _write(self, session: Session, lots: Sequence[_Lot]) -> None:
        read = [(lot, lot.delivery) for lot in lots if isinstance(lot.delivery, Settlement)]
        outcomes = settle_many(session, [made for _, made in read])
        for (lot, _), outcome in zip(read, outcomes, strict=True):
            lot.outcome = outcome
        want_waiting(session, [lot.outcome for lot, _ in read])
        run_at = datetime.now(UTC) + timedelta(seconds=DEFER_SECONDS)
        for lot in lots:
            if lot.delivery is None:
                lot.outcome = NotFound(f"no tenant with id {lot.tenant_id}")
            elif lot.unread:
                try:
                    lot.outcome = defer(session, lot.delivery, reason=lot.unread, run_at=run_at)
                except PermanentFailure as failure:
                    lot.outcome = failure

    def _is_held(self, lot: _Lot) -> bool:
        """Whether this share can be neither written nor dropped."""
        if not isinstance(lot.outcome, PermanentFailure):
            return False
        if isinstance(lot.outcome, Unlinked):  # its mail stands in its mailbox still, or nobody may have it
            return False
        if isinstance(lot.outcome, NotFound) and self._was_removed(lot.tenant_id):
            return False
        log.error("message_held", tenant=lot.tenant_id, transport_key=lot.work.record.envelope.id)
        return True

    def _was_removed(self, tenant_id: str) -> bool:
        # Only on purpose: in a database restored from a backup, tenants are missing that nobody removed.
        with self._database.read() as session:
            return was_removed(session, tenant_id)

    def _finish(self, works: Iterable[Work]) -> None:
        done = list(works)
        self._reader.settle([work.record for work in done])
        for work in done:
            work.discard()


def _tell(lot: _Lot) -> None:
    """The canonical line of a message and tenant. Never a subject, a name or an address of the mail."""
    outcome = lot.outcome
    if isinstance(outcome, Settled):
        if outcome.is_new:
            tally.count(f"messages_settled:{outcome.state}")
        envelope = lot.work.record.envelope
        log.info(
            "message_deferred" if outcome.state == "received" else "message_settled",
            id=outcome.message_id,
            tenant=lot.tenant_id,
            state=outcome.state,
            reason=outcome.reason_code,
            octets=lot.work.record.size,
            is_new=outcome.is_new,
            **since_accepted(envelope.source, envelope.received_at),
        )
    elif lot.delivery is None or isinstance(lot.outcome, Unlinked):
        log.warning("message_dropped", tenant=lot.tenant_id, transport_key=lot.work.record.envelope.id)
