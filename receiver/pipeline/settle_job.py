"""The job that settles a message which was put aside: it killed its parser, was too slow, or broke its batch.

The third attempt, the one in the worker included, is the last one: what ended the attempt before is left unread then
(last_try). Where that fails, too, the message is parked: its raw octets and the reason are kept for the operator. It
is parsed in a child of its own, from its blob, which is never read into this process.
Raises TryAgain, and what storage raises (LeaseLost among it).
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import structlog

from receiver.pipeline.job_results import TryAgain
from receiver.pipeline.judging import Decisions, settlement
from receiver.pipeline.last_try import read_with_less, suspect_told, told_of
from receiver.pipeline.left_mail import judge_wished, remembered
from receiver.pipeline.parsing import AttemptFailed, Mail, Parsed, Pool, Wanted
from receiver.pipeline.past import Past
from receiver.pipeline.since_accepted import since_accepted
from receiver.rulebook import Rulebook
from receiver.tally import tally
from rules.facts import Unread
from storage import jobs
from storage.blobs import BlobStore
from storage.database import Database
from storage.failures import NotFound, TemporaryFailure
from storage.jobs import Job
from storage.messages import get_message
from storage.models import Message
from storage.settling import Delivery, Settled, Stale, park, settle

# The attempt that put the message aside counts too.
ATTEMPTS = 3
# Attempts of the job that ended with its process: claimed, and never heard of again.
CLAIMS = 4
LOOKS = 5

log = structlog.get_logger()


class Settler:
    """Settles messages that were put aside. One job at a time."""

    def __init__(self, database: Database, blobs: BlobStore, pool: Pool, indexes: Path | None = None) -> None:
        self._database = database
        self._blobs = blobs
        self._pool = pool
        self._rulebook = Rulebook(database, indexes)
        self._past = Past(database)

    def do(self, job: Job) -> None:
        """Settle or park the message, and finish the job in the same transaction."""
        with self._database.read() as session:
            message = get_message(session, job.subject_id)
            told = next(
                (each.error_params for each in jobs.of_subject(session, job.subject_id) if each.id == job.id), {}
            )
        delivery = delivery_of_row(message)
        if message.state != "received":
            with self._database.write("jobs") as session:
                jobs.finish(session, job, job.owner)
            return
        if job.attempts > CLAIMS:
            self._park(job, delivery, "worker_died", {"attempts": job.attempts})
            return
        try:
            settled = self._settle(job, delivery, remembered(message.reason_params), suspect_told(told))
        except AttemptFailed as failed:
            self._fail(job, delivery, failed.code, {**failed.params, **told_of(failed.suspect)})
        except TemporaryFailure:
            raise
        except Exception as error:
            log.exception("settling_failed", id=job.subject_id, tenant=delivery.tenant_id)
            self._fail(job, delivery, "settling_failed", {"failure": type(error).__name__})
        else:
            _tell(delivery, settled)

    def _settle(self, job: Job, delivery: Delivery, wish: str | None, suspect: Unread | None) -> Settled:
        left_out = frozenset({suspect} if suspect else ())
        for _ in range(LOOKS):
            parsed = self._parse(job, delivery, wish, left_out)
            left_out = frozenset(parsed.facts.unread)  # should it be read anew, then not with what it ends on
            try:
                return self._write(job, delivery, parsed)
            except Stale:
                continue  # what decides has changed meanwhile (law 12)
            finally:
                parsed.discard()
        raise TemporaryFailure(f"message {job.subject_id}: its tenant's standards change faster than it is decided")

    def _parse(self, job: Job, delivery: Delivery, wish: str | None, left_out: frozenset[Unread]) -> Parsed:
        rules = self._rulebook.rules_for([delivery.tenant_id])
        if delivery.tenant_id not in rules:
            raise NotFound(f"no tenant with id {delivery.tenant_id}")
        raw = self._blobs.path(delivery.tenant_id, delivery.raw_sha256)
        mail = Mail(None, raw, delivery.octets, delivery.reverse_path, left_out)
        labels = {delivery.tenant_id: delivery.label}
        wishes = {} if wish is None else {delivery.tenant_id: wish}

        def choose(parsed: Parsed) -> tuple[Decisions, Wanted]:
            return judge_wished(parsed.facts, rules, labels, self._past.of_tenants(parsed, rules), wishes)

        return read_with_less(self._pool, mail, choose) if _is_last(job) else self._pool.submit(mail, choose).result()

    def _write(self, job: Job, delivery: Delivery, parsed: Parsed) -> Settled:
        batch = self._blobs.batch()
        decisions: Decisions = parsed.judged
        made = settlement(batch, delivery, parsed, decisions)
        batch.sync()
        with self._database.write("jobs") as session:
            settled = settle(session, made)
            jobs.finish(session, job, job.owner)
        return settled

    def _fail(self, job: Job, delivery: Delivery, code: str, params: Mapping[str, str | int]) -> None:
        if _is_last(job):
            self._park(job, delivery, code, params)
            return
        raise TryAgain(code, params)

    def _park(self, job: Job, delivery: Delivery, code: str, params: Mapping[str, str | int]) -> None:
        with self._database.write("jobs") as session:
            settled = park(session, delivery, (code, params))
            jobs.finish(session, job, job.owner)
        _tell(delivery, settled)


def _is_last(job: Job) -> bool:
    return job.attempts + 1 >= ATTEMPTS


def delivery_of_row(message: Message) -> Delivery:
    """The delivery that a message row was made of."""
    values = {each.name: getattr(message, each.name) for each in fields(Delivery)}
    return Delivery(**values | {"other_forward_paths": tuple(message.other_forward_paths)})


def _tell(delivery: Delivery, settled: Settled) -> None:
    if settled.is_new:
        tally.count(f"messages_settled:{settled.state}")
    log.info(
        "message_settled",
        id=settled.message_id,
        tenant=delivery.tenant_id,
        state=settled.state,
        reason=settled.reason_code,
        octets=delivery.octets,
        is_new=settled.is_new,
        **since_accepted(delivery.source, delivery.received_at),
    )
