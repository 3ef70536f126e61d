"""A mail server at which many pulls fail in a row rests: its accounts wait, and one of them tries again later.

Counts failures of the server only (refused, silent, busy), never a wrong password of one account. Kept in memory by one
process: another node finds out by itself. A server is a host and a port: who links accounts to a port of a large host
at which nothing answers holds up nobody but himself. Pure but for the clock it is given. Raises nothing.
"""

from dataclasses import dataclass

from storage.account_fields import Server

FAILURES = 5
FIRST_REST_SECONDS = 60.0
LONGEST_REST_SECONDS = 1800.0
# Servers remembered; beyond, those that rest no more are forgotten.
_MOST_HOSTS = 10_000


@dataclass(slots=True)
class _Record:
    failures: int = 0
    rest_seconds: float = 0.0
    rests_until: float = 0.0


class Breaker:
    """What is known of each server. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._records: dict[Server, _Record] = {}

    def failed(self, server: Server, now: float) -> float:
        """Count a failure; returns the seconds that the server rests from now on, 0 when it does not."""
        record = self._record(server, now)
        record.failures += 1
        if record.failures < FAILURES:
            return 0.0
        record.rest_seconds = min(LONGEST_REST_SECONDS, 2 * record.rest_seconds or FIRST_REST_SECONDS)
        record.rests_until = now + record.rest_seconds
        return record.rest_seconds

    def succeeded(self, server: Server) -> None:
        """Forget its failures: it has answered."""
        self._records.pop(server, None)

    def resting(self, now: float) -> list[Server]:
        """The servers that must be left alone now."""
        return [server for server, record in self._records.items() if now < record.rests_until]

    def on_probation(self, now: float) -> list[Server]:
        """The servers whose rest is over, and that nobody has tried since."""
        return [server for server in self._records if self.is_on_probation(server, now)]

    def is_on_probation(self, server: Server, now: float) -> bool:
        """Whether its rest is over and nobody has tried since: one account at a time may."""
        record = self._records.get(server)
        return record is not None and record.failures >= FAILURES and now >= record.rests_until

    def _record(self, server: Server, now: float) -> _Record:
        if len(self._records) >= _MOST_HOSTS and server not in self._records:
            self._records = {name: each for name, each in self._records.items() if now < each.rests_until}
        return self._records.setdefault(server, _Record())
