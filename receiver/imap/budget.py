"""How many octets may be fetched of an account today, and how many large pieces of mail all pulls hold at once.

Providers lock accounts that fetch too much (Gmail: 2,500 MB a day); ours stops before. Never counts messages.
Raises ImapFailure (budget_spent), after which the account is left alone until the next day (UTC).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from receiver.imap.failures import ImapFailure


class DayBudget:
    """What one account may still fetch today."""

    def __init__(self, allowed: int, spent_before: int) -> None:
        """`spent_before` are the octets of this account's earlier pulls today."""
        self._left = allowed - spent_before
        self._is_untouched = spent_before == 0

    def check(self, spent: int, wanted: int = 0) -> None:
        """Whether, after `spent` octets of this pull, `wanted` more may be fetched. Raises ImapFailure.

        A mail larger than a whole day's budget is fetched as the first of a day: else it would never be.
        """
        if spent + wanted > self._left and not (self._is_untouched and spent <= wanted and spent < self._left):
            raise ImapFailure("budget_spent")


def next_day(now: datetime) -> datetime:
    """When the budget is whole again: midnight UTC."""
    return (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


class Hold:
    """Octets that all pulls together may have in memory for whole messages: a few large ones, or many small ones."""

    def __init__(self, octets: int) -> None:
        self._all = self._free = octets
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, octets: int) -> AsyncIterator[None]:
        """Wait until so many are free, and hold them for the time of the block; more than there are counts as all."""
        taken = min(octets, self._all)
        async with self._freed:
            await self._freed.wait_for(lambda: self._free >= taken)
            self._free -= taken
        try:
            yield
        finally:
            async with self._freed:
                self._free += taken
                self._freed.notify_all()
