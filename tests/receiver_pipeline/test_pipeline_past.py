"""What a sender's pictures did before: the same one again and again is no document, and no document is lost by it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from receiver.pipeline.by_hand import ByHand
from receiver.pipeline.daily import do_daily
from receiver.pipeline.parsing import Mail, Pool
from receiver.pipeline.past import Past
from receiver.pipeline.settle_job import Settler
from receiver.pipeline.trying import Change, Trier, read_facts
from receiver.rulebook import Rulebook
from rules.facts import MailFacts
from rules.standards import ImportStandard
from storage import jobs
from storage.messages import get_message
from storage.models import Message
from storage.rematch_models import MessageFacts
from storage.rematching import add_all
from storage.seen_pictures import KEPT_DAYS, SeenPicture
from storage.standard_changes import queue_rematch
from storage.standards import add_standard, rules_of
from storage.tenants import set_thresholds
from storage.trial_mail import mail_since, stored_mail
from tests.pdf_pages import pdf
from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.packed_files import png
from tests.receiver_pipeline.test_pipeline_rematching import acme, do_jobs
from tests.receiver_pipeline.test_pipeline_same_invoice import PAGE

PAGE_OF_PAPER = png(1240, 1754, 40_000)
SENDER = "office@supplier.example"
LEFT_OUT = "picture_left_out"
DAMAGED = update(MessageFacts).values(facts="{")


def mail(subject: str, *files: tuple[str, bytes], number: int = 0) -> bytes:
    """A mail with these files; `number` makes it another one."""
    head = (
        f"From: Office <{SENDER}>\r\nSubject: {subject}\r\nMessage-ID: <{number}@supplier.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="edge"\r\n\r\n'
        "--edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
    )
    parts = [
        f'--edge\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(octets).decode()}"
        for name, octets in files
    ]
    return f"{head}{''.join(parts)}--edge--\r\n".encode()


def bring(house: House, *mails: bytes, tenants: tuple[str, ...] = ("Acme",)) -> None:
    """One after the other, each settled before the next."""
    for octets in mails:
        house.accept(octets, *(house.tenant(name) for name in tenants))
        house.drain()


def scans(*subjects: str) -> list[bytes]:
    """Mails with one and the same picture."""
    return [mail(subject, ("scan.png", PAGE_OF_PAPER), number=number) for number, subject in enumerate(subjects)]


def reasons(house: House, tenant: str = "Acme") -> list[str]:
    """Why each mail is what it is, in the order in which they came."""
    return [each.reason_code for each in reversed(house.messages(tenant))]


def facts_of(house: House, message: Message) -> MailFacts:
    with house.database.read() as session:
        facts = stored_mail(session, message).facts
    assert facts is not None
    return facts


def counts(house: House, tenant: str = "Acme") -> list[int]:
    """What each mail was told of its first file, in the order in which they came."""
    return [facts_of(house, each).attachments[0].seen_before for each in reversed(house.messages(tenant))]


def step(house: House, message: Message) -> dict[str, Any]:
    """What the trace says of a picture that was left out."""
    with house.database.read() as session:
        (found,) = (each for each in get_message(session, message.id).decision_trace if each["code"] == LEFT_OUT)
    params: dict[str, Any] = found["params"]
    return params


def test_a_picture_that_comes_again_and_again_does_not_import(house: House) -> None:
    """From the third time on a person decides, first in the list; the trace and the facts tell how often it came."""
    bring(house, *scans("Invoice 1", "Invoice 2", "Invoice 3", "Invoice 4"))
    assert reasons(house) == ["carries_picture", "carries_picture", "possible_picture", "possible_picture"]
    assert counts(house) == [0, 1, 2, 3]
    newest = house.messages()[0]
    assert newest.reason_params == {"filename": "scan.png", "count": 3}
    assert step(house, newest) == {"filename": "scan.png", "count": 3}


def test_a_logo_beside_an_invoice_is_left_out(house: House) -> None:
    """The picture comes in twice, as what may be another invoice; then it no longer hides that this one is known."""
    logo, invoice = ("logo.png", PAGE_OF_PAPER), ("r.pdf", pdf(PAGE))
    bring(house, *(mail("Invoice", logo, invoice, number=number) for number in range(3)))
    newest, before = house.messages()[:2]
    kept = [document.filename for document in house.documents(message_id=newest.id)]
    assert (before.state, newest.state, kept) == ("imported", "duplicate", ["r.pdf"])
    assert step(house, newest) == {"filename": "logo.png", "count": 2}


def test_each_tenant_is_told_of_its_own_mail(house: House) -> None:
    """Law 16: one mail to two tenants, of whom one has seen its picture."""
    *before, both = scans("Invoice 1", "Invoice 2", "Invoice 3")
    bring(house, *before)
    bring(house, both, tenants=("Acme", "Other"))
    assert (reasons(house)[-1], counts(house)[-1]) == ("possible_picture", 2)
    assert (reasons(house, "Other"), counts(house, "Other")) == (["carries_picture"], [0])


def test_a_rematch_tells_the_same(house: House) -> None:
    """Law 26: neither the mail itself nor what came later counts, so the first ones still come in; nothing is lost."""
    bring(house, *scans("Scan A", "Scan B", "Scan C"))
    before = reasons(house)
    with house.database.write() as session:
        set_thresholds(session, acme(session), 50, None)
    do_jobs(house)
    assert before == ["possible_invoice", "possible_invoice", "nothing_fits"]
    assert reasons(house) == ["carries_picture", "carries_picture", "possible_picture"]
    assert counts(house) == [0, 1, 2]


@pytest.mark.parametrize("knows_facts", [True, False])
def test_what_was_counted_does_not_depend_on_stored_facts(house: House, knows_facts: bool) -> None:
    """Of mail whose facts cannot be read any more, what came before it is counted once more."""
    bring(house, *scans("Scan A", "Scan B", "Scan C"))
    with house.database.write() as session:
        if not knows_facts:
            session.connection().execute(DAMAGED)
        add_all(session, acme(session))
        queue_rematch(session, acme(session).id)
    do_jobs(house)
    assert counts(house) == [0, 1, 2]
    assert reasons(house) == ["possible_invoice", "possible_invoice", "nothing_fits"]


def test_a_standard_has_the_last_word(house: House) -> None:
    """A picture sent again until somebody made a standard comes in by it; beside another file it is left out."""
    bring(house, *scans("Scan A", "Scan B", "Scan C"))
    bring(house, mail("Scan D", ("scan.png", PAGE_OF_PAPER), ("list.csv", b"a;b\r\n")))
    with house.database.write() as session:
        add_standard(session, acme(session), "Office", sender=SENDER)
    do_jobs(house)
    assert [each.state for each in house.messages()] == ["imported"] * 4
    kept = {each.subject: [d.filename for d in house.documents(message_id=each.id)] for each in house.messages()}
    assert (kept["Scan C"], kept["Scan D"]) == (["scan.png"], ["list.csv"])


def test_a_person_has_the_very_last(house: House) -> None:
    """By hand the picture is kept, and the mail is told of as before."""
    bring(house, *scans("Invoice 1", "Invoice 2", "Invoice 3"))
    message, pool = house.messages()[0], Pool(house.settings, children=1)
    settled = ByHand(house.database, house.blobs, pool, "test").take(message, None)
    pool.close()
    assert settled is not None
    assert [each.filename for each in house.documents(message_id=message.id)] == ["scan.png"]
    assert counts(house)[-1] == 2


def test_a_mail_that_was_put_aside_is_counted_when_it_is_read(house: House) -> None:
    """The job that settles it asks what the worker would have asked."""
    *before, last = scans("Invoice 1", "Invoice 2", "Invoice 3")
    bring(house, *before)
    house.accept(last)
    with house.worker() as running:
        batch = running.drainer.start(running.reader.read(10, 10**7))
        running.drainer.set_aside(batch.works[0], ("settling_failed", {"failure": "ValueError"}))
    with house.database.write() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET run_at = '2020-01-01 00:00:00.000000'")
        (job,) = jobs.claim(session, "test", [jobs.SETTLE], 1, timedelta(seconds=60))
    pool = Pool(house.settings, children=1)
    Settler(house.database, house.blobs, pool).do(job)
    pool.close()
    assert (reasons(house)[-1], counts(house)) == ("possible_picture", [0, 1, 2])


def test_the_same_mail_again_is_not_counted_twice(house: House) -> None:
    """Law 10: a copy of what was not imported is decided anew on its row, and told what the first was told."""
    first, second = scans("Scan A", "Scan B")
    bring(house, first, first, first, second, first)
    told = {each.subject: facts_of(house, each).attachments[0].seen_before for each in house.messages()}
    assert (reasons(house), told) == (["possible_invoice"] * 2, {"Scan A": 0, "Scan B": 1})


def test_a_trial_says_what_the_worker_says(house: House) -> None:
    """A mail in a file, and a standard that is tried, by the same counts."""
    *before, last = scans("Invoice 1", "Invoice 2", "Invoice 3")
    bring(house, *before)
    file = house.settings.data / "mail.eml"
    file.write_bytes(last)
    owner, pool, past = house.tenant("Acme").tenant_id, Pool(house.settings, children=1), Past(house.database)
    rules = Rulebook(house.database).rules_for([owner])[owner]
    facts = read_facts(pool, past, owner, Mail(None, file, len(last), ""), None)
    bring(house, last)
    asks_text = ImportStandard.simple("s", "Office", SENDER, "Invoice 3", email_text_is_invoice=False)
    with house.database.write() as session:
        session.connection().execute(DAMAGED)
    with house.database.read() as session:
        own = rules_of(session, owner)[1]
        trier = Trier(house.blobs, pool, past, Change.of(rules, own, (*own, asks_text)))
        trials = {each.mail.message.subject: each for each in trier.try_on(_mails(house, session), set())}
    pool.close()
    assert rules.decide(facts).reason.params == house.messages()[0].reason_params
    assert (trials["Invoice 3"].effect, trials["Invoice 3"].becomes) == ("comes_in", "imported")
    # By the counts of then the two before came in by themselves; the standard now holds recognition back.
    assert {trials[f"Invoice {number}"].effect for number in (1, 2)} == {"stops"}


def _mails(house: House, session: Any) -> Any:
    return mail_since(session, acme(session), datetime(2020, 1, 1, tzinfo=UTC))


def test_counts_do_not_grow_for_ever(house: House) -> None:
    """The day's work forgets what came long ago; what is imported stays imported."""
    bring(house, *scans("Invoice 1", "Invoice 2"))
    with house.database.write() as session:
        long_ago = datetime.now(UTC) - timedelta(days=KEPT_DAYS + 1)
        session.connection().execute(update(SeenPicture).values(seen_at=long_ago))
    do_daily(house.database, house.blobs, 90)
    with house.database.read() as session:
        assert session.connection().scalar(select(func.count()).select_from(SeenPicture)) == 0
    bring(house, *scans("", "", "Invoice 3")[2:])
    assert (reasons(house)[-1], counts(house)[-1]) == ("carries_picture", 0)
