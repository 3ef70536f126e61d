"""Who has lost an account notes nothing more of it (the lease is the fence), and nobody touches another tenant's."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from receiver.imap.breaker import Breaker
from receiver.imap.database_thread import DatabaseThread
from receiver.imap.ending import Ending
from receiver.imap.login import Opener
from receiver.imap.pull import AccountPull
from receiver.imap.puller import means_of
from receiver.own_journal import open_journal
from storage.account_models import LinkedAccount, LinkedMailbox, UidState
from storage.account_pulls import PullEnd, claim_account
from storage.account_removal import remove_account
from storage.journal import Journal, Letter
from storage.models import Message
from storage.rematch_models import MessageFacts
from tests.receiver_imap.linked_house import LATER, LinkedHouse, newsletter
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
_TENANTS = ("Acme", "Other")
_TABLES = (LinkedAccount, LinkedMailbox, UidState, Message, MessageFacts)


class InterruptedJournal:
    """The journal, with something that happens just before mail is handed over."""

    def __init__(self, journal: Journal, before: Callable[[], None]) -> None:
        self._journal = journal
        self._before = before

    def submit_all(self, letters: Sequence[Letter], answer: Any) -> None:
        """Hand over, late."""
        self._before()
        self._journal.submit_all(letters, answer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


def pull_with(linked: LinkedHouse, account: LinkedAccount, before: Callable[[], None]) -> PullEnd | None:
    """One pull by a puller of its own; how it was written to end."""
    settings, database = linked.house.settings, linked.house.database
    journal, thread = open_journal(settings, "puller"), DatabaseThread(database, "first")

    async def run() -> PullEnd | None:
        with database.write() as session:
            claimed = claim_account(session, account.id, "first", timedelta(minutes=1))
        assert claimed is not None
        means = means_of(settings, InterruptedJournal(journal, before), database, thread, lambda: False)  # type: ignore[arg-type]
        pull = AccountPull(means, claimed, Opener(settings.accounts, database, linked.keys).open)
        try:
            return await Ending(means, Breaker(), lambda: 0.5).of(claimed, pull)
        finally:
            pull.abort()

    try:
        return asyncio.run(run())
    finally:
        thread.close()
        journal.close()


def test_who_has_lost_the_account_notes_nothing(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """Suspended past its lease, while another one claimed: what it fetched is settled once, its end is not written."""
    address = new_user()
    dovecot.deliver(address, pdf_mail(), LATER)
    account = linked.link(address)
    others: list[int] = []

    def be_suspended() -> None:
        expire = text("UPDATE linked_accounts SET lease_until = '2020-01-01 00:00:00.000000'")
        with linked.house.database.write() as session:
            session.connection().execute(expire)
            if not others and claim_account(session, account.id, "second", timedelta(minutes=1)):
                others.append(1)

    end = pull_with(linked, account, be_suspended)
    linked.house.drain()

    assert end is None
    row = linked.row(account)
    assert (row.owner, row.pull, row.last_pull) == ("second", 2, None)
    assert linked.states(account) == {}
    with linked.house.database.write() as session:
        session.connection().execute(text("UPDATE linked_accounts SET lease_until = NULL, lease_id = NULL"))
    linked.pull()
    assert linked.states(account) == {"fetched": 1}
    assert [each.state for each in linked.house.messages()] == ["imported"]
    assert len(linked.house.documents()) == 1


def test_an_account_that_is_removed_while_it_is_pulled_leaves_nothing(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """What was looked at is settled as if it never was; nothing of the account is made anew, and no error is left."""
    address = new_user()
    for number in range(3):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
    account = linked.link(address)

    def remove() -> None:
        with linked.house.database.write() as session:
            row = session.get(LinkedAccount, account.id)
            if row is not None:
                remove_account(session, row)

    end = pull_with(linked, account, remove)
    linked.house.drain()

    assert end is None
    with linked.house.database.read() as session:
        left = [row for table in _TABLES for row in session.scalars(select(table))]
    assert left == []


def test_an_account_that_is_moved_while_it_is_pulled_notes_nothing_of_the_old_place(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """`account set` in the middle: the pull is over, and the next one reads the other mailbox from its beginning."""
    address, other = new_user(), new_user()
    dovecot.deliver(address, newsletter("Old"), LATER)
    dovecot.deliver(other, newsletter("New"), LATER)
    account = linked.link(address)
    moved: list[int] = []

    def move() -> None:
        if not moved:
            moved.append(1)
            linked.change(account, username=other)
            linked.new_password(account, dovecot.users[other])

    end = pull_with(linked, account, move)
    assert (end, linked.states(account)) == (None, {})

    linked.pull()
    assert linked.states(account) == {"left": 1}
    assert "New" in linked.by_subject()


def test_a_journal_without_room_puts_the_pull_off(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """Nothing is noted, so nothing is missed; the account is well, and is pulled again soon."""
    address = new_user()
    dovecot.deliver(address, pdf_mail(), LATER)
    account = linked.link(address)
    kept = linked.house.settings.journal
    too_much = {"journal": kept.model_copy(update={"reserve_octets": 1 << 60})}
    linked.house.settings, usual = linked.house.settings.model_copy(update=too_much), linked.house.settings

    told = linked.pull()

    assert (told["is_success"], told["looked_at"]) == (False, 0)
    assert linked.states(account) == {}
    assert linked.row(account).health == "ok"
    linked.house.settings = usual
    linked.pull()
    assert linked.states(account) == {"fetched": 1}


def test_a_defect_of_ours_is_told(linked: LinkedHouse, new_user: Callable[[], str]) -> None:
    """Nobody is told that all is well while each pull breaks; it is tried again soon."""
    account = linked.link(new_user())

    def break_down() -> None:
        raise RuntimeError

    linked.server.deliver(account.address, pdf_mail(), LATER)

    end = pull_with(linked, account, break_down)

    row = linked.row(account)
    assert end is not None
    assert (row.health, row.health_code, row.failures) == ("unreachable", "pull_broke", 1)


def test_two_tenants_may_link_the_same_mailbox(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """Law 16: each gets rows of its own; what one removes, the other keeps, and goes on pulling."""
    address = new_user()
    dovecot.deliver(address, pdf_mail(), LATER)
    dovecot.deliver(address, newsletter("News"), LATER)
    one, two = linked.link(address), linked.link(address, tenant="Other")
    linked.pull(one, two)
    seen = {tenant: {each.address_id: each.state for each in linked.house.messages(tenant)} for tenant in _TENANTS}

    with linked.house.database.write() as session:
        remove_account(session, session.get_one(LinkedAccount, one.id))
    dovecot.deliver(address, newsletter("More"), LATER)
    told = linked.pull(two)

    assert {tenant: set(ids) for tenant, ids in seen.items()} == {"Acme": {one.id}, "Other": {two.id}}
    assert sorted(each.state for each in linked.house.messages("Acme")) == ["imported"]
    assert sorted(linked.by_subject("Other")) == ["Invoice 4711", "More", "News"]
    assert (told["looked_at"], linked.states(two)) == (1, {"fetched": 1, "left": 2})
