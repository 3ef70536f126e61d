"""Promises of storage.jobs: each job is done once, none is lost, none is begun for ever."""

import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeAlias

import pytest

from storage import jobs
from storage.audit import list_lines, record
from storage.database import Database
from storage.models import ImportAddress, Tenant, new_id, now
from storage.tenants import remove_tenant

Owner: TypeAlias = tuple[Tenant, ImportAddress]
MINUTE = timedelta(minutes=1)
OVER = timedelta(0)  # a lease that is over at once
ERROR = ("renderer_failed", {"status": 1})


def _queue(database: Database, number: int = 1, kind: str = "render") -> list[str]:
    subjects = [new_id() for _ in range(number)]
    with database.write() as session:
        for subject in subjects:
            jobs.queue(session, kind, subject)
    return subjects


def _claim(database: Database, owner: str = "a", n: int = 10, lease: timedelta = MINUTE) -> list[jobs.Job]:
    with database.write() as session:
        return jobs.claim(session, owner, ["render"], n, lease, attempts=3)


def test_a_job_is_claimed_finished_and_gone(database: Database) -> None:
    """A finished job has no row; while it is leased nobody else gets it."""
    [subject] = _queue(database)
    [job] = _claim(database)
    with database.write() as session:
        assert jobs.claim(session, "b", ["render"], 10, MINUTE) == []
        assert jobs.counts(session) == jobs.JobCounts(pending=1, failed=0)
        jobs.finish(session, job, "a")
        assert jobs.counts(session) == jobs.JobCounts(pending=0, failed=0)
    assert (job.subject_id, job.attempts, job.is_last_attempt, job.owner) == (subject, 1, False, "a")


def test_only_due_jobs_of_the_kinds_asked_for_oldest_first(database: Database) -> None:
    """A claim takes what is due, in the order in which it was due."""
    times = {"old": now() - MINUTE, "older": now() - 2 * MINUTE, "future": now() + MINUTE}
    with database.write() as session:
        for name, run_at in times.items():
            jobs.queue(session, "render", name, run_at=run_at)
        jobs.queue(session, "pull", "other")
    assert [job.subject_id for job in _claim(database)] == ["older", "old"]


def test_a_job_is_queued_once(database: Database) -> None:
    """The same kind and subject again is the same job; one that was given up starts anew."""
    with database.write() as session:
        first = jobs.queue(session, "render", "m1")
        again = jobs.queue(session, "render", "m1")
    [job] = _claim(database)
    with database.write() as session:
        assert jobs.fail(session, job, "a", ERROR, None)
        assert jobs.counts(session) == jobs.JobCounts(pending=0, failed=1)
        revived = jobs.queue(session, "render", "m1")
        assert jobs.counts(session) == jobs.JobCounts(pending=1, failed=0)
    [job] = _claim(database)
    assert first == again == revived == job.id
    assert job.attempts == 1


def test_a_job_is_given_up_after_its_attempts(database: Database) -> None:
    """Law 8's other half: a job that fails is tried again, and stays as failed after the last attempt."""
    _queue(database)
    given_up = []
    for _ in range(3):
        [job] = _claim(database)
        with database.write() as session:
            given_up.append(jobs.fail(session, job, "a", ERROR, now()))
    with database.read() as session:
        [row] = jobs.of_subject(session, job.subject_id)
    assert (given_up, _claim(database)) == ([False, False, True], [])
    assert (row.error_code, row.error_params, row.owner) == ("renderer_failed", {"status": 1}, None)


def test_a_job_that_kills_its_worker_is_given_up(database: Database) -> None:
    """Law 5: attempts are counted before they are made, so a job nobody survives ends after three of them."""
    _queue(database)
    claims = [_claim(database, lease=OVER) for _ in range(4)]
    with database.read() as session:
        [row] = jobs.of_subject(session, claims[0][0].subject_id)
    assert [len(claim) for claim in claims] == [1, 1, 1, 0]
    assert (row.error_code, row.failed_at is not None) == ("worker_died", True)


def test_putting_off_does_not_count(database: Database) -> None:
    """Law 8: a job that waits for something else waits for ever, with its reason."""
    _queue(database)
    for _ in range(5):
        [job] = _claim(database)
        with database.write() as session:
            jobs.put_off(session, job, now(), ("no_renderer", {}))
    with database.read() as session:
        [row] = jobs.of_subject(session, job.subject_id)
    assert (row.attempts, row.error_code, row.failed_at) == (0, "no_renderer", None)


def test_a_renewed_lease_holds(database: Database) -> None:
    """A worker that renews in time keeps its job."""
    _queue(database)
    [job] = _claim(database, lease=OVER)
    with database.write() as session:
        until = jobs.renew(session, job, "a", MINUTE)
    assert until > now()
    assert _claim(database, "b") == []


