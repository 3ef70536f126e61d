"""Slow work: rendered once, waiting without blame, fenced by leases, and blobs nobody names collected."""

import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from receiver.pipeline.collecting import collect_blobs
from receiver.pipeline.job_results import GivenUp, TryAgain
from receiver.pipeline.jobs import JobRunner
from receiver.pipeline.render_job import do_render_job
from receiver.pipeline.settle_job import Settler
from receiver.rendering.client import available
from storage import jobs
from storage.jobs import Job, LeaseLost
from storage.standards import add_standard
from storage.tenants import find_tenant, remove_tenant
from tests.receiver_pipeline.forked import Forked
from tests.receiver_pipeline.house import House, pdf_mail, text_mail
from tests.receiver_pipeline.shared_pool import shared_pool

ROOT = Path(__file__).parents[2]
RENDERER = """
import sys
from receiver import logs
from receiver.config import Settings
from receiver.rendering.renderer import run_renderer
settings = Settings.model_validate_json(sys.argv[1])
logs.configure(settings.log)
run_renderer(settings, ready=lambda: print("ready", flush=True))
"""


@contextmanager
def renderer(house: House) -> Iterator["subprocess.Popen[bytes]"]:
    """A renderer, ready; told to stop at the end, which must go well."""
    command = [sys.executable, "-c", RENDERER, house.settings.model_dump_json()]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    yield started
    started.terminate()
    started.communicate()
    assert started.returncode == 0


def import_text(house: House) -> None:
    """One imported mail whose text is kept."""
    house.tenant("Acme")
    with house.database.write() as session:
        tenant = find_tenant(session, "Acme")
        add_standard(session, tenant, "Shop", sender="shop@shop.example", email_text_is_invoice=True)
    house.accept(text_mail("Your receipt 12/34", "<p>Total 12.00</p>"))
    house.drain()


def runner_of(house: House, handler: Callable[[Job], None], kind: str = jobs.RENDER) -> JobRunner:
    """A runner of one kind of job."""
    return JobRunner(house.settings, house.database, {kind: handler}, owner="test")


def rows_of(house: House) -> list[tuple[str, int, str | None, bool]]:
    """Every job row: kind, attempts, last error, whether given up."""
    (message,) = house.messages()
    with house.database.read() as session:
        found = jobs.of_subject(session, message.id)
        return [(row.kind, row.attempts, row.error_code, row.failed_at is not None) for row in found]


def test_without_a_renderer_the_job_waits_and_no_attempt_counts(house: House) -> None:
    """The HTML stays, the job says in a code why it waits, and waiting is not failing."""
    import_text(house)
    runner = runner_of(house, lambda job: do_render_job(house.settings, house.database, house.blobs, job))

    runner.turn()
    runner.close()

    assert [document.kind for document in house.documents()] == ["email_html"]
    assert rows_of(house) == [("render", 0, "render_no_renderer", False)]


def test_the_text_becomes_a_pdf_once(house: House) -> None:
    """The kept page goes through the real renderer and becomes a document; doing it once more changes nothing."""
    import_text(house)
    with renderer(house):
        obstacle = available(house.settings.rendering, house.settings.render_socket())
        if obstacle:
            pytest.skip(f"nothing can be rendered here: {obstacle.code}")
        runner = runner_of(house, lambda job: do_render_job(house.settings, house.database, house.blobs, job))
        runner.turn()
        runner.close()
        assert rows_of(house) == []
        again = queued(house)
        do_render_job(house.settings, house.database, house.blobs, again)

    by_kind = {document.kind: document for document in house.documents()}
    assert sorted(by_kind) == ["email_html", "email_pdf"]
    assert by_kind["email_pdf"].filename == "Your receipt 12-34.pdf"
    assert house.octets(by_kind["email_pdf"]).startswith(b"%PDF-")


def queued(house: House) -> Job:
    """Another render job of the one message, claimed."""
    (message,) = house.messages()
    with house.database.write() as session:
        jobs.queue(session, jobs.RENDER, message.id, tenant_id=message.tenant_id)
    with house.database.write() as session:
        (job,) = jobs.claim(session, "test", [jobs.RENDER], 1, timedelta(seconds=60))
    return job


def test_a_claim_that_ran_out_writes_nothing(house: House) -> None:
    """A process that was away longer than its lease finds the job gone: what it did is rolled back."""
    house.accept(pdf_mail())
    with house.worker() as running:
        batch = running.drainer.start(running.reader.read(10, 10**7))
        running.drainer.set_aside(batch.works[0], ("settling_failed", {"failure": "ValueError"}))
    with house.database.write() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET run_at = '2020-01-01 00:00:00.000000'")
    with house.database.write() as session:
        (slow,) = jobs.claim(session, "slow", [jobs.SETTLE], 1, timedelta(seconds=0))
    with house.database.write() as session:
        (quick,) = jobs.claim(session, "quick", [jobs.SETTLE], 1, timedelta(seconds=60))
    pool = shared_pool(house.settings)
    settler = Settler(house.database, house.blobs, pool)

    with pytest.raises(LeaseLost):
        settler.do(slow)
    between = [message.state for message in house.messages()]
    settler.do(quick)

    assert between == ["received"]
    assert [message.state for message in house.messages()] == ["imported"]


