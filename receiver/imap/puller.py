"""The puller: pulls the linked accounts that are due until it is told to stop. Read this first, then pull.py.

An account's row is its schedule and its lock: a claim is a lease, renewed at a third of it; whoever has lost it notes
nothing more. SIGTERM ends pulls at the next place where all is noted and gives their accounts back; kill -9 loses
nothing, for nothing is noted before the journal has it. Several pullers share the accounts.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial

import structlog

from receiver.config import Settings
from receiver.guarded import leave_no_dump
from receiver.imap.breaker import Breaker
from receiver.imap.budget import Hold
from receiver.imap.database_thread import DatabaseThread
from receiver.imap.ending import Ending
from receiver.imap.health_gauge import HealthGauge
from receiver.imap.idle import Watches
from receiver.imap.login import Opener
from receiver.imap.pull import AccountPull
from receiver.imap.visit import Means
from receiver.own_journal import open_journal
from receiver.rulebook import Rulebook
from receiver.tally import tally
from storage.account_fields import Server
from storage.account_pulls import ClaimedAccount, LeaseLost, claim_account, claim_accounts, renew
from storage.database import Database
from storage.failures import StorageFailure, TemporaryFailure
from storage.journal import Journal
from storage.secrets import KeyRing

NAME = "puller"  # its part of the journal
# Octets of whole mails that all pulls together hold.
HOLD_OCTETS = 8 * 1024**2
# What pulls that were told to stop may take until the next place where all is noted.
STOP_SECONDS = 20.0
STORAGE_AWAY_SECONDS = 10.0

log = structlog.get_logger()


def run_puller(settings: Settings, *, name: str, ready: Callable[[], None]) -> None:
    """Pull due accounts until SIGTERM or SIGINT; `ready` is called once it can."""
    leave_no_dump()
    with ExitStack() as stack:
        journal = open_journal(settings, name)
        stack.callback(journal.close)
        database = Database(settings.database_url())
        stack.callback(database.close)
        thread = DatabaseThread(database, f"{name}-{os.getpid()}")
        stack.callback(thread.close)
        asyncio.run(_run(settings, journal, database, thread, ready))


async def _run(
    settings: Settings, journal: Journal, database: Database, thread: DatabaseThread, ready: Callable[[], None]
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # A key that cannot be read must not keep the doors shut: this process alone ends by it, and is started again.
    ready()
    opener = Opener(settings.accounts, database, KeyRing.open(settings.data))
    puller = Puller(means_of(settings, journal, database, thread, stop.is_set), opener)
    log.info("puller_started")
    await puller.serve(stop)
    await opener.settle()
    log.info("puller_stopped")


def means_of(
    settings: Settings,
    journal: Journal,
    database: Database,
    thread: DatabaseThread,
    is_stopping: Callable[[], bool],
) -> Means:
    """What the pulls of a process share."""
    return Means(
        settings=settings.accounts,
        database=thread,
        journal=journal,
        rulebook=Rulebook(database, settings.data / "run"),
        hold=Hold(HOLD_OCTETS),
        is_stopping=is_stopping,
    )


class Puller:
    """The pulls under way in this process; within a running loop."""

    def __init__(self, means: Means, opener: Opener) -> None:
        self._means = means
        self._settings = means.settings
        self._opener = opener
        self._owner = f"{os.uname().nodename[:60]}-{os.getpid()}"
        self._lease = timedelta(seconds=self._settings.lease_seconds)
        self._breaker = Breaker()
        self._ending = Ending(means, self._breaker, random.random)
        self._watches = Watches(means)
        self._gauge = HealthGauge(means.database)
        self._running: dict[asyncio.Task[None], ClaimedAccount] = {}
        self._pulls: dict[asyncio.Task[None], AccountPull] = {}
        self._renew_at = time.monotonic() + self._settings.lease_seconds / 3

    async def serve(self, stop: asyncio.Event) -> None:
        """Claim and pull until `stop`; then let the pulls under way come to a good place."""
        while not stop.is_set():
            seconds = self._settings.poll_seconds
            try:
                await self._renew_if_due()
                await self._claim()
                await self._gauge.refresh_if_old()
            except StorageFailure as failure:
                log.warning("puller_paused", seconds=STORAGE_AWAY_SECONDS, reason=str(failure))
                seconds = min(STORAGE_AWAY_SECONDS, self._settings.lease_seconds / 3)
            await self._wait(stop, seconds)
        await self._drain()

    async def pull_these(self, account_ids: Sequence[str]) -> dict[str, int]:
        """Pull these now, due or not, and return when all have ended; the number of each pull by account id.

        Left out: those that are paused, gone, or held by somebody else.
        """
        waiting, pulls = list(dict.fromkeys(account_ids)), dict[str, int]()
        never = asyncio.Event()
        while waiting or self._running:
            while waiting and len(self._running) < self._settings.sessions:
                claim = partial(claim_account, account_id=waiting.pop(), owner=self._owner, lease=self._lease)
                account = await self._means.database.write(claim)
                if account is not None:
                    pulls[account.id] = account.pull
                    self._begin(account)
            await self._renew_if_due()
            await self._wait(never, self._settings.poll_seconds)
        return pulls

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        """Until the next look, until a pull ends and leaves room for another one, or until `stop`."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([stopping, *self._running], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    async def _claim(self) -> None:
        while (room := self._room()) > 0:
            claim = partial(claim_accounts, owner=self._owner, n=room, lease=self._lease, busy=self._busy())
            claimed = await self._means.database.write(claim)
            for account in claimed:
                self._begin(account)
            if len(claimed) < room:
                return

    def _room(self) -> int:
        """How many accounts may be claimed at once, such that no server gets more than it may."""
        left = self._settings.sessions - len(self._running)
        in_use = self._servers_in_use()
        for server in {*in_use, *self._breaker.on_probation(time.monotonic())}:
            if room := self._room_at(server, in_use):
                left = min(left, room)
        return min(left, self._settings.sessions_per_host)

    def _busy(self) -> list[Server]:
        in_use = self._servers_in_use()
        full = [server for server in in_use if self._room_at(server, in_use) <= 0]
        return [*self._breaker.resting(time.monotonic()), *full]

    def _room_at(self, server: Server, in_use: Mapping[Server, int]) -> int:
        is_tried_out = self._breaker.is_on_probation(server, time.monotonic())
        return max(0, (1 if is_tried_out else self._settings.sessions_per_host) - in_use.get(server, 0))

    def _servers_in_use(self) -> Counter[Server]:
        return Counter(account.fields.server for account in self._running.values())

    def _begin(self, account: ClaimedAccount) -> None:
        pull = AccountPull(self._means, account, self._opener.open)
        task = asyncio.create_task(self._pull(account, pull))
        self._running[task], self._pulls[task] = account, pull
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._pulls.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("pull_broke", exc_info=error)

    async def _pull(self, account: ClaimedAccount, pull: AccountPull) -> None:
        try:
            kept = await self._watches.take(account)
            end = await self._ending.of(account, pull, kept)
            if end is not None and end.is_success:
                if account.fields.idle and pull.watched:
                    self._watches.keep(account, pull)
                await pull.end()
        finally:
            # After a failure there is nothing to say good-bye to.
            pull.abort()

    async def _renew_if_due(self) -> None:
        if time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + self._settings.lease_seconds / 3
        for task, account in list(self._running.items()):
            if task not in self._pulls:
                continue  # it has ended while others were renewed
            octets = self._pulls[task].result.octets
            try:
                await self._means.database.write(partial(renew, claimed=account, lease=self._lease, octets=octets))
            except LeaseLost:
                if task not in self._pulls:
                    continue  # it gave its account back itself
                # Nothing more of it would be noted: not a moment longer on that server.
                log.warning("pull_lost", id=account.id, tenant=account.tenant_id)
                tally.count("pulls:lost")
                task.cancel()
        await self._watches.end_unwanted()

    async def _drain(self) -> None:
        log.info("puller_draining", pulls=len(self._running))
        await self._watches.close()
        if self._running:
            deadline = time.monotonic() + STOP_SECONDS
            while self._running and time.monotonic() < deadline:
                with suppress(TemporaryFailure):
                    await self._renew_if_due()
                await asyncio.wait(list(self._running), timeout=1.0)
            for task in list(self._running):
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
