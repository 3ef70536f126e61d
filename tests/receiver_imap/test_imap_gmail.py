"""Gmail as it differs from others: All Mail by its special use, labels, one number a message, its own refusals."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from receiver.imap.mailbox_names import encode_mailbox
from storage.account_models import LinkedAccount
from tests.receiver_imap.linked_house import LATER, LinkedHouse, newsletter, receipt
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.gmail import Gmail
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
NewUser = Callable[[], str]
ALL_MAIL = "[Gmail]/すべてのメール"
SPECIAL_USE = f'namespace inbox {{\n mailbox "{ALL_MAIL}" {{\n  auto = subscribe\n  special_use = \\All\n }}\n}}'


@pytest.fixture(scope="module", name="dovecot")
def _dovecot() -> Iterator[Dovecot]:
    """One where all mail is in a mailbox with a name of its owner's language."""
    with Dovecot({}, settings=SPECIAL_USE) as running:
        yield running


@pytest.fixture(name="gmail")
def _gmail(dovecot: Dovecot) -> Iterator[Gmail]:
    with Gmail(dovecot) as running:
        yield running


def all_mail() -> str:
    """The folder's name on disk."""
    return encode_mailbox(ALL_MAIL).decode()


def invoice(number: int) -> bytes:
    """One of many."""
    return pdf_mail(f"<{number}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % number)


def link(linked: LinkedHouse, gmail: Gmail, address: str, **changes: Any) -> LinkedAccount:
    """Link an account through the relay."""
    return linked.link(address, port=gmail.port, security="none", **changes)


def test_all_mail_is_found_by_its_special_use(
    linked: LinkedHouse, dovecot: Dovecot, gmail: Gmail, new_user: NewUser
) -> None:
    """Whatever its owner's language calls it, archived mail comes in; the inbox is not asked twice."""
    address = new_user()
    dovecot.deliver(address, invoice(1), LATER, all_mail())
    dovecot.deliver(address, invoice(1), LATER)
    account = link(linked, gmail, address)
    before = dovecot.snapshot(address)

    told = linked.pull()

    assert (told["looked_at"], told["fetched"], linked.row(account).health) == (1, 1, "ok")
    assert gmail.commands
    assert len(linked.house.documents()) == 1
    assert dovecot.snapshot(address) == before


@pytest.mark.parametrize("label", ["\\Sent", "\\Draft"])
def test_what_the_owner_wrote_is_left_alone(
    linked: LinkedHouse, dovecot: Dovecot, gmail: Gmail, new_user: NewUser, label: str
) -> None:
    """The tenant's own invoices to customers are in All Mail too."""
    address = new_user()
    dovecot.deliver(address, invoice(1), LATER, all_mail())
    dovecot.deliver(address, invoice(2), LATER, all_mail())
    gmail.labels["<1@supplier.example>"] = ("\\Important", label, "Our invoices")
    gmail.labels["<2@supplier.example>"] = ("\\Inbox", "Bills")
    account = link(linked, gmail, address)

    linked.pull()

    assert linked.states(account) == {"own": 1, "fetched": 1}
    assert [each.rfc_message_id for each in linked.house.messages()] == ["<2@supplier.example>"]


def test_what_the_owner_sent_to_this_mailbox_came_in_as_well(
    linked: LinkedHouse, dovecot: Dovecot, gmail: Gmail, new_user: NewUser
) -> None:
    """A bill that is forwarded or scanned to the own address is sent mail and received mail at once."""
    address = new_user()
    dovecot.deliver(address, invoice(1), LATER, all_mail())
    gmail.labels["<1@supplier.example>"] = ("\\Sent", "\\Inbox")
    account = link(linked, gmail, address)

    linked.pull()

    assert linked.states(account) == {"fetched": 1}
    assert len(linked.house.documents()) == 1


def test_a_mail_under_two_labels_is_fetched_once(
    linked: LinkedHouse, dovecot: Dovecot, gmail: Gmail, new_user: NewUser
) -> None:
    """Its number is the same in both mailboxes, though head and date may differ; and once more an hour later."""
    address = new_user()
    dovecot.deliver(address, invoice(1), LATER, "Bills")
    dovecot.deliver(address, newsletter(message_id="<news@shop.example>"), LATER, "Bills")
    dovecot.deliver(address, invoice(1), LATER + timedelta(seconds=1), "Office supplies")
    account = link(linked, gmail, address, mailboxes=("Bills", "Office supplies"))

    first = linked.pull()
    dovecot.deliver(address, newsletter(message_id="<news@shop.example>"), LATER, "Office supplies")
    second = linked.pull()

    assert (first["looked_at"], first["fetched"]) == (3, 1)
    assert (second["looked_at"], second["fetched"]) == (1, 0)
    assert linked.states(account) == {"fetched": 1, "left": 1, "known": 2}
    assert [each.state for each in linked.house.messages()].count("imported") == 1


def test_wanted_mail_is_searched_in_all_mail_first(
    linked: LinkedHouse, dovecot: Dovecot, gmail: Gmail, new_user: NewUser
) -> None:
    """Law 14: its label was taken off; where all mail is, it still is."""
    address = new_user()
    file = dovecot.deliver(address, receipt(), LATER, "Bills")
    account = link(linked, gmail, address, mailboxes=("Bills",))
    linked.pull()
    linked.standard("Taxi receipts", "text", sender="receipts@taxi.example")
    linked.want("Your journey 1")
    for each in dovecot.maildir(address, "Bills").rglob(f"{file.name}*"):
        each.unlink()
    dovecot.deliver(address, receipt(), LATER, all_mail())

    linked.pull()

    assert [each.state for each in linked.house.messages()] == ["imported"]
    assert linked.states(account) == {"fetched": 1}


@pytest.mark.parametrize(
    ("said", "health", "code", "hours"),
    [
        (
            "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833",
            "needs_password",
            "app_password_needed",
            24,
        ),
        (
            "[WEBALERT https://accounts.google.com/signin/continue?sarp=1] Web login required.",
            "needs_password",
            "web_login_needed",
            24,
        ),
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", "needs_password", "password_refused", 24),
        ("[ALERT] Your account is not enabled for IMAP use. Please visit", "needs_password", "imap_disabled", 24),
        ("[ALERT] Too many simultaneous connections. (Failure)", "throttled", "too_many_connections", 0.25),
        ("[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", "throttled", "rate_limited", 0.25),
    ],
)
def test_gmails_refusals_become_health_with_words(  # noqa: PLR0913, PLR0917 - one row of the table
    linked: LinkedHouse, gmail: Gmail, new_user: NewUser, said: str, health: str, code: str, hours: float
) -> None:
    """Each says what to do, and none is tried again too soon; once the server lets us in, the account is well."""
    account = link(linked, gmail, new_user())
    gmail.refuses_login = said

    linked.pull()
    refused = linked.row(account)
    gmail.refuses_login = ""
    linked.pull()

    assert (refused.health, refused.health_code) == (health, code)
    assert refused.next_pull_at - datetime.now(UTC) > timedelta(hours=hours) - timedelta(minutes=5)
    assert "google.com" not in str(refused.health_params)
    assert linked.row(account).health == "ok"


def test_a_days_budget_holds_over_all_pulls_of_the_day(
    linked: LinkedHouse, dovecot: Dovecot, gmail: Gmail, new_user: NewUser
) -> None:
    """Gmail locks accounts that fetch too much: what one pull has left, the next one may have, and no more."""
    address = new_user()
    for number in range(30):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER, all_mail())
    account = link(linked, gmail, address)
    linked.settings(octets_per_day=24_000)

    linked.pull()
    seen = linked.states(account)["left"]
    linked.pull()

    row = linked.row(account)
    assert (row.health, row.health_code) == ("throttled", "budget_spent")
    assert row.next_pull_at.date() == datetime.now(UTC).date() + timedelta(days=1)
    assert 0 < seen < 30
    assert linked.states(account)["left"] == seen