def test_leases_are_renewed_while_the_job_lasts(house: House) -> None:
    """A job that takes long keeps its lease."""
    import_text(house)
    may_end = threading.Event()
    claimed: list[Job] = []

    def slow(job: Job) -> None:
        claimed.append(job)
        may_end.wait(30)

    runner = runner_of(house, slow)
    runner.turn()
    runner.turn()
    (message,) = house.messages()
    with house.database.read() as session:
        (row,) = jobs.of_subject(session, message.id)
    may_end.set()
    runner.close()

    assert row.lease_until is not None
    assert row.lease_until > claimed[0].lease_until


@pytest.mark.parametrize(("is_lost", "told"), [(False, "job_finished"), (True, "job_lost")])
def test_how_a_job_ended_is_told_once(house: House, is_lost: bool, told: str) -> None:
    """Its row is gone before its thread has ended: a renewal in between does not call a finished job lost."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("info"))
    import_text(house)
    is_written, may_end = threading.Event(), threading.Event()

    def finish(job: Job) -> None:
        with house.database.write() as session:
            jobs.finish(session, job, "test")
        is_written.set()
        may_end.wait(30)
        if is_lost:
            raise LeaseLost("another process has it")

    runner = runner_of(house, finish)
    with capture_logs() as logged:
        runner.turn()
        assert is_written.wait(30)
        runner.turn()
        may_end.set()
        runner.close()

    assert [line["event"] for line in logged if line["event"].startswith("job_")] == [told]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (GivenUp("render_too_many_pages", {"pages": 900, "limit": 500}), ("render", 1, "render_too_many_pages", True)),
        (TryAgain("parser_died", {"status": -9}), ("render", 1, "parser_died", False)),
        (ValueError("Dear customer, your secret is"), ("render", 1, "job_failed", False)),
    ],
    ids=["given up", "again", "broken"],
)
def test_what_became_of_a_job_stands_in_its_row(
    house: House, failure: Exception, expected: tuple[str, int, str, bool]
) -> None:
    """A job that fails keeps the code of its reason, never the text of an exception."""
    import_text(house)

    def fail(_job: Job) -> None:
        raise failure

    runner = runner_of(house, fail)
    runner.turn()
    runner.close()

    assert rows_of(house) == [expected]
    with house.database.read() as session:
        (row,) = jobs.of_subject(session, house.messages()[0].id)
    assert "secret" not in str(row.error_params)


def test_a_failure_is_logged_with_the_message_it_is_about(house: House) -> None:
    """Whoever reads `jobs_failed: 1` finds the message by the log: its subject is the id to ask for."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("info"))
    import_text(house)

    def fail(_job: Job) -> None:
        raise GivenUp("render_too_many_pages", {"pages": 900, "limit": 500})

    runner = runner_of(house, fail)
    with capture_logs() as logged:
        runner.turn()
        runner.close()

    assert [line["subject"] for line in logged if line["event"] == "job_failed"] == [house.messages()[0].id]


def test_blobs_that_nobody_names_are_collected(house: House) -> None:
    """Law 15: what a row names stays, what none names goes once it is old enough."""
    house.accept(pdf_mail())
    house.drain()
    (message,) = house.messages()
    batch = house.blobs.batch()
    orphan = batch.put(message.tenant_id, b"nobody's")
    batch.sync()

    collect_blobs(house.database, house.blobs)
    assert house.blobs.path(message.tenant_id, orphan.sha256).exists()
    collect_blobs(house.database, house.blobs, grace=timedelta(seconds=-60))

    assert not house.blobs.path(message.tenant_id, orphan.sha256).exists()
    assert house.octets(house.documents()[0])
    assert house.blobs.read(message.tenant_id, message.raw_sha256)


def test_what_a_removed_tenant_left_behind_is_collected(house: House) -> None:
    """Mail that was being settled while its tenant was removed leaves no octets; who was not removed keeps them."""
    gone, lost = house.tenant("Gone").tenant_id, secrets.token_hex(16)
    batch = house.blobs.batch()
    raw, other = batch.put(gone, b"Subject: private\r\n"), batch.put(lost, b"restored without its row")
    with house.database.write() as session:
        remove_tenant(session, find_tenant(session, "Gone"))
    batch.sync()

    collect_blobs(house.database, house.blobs)

    assert not house.blobs.path(gone, raw.sha256).exists()
    assert house.blobs.path(lost, other.sha256).exists()


def test_the_job_process_settles_what_was_put_aside(house: House) -> None:
    """The process claims, settles and ends in order when it is told to."""
    house.accept(pdf_mail())
    with house.worker() as running:
        batch = running.drainer.start(running.reader.read(10, 10**7))
        running.drainer.set_aside(batch.works[0], ("settling_failed", {"failure": "ValueError"}))
    with house.database.write() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET run_at = '2020-01-01 00:00:00.000000'")

    process = Forked("jobs", house.settings)
    while [message.state for message in house.messages()] == ["received"]:
        threading.Event().wait(0.05)

    assert process.stop() == 0
    assert [message.state for message in house.messages()] == ["imported"]
