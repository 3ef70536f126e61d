"""Nothing is scanned in vain: when standards change, mail that was not imported comes in, once, from its octets."""

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from receiver.pipeline.daily import do_daily, do_daily_if_due, queue_stale
from receiver.pipeline.parsing import Choose, Mail, Parsed, Pool
from receiver.pipeline.rematch_job import do_rematch_job
from receiver.pipeline.rematching import ATTEMPTS, READ_TOGETHER, Rematched, Rematcher
from rules.conditions import in_order
from rules.standards import ImportStandard
from storage import jobs
from storage.blobs import BlobBatch, BlobStore
from storage.failures import NoRoom
from storage.messages import get_message
from storage.models import Message, Tenant
from storage.rematch_models import LookupKey, MessageFacts
from storage.rematching import add_all, count_candidates
from storage.standards import add_standard, add_whole_standard, remove_standard
from storage.tenants import find_tenant, set_keep_not_imported
from tests.receiver_pipeline.house import House, pdf_mail, text_mail
from tests.receiver_pipeline.shared_pool import shared_pool


def acme(session: Any) -> Tenant:
    return find_tenant(session, "Acme")


def do_jobs(house: House) -> int:
    """What the process of slow work does about re-matching; how many jobs there were."""
    pool, count = shared_pool(house.settings), 0
    rematcher = Rematcher(house.database, house.blobs, pool, lambda: False)
    while True:
        with house.database.write() as session:
            claimed = jobs.claim(session, "test", [jobs.REMATCH], 10, timedelta(seconds=60))
        if not claimed:
            break
        for job in claimed:
            count += 1
            do_rematch_job(house.database, rematcher, job, lambda: False)
    return count


def only(house: House) -> Message:
    (message,) = house.messages()
    return message


def last_step(house: House, message: Message) -> dict[str, Any]:
    """How the decision ended."""
    with house.database.read() as session:
        return get_message(session, message.id).decision_trace[-1]


def test_a_new_standard_brings_in_what_fits(house: House) -> None:
    """The text of a mail that was left comes in by a standard that is made afterwards; the trace tells so."""
    house.accept(text_mail("Ihre Rechnung 7", "<p>Total 5 EUR</p>", "billing@shop.example"))
    house.accept(text_mail("Newsletter", "<p>Buy</p>", "news@shop.example"))
    house.drain()
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", sender="billing@shop.example", email_text_is_invoice=True)
    assert do_jobs(house) == 1

    states = {message.subject: message.state for message in house.messages()}
    assert states == {"Ihre Rechnung 7": "imported", "Newsletter": "not_imported"}
    (message,) = [each for each in house.messages() if each.state == "imported"]
    (document,) = house.documents()
    assert document.message_id == message.id
    assert b"Total 5 EUR" in house.octets(document)
    step = last_step(house, message)
    assert (step["standard"], step["code"], step["params"]["version"]) == ("Shop", "matched_again", 2)
    with house.database.read() as session:
        assert [job.kind for job in jobs.of_subject(session, message.id)] == ["render"]


def test_what_stays_tells_the_present_reason(house: House) -> None:
    """The standard names the sender, and the word is not there."""
    house.accept(text_mail("Newsletter", "<p>Buy</p>", "news@shop.example"))
    house.drain()
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", sender="@shop.example", subject_word="Rechnung")
    do_jobs(house)
    message = only(house)
    assert (message.state, message.reason_code) == ("not_imported", "word_missing_of_sender")
    assert message.tenant_revision == 2


def test_removing_what_held_back_lets_recognition_import(house: House) -> None:
    """Laws 12 and 19: the PDF that a standard held back comes in when that standard goes."""
    house.tenant("Acme")
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", sender="@supplier.example", subject_word="Nothing")
    house.accept(pdf_mail())
    house.drain()
    assert only(house).state == "not_imported"
    with house.database.write() as session:
        remove_standard(session, acme(session), "Shop")
    do_jobs(house)
    assert only(house).state == "imported"
    assert last_step(house, only(house))["code"] == "matched_again_unhindered"
    assert len(house.documents()) == 1


def test_removing_an_ignore_lets_mail_in(house: House) -> None:
    """Law 12: what an ignore standard decided is matched again."""
    house.tenant("Acme")
    ignore = ImportStandard("", "No news", in_order({"subject": ("Invoice*",)}), keep="ignore")
    with house.database.write() as session:
        add_whole_standard(session, acme(session), ignore)
    house.accept(pdf_mail())
    house.drain()
    assert only(house).reason_code == "standard_ignores"
    with house.database.write() as session:
        remove_standard(session, acme(session), "No news")
    do_jobs(house)
    assert only(house).state == "imported"


