"""Mail that was left in its mailbox: decided by its head, asked for when it may matter, and settled once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from receiver.imap.heads import facts_of, text_part, with_text
from receiver.pipeline.draining import Drain
from receiver.pipeline.past import Past
from receiver.pipeline.rematch_job import do_rematch_job
from receiver.pipeline.rematching import Rematcher
from receiver.pipeline.settle_job import Settler
from receiver.pipeline.trying import Change, Trier
from receiver.rulebook import Rulebook
from rules.conditions import in_order
from rules.facts import MailFacts
from rules.looks import Look
from rules.standards import ImportStandard
from storage import jobs
from storage.account_models import LinkedAccount, UidState
from storage.accounts import remove_account
from storage.journal import Envelope, Journal, Recipient
from storage.left_mail import wish
from storage.looks import transport_key
from storage.messages import get_message
from storage.models import Job, Message, Tenant
from storage.rematching import add_all
from storage.standard_changes import queue_rematch
from storage.standards import add_standard, add_whole_standard, rules_of
from storage.tenants import find_tenant
from storage.trial_mail import mail_since
from tests.receiver_imap.told_heads import head_of, octets_of
from tests.receiver_pipeline.house import House, pdf_mail, text_mail
from tests.receiver_pipeline.shared_pool import shared_pool
from tests.storage_database.linked import link, ring

LETTER = text_mail("Ihr Besuch 7", "<p>Bis bald!</p>", "billing@shop.example")
MAILBOX = "ab" * 16


def facts(octets: bytes) -> MailFacts:
    """What the door knows of a mail whose text it has read."""
    head = head_of(octets)
    part = text_part(head.structure)
    return with_text(facts_of(head), part, octets_of(octets, part.path, 32768)) if part else facts_of(head)


class Mailbox:
    """A linked account of Acme, and what its puller says of it."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.place = house.tenant("Acme")
        with house.database.read() as session:
            acme = find_tenant(session, "Acme")
        self.account = link(house.database, acme, ring(folder / "keys"))

    def key(self, uid: int) -> str:
        return transport_key(self.account.id, MAILBOX, 1, uid)

    def look(self, octets: bytes, uid: int = 1, look: Any = "left") -> None:
        """Hand a look to the journal."""
        known = facts(octets) if look == "left" else MailFacts()
        self._submit(Look(known).to_json(), uid, look)

    def fetch(self, octets: bytes, uid: int = 1) -> None:
        """Hand the whole mail to the journal."""
        self._submit(octets, uid, None)

    def state_of(self, uid: int = 1) -> str | None:
        """What is noted of the UID."""
        with self.house.database.read() as session:
            found = session.get(UidState, (MAILBOX, 1, uid))
            return found.state if found else None

    def _submit(self, octets: bytes, uid: int, look: Any) -> None:
        folder = self.house.settings.journal_folder()
        journal = Journal(folder, "puller", segment_octets=1024**2, memory_octets=64 * 1024, reserve_octets=0)
        journal.open()
        sink = journal.sink()
        sink.write(octets)
        to = Recipient(self.account.address, self.place.tenant_id, self.account.id, None)
        envelope = Envelope(
            id=self.key(uid),
            source="imap",
            received_at=datetime.now(UTC),
            peer="imap.acme.example [192.0.2.1]",
            helo="",
            tls="TLSv1.3",
            reverse_path="",
            recipients=(to,),
            smtputf8=False,
            trace="",
            look=look,
        )
        journal.submit(envelope, sink).result()
        journal.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind_of_database(request: pytest.FixtureRequest) -> Any:
    """Both: rows that wait are held there, and messages, accounts and UIDs in one order."""
    return request.param


@pytest.fixture
def mailbox(house: House, tmp_path: Path) -> Mailbox:
    """A linked account of Acme."""
    return Mailbox(house, tmp_path)


def acme(session: Any) -> Tenant:
    return find_tenant(session, "Acme")


def rematch(house: House) -> None:
    """What the process of slow work does."""
    pool = shared_pool(house.settings)
    rematcher = Rematcher(house.database, house.blobs, pool, lambda: False)
    while True:
        with house.database.write() as session:
            claimed = jobs.claim(session, "test", [jobs.REMATCH], 10, timedelta(seconds=60))
        if not claimed:
            break
        for job in claimed:
            do_rematch_job(house.database, rematcher, job, lambda: False)


def add_shop(house: House) -> None:
    """The standard that fits LETTER."""
    with house.database.write() as session:
        add_standard(session, acme(session), "Shop", sender="billing@shop.example", email_text_is_invoice=True)


def only(house: House) -> Message:
    (message,) = house.messages()
    return message


