"""When an account whose pull failed is tried again.

A schedule never dies (law 8): every failure has a next try. Pauses grow while failures last. A password or token that
was refused is shown to its server once a day at most, until a person enters another one: providers lock whom they see
failing every hour. Pure: time and chance are given. Raises nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from receiver.imap.budget import next_day
from receiver.imap.failures import ImapFailure

DAY = timedelta(days=1)
# Chance moves a pause by this share: accounts that failed together do not come back together.
_SPREAD = 0.2
_MOST_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before the second try, and at most."""

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """The pause after so many failures in a row."""
        return min(self.longest, self.first * 2.0 ** min(max(failures, 1) - 1, _MOST_DOUBLINGS))


# What is away may be back in a minute; a server that has had enough wants to be left alone.
_PAUSES: Mapping[str, Pauses] = {
    "unreachable": Pauses(60.0, 3600.0),
    "throttled": Pauses(900.0, 6 * 3600.0),
    "needs_password": Pauses(DAY.total_seconds(), DAY.total_seconds()),
    "needs_relink": Pauses(DAY.total_seconds(), DAY.total_seconds()),
}
# While a message that a server cannot deliver is asked for again: soon, then less and less often, for ever (law 11).
UNDELIVERED = Pauses(3600.0, 14 * 86400.0)


def next_try(failure: ImapFailure, failures: int, now: datetime, chance: float) -> datetime:
    """When to pull again after `failures` in a row, this one included; `chance` is in 0 … 1."""
    if failure.code == "budget_spent":
        # Not all accounts at the stroke of midnight.
        return next_day(now) + timedelta(seconds=3600 * chance)
    # A key that is put back is found soon: no server was asked, so none counts these attempts.
    pauses = _PAUSES["unreachable" if failure.code == "secret_unreadable" else failure.health]
    seconds = pauses.after(failures)
    return now + timedelta(seconds=seconds * (1 + _SPREAD * chance))


def is_failure_of_host(failure: ImapFailure) -> bool:
    """Whether it tells of the server, not of this account alone."""
    return failure.code in _OF_HOST


def has_asked_host(failure: ImapFailure) -> bool:
    """Whether the mail server was spoken to at all: what failed before says nothing about it."""
    return failure.code not in _BEFORE_HOST


_BEFORE_HOST = frozenset(
    {
        "host_is_internal",
        "no_password",
        "secret_unreadable",
        "link_again",
        "oauth_client_missing",
        "oauth_client_refused",
        "sign_in_unreachable",
        "sign_in_nonsense",
        "sign_in_busy",
    }
)
_OF_HOST = frozenset(
    {
        "host_not_found",
        "connection_refused",
        "connection_timed_out",
        "certificate_wrong",
        "tls_failed",
        "starttls_missing",
        "server_busy",
        "server_silent",
    }
)
