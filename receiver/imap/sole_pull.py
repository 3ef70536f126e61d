"""Pull accounts now, in this process, where no service runs: for `postbus account pull`.

Holds the accounts by the same leases as the service, and has the service's part of the journal. Settles nothing: who
calls drains the journal afterwards. Raises StorageFailure when database or journal cannot be used.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack

from receiver.config import Settings
from receiver.guarded import leave_no_dump
from receiver.imap.database_thread import DatabaseThread
from receiver.imap.login import Opener
from receiver.imap.puller import NAME, Puller, means_of
from receiver.own_journal import open_journal
from storage.database import Database
from storage.secrets import KeyRing


def pull_now(settings: Settings, account_ids: Sequence[str]) -> dict[str, int]:
    """Pull these accounts, and return when all have ended; the number of each one's pull, by account id.

    Those that are paused, gone, or pulled by somebody else at this moment are left out.
    """
    leave_no_dump()
    # Nobody stays to wait for news.
    settings = settings.model_copy(update={"accounts": settings.accounts.model_copy(update={"idle_sessions": 0})})
    with ExitStack() as stack:
        journal = open_journal(settings, NAME)
        stack.callback(journal.close)
        database = Database(settings.database_url())
        stack.callback(database.close)
        thread = DatabaseThread(database, f"{NAME}-{os.getpid()}")
        stack.callback(thread.close)

        async def pull_all() -> dict[str, int]:
            opener = Opener(settings.accounts, database, KeyRing.open(settings.data))
            puller = Puller(means_of(settings, journal, database, thread, lambda: False), opener)
            pulled = await puller.pull_these(account_ids)
            await opener.settle()
            return pulled

        return asyncio.run(pull_all())