def test_a_look_becomes_a_row_without_octets(house: House, mailbox: Mailbox) -> None:
    """Law 24: the pipeline writes it, with facts and keys, and the reason why it stays where it is."""
    mailbox.look(LETTER)
    house.drain()
    message = only(house)
    assert (message.state, message.raw_sha256, message.content_id) == ("not_imported", "", None)
    assert (message.subject, message.octets) == ("Ihr Besuch 7", len(LETTER))
    assert message.reason_code == "nothing_fits_no_attachment"
    assert house.waiting() == 0
    assert mailbox.state_of() is None


def test_a_look_that_fits_by_now_is_asked_for_at_once(house: House, mailbox: Mailbox) -> None:
    """Law 14: between the look and its settling somebody made a standard."""
    mailbox.look(LETTER)
    add_shop(house)
    house.drain()
    message = only(house)
    assert (message.state, message.reason_code) == ("not_imported", "waits_in_mailbox")
    assert message.reason_params == {"standard": "Shop"}
    assert mailbox.state_of() == "wanted"


def test_a_new_standard_asks_for_mail_that_was_left(house: House, mailbox: Mailbox) -> None:
    """Laws 14 and 20: re-matching works on what was never downloaded; then it comes in on the same row."""
    mailbox.look(LETTER)
    house.drain()
    add_shop(house)
    rematch(house)
    waiting = only(house)
    assert (waiting.reason_code, waiting.reason_params) == ("waits_in_mailbox", {"standard": "Shop"})
    assert mailbox.state_of() == "wanted"

    mailbox.fetch(LETTER)
    house.drain()
    message = only(house)
    assert (message.id, message.state, message.standard) == (waiting.id, "imported", "Shop")
    assert message.raw_sha256
    (document,) = house.documents()
    assert b"Bis bald!" in house.octets(document)


def test_a_standard_that_asks_for_the_text_has_the_mail_fetched(house: House, mailbox: Mailbox) -> None:
    """Law 20: the text is not kept of a mail that was left; what it says, the whole mail tells."""
    mailbox.look(LETTER)
    house.drain()
    asking = ImportStandard.simple("", "Total", sender="billing@shop.example", email_text_is_invoice=True)
    with house.database.write() as session:
        wanted = replace(asking, any_of=in_order({"sender": ("billing@shop.example",), "body": ("total",)}))
        add_whole_standard(session, acme(session), wanted)
    rematch(house)
    assert (only(house).reason_code, mailbox.state_of()) == ("waits_to_be_read", "wanted")


def test_what_is_gone_from_the_mailbox_is_told(house: House, mailbox: Mailbox) -> None:
    """Law 14: else the reason says that it fits, and to forward it."""
    mailbox.look(LETTER)
    house.drain()
    add_shop(house)
    rematch(house)
    mailbox.look(LETTER, look="gone")
    house.drain()
    assert (only(house).reason_code, only(house).reason_params) == ("fits_but_gone", {"standard": "Shop"})


def test_what_is_gone_and_was_never_left_is_nothing(house: House, mailbox: Mailbox) -> None:
    """A UID whose mail came by another way, or never came, leaves no row."""
    mailbox.look(LETTER, look="gone")
    house.drain()
    assert house.messages() == []
    assert house.waiting() == 0


def test_a_look_that_comes_twice_is_settled_once(house: House, mailbox: Mailbox) -> None:
    """Law 9: a puller that was killed before it noted its looks makes them again."""
    mailbox.look(LETTER)
    mailbox.look(LETTER)
    house.drain()
    mailbox.look(LETTER)
    house.drain()
    assert only(house).state == "not_imported"


def test_a_worker_that_dies_before_its_checkpoint_doubles_nothing(house: House, mailbox: Mailbox) -> None:
    """Killed between commit and checkpoint, the next worker meets the same looks: one row, wanted once."""
    mailbox.look(LETTER)
    add_shop(house)
    with house.worker() as running:
        records = running.reader.read(64, 1024**2)
        forgetful = Drain(house.database, house.blobs, running.pool, _Forgetful())  # type: ignore[arg-type]
        forgetful.settle(forgetful.start(records))
        forgetful.close()
    assert house.waiting() == 1
    before = only(house)
    house.drain()
    assert (only(house).id, only(house).reason_code, mailbox.state_of()) == (before.id, "waits_in_mailbox", "wanted")
    assert house.waiting() == 0


class _Forgetful:
    """A reader whose checkpoint never moves."""

    def settle(self, records: object) -> None:
        """As if killed before."""


def test_a_look_changes_nothing_of_what_is_here(house: House, mailbox: Mailbox) -> None:
    """Law 9: the whole mail is known by then."""
    add_shop(house)
    mailbox.fetch(LETTER)
    house.drain()
    mailbox.look(LETTER)
    mailbox.look(LETTER, look="gone")
    house.drain()
    assert (only(house).state, len(house.documents())) == ("imported", 1)


def test_a_look_holds_no_mail_up(house: House, mailbox: Mailbox) -> None:
    """Law 5: looks and mails of one batch are settled together, in one transaction."""
    for uid in range(1, 40):
        mailbox.look(LETTER, uid)
    house.accept(pdf_mail())
    house.drain()
    states = [message.state for message in house.messages()]
    assert (states.count("not_imported"), states.count("imported")) == (39, 1)


