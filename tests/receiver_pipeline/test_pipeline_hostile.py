"""Mail that is made to break its reader: limits hold, others go on, nothing is lost."""

import json
import math
import os
import resource
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from receiver.config import Settings
from receiver.pipeline.job_results import TryAgain
from receiver.pipeline.parsing import AttemptFailed, Mail, Parsed, Pool, Wanted
from receiver.pipeline.settle_job import Settler
from rules.facts import MailFacts
from storage import jobs
from storage.failures import TemporaryFailure
from storage.jobs import Job
from tests.receiver_pipeline.house import House, pdf_mail
from tests.receiver_pipeline.shared_pool import close_shared_pool

HEAD = b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def nested_multiparts(depth: int) -> bytes:
    """Multiparts in multiparts, with a PDF at the bottom."""
    opening = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return HEAD + opening + b"Content-Type: application/pdf\r\n\r\n%PDF-1.4\r\n"


def nested_messages(depth: int, payload: bytes) -> bytes:
    """Messages in messages: every level holds all levels below it."""
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Content-Type: text/plain\r\n\r\n" + payload


def many_parts(count: int) -> bytes:
    """A multipart of very many parts."""
    parts = b"".join(b"--b\r\nContent-Type: application/pdf\r\n\r\n%%PDF-1.4 %d\r\n" % n for n in range(count))
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"


def multipart_of(*pdfs: bytes) -> bytes:
    """A mail with these PDFs, as 8bit."""
    parts = b"".join(b"--b\r\nContent-Type: application/pdf\r\n\r\n" + pdf + b"\r\n" for pdf in pdfs)
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"


def nothing_wanted(_parsed: Parsed) -> tuple[None, Wanted]:
    """Judge nothing, keep nothing."""
    return None, Wanted()


def parse(pool: Pool, octets: bytes) -> Parsed:
    """One message through the pool."""
    return pool.submit(Mail(octets, None, len(octets), ""), nothing_wanted).result()


@contextmanager
def pool_of(settings: Settings, seconds: float = math.inf) -> Iterator[Pool]:
    """A pool that is closed at the end, the only one of this process."""
    close_shared_pool()
    pool = Pool(settings, seconds=seconds)
    try:
        yield pool
    finally:
        pool.close()


def limited(tmp_path: Path, **pipeline: float) -> Settings:
    """Settings of a pool with one child and these limits."""
    return Settings.model_validate({"data": tmp_path, "pipeline": {"parsers": 1, **pipeline}})


@pytest.mark.parametrize(
    ("octets", "defect"),
    [
        (nested_multiparts(1000), "too_deep"),
        (nested_messages(1000, b"x"), "too_deep"),
        (many_parts(20_000), "too_many_parts"),
    ],
    ids=["multiparts", "messages", "parts"],
)
def test_limits_are_named_not_fatal(tmp_path: Path, octets: bytes, defect: str) -> None:
    """What is nested or divided beyond the limits is read up to them, and the facts say so."""
    with pool_of(limited(tmp_path)) as pool:
        parsed = parse(pool, octets)

    assert defect in parsed.facts.is_broken
    assert len(parsed.facts.attachments) <= 1000


def test_more_decoded_octets_than_allowed_are_left_out(tmp_path: Path) -> None:
    """Messages in messages multiply their octets; reading stops at the limit and says so."""
    with pool_of(limited(tmp_path, max_decoded_octets=16 * 1024**2)) as pool:
        parsed = parse(pool, nested_messages(60, b"x" * 1024**2))

    assert "too_large" in parsed.facts.is_broken


def test_a_mail_that_takes_too_long_fails_alone(tmp_path: Path) -> None:
    """A child that misses its deadline is killed; the next message gets a new one."""
    settings = limited(tmp_path, parse_seconds=0.5, max_decoded_octets=4 * 1024**3)
    with pool_of(settings) as pool:
        with pytest.raises(AttemptFailed) as failed:
            parse(pool, nested_messages(99, b"y" * 20 * 1024**2))
        after = parse(pool, pdf_mail())

    assert failed.value.code == "parser_too_slow"
    assert after.facts.subject == "Invoice 4711"


