"""Which linked accounts bring nothing in, for a monitor that asks every few seconds: without the object layer.

Only reads. SQLite and PostgreSQL, the same statements. Raises what storage.glance raises.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage.glance import connection_to

# Named one by one; beyond, only their number is told.
MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class SilentAccount:
    """An account without a success since then; `last_success_at` is ISO 8601 in UTC, None: never."""

    id: str
    address: str
    health: str
    code: str
    params: Mapping[str, Any]
    last_success_at: str | None


@dataclass(frozen=True, slots=True)
class AccountsGlance:
    """How many accounts are in which health, how many are silent, and the longest silent of those."""

    by_health: Mapping[str, int]
    silent: int
    named: tuple[SilentAccount, ...]


def glance_at_accounts(url: str, silent_since: datetime) -> AccountsGlance:
    """The accounts of the database at that SQLAlchemy URL; silent are those linked before and not pulled since."""
    # SQLite keeps such moments as text in this form, without the offset; both databases compare it right.
    moment = f"'{silent_since.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'"
    is_silent = f"created_at < {moment} AND (last_success_at IS NULL OR last_success_at < {moment})"
    count, named = _COUNT.format(is_silent), _NAMED.format(is_silent, MOST_NAMED)
    with connection_to(url) as connection:
        by_health = connection.execute("SELECT health, count(*) FROM linked_accounts GROUP BY health").fetchall()
        (silent,) = connection.execute(count).fetchone()
        rows = connection.execute(named).fetchall()
    return AccountsGlance(dict(by_health), silent, tuple(_account(*row) for row in rows))


_COUNT = "SELECT count(*) FROM linked_accounts WHERE {}"
_NAMED = (
    "SELECT id, address, health, health_code, health_params, last_success_at FROM linked_accounts WHERE {}"
    " ORDER BY coalesce(last_success_at, created_at) LIMIT {}"
)


def _account(  # noqa: PLR0913, PLR0917 - a row
    identity: str, address: str, health: str, code: str, params: Any, last_success_at: Any
) -> SilentAccount:
    told = json.loads(params) if isinstance(params, str) else params or {}
    return SilentAccount(identity, address, health, code, told, _iso(last_success_at))


def _iso(moment: Any) -> str | None:
    if moment is None:
        return None
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
