"""What a pull brings in, what it leaves, and that nothing in the mailbox changes by it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests import secrecy
from tests.receiver_imap.linked_house import BEFORE, FIRST, LATER, LinkedHouse, newsletter, receipt
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
NewUser = Callable[[], str]


def test_a_first_pull_brings_in_documents_and_leaves_the_rest(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """An invoice becomes a document; a newsletter stays where it is, and is noted; the mailbox is as it was."""
    address = new_user()
    for number in range(12):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
    dovecot.deliver(address, pdf_mail(), LATER)
    account = linked.link(address)
    before = dovecot.snapshot(address)

    told = linked.pull()

    assert (told["looked_at"], told["fetched"], told["is_success"]) == (13, 1, True)
    assert linked.states(account) == {"left": 12, "fetched": 1}
    assert linked.by_subject()["Invoice 4711"].state == "imported"
    assert len(linked.house.documents()) == 1
    assert linked.row(account).health == "ok"
    assert dovecot.snapshot(address) == before


def test_a_pull_without_news_costs_next_to_nothing(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """Login, EXAMINE and good-bye: no head is fetched twice."""
    address = new_user()
    for number in range(20):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
    account = linked.link(address)
    linked.pull()

    told = linked.pull()

    assert (told["looked_at"], told["fetched"]) == (0, 0)
    assert told["octets"] < 10_000
    assert linked.row(account).pull == 2


def test_what_came_in_since_is_looked_at(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """The next pull looks at new mails alone."""
    address = new_user()
    dovecot.deliver(address, newsletter(), LATER)
    account = linked.link(address)
    linked.pull()
    dovecot.deliver(address, pdf_mail("<2@supplier.example>"), LATER)
    dovecot.deliver(address, newsletter("More news"), LATER)

    told = linked.pull()

    assert (told["looked_at"], told["fetched"]) == (2, 1)
    assert linked.states(account) == {"left": 2, "fetched": 1}


def test_mail_before_the_start_date_is_left_alone(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """A second before midnight UTC of that day is too early, midnight is not; nothing is said about the early one."""
    address = new_user()
    dovecot.deliver(address, pdf_mail("<early@supplier.example>"), BEFORE)
    dovecot.deliver(address, pdf_mail("<in-time@supplier.example>"), FIRST)
    account = linked.link(address)

    linked.pull()

    assert linked.states(account) == {"before_start": 1, "fetched": 1}
    assert [each.rfc_message_id for each in linked.house.messages()] == ["<in-time@supplier.example>"]


@pytest.mark.parametrize("size", [0, 300_000, 3_000_000])
def test_a_mail_of_any_size_comes_as_it_is(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser, size: int) -> None:
    """The octets that are kept are those on the server, whatever the pieces they came in."""
    address = new_user()
    pdf = b"%PDF-1.4\n" + bytes(range(256)) * (size // 256) + b"\n%%EOF\n"
    mail = pdf_mail(pdf=pdf)
    dovecot.deliver(address, mail, LATER)
    linked.link(address)

    linked.pull()

    (message,) = linked.house.messages()
    assert linked.house.blobs.read(message.tenant_id, message.raw_sha256) == mail
    (document,) = linked.house.documents()
    assert linked.house.octets(document) == pdf


def test_a_text_that_is_the_invoice_comes_as_a_document(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """A standard for texts has the text read, and the mail that it fits fetched."""
    address = new_user()
    dovecot.deliver(address, receipt(), LATER)
    dovecot.deliver(address, newsletter(), LATER)
    account = linked.link(address)
    linked.standard("Taxi receipts", "text", sender="receipts@taxi.example", body="journey from")

    linked.pull()

    assert linked.by_subject()["Your journey 1"].state == "imported"
    assert linked.states(account) == {"left": 1, "fetched": 1}


def test_the_same_mail_twice_in_a_mailbox_is_looked_at_twice(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Two bills of one size within a second are two: only another mailbox, or new UIDs, show a mail again."""
    address = new_user()
    dovecot.deliver(address, pdf_mail(pdf=b"%PDF-1.4\n1" + b"\n%%EOF\n"), LATER)
    account = linked.link(address)
    linked.pull()
    dovecot.deliver(address, pdf_mail(pdf=b"%PDF-1.4\n2" + b"\n%%EOF\n"), LATER)

    linked.pull()

    assert linked.states(account) == {"fetched": 2}
    assert len(linked.house.documents()) == 2