@pytest.mark.parametrize(("allowed", "here"), [(60, 0.5), (0.5, 60)])
def test_a_slow_mail_holds_its_batch_for_less_than_it_may_take(tmp_path: Path, allowed: float, here: float) -> None:
    """Law 5: where others wait, a mail may have less time than the settings allow it; never more."""
    settings = limited(tmp_path, parse_seconds=allowed, max_decoded_octets=4 * 1024**3)
    with pool_of(settings, seconds=here) as pool, pytest.raises(AttemptFailed) as failed:
        parse(pool, nested_messages(99, b"y" * 20 * 1024**2))

    assert (failed.value.code, failed.value.params) == ("parser_too_slow", {"seconds": 1})


def test_a_mail_that_needs_too_much_memory_fails_alone(tmp_path: Path) -> None:
    """The child's address space is limited: what needs more fails, and the next message is read."""
    settings = limited(tmp_path, parse_memory_octets=128 * 1024**2)
    with pool_of(settings) as pool:
        with pytest.raises(AttemptFailed) as failed:
            parse(pool, b"Subject: big\r\n\r\n" + b"z" * 120 * 1024**2)
        after = parse(pool, pdf_mail())

    assert failed.value.code in {"parser_failed", "parser_died"}
    assert after.facts.subject == "Invoice 4711"