@pytest.mark.parametrize("any_of", [{"body": ("Total",)}, {"body": ("Total",), "sender": ("@shop.example",)}])
def test_what_facts_do_not_hold_is_read_again(house: House, any_of: Any) -> None:
    """Law 20: words of the body are not kept; the octets are."""
    house.accept(text_mail("Hello", "<p>Total 5 EUR</p>"))
    house.accept(text_mail("Other", "<p>nothing</p>"))
    house.drain()
    with house.database.write() as session:
        add_whole_standard(session, acme(session), ImportStandard("", "Body", in_order(any_of), keep="text"))
    do_jobs(house)
    assert {each.subject: each.state for each in house.messages()} == {"Hello": "imported", "Other": "not_imported"}
    (left,) = [each for each in house.messages() if each.subject == "Other"]
    assert left.tenant_revision == 2


def test_a_copy_of_what_was_matched_again_is_a_duplicate(house: House) -> None:
    """Law 10: it is imported now."""
    mail = text_mail("Rechnung", "<p>x</p>")
    house.accept(mail)
    house.drain()
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", subject_word="Rechnung", email_text_is_invoice=True)
    do_jobs(house)
    house.accept(mail)
    house.drain()
    assert sorted(each.state for each in house.messages()) == ["duplicate", "imported"]
    assert len([each for each in house.documents() if each.kind == "email_html"]) == 1


def test_mail_that_nothing_is_known_of_is_read(house: House) -> None:
    """Messages of before there were facts get theirs, and are found from then on."""
    house.accept(text_mail("Rechnung", "<p>x</p>"))
    house.drain()
    with house.database.write() as session:
        session.connection().execute(delete(LookupKey))
        session.connection().execute(delete(MessageFacts))
        add_all(session, acme(session))
        jobs.queue(session, jobs.REMATCH, acme(session).id, tenant_id=acme(session).id)
    do_jobs(house)
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", subject_word="Rechnung", email_text_is_invoice=True)
    do_jobs(house)
    assert only(house).state == "imported"


def test_mail_whose_octets_are_gone_is_left_after_three_attempts(house: House) -> None:
    """Law 5: it stays as it is, and costs the others nothing."""
    house.accept(text_mail("Rechnung", "<p>x</p>"))
    house.accept(text_mail("Rechnung", "<p>y</p>"))
    house.drain()
    lost = house.messages()[0]
    house.blobs.path(lost.tenant_id, lost.raw_sha256).unlink()
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", subject_word="Rechnung", email_text_is_invoice=True)
    do_jobs(house)
    assert {each.id: each.state for each in house.messages()}[lost.id] == "not_imported"
    assert sorted(each.state for each in house.messages()) == ["imported", "not_imported"]
    with house.database.read() as session:
        assert count_candidates(session, lost.tenant_id) == 0


def test_standards_that_change_meanwhile_wear_no_mail_out(house: House) -> None:
    """Law 12: however often what decides changes while octets are read, the mail is decided by the rules of then."""
    house.accept(text_mail("Rechnung", "<p>x</p>"))
    house.drain()
    with house.database.write() as session:
        owner = acme(session)
        add_standard(session, owner, "Shop", subject_word="Rechnung", email_text_is_invoice=True)
        add_all(session, owner)
    changes = iter(range(ATTEMPTS + 1))

    class ChangingPool(Pool):
        def submit(self, mail: Mail, choose: Choose) -> "Future[Parsed]":
            future = super().submit(mail, choose)
            future.exception()
            for number in changes:
                with house.database.write() as session:
                    add_standard(session, acme(session), f"Other {number}", sender=f"@{number}.example")
                break
            return future

    pool = ChangingPool(house.settings, children=1)
    done = Rematcher(house.database, house.blobs, pool, lambda: False).rematch(owner.id, lambda _: None, lambda _: None)
    pool.close()
    assert next(changes, None) is None
    assert (done.imported, done.unreadable, only(house).state) == (1, 0, "imported")


def test_a_full_disk_wears_no_mail_out(house: House) -> None:
    """What cannot be kept now is kept once there is room, however many attempts were in vain."""
    house.accept(text_mail("Rechnung", "<p>x</p>"))
    house.drain()
    with house.database.write() as session:
        owner = acme(session)
        add_standard(session, owner, "Shop", subject_word="Rechnung", email_text_is_invoice=True)
        add_all(session, owner)

    class FullStore(BlobStore):
        def batch(self) -> BlobBatch:
            raise NoRoom("full")

    full, pool = FullStore(house.settings.blob_folder()), shared_pool(house.settings)
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(NoRoom):
            Rematcher(house.database, full, pool, lambda: False).rematch(owner.id, lambda _: None, lambda _: None)
    done = Rematcher(house.database, house.blobs, pool, lambda: False).rematch(owner.id, lambda _: None, lambda _: None)
    full.close()
    assert (done.imported, done.unreadable, only(house).state) == (1, 0, "imported")