def test_a_record_that_is_no_look_is_held(house: House, mailbox: Mailbox) -> None:
    """It stays in the journal for a version that can read it; the others go on."""
    mailbox._submit(b"{}", 1, "left")
    mailbox.look(LETTER, 2)
    with house.worker() as running:
        running.drain()
        assert running.drainer.held == 1
    assert only(house).subject == "Ihr Besuch 7"


def test_mail_that_came_by_smtp_meanwhile_is_one_message(house: House, mailbox: Mailbox) -> None:
    """Same mail by both doors: what is fetched then is the copy of an imported one (law 10)."""
    mailbox.look(LETTER)
    house.drain()
    add_shop(house)
    house.accept(LETTER)
    house.drain()
    rematch(house)
    mailbox.fetch(LETTER)
    house.drain()
    assert sorted(message.state for message in house.messages()) == ["duplicate", "imported"]
    assert len(house.documents()) == 1


def test_a_removed_account_waits_for_nothing(house: House, mailbox: Mailbox) -> None:
    """What its puller left goes with it."""
    mailbox.look(LETTER)
    house.drain()
    with house.database.write() as session:
        remove_account(session, session.get_one(LinkedAccount, mailbox.account.id))
    add_shop(house)
    rematch(house)
    assert house.messages() == []


def test_a_wish_by_hand_is_kept_until_the_mail_is_here(house: House, mailbox: Mailbox) -> None:
    """Somebody asked for it: re-matching does not forget it, and what comes is imported though no standard fits."""
    mailbox.look(LETTER)
    house.drain()
    with house.database.write("command line") as session:
        assert wish(session, get_message(session, only(house).id), None)
    with house.database.write() as session:
        add_all(session, acme(session))
        queue_rematch(session, acme(session).id)
    rematch(house)
    assert (only(house).reason_code, mailbox.state_of()) == ("waits_by_hand", "wanted")
    mailbox.fetch(LETTER)
    house.drain()
    assert (only(house).state, only(house).reason_code) == ("imported", "imported_by_hand")
    assert len(house.documents()) == 1


def test_a_wish_by_hand_outlives_that_its_mail_is_put_aside(house: House, mailbox: Mailbox) -> None:
    """Slow to read when it comes at last: the job that reads it later imports it, as was asked."""
    mailbox.look(LETTER)
    house.drain()
    with house.database.write("command line") as session:
        assert wish(session, get_message(session, only(house).id), None)
    mailbox.fetch(LETTER)
    with house.worker() as running:
        batch = running.drainer.start(running.reader.read(10, 10**7))
        running.drainer.set_aside(batch.works[0], ("settling_failed", {"failure": "ValueError"}))
    assert only(house).state == "received"
    with house.database.write() as session:
        session.connection().execute(update(Job).values(run_at=datetime(2020, 1, 1, tzinfo=UTC)))
        (job,) = jobs.claim(session, "test", [jobs.SETTLE], 1, timedelta(seconds=60))
    pool = shared_pool(house.settings)

    Settler(house.database, house.blobs, pool).do(job)

    assert (only(house).state, only(house).reason_code) == ("imported", "imported_by_hand")


def test_a_wish_by_hand_for_what_is_gone_is_told(house: House, mailbox: Mailbox) -> None:
    """The reason says what to do, and asking again is refused."""
    mailbox.look(LETTER)
    house.drain()
    with house.database.write("command line") as session:
        assert wish(session, get_message(session, only(house).id), None)
    mailbox.look(LETTER, look="gone")
    house.drain()
    with house.database.write() as session:
        session.connection().execute(update(UidState).values(state="gone"))
    assert only(house).reason_code == "gone_from_mailbox"
    with house.database.write("command line") as session:
        assert not wish(session, get_message(session, only(house).id), None)


def test_a_trial_counts_what_waits_in_its_mailbox(house: House, mailbox: Mailbox) -> None:
    """Before a standard is saved: what fits by its head comes in; nothing is read, nothing is asked for."""
    mailbox.look(LETTER)
    house.drain()
    shop = ImportStandard.simple("1", "Shop", sender="billing@shop.example", email_text_is_invoice=True)
    pool = shared_pool(house.settings)
    with house.database.read() as session:
        owner = acme(session)
        before = rules_of(session, owner.id)[1]
        rules = Rulebook(house.database).rules_for([owner.id])[owner.id]
        trier = Trier(house.blobs, pool, Past(house.database), Change.of(rules, before, (*before, shop)))
        (trial,) = trier.try_on(mail_since(session, owner, datetime(2020, 1, 1, tzinfo=UTC)), set())
    assert (trial.effect, trial.becomes) == ("comes_in", "imported")
    assert mailbox.state_of() is None
