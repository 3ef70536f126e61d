"""Sessions that wait for new mail between two pulls (IDLE), for accounts whose tenants want that.

A session is kept after a pull and given to the next one. News bring the next pull forward; what breaks is only a
session less: the account is pulled at its interval, and watched again from then on. Raises nothing.
Standard: RFC 2177.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from receiver.imap.failures import ImapFailure
from receiver.imap.pull import AccountPull
from receiver.imap.session import Session
from receiver.imap.visit import Means
from storage.account_fields import fields_of
from storage.account_models import LinkedAccount
from storage.account_pulls import PAUSED, ClaimedAccount
from storage.account_rows import not_paused
from storage.accounts import request_pull
from storage.database import Session as DatabaseSession
from storage.failures import StorageFailure
from storage.mailbox_cursors import mailboxes_of

# A connection that broke is not made anew more often than this.
_BROKEN_SECONDS = 300.0


@dataclass(slots=True)
class _Watch:
    account: ClaimedAccount
    session: Session
    task: "asyncio.Task[None]"
    is_usable: bool = False  # nothing is under way on its session


class Watches:
    """The sessions of one process that wait; within a running loop."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._watches: dict[str, _Watch] = {}

    def keep(self, account: ClaimedAccount, pull: AccountPull) -> None:
        """Wait for news with the session of this pull, if there is room for one more and its server can."""
        session = pull.session
        has_room = len(self._watches) < self._means.settings.idle_sessions
        if session is None or "IDLE" not in session.capabilities or not has_room:
            return
        pull.session = None
        task = asyncio.create_task(self._wait(account, session, pull.watched[0]))
        self._watches[account.id] = _Watch(account, session, task)

    async def take(self, account: ClaimedAccount) -> Session | None:
        """The session that waits for this account, ready for its next pull; None when there is none.

        One that was logged in otherwise than the account says now is of no use: it may be another's mailbox.
        """
        watch = await self._stop(account.id)
        if watch is None:
            return None
        if watch.is_usable and _login_of(watch.account) == _login_of(account):
            return watch.session
        watch.session.abort()
        return None

    async def end_unwanted(self) -> None:
        """End those whose account was paused or removed meanwhile. Raises TemporaryFailure."""
        ids = list(self._watches)
        wanted = await self._means.database.read(lambda found: not_paused(found, ids)) if ids else set()
        for account_id in set(ids) - wanted:
            await self._end(account_id)

    async def close(self) -> None:
        """End all of them."""
        for account_id in list(self._watches):
            await self._end(account_id)

    async def _end(self, account_id: str) -> None:
        watch = await self._stop(account_id)
        if watch is not None:
            watch.session.abort()

    async def _stop(self, account_id: str) -> _Watch | None:
        watch = self._watches.pop(account_id, None)
        if watch is not None:
            if not watch.task.done():
                watch.task.cancel()
            with suppress(asyncio.CancelledError):
                await watch.task
        return watch

    async def _wait(self, account: ClaimedAccount, session: Session, mailbox: str) -> None:
        began = time.monotonic()
        try:
            is_news = await self._has_come_meanwhile(account, session, mailbox)
            while not is_news:
                is_news = await session.idle(self._means.settings.idle_seconds)
                if not is_news and not await self._is_still_wanted(account):
                    await session.logout()
                    self._forget(account, session)
                    return
            self._watches[account.id].is_usable = True
        except (ImapFailure, StorageFailure):
            session.abort()
            self._forget(account, session)
            # Nobody keeps watch: a pull connects anew, though not more often than this.
            await asyncio.sleep(max(0.0, _BROKEN_SECONDS - (time.monotonic() - began)))
        with suppress(StorageFailure):
            await self._means.database.write(lambda found: _request(found, account.id))

    async def _has_come_meanwhile(self, account: ClaimedAccount, session: Session, mailbox: str) -> bool:
        """Whether mail came in between the pull and now."""
        known = await self._means.database.read(lambda found: mailboxes_of(found, account.id))
        return await has_news(session, mailbox, next((each.uid_next for each in known if each.name == mailbox), 1))

    async def _is_still_wanted(self, account: ClaimedAccount) -> bool:
        row = await self._means.database.read(lambda found: found.get(LinkedAccount, account.id))
        return row is not None and row.health != PAUSED and fields_of(row) == account.fields

    def _forget(self, account: ClaimedAccount, session: Session) -> None:
        watch = self._watches.get(account.id)
        if watch is not None and watch.session is session:
            del self._watches[account.id]


def _login_of(account: ClaimedAccount) -> tuple[object, ...]:
    fields = account.fields
    return fields.host, fields.port, fields.security, fields.auth, fields.username, account.sealed


async def has_news(session: Session, mailbox: str, uid_next: int) -> bool:
    """Open the mailbox; whether it has a mail from `uid_next` on. Raises ImapFailure."""
    examined = await session.examine(mailbox)
    if examined.uid_next is None:  # Seen in practice: Courier does not say.
        return bool(await session.search_from(uid_next))
    return examined.uid_next > uid_next


def _request(session: DatabaseSession, account_id: str) -> None:
    row = session.get(LinkedAccount, account_id)
    if row is not None:
        request_pull(session, [row])