def _finish_with_result(database: Database, job: jobs.Job, owner: str) -> None:
    with database.write(actor=owner) as session:
        record(session, "rendered", subject_id=job.subject_id)
        jobs.finish(session, job, owner)


@pytest.mark.parametrize("owner", ["a", "b"])
def test_a_worker_suspended_past_its_lease_keeps_nothing(database: Database, owner: str) -> None:
    """Two at once: the job went to another (or to another claim of the same worker), whose result alone stays."""
    _queue(database)
    [late] = _claim(database, "a", lease=OVER)
    [job] = _claim(database, owner)
    with pytest.raises(jobs.LeaseLost):
        _finish_with_result(database, late, "a")
    _finish_with_result(database, job, owner)
    with pytest.raises(jobs.LeaseLost):
        _finish_with_result(database, late, "a")
    with database.read() as session:
        assert [line.actor for line in list_lines(session)] == [owner]


@pytest.mark.parametrize("change", ["renew", "fail", "put_off"])
def test_a_lost_lease_changes_nothing(database: Database, change: str) -> None:
    """Whoever lost the lease can neither renew, fail nor put off the other's job."""
    _queue(database)
    [late] = _claim(database, "a", lease=OVER)
    [job] = _claim(database, "b")
    changes = {
        "renew": lambda session: jobs.renew(session, late, "a", MINUTE),
        "fail": lambda session: jobs.fail(session, late, "a", ERROR, None),
        "put_off": lambda session: jobs.put_off(session, late, now(), ERROR),
    }
    with pytest.raises(jobs.LeaseLost), database.write() as session:
        changes[change](session)
    with database.read() as session:
        [row] = jobs.of_subject(session, job.subject_id)
    assert (row.owner, row.error_code, row.attempts) == ("b", None, 2)


def test_many_workers_share_without_overlap(database: Database) -> None:
    """Eight workers claiming at once get each job once, and all of them."""
    subjects = _queue(database, 60)

    def work(owner: int) -> list[str]:
        got = []
        while claimed := _claim(database, str(owner), n=3):
            got += [job.subject_id for job in claimed]
        return got

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(subject for got in pool.map(work, range(8)) for subject in got)
    # A worker that finds every free row locked for a moment stops early; what is left is still there.
    taken.update(work(9))
    assert taken == Counter(subjects)


WORKER = """
import select, sys
from datetime import timedelta
from storage import jobs
from storage.audit import record
from storage.database import Database
url, owner = sys.argv[1:]
database = Database(url)
print("up", flush=True)
while True:
    is_over = select.select([sys.stdin], [], [], 0)[0]
    with database.write() as session:
        claimed = jobs.claim(session, owner, ["render"], 4, timedelta(seconds=0.4), attempts=1000)
        if not claimed and is_over and not jobs.counts(session).pending:
            break
    for job in claimed:
        try:
            with database.write(actor=owner) as session:
                record(session, "rendered", subject_id=job.subject_id)
                jobs.finish(session, job, owner)
        except jobs.LeaseLost:
            pass
"""


def test_workers_killed_at_random_do_each_job_once(database: Database, url: str) -> None:
    """kill -9 six times at a random point of the work of two workers: every job is done, and none twice."""
    dice = random.Random(7)
    subjects: list[str] = []
    workers = [_start_worker(url, f"w{number}") for number in range(2)]
    for number in range(6):
        victim = workers.pop(0)
        assert victim.stdout.read(3) == b"up\n"
        subjects += _queue(database, 40)
        _wait_until_pending(database, dice.randint(5, 38))
        victim.kill()
        victim.communicate()
        workers.append(_start_worker(url, f"v{number}"))
    for worker in workers:
        worker.communicate()  # closes its input: it may end when all is done
        assert worker.returncode == 0
    with database.read() as session:
        done = Counter(line.subject_id for line in list_lines(session, limit=1000))
    assert done == Counter(subjects)


def _start_worker(url: str, owner: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", WORKER, url, owner]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _wait_until_pending(database: Database, most: int) -> None:
    pending = most + 1
    while pending > most:
        with database.read() as session:
            pending = jobs.counts(session).pending


def test_jobs_go_with_their_tenant(database: Database, acme: Owner) -> None:
    """A removed tenant's work is not done any more; the worker that has it finds the lease lost."""
    with database.write() as session:
        jobs.queue(session, "render", new_id(), tenant_id=acme[0].id)
    [job] = _claim(database)
    with database.write() as session:
        remove_tenant(session, acme[0])
        assert jobs.counts(session) == jobs.JobCounts(0, 0)
    with pytest.raises(jobs.LeaseLost):
        _finish_with_result(database, job, "a")
