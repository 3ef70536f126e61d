"""Mailboxes that change while they are pulled, and between two pulls: nothing is lost, nothing comes twice."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from storage.account_models import LinkedAccount
from tests.receiver_imap.linked_house import LATER, LinkedHouse, newsletter
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.interrupting import InterruptingRelay
from tests.servers.kinds import NEEDS_DOVECOT
from tests.servers.snapshot import owner_of

pytestmark = NEEDS_DOVECOT
NewUser = Callable[[], str]
FAR = 4_000_000_000


@pytest.fixture(name="relay")
def _relay(dovecot: Dovecot) -> Iterator[InterruptingRelay]:
    with InterruptingRelay(dovecot.starttls_port) as running:
        yield running


def link(linked: LinkedHouse, relay: InterruptingRelay, address: str, **changes: Any) -> LinkedAccount:
    """Link an account through the relay."""
    return linked.link(address, port=relay.port, security="none", **changes)


def invoice(number: int) -> bytes:
    """One of many."""
    return pdf_mail(f"<{number}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % number)


def expunge(dovecot: Dovecot, address: str, uids: str) -> None:
    """Another program deletes them for good."""
    with owner_of(dovecot.login(address)) as owner:
        owner.select("INBOX")
        owner.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
        owner.expunge()


def imported(linked: LinkedHouse) -> set[str]:
    """The Message-IDs of what came in."""
    return {each.rfc_message_id for each in linked.house.messages() if each.state == "imported"}


@pytest.mark.parametrize("command", [b"BODY.PEEK[HEADER", b"BODY.PEEK[]"], ids=["before heads", "before whole mails"])
def test_mail_that_another_program_deletes_during_a_pull_holds_up_no_other(
    linked: LinkedHouse, dovecot: Dovecot, relay: InterruptingRelay, new_user: NewUser, command: bytes
) -> None:
    """UIDs 2 to 4 go after they were found: the others come in, and the account is well."""
    address = new_user()
    for number in range(1, 13):
        dovecot.deliver(address, invoice(number), LATER)
    account = link(linked, relay, address)
    relay.when = (command, lambda: expunge(dovecot, address, "2:4"))

    linked.pull()
    linked.let_time_pass(account)
    linked.pull()

    assert relay.when is None
    assert linked.row(account).health == "ok"
    assert imported(linked) >= {f"<{number}@supplier.example>" for number in (1, *range(5, 13))}
    assert len(linked.house.messages()) == len(imported(linked))
    assert set(linked.states(account)) <= {"fetched", "gone"}


@pytest.mark.parametrize("command", [b"UID SEARCH", b"BODY.PEEK[HEADER", b"BODY.PEEK[]"])
def test_mail_that_comes_in_during_a_pull_is_not_passed_over(
    linked: LinkedHouse, dovecot: Dovecot, relay: InterruptingRelay, new_user: NewUser, command: bytes
) -> None:
    """At whatever moment: by this pull or by the next one, once; on a first pull and on a later one."""
    address = new_user()
    account = link(linked, relay, address)
    for number in range(0, 40, 20):
        for more in range(15):
            dovecot.deliver(address, invoice(number + more), LATER)
        late = invoice(number + 15)
        relay.when = (command, lambda late=late: dovecot.deliver(address, late, LATER))  # type: ignore[misc]

        linked.pull()
        linked.pull()

        assert relay.when is None
    assert linked.states(account) == {"fetched": 32}
    assert len(imported(linked)) == len(linked.house.messages()) == 32


def test_a_gap_of_billions_costs_nothing(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """UIDs may leap to the end of their range: what lies between is neither asked for nor noted."""
    address = new_user()
    dovecot.deliver(address, invoice(1), LATER)
    account = linked.link(address)
    linked.pull()
    numbers = dovecot.maildir(address) / "dovecot-uidlist"
    numbers.write_text(re.sub(r" N\d+", f" N{FAR}", numbers.read_text(), count=1))
    for index in dovecot.maildir(address).glob("dovecot.index*"):
        index.unlink()
    dovecot.deliver(address, invoice(2), LATER)

    told = linked.pull()
    again = linked.pull()

    assert f"{FAR}" in numbers.read_text()
    assert (told["looked_at"], told["fetched"]) == (1, 1)
    assert told["octets"] < 20_000
    assert (again["looked_at"], linked.states(account)) == (0, {"fetched": 2})


def test_a_mailbox_that_was_deleted_and_made_anew_begins_anew(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """The same name, other UIDs: what was copied back is known, what is new comes in, though its UID was another's."""
    address = new_user()
    for number in (1, 2):
        dovecot.deliver(address, invoice(number), LATER, "Bills")
    account = linked.link(address, mailboxes=("Bills",))
    linked.pull()
    dovecot.doveadm("mailbox", "delete", "-u", address, "Bills")
    dovecot.doveadm("mailbox", "create", "-u", address, "Bills")
    dovecot.deliver(address, invoice(3), LATER, "Bills")
    dovecot.deliver(address, invoice(1), LATER, "Bills")

    told = linked.pull()

    assert (told["looked_at"], told["fetched"], linked.row(account).health) == (2, 1, "ok")
    assert imported(linked) == {f"<{number}@supplier.example>" for number in (1, 2, 3)}
    assert len(linked.house.messages()) == 3


def test_a_mailbox_that_was_renamed_is_told_and_goes_on_under_its_new_name(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Its owner is asked to name it; then nothing comes twice. Renamed back, it goes on where it was."""
    address = new_user()
    for number in (1, 2):
        dovecot.deliver(address, invoice(number), LATER, "Bills")
    dovecot.deliver(address, newsletter(), LATER, "Bills")
    account = linked.link(address, mailboxes=("Bills",))
    linked.pull()
    dovecot.doveadm("mailbox", "rename", "-u", address, "Bills", "Bills 2026")
    linked.pull()
    gone = linked.row(account)
    dovecot.deliver(address, invoice(3), LATER, "Bills 2026")
    linked.change(account, mailboxes=("Bills 2026",))

    renamed = linked.pull()
    dovecot.doveadm("mailbox", "rename", "-u", address, "Bills 2026", "Bills")
    linked.change(account, mailboxes=("Bills",))
    back = linked.pull()

    assert (gone.health_code, gone.health_params) == ("mailbox_gone", {"mailbox": "Bills"})
    assert (renamed["looked_at"], renamed["fetched"]) == (4, 1)
    assert back["fetched"] == 0
    assert linked.row(account).health == "ok"
    assert len(imported(linked)) == 3


def test_wanted_mail_of_a_mailbox_that_was_renamed_is_found(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Law 14: its Message-ID is searched where the mail is now."""
    address = new_user()
    dovecot.deliver(address, newsletter("Offer"), LATER, "Bills")
    account = linked.link(address, mailboxes=("Bills",))
    linked.pull()
    linked.standard("News", "text", sender="news@shop.example")
    linked.want("Offer")
    dovecot.doveadm("mailbox", "rename", "-u", address, "Bills", "Elsewhere")

    linked.pull()

    assert linked.by_subject()["Offer"].state == "imported"
    assert linked.states(account) == {"fetched": 1}