def change_uidvalidity(dovecot: Dovecot, address: str) -> None:
    """As after a restore: every UID of the mailbox is worthless."""
    folder = dovecot.maildir(address)
    numbers = folder / "dovecot-uidlist"
    numbers.write_text(re.sub(r" V(\d+)", lambda found: f" V{int(found[1]) + 1}", numbers.read_text(), count=1))
    for index in folder.glob("dovecot.index*"):
        index.unlink()


def test_new_uids_for_all_mails_bring_nothing_twice(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """UIDVALIDITY changed: what was seen before is known again by its fingerprint, what is new comes in."""
    address = new_user()
    for number in range(7):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
    dovecot.deliver(address, pdf_mail(), LATER)
    account = linked.link(address)
    linked.pull()
    change_uidvalidity(dovecot, address)
    dovecot.deliver(address, pdf_mail("<2@supplier.example>", pdf=b"%PDF-1.4\nother\n%%EOF\n"), LATER)

    told = linked.pull()

    assert (told["looked_at"], told["fetched"]) == (9, 1)
    assert len(linked.house.documents()) == 2
    assert linked.states(account)["known"] == 8


def test_an_earlier_start_date_scans_what_lies_below(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """What was too early is looked at; what was looked at before is not fetched again."""
    address = new_user()
    dovecot.deliver(address, pdf_mail("<early@supplier.example>", pdf=b"%PDF-1.4\nearly\n%%EOF\n"), BEFORE)
    dovecot.deliver(address, pdf_mail("<in-time@supplier.example>"), FIRST)
    account = linked.link(address)
    linked.pull()
    linked.change(account, start_date=BEFORE.date())

    told = linked.pull()

    assert (told["looked_at"], told["fetched"]) == (1, 1)
    assert {each.rfc_message_id for each in linked.house.messages()} == {
        "<early@supplier.example>",
        "<in-time@supplier.example>",
    }


def test_a_mailbox_that_is_gone_holds_up_no_other(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """It is told, by its name; the others are pulled."""
    address = new_user()
    dovecot.deliver(address, pdf_mail(), LATER)
    account = linked.link(address, mailboxes=("Bills", "INBOX"))

    linked.pull()

    row = linked.row(account)
    assert (row.health, row.health_code, row.health_params) == ("unreachable", "mailbox_gone", {"mailbox": "Bills"})
    assert len(linked.house.documents()) == 1


def test_a_changed_password_is_told_and_tried_once_a_day(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """The account needs its password; with the new one it is well, and nothing was lost."""
    address = new_user()
    account = linked.link(address)
    linked.pull()
    another = secrecy.secret("another")
    dovecot.set_password(address, another)
    dovecot.deliver(address, pdf_mail(), LATER)

    linked.pull()
    refused = linked.row(account)
    linked.new_password(account, another)
    linked.pull()

    assert (refused.health, refused.health_code) == ("needs_password", "password_refused")
    assert refused.next_pull_at - datetime.now(UTC) > timedelta(hours=23)
    assert linked.row(account).health == "ok"
    assert len(linked.house.documents()) == 1


def test_a_spent_budget_ends_a_pull_until_the_next_day(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """What was fetched is noted, the rest waits."""
    address = new_user()
    for number in range(30):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
    account = linked.link(address)
    linked.settings(octets_per_day=16_000)

    linked.pull()

    row = linked.row(account)
    assert (row.health, row.health_code) == ("throttled", "budget_spent")
    assert 0 < linked.states(account)["left"] < 30
