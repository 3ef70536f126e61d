"""Count what a monitor asks for every few seconds, without the object layer, whose import alone takes half a second.

Only reads; opens one connection and closes it; names no value of a row. SQLite and PostgreSQL, the same statements.
Raises NotFound when there is no database or no table yet, TemporaryFailure when it does not answer.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from storage.failures import NotFound, TemporaryFailure

BUSY_SECONDS = 5.0
_REVISIONS = Path(__file__).parent / "migrations" / "versions"
_STATEMENTS = (
    "SELECT version_num FROM alembic_version",
    "SELECT count(*) FROM messages",
    "SELECT count(*) FROM jobs WHERE failed_at IS NULL",
    "SELECT count(*) FROM jobs WHERE failed_at IS NOT NULL",
    "SELECT count(*) FROM jobs WHERE failed_at IS NOT NULL AND kind = 'render'",
)

# A day as a literal: both databases compare it with their own form of a time. The CASE stands as in storage.attention,
# so that a look into its index for each tenant is enough.
_TO_CONFIRM = (
    "SELECT name FROM tenants WHERE EXISTS (SELECT 1 FROM messages WHERE tenant_id = tenants.id"
    " AND state = 'not_imported' AND (CASE reason_code WHEN 'possible_invoice' THEN 3 WHEN 'possible_picture' THEN 3"
    " WHEN 'link_only' THEN 2 WHEN 'forwarding_confirmation' THEN 1 ELSE 0 END) = 1"
    " AND received_at >= '{since}') ORDER BY name LIMIT 20"
)


@dataclass(frozen=True, slots=True)
class Glance:
    """How many rows there are of what, and whether their tables are the ones this version was written for."""

    is_current: bool
    messages: int
    jobs_pending: int
    jobs_failed: int
    not_rendered: int  # messages of which a page has no PDF and will get none


def glance(url: str) -> Glance:
    """The counts of the database at that SQLAlchemy URL."""
    with connection_to(url) as connection:
        revision, *counts = (_first(connection.execute(statement)) for statement in _STATEMENTS)
    return Glance(revision == newest_revision(), *counts)


def waiting_to_confirm(url: str, since: date) -> list[str]:
    """The names of tenants whom a mail service asks since that day whether it may forward to them, some of them."""
    with connection_to(url) as connection:
        return [name for (name,) in connection.execute(_TO_CONFIRM.format(since=since.isoformat())).fetchall()]


def newest_revision() -> str:
    """The revision that storage/migrations leads to: file names begin with it and sort as they follow each other."""
    return max(path.name.partition("_")[0] for path in _REVISIONS.glob("[0-9]*_*.py"))


def _first(cursor: Any) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


@contextmanager
def connection_to(url: str) -> Iterator[Any]:
    """A connection of the database's own driver, closed at the end; failures are named."""
    connect = _sqlite if url.startswith("sqlite") else _postgresql
    with connect(url) as connection:
        yield connection


@contextmanager
def _sqlite(url: str) -> Iterator[Any]:
    file = Path(url.partition(":///")[2].partition("?")[0])
    if not file.exists():
        raise NotFound(f"{file}: there is no database yet")
    try:
        # Not mode=ro: a reader of a WAL database writes its lock into the -shm file.
        place = f"{file.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise NotFound(f"{file}: the database has no tables yet") from error
        raise TemporaryFailure(f"database {file} did not answer: {error}; check that it can be written to") from error


@contextmanager
def _postgresql(url: str) -> Iterator[Any]:
    import psycopg  # noqa: PLC0415 - installed only where PostgreSQL is used

    try:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise NotFound("the database has no tables yet") from error
    except psycopg.OperationalError as error:
        raise TemporaryFailure(f"the database did not answer: {str(error).strip().partition(chr(10))[0]}") from error
