"""Leases of pulls are renewed one after the other; pulls that end meanwhile are no failure."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import pytest
from structlog.testing import capture_logs

from receiver.imap.database_thread import DatabaseThread
from receiver.imap.login import Opener
from receiver.imap.puller import Puller, means_of
from receiver.own_journal import open_journal
from storage.account_pulls import LeaseLost
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT


class SlowRenewals:
    """The database, where a renewal takes until every pull has ended."""

    def __init__(
        self, thread: DatabaseThread, pulls: Callable[[], Collection[asyncio.Task[None]]], failure: Exception | None
    ) -> None:
        self._thread = thread
        self._pulls = pulls
        self._failure = failure
        self.renewals = 0

    async def write(self, do: Any) -> Any:
        """As the database does, late if it is a renewal."""
        if getattr(getattr(do, "func", None), "__name__", "") != "renew":
            return await self._thread.write(do)
        self.renewals += 1
        await asyncio.wait(self._pulls(), timeout=30)
        if self._failure is not None:
            raise self._failure
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._thread, name)


@pytest.mark.parametrize("failure", [None, LeaseLost("given back")], ids=["renewed", "given-back"])
def test_pulls_that_end_while_others_are_renewed_are_no_failure(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str], failure: Exception | None
) -> None:
    """All are pulled, the puller goes on, and none of them is called lost."""
    accounts = []
    for _ in range(3):
        address = new_user()
        dovecot.deliver(address, pdf_mail(), LATER)
        accounts.append(linked.link(address))
    settings, database = linked.house.settings, linked.house.database
    journal, thread = open_journal(settings, "puller"), DatabaseThread(database, "first")

    async def run() -> tuple[dict[str, int], int]:
        slow = SlowRenewals(thread, lambda: list(puller._running), failure)
        means = means_of(settings, journal, database, slow, lambda: False)  # type: ignore[arg-type]
        puller = Puller(means, Opener(settings.accounts, database, linked.keys))
        puller._renew_at = 0.0
        return await puller.pull_these([account.id for account in accounts]), slow.renewals

    try:
        with capture_logs() as lines:
            pulls, renewals = asyncio.run(run())
    finally:
        thread.close()
        journal.close()

    assert set(pulls) == {account.id for account in accounts}
    assert renewals == 1  # the others had ended by then
    assert "pull_lost" not in [line["event"] for line in lines]
