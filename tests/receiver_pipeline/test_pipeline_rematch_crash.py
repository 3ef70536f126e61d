"""Laws 5 and 13: a re-match that is killed at any moment completes after the restart, and imports nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from receiver.config import Settings
from storage.models import Document, Message
from storage.rematch_models import LookupKey, RematchCandidate, RematchChange
from storage.rematching import has_work
from storage.standards import add_standard
from storage.tenants import find_tenant
from tests.receiver_pipeline.house import House, text_mail

ROOT = Path(__file__).parents[2]
COUNT = 150
JOBS = """
import sys
from receiver import logs
from receiver.config import Settings
from receiver.pipeline.jobs import run_jobs
settings = Settings.model_validate_json(sys.argv[1])
logs.configure(settings.log)
run_jobs(settings, name="jobs", ready=lambda: print("ready", flush=True))
"""


def start_jobs(settings: Settings) -> "subprocess.Popen[bytes]":
    """A process of slow work, ready."""
    command = [sys.executable, "-c", JOBS, settings.model_dump_json()]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def rows(house: House, table: type, *where: object) -> int:
    with house.database.read() as session:
        query = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
        return session.connection().scalar(query) or 0


def imported(house: House) -> int:
    return rows(house, Message, col(Message.state) == "imported")


def kill_when(house: House, moment: Callable[[], bool]) -> None:
    """kill -9 as soon as the moment has come, or all is done."""
    process = start_jobs(house.settings)
    deadline = time.monotonic() + 60
    while not moment() and imported(house) < COUNT and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1])
def test_a_rematch_killed_again_and_again_imports_each_mail_once(house: House, pause: float) -> None:
    """kill -9 after the look-up, and in the midst of importing, each time a little later within a piece."""
    quick = house.settings.jobs.model_copy(update={"lease_seconds": 1.0, "poll_seconds": 0.05})
    house.settings = house.settings.model_copy(update={"jobs": quick})
    house.accept_many([text_mail(f"Rechnung {number}", f"<p>{number}</p>") for number in range(COUNT)])
    house.drain()
    with house.database.write() as session:
        owner = find_tenant(session, "Acme").id
        add_standard(session, find_tenant(session, "Acme"), "Shop", subject_word="Rechnung", email_text_is_invoice=True)

    kill_when(house, lambda: rows(house, RematchCandidate) > 0)
    seen = [imported(house)]
    for step in (1, 60):
        kill_when(house, lambda least=step: imported(house) >= least and time.sleep(pause) is None)
        seen.append(imported(house))
    process = start_jobs(house.settings)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with house.database.read() as session:
            if not has_work(session, owner):
                break
        time.sleep(0.02)
    process.terminate()
    process.communicate()

    assert process.returncode == 0
    assert seen[0] < COUNT, "no kill came while mail was matched again"
    assert [message.state for message in house.messages()] == ["imported"] * COUNT
    kept = [each for each in house.documents() if each.kind == "email_html"]
    assert len({each.message_id for each in kept}) == len(kept) == COUNT
    assert [rows(house, each) for each in (LookupKey, RematchCandidate, RematchChange)] == [0, 0, 0]
    assert rows(house, Document, col(Document.kind) == "email_html") == COUNT
