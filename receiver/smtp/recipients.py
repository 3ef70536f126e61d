"""Who owns a forward-path, answered at RCPT (law 7).

A hit is answered from the directory's snapshot, even from an old one while the database is down; a miss asks the
database in a thread, with a deadline, and "not known now" is 451. Never blocks the event loop.
Raises nothing for a database that is down; what is no storage failure passes to the exception hook.
"""

import asyncio
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import structlog

from receiver.config import Plan
from receiver.smtp import replies
from receiver.smtp.replies import Reply
from rules.addresses import ImportPath, parse_import_address
from storage.directory import AddressOwner
from storage.failures import StorageFailure
from storage.journal import Recipient

# A database that hangs holds this many threads at most; whoever comes later is told 451 when the deadline is over.
_THREADS = 4
_PAUSE_AFTER_FAILURE_SECONDS = 1.0

log = structlog.get_logger()


class Directory(Protocol):
    """What is asked of storage.directory.AddressDirectory."""

    def is_current(self) -> bool:
        """Whether the snapshot may be relied on."""

    def refresh(self) -> None:
        """Read the database; raises StorageFailure."""

    def find(self, address: str) -> AddressOwner | None:
        """From the snapshot."""

    def ask(self, address: str) -> AddressOwner | None:
        """From the database; raises StorageFailure."""

    def owns_domain(self, domain: str) -> bool:
        """From the snapshot."""


class RecipientLookup:
    """Judges forward-paths for the sessions of one door."""

    def __init__(
        self, directory: Directory, plans: Mapping[str, Plan], domains: Collection[str], lookup_seconds: float
    ) -> None:
        self._directory = directory
        self._plans = plans
        self._domains = frozenset(domains)
        self._seconds = lookup_seconds
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookup")
        self._refreshing: asyncio.Future[None] | None = None
        self._refresh_deadline = 0.0
        self._next_refresh = 0.0

    async def judge(self, forward_path: str) -> Recipient | Reply:
        """The recipient that this forward-path names, or the reply that refuses it."""
        path = parse_import_address(forward_path)
        if path is None:
            is_bare = "@" not in forward_path  # postmaster
            return replies.unknown_import_address(forward_path) if is_bare else replies.relaying_denied(forward_path)
        await self.refresh_if_old()
        owner = self._directory.find(path.address)
        if owner is None:
            missed = await self._ask(forward_path, path)
            if isinstance(missed, Reply):
                return missed
            owner = missed
        return self._judge_plan(forward_path, path, owner)

    async def refresh_if_old(self) -> None:
        """Bring the snapshot up to date, unless the database keeps us waiting or failed a moment ago."""
        if self._directory.is_current():
            return
        now = asyncio.get_running_loop().time()
        if self._refreshing is None or self._refreshing.done():
            if now < self._next_refresh:
                return
            self._refreshing = asyncio.get_running_loop().run_in_executor(self._pool, self._directory.refresh)
            self._refresh_deadline = now + self._seconds
        # One refresh serves all who wait; once it is late, nobody waits for it any more.
        if now < self._refresh_deadline:
            await asyncio.wait({self._refreshing}, timeout=self._refresh_deadline - now)
        self._note_refresh(self._refreshing)

    def close(self) -> None:
        """Let go of the threads; one that hangs in the database is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _note_refresh(self, refreshing: "asyncio.Future[None]") -> None:
        now = asyncio.get_running_loop().time()
        error = refreshing.exception() if refreshing.done() else TimeoutError()
        if error is None:
            return
        if not isinstance(error, StorageFailure | TimeoutError):
            raise error
        if now >= self._next_refresh:
            self._next_refresh = now + _PAUSE_AFTER_FAILURE_SECONDS
            log.warning("directory_refresh_failed", error=type(error).__name__)

    async def _ask(self, forward_path: str, path: ImportPath) -> AddressOwner | Reply:
        is_ours = path.domain in self._domains or self._directory.owns_domain(path.domain)
        if not is_ours and self._directory.is_current():
            return replies.relaying_denied(forward_path)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                owner = await loop.run_in_executor(self._pool, self._directory.ask, path.address)
        except (StorageFailure, TimeoutError) as error:
            log.warning("address_lookup_failed", error=type(error).__name__)
            return replies.recipient_not_known_now(forward_path)
        if owner is not None:
            return owner
        return replies.unknown_import_address(forward_path) if is_ours else replies.relaying_denied(forward_path)

    def _judge_plan(self, forward_path: str, path: ImportPath, owner: AddressOwner) -> Recipient | Reply:
        plan = self._plans.get(owner.plan)
        if plan is None:
            # The operator took a plan out of the configuration: that is no reason to bounce a supplier's invoice.
            log.error("plan_missing", plan=owner.plan, tenant=owner.tenant_id)
            return replies.recipient_not_known_now(forward_path)
        if not plan.central_mailbox:
            return replies.plan_without_mailbox(forward_path, plan.refusal)
        return Recipient(forward_path, owner.tenant_id, owner.address_id, path.label)
