"""Laws 5 and 13: a re-match that is killed at any moment completes after the restart, and imports nothing twice."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from storage.models import Document, Message
from storage.rematch_models import LookupKey, RematchCandidate, RematchChange
from storage.rematching import has_work
from storage.standards import add_standard
from storage.tenants import find_tenant
from tests.receiver_pipeline.forked import Forked
from tests.receiver_pipeline.house import House, text_mail
from tests.thorough import so_many

COUNT = so_many(100, in_long_runs=150)


def rows(house: House, table: type, *where: object) -> int:
    with house.database.read() as session:
        query = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
        return session.connection().scalar(query) or 0


def imported(house: House) -> int:
    return rows(house, Message, col(Message.state) == "imported")


def kill_when(house: House, moment: Callable[[], bool]) -> None:
    """kill -9 as soon as the moment has come, or all is done."""
    process = Forked("jobs", house.settings)
    deadline = time.monotonic() + 60
    while not moment() and imported(house) < COUNT and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()


# Seconds from the sight of a piece to the kill.
PAUSES = [(0.0, 0.1), (0.02, 0.0), (0.1, 0.02)]


@pytest.mark.parametrize("pauses", PAUSES[: so_many(1, in_long_runs=len(PAUSES))])
def test_a_rematch_killed_again_and_again_imports_each_mail_once(house: House, pauses: tuple[float, float]) -> None:
    """kill -9 after the look-up, and in the midst of importing, at once and a little later within a piece."""
    quick = house.settings.jobs.model_copy(update={"lease_seconds": 1.0, "poll_seconds": 0.05})
    house.settings = house.settings.model_copy(update={"jobs": quick})
    house.accept_many([text_mail(f"Rechnung {number}", f"<p>{number}</p>") for number in range(COUNT)])
    house.drain()
    with house.database.write() as session:
        owner = find_tenant(session, "Acme").id
        add_standard(session, find_tenant(session, "Acme"), "Shop", subject_word="Rechnung", email_text_is_invoice=True)

    kill_when(house, lambda: rows(house, RematchCandidate) > 0)
    seen = [imported(house)]
    for step, pause in zip((1, COUNT // 2), pauses, strict=True):
        kill_when(house, lambda least=step, late=pause: imported(house) >= least and time.sleep(late) is None)
        seen.append(imported(house))
    process = Forked("jobs", house.settings)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with house.database.read() as session:
            if not has_work(session, owner):
                break
        time.sleep(0.02)

    assert process.stop() == 0
    assert seen[0] < COUNT, "no kill came while mail was matched again"
    assert [message.state for message in house.messages()] == ["imported"] * COUNT
    kept = [each for each in house.documents() if each.kind == "email_html"]
    assert len({each.message_id for each in kept}) == len(kept) == COUNT
    assert [rows(house, each) for each in (LookupKey, RematchCandidate, RematchChange)] == [0, 0, 0]
    assert rows(house, Document, col(Document.kind) == "email_html") == COUNT
