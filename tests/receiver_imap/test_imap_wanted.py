"""Mail that was left in its mailbox and is wanted later (law 14)."""

from collections.abc import Callable

from tests.receiver_imap.linked_house import LATER, LinkedHouse, receipt
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
NewUser = Callable[[], str]


def test_mail_that_is_wanted_later_is_fetched_by_its_uid(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Law 14: a mail that was left comes in once a standard fits it, in the next pull, on the row that it has."""
    address = new_user()
    dovecot.deliver(address, receipt(), LATER)
    account = linked.link(address)
    linked.pull()
    assert linked.by_subject()["Your journey 1"].state == "not_imported"
    linked.standard("Taxi receipts", "text", sender="receipts@taxi.example")

    assert linked.want("Your journey 1")
    linked.pull()

    assert [each.state for each in linked.house.messages()] == ["imported"]
    assert linked.states(account) == {"fetched": 1}


def test_wanted_mail_that_was_filed_elsewhere_is_found_by_its_message_id(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Law 14: its owner has archived it; it comes in from there, on the row that it has."""
    address = new_user()
    file = dovecot.deliver(address, receipt(), LATER)
    account = linked.link(address)
    linked.pull()
    linked.standard("Taxi receipts", "text", sender="receipts@taxi.example")
    linked.want("Your journey 1")
    for each in dovecot.maildir(address).rglob(f"{file.name}*"):
        each.unlink()
    dovecot.deliver(address, receipt(), LATER, "Archive")

    linked.pull()

    assert [each.state for each in linked.house.messages()] == ["imported"]
    assert linked.states(account) == {"fetched": 1}


def test_wanted_mail_that_is_gone_says_so(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """Law 14: the tenant is told to forward it, and it is searched for once."""
    address = new_user()
    file = dovecot.deliver(address, receipt(), LATER)
    account = linked.link(address)
    linked.pull()
    linked.standard("Taxi receipts", "text", sender="receipts@taxi.example")
    linked.want("Your journey 1")
    for each in dovecot.maildir(address).rglob(f"{file.name}*"):
        each.unlink()

    linked.pull()

    (message,) = linked.house.messages()
    assert (message.state, message.reason_code) == ("not_imported", "fits_but_gone")
    assert linked.states(account) == {"gone": 1}
