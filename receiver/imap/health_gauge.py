"""How many accounts are in which health, for the metrics: looked up now and then, whoever pulled them.

Raises StorageFailure when the database does not answer.
"""

import time

from receiver.imap.database_thread import DatabaseThread
from receiver.tally import tally
from storage.account_rows import count_by_health

_SECONDS = 30.0


class HealthGauge:
    """The counts in this process's tally; they count only while it lives."""

    def __init__(self, database: DatabaseThread) -> None:
        self._database = database
        self._shown: dict[str, int] = {}
        self._look_at = 0.0

    async def refresh_if_old(self) -> None:
        """Look again, at most every half minute."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _SECONDS
        found = await self._database.read(count_by_health)
        for health in {*found, *self._shown}:
            # The tally adds: a gauge there is moved by what it has changed.
            tally.count(f"accounts:{health}", found.get(health, 0) - self._shown.get(health, 0))
        self._shown = found
