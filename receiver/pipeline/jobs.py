"""The process of slow work: claims jobs, does several at once, renews their leases; and what is done once a day.

A job is fenced by its lease: what it did and its end are one transaction, so a process that was away too long writes
nothing. Whatever fails is told by a code; the text of an exception may quote a mail.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

import structlog

from receiver.config import Settings
from receiver.pipeline.catalogue_job import do_activate_job
from receiver.pipeline.daily import do_daily_if_due
from receiver.pipeline.job_results import GivenUp, PutOff, TryAgain
from receiver.pipeline.parsing import Pool
from receiver.pipeline.rematch_job import do_rematch_job
from receiver.pipeline.rematching import Rematcher
from receiver.pipeline.render_job import do_render_job
from receiver.pipeline.settle_job import Settler
from receiver.pipeline.stopping import Stop
from receiver.tally import tally
from storage import jobs
from storage.blobs import BlobStore
from storage.database import Database, Session
from storage.failures import NotFound, StorageFailure, TemporaryFailure
from storage.jobs import Job, LeaseLost

LOOK_FOR_DAILY_SECONDS = 60.0  # between two looks whether what is done once a day is due
STORAGE_AWAY_SECONDS = 10.0
RETRY_SECONDS = 20.0
_NEVER_GIVEN_UP = frozenset({jobs.SETTLE, jobs.ACTIVATE})

log = structlog.get_logger()
Reason = tuple[str, Mapping[str, str | int]]
Handler = Callable[[Job], None]


def run_jobs(settings: Settings, *, name: str, ready: Callable[[], None]) -> None:
    """Do jobs until SIGTERM; those under way are finished first."""
    stop = Stop()
    stop.install()
    with ExitStack() as stack:
        database = Database(settings.database_url())
        stack.callback(database.close)
        blobs = BlobStore(settings.blob_folder())
        stack.callback(blobs.close)
        pool = Pool(settings, children=1)
        stack.callback(pool.close)
        settler = Settler(database, blobs, pool, settings.data / "run")
        rematcher = Rematcher(database, blobs, pool, lambda: stop.is_requested, settings.data / "run")
        handlers: dict[str, Handler] = {
            jobs.RENDER: lambda job: do_render_job(settings, database, blobs, job),
            jobs.SETTLE: settler.do,
            jobs.ACTIVATE: lambda job: do_activate_job(database, job),
            jobs.REMATCH: lambda job: do_rematch_job(database, rematcher, job, lambda: stop.is_requested),
        }
        runner = JobRunner(settings, database, handlers, owner=f"{name}-{os.getpid()}")
        stack.callback(runner.close)
        log.info("jobs_started", name=name)
        ready()
        _serve(settings, runner, lambda: do_daily_if_due(database, blobs, settings.retention.not_imported_days), stop)
    log.info("jobs_stopped", name=name)


def _serve(settings: Settings, runner: "JobRunner", daily: Callable[[], bool], stop: Stop) -> None:
    look_at = time.monotonic() + LOOK_FOR_DAILY_SECONDS
    while not stop.is_requested:
        try:
            is_busy = runner.turn()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_FOR_DAILY_SECONDS
                # Beside this loop, which renews leases; cut short by the end of the process, it only stays undone.
                threading.Thread(target=_do_daily, args=(daily,), name="daily", daemon=True).start()
        except StorageFailure as failure:
            log.warning("jobs_paused", seconds=STORAGE_AWAY_SECONDS, reason=str(failure))
            stop.wait(STORAGE_AWAY_SECONDS)
        else:
            stop.wait(min(0.05, settings.jobs.poll_seconds) if is_busy else settings.jobs.poll_seconds)


def _do_daily(daily: Callable[[], bool]) -> None:
    try:
        daily()
    except StorageFailure as failure:
        log.warning("daily_work_failed", reason=str(failure))


class JobRunner:
    """The jobs under way in this process. Its methods are for one thread; the handlers run in others."""

    def __init__(self, settings: Settings, database: Database, handlers: dict[str, Handler], owner: str) -> None:
        self._database = database
        self._handlers = handlers
        self._owner = owner
        self._lease = timedelta(seconds=settings.jobs.lease_seconds)
        self._attempts = settings.jobs.attempts
        # The renderer takes as many pages at once as it has cores; one settle job has one child.
        self._slots = {jobs.RENDER: os.cpu_count() or 1, jobs.SETTLE: 1, jobs.ACTIVATE: 1, jobs.REMATCH: 1}
        self._threads = ThreadPoolExecutor(sum(self._slots.values()), thread_name_prefix="job")
        self._running: dict[Future[None], Job] = {}
        self._renew_at = 0.0
        self._poll_seconds = settings.jobs.poll_seconds
        self._rest_until: dict[str, float] = {}  # by kind

    def turn(self) -> bool:
        """Put done jobs away, renew leases, claim what there is room for; whether there is work under way."""
        self._collect_done()
        self._renew()
        for kind in self._handlers:
            self._claim(kind)
        return bool(self._running)

    def close(self) -> None:
        """Wait for the jobs under way and write what became of them."""
        self._threads.shutdown(wait=True)
        try:
            self._collect_done()
        except StorageFailure as failure:  # their leases run out, and they are done again
            log.warning("jobs_left", jobs=len(self._running), reason=str(failure))

    def _claim(self, kind: str) -> None:
        room = self._slots[kind] - sum(job.kind == kind for job in self._running.values())
        if room <= 0 or time.monotonic() < self._rest_until.get(kind, 0.0):
            return
        with self._database.write(self._owner) as session:
            # Settling counts its attempts itself, and parks; a schedule never dies (law 8).
            attempts = self._attempts if kind not in _NEVER_GIVEN_UP else 1000
            claimed = jobs.claim(session, self._owner, [kind], room, self._lease, attempts=attempts)
        if len(claimed) < room:  # nothing more is due: the database is not asked again at once
            self._rest_until[kind] = time.monotonic() + self._poll_seconds
        for job in claimed:
            self._running[self._threads.submit(self._handlers[kind], job)] = job

    def _renew(self) -> None:
        if not self._running or time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + self._lease.total_seconds() / 3
        for job in self._running.values():
            # Done in its thread since it was collected, or really lost: its own end tells which.
            with suppress(LeaseLost), self._database.write(self._owner) as session:
                jobs.renew(session, job, self._owner, self._lease)

    def _collect_done(self) -> None:
        for future in [each for each in self._running if each.done()]:
            job = self._running[future]
            try:
                self._write_end(job, future.exception())
            except LeaseLost:
                log.warning("job_lost", id=job.id, kind=job.kind)
            del self._running[future]

    def _write_end(self, job: Job, error: BaseException | None) -> None:
        match error:
            case None:
                tally.count(f"jobs:{job.kind}:finished")
                log.info("job_finished", id=job.id, kind=job.kind, tenant=job.tenant_id, subject=job.subject_id)
            case LeaseLost():
                log.warning("job_lost", id=job.id, kind=job.kind)
            case PutOff():
                # What one job waits for, all of its kind wait for.
                self._rest_until[job.kind] = time.monotonic() + error.seconds
                self._put_off(job, error.reason, error.seconds)
            case TemporaryFailure():
                self._put_off(job, ("storage_away", {}), STORAGE_AWAY_SECONDS)
            case GivenUp():
                self._fail(job, error.reason, None, error.also)
            case NotFound():
                self._fail(job, ("subject_is_gone", {}), None)
            case TryAgain():
                self._fail(job, error.reason, error.seconds or RETRY_SECONDS * 2 ** min(job.attempts, 8))
            case _:
                log.error("job_broke", id=job.id, kind=job.kind, exc_info=error)
                reason = ("job_failed", {"failure": type(error).__name__})
                self._fail(job, reason, RETRY_SECONDS * 2 ** min(job.attempts, 8))

    def _put_off(self, job: Job, reason: Reason, seconds: float) -> None:
        code, params = reason
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        with self._database.write(self._owner) as session:
            jobs.put_off(session, job, until, (code, dict(params)))
        tally.count(f"jobs:{job.kind}:put_off")
        log.info("job_put_off", id=job.id, kind=job.kind, subject=job.subject_id, reason=code, seconds=seconds)

    def _fail(
        self,
        job: Job,
        reason: Reason,
        seconds: float | None,
        also: Callable[[Session], None] = lambda _session: None,
    ) -> None:
        code, params = reason
        retry_at = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
        with self._database.write(self._owner) as session:
            is_dead = jobs.fail(session, job, self._owner, (code, dict(params)), retry_at)
            also(session)
        tally.count(f"jobs:{job.kind}:{'given_up' if is_dead else 'failed'}")
        log.warning(
            "job_failed",
            id=job.id,
            kind=job.kind,
            subject=job.subject_id,
            reason=code,
            attempts=job.attempts,
            is_given_up=is_dead,
        )
