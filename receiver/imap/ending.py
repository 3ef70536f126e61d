"""How a pull ends: what becomes of its account's health and schedule, and who is told.

A fault of ours is an edge here: it must not stop the other accounts, nor this one's schedule (law 8).
Raises LeaseLost for nothing: who has lost its account writes nothing of it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from receiver.imap.breaker import Breaker
from receiver.imap.failures import HEALTH, ImapFailure
from receiver.imap.health import has_asked_host, is_failure_of_host, next_try
from receiver.imap.pull import AccountPull
from receiver.imap.scheduling import after_interval, interval_of
from receiver.imap.session import Session
from receiver.imap.visit import EndedEarly, Means
from receiver.tally import tally
from storage.account_pulls import ClaimedAccount, LeaseLost, PullEnd, finish_pull, release
from storage.failures import NoRoom, StorageFailure

# Seconds until a pull is tried again that something of ours was in the way of.
_OURS_SECONDS = 300.0
# Told with the account's health, though neither account nor server is to blame.
BROKE = "pull_broke"
NO_ROOM = "no_room_here"

log = structlog.get_logger()


class Ending:
    """Runs pulls to their end and writes it down."""

    def __init__(self, means: Means, breaker: Breaker, chance: Callable[[], float]) -> None:
        self._means = means
        self._breaker = breaker
        self._chance = chance

    async def of(self, account: ClaimedAccount, pull: AccountPull, kept: Session | None = None) -> PullEnd | None:
        """Pull, and write how it went; None when nothing was to be written."""
        begun = time.monotonic()
        end: PullEnd | None = None
        try:
            end = await self._run(account, pull, kept)
            if end is None:
                await self._means.database.write(lambda session: release(session, account))
            else:
                await self._finish(account, end, begun)
        except LeaseLost:
            log.warning("pull_lost", id=account.id, tenant=account.tenant_id)
            tally.count("pulls:lost")
            return None
        except StorageFailure as failure:
            # The lease runs out, and the account is pulled again.
            log.warning("pull_not_noted", id=account.id, tenant=account.tenant_id, reason=str(failure))
            tally.count("pulls:put_off")
            return None
        return end

    async def _run(self, account: ClaimedAccount, pull: AccountPull, kept: Session | None) -> PullEnd | None:
        try:
            await pull.run(kept)
        except EndedEarly as put_off:
            return self._put_off(account, pull, put_off.why)
        except NoRoom:
            return self._put_off(account, pull, "no_room")
        except ImapFailure as failure:
            return self._failed(account, pull, failure)
        except (StorageFailure, asyncio.CancelledError):
            raise
        except Exception:  # the edge: one account must not stop the others
            log.exception("pull_broke", id=account.id, tenant=account.tenant_id)
            tally.count("pulls:broke")
            return self._end(pull, health=HEALTH[BROKE], code=BROKE, seconds=_OURS_SECONDS, is_success=False)
        self._breaker.succeeded(account.fields.server)
        tally.count("pulls:succeeded")
        seconds = interval_of(
            account.fields.interval_seconds, self._means.settings.interval_seconds, has_idle=account.fields.idle
        )
        return self._end(pull, health="ok", seconds=seconds, is_success=True)

    def _put_off(self, account: ClaimedAccount, pull: AccountPull, why: str) -> PullEnd | None:
        log.info("pull_put_off", id=account.id, tenant=account.tenant_id, reason=why)
        tally.count("pulls:put_off")
        self._breaker.succeeded(account.fields.server)
        if why in {"stopping", "tenant_gone"}:
            return None
        # An hour's work on a server that answers is a success; the rest follows at once.
        if why == "took_long":
            return self._end(pull, health="ok", seconds=1.0, is_success=True)
        return self._end(pull, health="ok", code=NO_ROOM, seconds=_OURS_SECONDS, is_success=False)

    def _failed(self, account: ClaimedAccount, pull: AccountPull, failure: ImapFailure) -> PullEnd:
        tally.count("pulls:failed")
        if is_failure_of_host(failure):
            rests = self._breaker.failed(account.fields.server, time.monotonic())
            if rests:
                host, port = account.fields.server
                log.warning("host_rests", host=host, port=port, seconds=rests, reason=failure.code)
        elif has_asked_host(failure):
            self._breaker.succeeded(account.fields.server)
        at = next_try(failure, account.failures + 1, datetime.now(UTC), self._chance())
        return self._end(pull, health=failure.health, code=failure.code, params=failure.params, at=at, is_success=False)

    def _end(  # noqa: PLR0913 - what an end is made of
        self,
        pull: AccountPull,
        *,
        health: str,
        is_success: bool,
        code: str = "",
        params: Mapping[str, str | int] | None = None,
        seconds: float = 0.0,
        at: datetime | None = None,
    ) -> PullEnd:
        result, now = pull.result, datetime.now(UTC)
        if at is None and is_success:
            at = after_interval(now, seconds, self._means.settings.jitter, self._chance())
        return PullEnd(
            health=health,
            code=code,
            params=params or {},
            looked_at=result.looked_at,
            fetched=result.fetched,
            octets=result.octets,
            next_pull_at=at or now + timedelta(seconds=seconds),
            is_success=is_success,
            worked_username=result.worked_username,
        )

    async def _finish(self, account: ClaimedAccount, end: PullEnd, begun: float) -> None:
        change = await self._means.database.write(lambda session: finish_pull(session, account, end))
        tally.count("account_looked_at", end.looked_at)
        tally.count("account_fetched", end.fetched)
        tally.count("account_octets", end.octets)
        log.info(
            "account_pulled",
            id=account.id,
            tenant=account.tenant_id,
            health=end.health,
            reason=end.code,
            looked_at=end.looked_at,
            fetched=end.fetched,
            octets=end.octets,
            ms=round((time.monotonic() - begun) * 1000),
        )
        if change is not None and change.before != change.after:
            tally.count(f"account_health_changes:{change.after}")
            log.warning(
                "account_health_changed",
                id=account.id,
                tenant=account.tenant_id,
                before=change.before,
                after=change.after,
                reason=change.code,
            )
