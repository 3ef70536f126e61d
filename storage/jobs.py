"""Slow work as rows that any node may claim: leases, retries, and what became of those that cannot be done.

A claim is a lease with a number of its own. Whoever finishes, fails or renews shows that number: a worker that was
suspended past its lease finds the job gone to another and gets LeaseLost, which rolls back what it did in the same
transaction. Attempts are counted when they are claimed, so that work which kills its process is not begun for ever.
A finished job has no row; a failed one keeps it and waits for people.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Update, and_, case, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from storage.failures import TemporaryFailure
from storage.models import Job as JobRow
from storage.models import new_id, now

ATTEMPTS = 5
RENDER = "render"  # subject: a message whose e-mail text wants its PDF
SETTLE = "settle"  # subject: a message in state received
REMATCH = "rematch"  # subject: a tenant whose mail is to be decided again, or the catalogue
ACTIVATE = "activate_catalogue"  # subject: the version that is to be in force then


class LeaseLost(TemporaryFailure):
    """The job is no longer held by this claim: another worker has it, or it is done."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `attempts` counts this attempt too; after the last one it is given up."""

    id: str
    kind: str
    tenant_id: str | None
    subject_id: str
    attempts: int
    is_last_attempt: bool
    owner: str
    lease_id: str
    lease_until: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JobCounts:
    """Jobs that will still be tried, and jobs given up."""

    pending: int
    failed: int


def queue(
    session: Session, kind: str, subject_id: str, *, tenant_id: str | None = None, run_at: datetime | None = None
) -> str:
    """Have it done, once: a job of this kind and subject that waits stays, a failed one starts anew. Returns its id."""
    session.flush()
    at = run_at or now()
    row = JobRow(kind=kind, subject_id=subject_id, tenant_id=tenant_id, run_at=at)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # there is one already
        same = and_(col(JobRow.kind) == kind, col(JobRow.subject_id) == subject_id)
        anew = {"failed_at": None, "attempts": 0, "run_at": at, **_RELEASED}
        session.connection().execute(update(JobRow).where(same, col(JobRow.failed_at).is_not(None)).values(anew))
        # Held until we commit: whoever finishes it waits for us, and then sees what we wrote.
        held = session.connection().scalar(select(col(JobRow.id)).where(same).with_for_update())
        return held or queue(session, kind, subject_id, tenant_id=tenant_id, run_at=run_at)
    return row.id


def cancel(session: Session, kind: str) -> None:
    """Have nothing of this kind done any more; whoever is at it loses its lease."""
    session.flush()
    session.connection().execute(delete(JobRow).where(col(JobRow.kind) == kind))


def claim(  # noqa: PLR0913 (what a claim is)
    session: Session, owner: str, kinds: Collection[str], n: int, lease: timedelta, *, attempts: int = ATTEMPTS
) -> list[Job]:
    """At most `n` due jobs of these kinds, oldest first, leased to `owner` from the commit on.

    A job whose lease ran out for the last of its attempts is given up here: its worker died of it each time.
    """
    session.flush()
    connection, moment = session.connection(), now()
    is_free = or_(col(JobRow.lease_until).is_(None), col(JobRow.lease_until) <= moment)
    is_due = and_(col(JobRow.failed_at).is_(None), col(JobRow.run_at) <= moment, col(JobRow.kind).in_(kinds), is_free)
    due = select(col(JobRow.id), col(JobRow.attempts)).where(is_due).order_by(col(JobRow.run_at)).limit(n)
    picked = connection.execute(due.with_for_update(skip_locked=True)).all()
    fresh = [row.id for row in picked if row.attempts < attempts]
    worn_out = [row.id for row in picked if row.attempts >= attempts]
    if worn_out:
        given_up = {"failed_at": moment, "error_code": "worker_died", **_RELEASED}
        connection.execute(update(JobRow).where(col(JobRow.id).in_(worn_out)).values(given_up))
    if worn_out and not fresh:
        return claim(session, owner, kinds, n, lease, attempts=attempts)
    return _lease(session, owner, fresh, moment + lease, attempts) if fresh else []