@contextmanager
def room_for(octets: int) -> Iterator[None]:
    """A disk on which no file may grow beyond so many octets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def a_pdf_that_speaks_for_its_reader() -> bytes:
    """A large PDF; what stands behind its second MiB is, for whoever waits for it, what a child says of a mail."""
    facts = MailFacts(subject="forged", from_addresses=("forged@evil.example",)).to_json()
    said = json.dumps({"facts": facts, "content_id": "0", "parts": [], "memory": 0}).encode()
    frame = struct.pack(">I", len(said)) + said
    return b"%PDF-1.4\n".ljust(2 * 1024**2, b" ") + frame + bytes(3 * 1024**2)


def everything_wanted(parsed: Parsed) -> tuple[None, Wanted]:
    """Keep every attachment."""
    return None, Wanted(frozenset(each.part for each in parsed.facts.attachments))


def test_a_part_that_finds_no_room_is_not_read_as_the_next_mail(tmp_path: Path) -> None:
    """Laws 6 and 16: the rest of a part that could not be kept never becomes facts of a mail that comes later."""
    large = pdf_mail(pdf=a_pdf_that_speaks_for_its_reader())
    with pool_of(limited(tmp_path)) as pool:
        with room_for(1024**2), pytest.raises(TemporaryFailure):
            pool.submit(Mail(large, None, len(large), ""), everything_wanted).result()
        after = parse(pool, pdf_mail())

    assert after.facts.subject == "Invoice 4711"


def test_a_part_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    """Law 6: attempts on a full disk do not fill it further, neither with the part itself nor with those before it."""
    fits, too_large = b"%PDF-1 ".ljust(3 * 1024**2), b"%PDF-2 ".ljust(6 * 1024**2)
    mail = multipart_of(fits, too_large)
    with pool_of(limited(tmp_path)) as pool, room_for(4 * 1024**2), pytest.raises(TemporaryFailure):
        pool.submit(Mail(mail, None, len(mail), ""), everything_wanted).result()

    assert not [path for path in (tmp_path / "tmp").rglob("*") if path.is_file()]


def test_a_child_is_confined(tmp_path: Path) -> None:
    """A parsing child has no core files, writes no file, starts no process, gains no privilege, and knows no secret."""
    with pool_of(limited(tmp_path)) as pool:
        parse(pool, pdf_mail())
        child = next(pid for pid in children_of(os.getpid()) if "receiver.pipeline.child" in command_of(pid))
        limits = Path(f"/proc/{child}/limits").read_text()
        status = Path(f"/proc/{child}/status").read_text()

    values = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert (values["Max core file size"], values["Max file size"], values["Max processes"]) == ("0", "0", "0")
    assert values["Max address space"] == str(1024**3)
    assert "NoNewPrivs:\t1" in status


def test_a_child_dies_with_its_worker(tmp_path: Path) -> None:
    """The kernel ends a child whose worker was killed: none stays behind."""
    ready_end, told_end = os.pipe()
    worker = os.fork()
    if worker == 0:  # a worker that is killed in the midst
        pool = Pool(limited(tmp_path))
        parse(pool, pdf_mail())
        child = next(pid for pid in children_of(os.getpid()) if "receiver.pipeline.child" in command_of(pid))
        os.write(told_end, str(child).encode())
        time.sleep(60)
        os._exit(1)
    child = int(os.read(ready_end, 20))

    os.kill(worker, 9)
    os.waitpid(worker, 0)

    while Path(f"/proc/{child}/status").exists() and "State:\tZ" not in Path(f"/proc/{child}/status").read_text():
        time.sleep(0.01)


def test_a_message_that_fails_three_times_is_parked(house: House, tmp_path: Path) -> None:
    """Law 5: its batch goes on without it; at the third failure it is parked with its raw octets and a reason."""
    tight = {"parsers": 1, "parse_seconds": 0.5, "max_decoded_octets": 4 * 1024**3}
    house.settings = Settings.model_validate({"data": house.settings.data, "pipeline": tight})
    hostile = nested_messages(99, b"y" * 20 * 1024**2)
    house.accept_many([pdf_mail("<1@s.example>"), hostile, pdf_mail("<2@s.example>", b"%PDF-1.4 other")])

    house.drain()
    assert sorted(message.state for message in house.messages()) == ["imported", "imported", "received"]
    assert house.waiting() == 0
    with pool_of(house.settings) as pool:
        settler = Settler(house.database, house.blobs, pool)
        job = claimed(house)
        with pytest.raises(TryAgain) as second:
            settler.do(job)
        with house.database.write() as session:
            jobs.fail(session, job, job.owner, second.value.reason, job.created_at)
        settler.do(claimed(house))

    (parked,) = [message for message in house.messages() if message.state == "parked"]
    assert parked.reason_code == "parser_too_slow"
    assert house.blobs.read(parked.tenant_id, parked.raw_sha256) == hostile
    with house.database.read() as session:
        assert jobs.counts(session) == jobs.JobCounts(pending=0, failed=0)


def test_a_message_that_recovers_is_settled_on_its_row(house: House) -> None:
    """A message that was put aside is read by the job and fills the row that it already has."""
    mail = pdf_mail()
    house.accept(mail)
    with house.worker() as running:
        records = running.reader.read(10, 10**7)
        running.drainer.set_aside(
            running.drainer.start(records).works[0], ("settling_failed", {"failure": "ValueError"})
        )
    (deferred,) = house.messages()
    assert deferred.state == "received"

    with pool_of(house.settings) as pool:
        Settler(house.database, house.blobs, pool).do(claimed(house))

    (message,) = house.messages()
    assert (message.id, message.state, message.octets) == (deferred.id, "imported", len(mail))
    assert len(house.documents()) == 1


def claimed(house: House) -> Job:
    """The one settle job, due now."""
    with house.database.write() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET run_at = '2020-01-01 00:00:00.000000'")
    with house.database.write() as session:
        (job,) = jobs.claim(session, "test", [jobs.SETTLE], 5, timedelta(seconds=60))
    return job


def children_of(parent: int) -> list[int]:
    """The processes that `parent` has started."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def command_of(pid: int) -> str:
    """The arguments of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
