"""A very large mailbox: little memory, no pull in vain, and what is new or wanted does not wait for the rest."""

import asyncio
import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from receiver.imap.session import Session
from receiver.imap.values import Place
from storage.account_models import LinkedAccount
from storage.mailbox_cursors import MailboxState, mailboxes_of
from tests.receiver_imap.large_mailbox import LargeMailbox
from tests.receiver_imap.linked_house import LATER, START, LinkedHouse, newsletter
from tests.receiver_imap.scripted import LIMITS, LOGIN
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
MANY = 100_000
# A search tells so many UIDs in some 6 octets each; what is left of a day's budget is for a few batches.
FEWER, BUDGET_OF_FEWER = 30_000, 335_000
# What lies between wire and search, however long it is.
ON_THE_WAY = 4_000_000
ADDRESS = "office@example.com"


@pytest.fixture(name="many")
def _many() -> Iterator[LargeMailbox]:
    with LargeMailbox(FEWER) as running:
        yield running


def link(linked: LinkedHouse, server: LargeMailbox, budget: int, **changes: Any) -> LinkedAccount:
    """Link an account there, with a budget that one search and a few batches spend."""
    linked.server.users[ADDRESS] = "secret"
    account = linked.link(ADDRESS, host="localhost", port=server.port, security="none", **changes)
    linked.settings(octets_per_day=budget, batch_messages=50)
    return account


def next_day(linked: LinkedHouse) -> None:
    """Nothing is spent of the day's budget."""
    with linked.house.database.write() as session:
        session.connection().execute(text("UPDATE linked_accounts SET octets_of_day = 0"))


def mailboxes(linked: LinkedHouse, account: LinkedAccount) -> dict[str, MailboxState]:
    """What is noted of the account's mailboxes."""
    with linked.house.database.read() as session:
        return {each.name: each for each in mailboxes_of(session, account.id)}


@pytest.mark.parametrize("capabilities", [b"", b" ESEARCH"], ids=["one by one", "as ranges"])
def test_a_uid_takes_a_few_octets(capabilities: bytes) -> None:
    """No two UIDs are neighbours, and a million of them fit into 24 MB, whichever way the server tells them."""

    async def search(port: int) -> tuple[int, int]:
        place = Place(host="127.0.0.1", port=port, security="none", allow_internal=True)
        session = await Session.open(place, LIMITS)
        await session.login(LOGIN)
        await session.examine("INBOX")
        tracemalloc.start()
        found = await session.search_since(START)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await session.logout()
        return len(found), peak

    with LargeMailbox(MANY, capabilities) as server:
        server.make_search()
        count, peak = asyncio.run(search(server.port))

    assert count == MANY
    assert peak < 24 * MANY + ON_THE_WAY


def test_a_scan_that_is_cut_goes_on_where_it_stopped(linked: LinkedHouse, dovecot: Dovecot, many: LargeMailbox) -> None:
    """No head is asked for twice, each day begins below the day before, and the cursor stays until all is seen."""
    account = link(linked, many, BUDGET_OF_FEWER)
    of_day: list[list[int]] = []

    for _ in range(3):
        before = len(many.heads)
        linked.pull()
        of_day.append(many.heads[before:])
        next_day(linked)

    assert all(of_day)
    assert all(max(later) < min(earlier) for earlier, later in itertools.pairwise(of_day))
    assert linked.row(account).health_code == "budget_spent"
    assert linked.states(account) == {"left": len(many.heads)}
    assert mailboxes(linked, account)["INBOX"].scanned_from is None


def test_what_is_new_or_wanted_comes_before_the_rest_of_a_first_scan(
    linked: LinkedHouse, dovecot: Dovecot, many: LargeMailbox
) -> None:
    """Today's invoice does not wait until the newsletters of years are looked at."""
    account = link(linked, many, BUDGET_OF_FEWER)
    linked.pull()
    wanted = f"News {many.heads[0]}"
    next_day(linked)
    many.mails[2 * FEWER + 5] = pdf_mail()
    assert linked.want(wanted)

    linked.pull()

    assert linked.states(account)["fetched"] >= 1
    assert linked.by_subject()["Invoice 4711"].state == "imported"
    assert linked.states(account)["wanted"] == 0


def test_news_of_one_mailbox_do_not_wait_for_the_first_scan_of_another(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """A mailbox that is watched since today, named first, may take days: the other one is pulled before it."""
    address = new_user()
    account = linked.link(address)
    linked.pull()
    for number in range(30):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER, "Archive")
    dovecot.deliver(address, pdf_mail(), LATER)
    linked.change(account, mailboxes=("Archive", "INBOX"))
    linked.settings(octets_per_day=25_000)

    linked.pull()

    assert linked.row(account).health_code == "budget_spent"
    assert linked.by_subject()["Invoice 4711"].state == "imported"
    assert mailboxes(linked, account)["Archive"].scanned_from is None