def finish(session: Session, job: Job, owner: str) -> None:
    """It is done, in the transaction of its result. Raises LeaseLost."""
    session.flush()
    done = session.connection().execute(delete(JobRow).where(_held(job, owner)))
    _check_fence(done, job)


def note_progress(session: Session, job: Job, owner: str) -> None:
    """In the transaction of a piece of it: the attempts until now were not in vain. Raises LeaseLost."""
    _change(session, job, update(JobRow).where(_held(job, owner)).values(attempts=1))


def renew(session: Session, job: Job, owner: str, lease: timedelta) -> datetime:
    """Hold it for another `lease` from now; returns until when. Raises LeaseLost."""
    until = now() + lease
    _change(session, job, update(JobRow).where(_held(job, owner)).values(lease_until=until))
    return until


def fail(
    session: Session,
    job: Job,
    owner: str,
    error: tuple[str, Mapping[str, Any]],
    retry_at: datetime | None,
) -> bool:
    """This attempt did not do it: again at `retry_at`, or never when that is None or the attempts are used up.

    `error` is a code with its parameters. Returns whether the job was given up. Raises LeaseLost.
    """
    code, params = error
    is_dead = retry_at is None or job.is_last_attempt
    after = {"failed_at": now()} if is_dead else {"run_at": retry_at}
    values = {**_RELEASED, "error_code": code, "error_params": dict(params), **after}
    _change(session, job, update(JobRow).where(_held(job, owner)).values(values))
    return is_dead


def put_off(session: Session, job: Job, until: datetime, reason: tuple[str, Mapping[str, Any]]) -> None:
    """It could not be tried for want of something else (no renderer, account unwell): this attempt does not count."""
    code, params = reason
    values = {
        **_RELEASED,
        "run_at": until,
        "attempts": case((col(JobRow.attempts) > 0, col(JobRow.attempts) - 1), else_=0),
        "error_code": code,
        "error_params": dict(params),
    }
    _change(session, job, update(JobRow).where(_held(job, owner=job.owner)).values(values))


def counts(session: Session) -> JobCounts:
    """How many jobs wait or run, and how many were given up."""
    failed = func.count(col(JobRow.failed_at))
    total, dead = session.connection().execute(select(func.count(col(JobRow.id)), failed)).one()
    return JobCounts(pending=total - dead, failed=dead)


def of_subject(session: Session, subject_id: str) -> list[JobRow]:
    """What is still to be done about this subject, or was given up, with the last reason."""
    session.flush()
    rows = session.execute(select(JobRow).where(col(JobRow.subject_id) == subject_id))
    return list(rows.scalars())


def _lease(session: Session, owner: str, ids: Sequence[str], until: datetime, attempts: int) -> list[Job]:
    lease_id = new_id()
    leased = {"owner": owner, "lease_id": lease_id, "lease_until": until, "attempts": col(JobRow.attempts) + 1}
    session.connection().execute(update(JobRow).where(col(JobRow.id).in_(ids)).values(leased))
    mine = select(JobRow).where(col(JobRow.id).in_(ids)).order_by(col(JobRow.run_at))
    return [
        Job(
            id=row.id,
            kind=row.kind,
            tenant_id=row.tenant_id,
            subject_id=row.subject_id,
            attempts=row.attempts,
            is_last_attempt=row.attempts >= attempts,
            owner=owner,
            lease_id=lease_id,
            lease_until=until,
            created_at=row.created_at,
        )
        for row in session.connection().execute(mine)
    ]


_RELEASED: dict[str, Any] = {"owner": None, "lease_id": None, "lease_until": None}


def _held(job: Job, owner: str) -> Any:
    return and_(col(JobRow.id) == job.id, col(JobRow.owner) == owner, col(JobRow.lease_id) == job.lease_id)


def _change(session: Session, job: Job, statement: Update) -> None:
    session.flush()
    _check_fence(session.connection().execute(statement), job)


def _check_fence(result: CursorResult[Any], job: Job) -> None:
    if result.rowcount != 1:
        raise LeaseLost(f"job {job.id} ({job.kind}): the lease ran out and another worker may have it; nothing kept")