def test_octets_are_not_read_for_a_verdict_that_they_do_not_hold(house: House) -> None:
    """Law 20: what asks for authentication stays unknown; what asks for the text beside it is read."""
    house.accept(text_mail("Rechnung", "<p>x</p>"))
    house.drain()
    read: list[Mail] = []

    class CountingPool(Pool):
        def submit(self, mail: Mail, choose: Choose) -> "Future[Parsed]":
            read.append(mail)
            return super().submit(mail, choose)

    pool = CountingPool(house.settings, children=1)
    rematcher = Rematcher(house.database, house.blobs, pool, lambda: False)
    asked = {"subject": ("Rechnung",), "authentication": ("pass",)}
    recognised = {"document_type": ("credit_note",), "vat_id": ("DE123456789",)}
    for name, conditions, reads in (("A", asked, 0), ("C", recognised, 0), ("B", {"body": ("nothing",)}, 1)):
        with house.database.write() as session:
            owner = acme(session)
            add_whole_standard(session, owner, ImportStandard(name, name, in_order(conditions), keep="text"))
            add_all(session, owner)
        assert rematcher.rematch(owner.id, lambda _: None, lambda _: None).decided == 1
        assert (len(read), only(house).state) == (reads, "not_imported")
    pool.close()


def test_told_to_stop_it_leaves_the_rest(house: House) -> None:
    """SIGTERM comes in the midst: what was begun is finished, what is left waits."""
    count = READ_TOGETHER + 2
    house.accept_many([text_mail(f"Rechnung {number}", "<p>x</p>") for number in range(count)])
    house.drain()
    with house.database.write() as session:
        owner = acme(session)
        add_standard(session, owner, "Shop", subject_word="Rechnung", email_text_is_invoice=True)
        add_all(session, owner)
    pool, seen = shared_pool(house.settings), list[Rematched]()
    asked = iter([False, False, True, True])
    rematcher = Rematcher(house.database, house.blobs, pool, lambda: next(asked))
    done = rematcher.rematch(owner.id, lambda _: None, seen.append)
    assert (done.imported, seen) == (READ_TOGETHER, [done])
    with house.database.read() as session:
        assert count_candidates(session, owner.id) == 2


def test_each_night_old_mail_expires_and_the_rest_is_matched_again(house: House) -> None:
    """Retention by the tenant's own days, then reasons of now for what no change has led to."""
    house.accept(text_mail("Old", "<p>x</p>"))
    house.drain()
    with house.database.write() as session:
        long_ago = datetime.now(UTC) - timedelta(days=8)
        session.connection().execute(update(Message).values(received_at=long_ago, settled_at=long_ago))
        set_keep_not_imported(session, acme(session), 7)
    house.accept(text_mail("Young", "<p>x</p>"))
    house.drain()
    with house.database.write() as session:
        add_standard(session, acme(session), "Elsewhere", sender="@elsewhere.example")
    do_jobs(house)
    young = next(each for each in house.messages() if each.subject == "Young")
    assert young.tenant_revision == 1, "the change has not led to this mail"

    do_daily(house.database, house.blobs, not_imported_days=90)
    assert do_jobs(house) == 1

    assert {each.subject: each.state for each in house.messages()} == {"Old": "expired", "Young": "not_imported"}
    young = next(each for each in house.messages() if each.subject == "Young")
    assert (young.tenant_revision, last_step(house, young)["code"]) == (2, "nothing_recognised")
    with house.database.read() as session:
        assert queue_stale(house.database, acme(session)) == 0


def test_daily_work_is_done_once_a_day_whoever_asks(house: House) -> None:
    """Mail of before an upgrade, of which nothing is known, is matched at the first look; then a day passes."""
    house.accept(text_mail("Rechnung", "<p>x</p>"))
    house.drain()
    with house.database.write() as session:
        session.connection().execute(delete(LookupKey))
        session.connection().execute(delete(MessageFacts))
    assert do_daily_if_due(house.database, house.blobs, not_imported_days=90)
    assert do_jobs(house) == 1
    assert not do_daily_if_due(house.database, house.blobs, not_imported_days=90)
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", subject_word="Rechnung", email_text_is_invoice=True)
    do_jobs(house)
    assert only(house).state == "imported"
