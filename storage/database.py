"""The database: connections that are set up right, transactions, and its schema's revision.

SQLite by default (WAL, synchronous=FULL: what is committed survives a power cut; writers queue by BEGIN IMMEDIATE),
PostgreSQL through psycopg where one machine is outgrown. The same statements run on both.
Raises TemporaryFailure when the database does not answer, Damaged when its file is none. Failures name the
database, never a statement's values: those hold mail.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from storage.failures import Damaged, StorageFailure, TemporaryFailure
from storage.glance import newest_revision

__all__ = ["Database", "Session"]  # whoever types a session need not know whose it is

BUSY_MILLISECONDS = 15_000
CONNECT_SECONDS = 5
_SCHEMA_LOCK = 0x706F73746275  # any number of ours: two nodes must not migrate at once

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA synchronous = FULL",  # NORMAL loses what was committed in a power cut
    "PRAGMA cache_size = -16384",  # KiB
    "PRAGMA wal_autocheckpoint = 4000",  # pages: fewer, larger checkpoints while a backlog drains
)


class Database:
    """Connections of one process. Not to be carried over a fork: each process opens its own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.name = self._url.render_as_string(hide_password=True)
        self._engine = self._make_engine(keeps_foreign_keys=True)
        self._reader = self._engine.execution_options(**self._reading_options())
        self._writer = self._engine.execution_options(is_write=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database; nothing written in it stays."""
        with self._failures_named(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, actor: str = "postbus") -> Iterator[Session]:
        """A transaction: committed at the end, rolled back when anything is raised. `actor` goes to the audit."""
        with self._failures_named(), Session(self._writer, expire_on_commit=False) as session:
            session.info["actor"] = actor
            with session.begin():
                yield session

    def migrate(self) -> None:
        """Bring the schema to this version's revision; nothing happens when it is there. Safe to run at once."""
        from storage import schema  # noqa: PLC0415 (0.2 s of Alembic, which nothing else needs)

        with self.migrating() as connection:
            schema.upgrade(connection)

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction in which tables may be rebuilt, while no other node does."""
        # Rebuilding a table on SQLite drops the old one: with foreign keys on, that deletes all that points to it.
        engine = self._make_engine(keeps_foreign_keys=False)
        if self._is_sqlite and self._url.database:
            _make_private(Path(self._url.database))
        try:
            with self._failures_named(), engine.execution_options(is_write=True).begin() as connection:
                self._lock_schema(connection)
                yield connection
        finally:
            engine.dispose()

    def revision_is_current(self) -> bool:
        """Whether the schema is the one this version was written for."""
        with self._failures_named(), self._reader.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
            return bool(revision == newest_revision())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def _reading_options(self) -> dict[str, Any]:
        if self._is_sqlite:
            return {}  # a transaction that only reads sees one state by itself
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _make_engine(self, *, keeps_foreign_keys: bool) -> Engine:
        common: dict[str, Any] = {"hide_parameters": True, "json_serializer": _to_json}
        if not keeps_foreign_keys:
            common["poolclass"] = NullPool
        if not self._is_sqlite:
            # A server that was restarted leaves dead connections in the pool: they are tried before use.
            arguments = {"connect_timeout": CONNECT_SECONDS}
            return create_engine(self._url, pool_pre_ping=True, connect_args=arguments, **common)
        engine = create_engine(self._url, **common)
        _prepare_sqlite(engine, keeps_foreign_keys=keeps_foreign_keys)
        return engine

    def _lock_schema(self, connection: Connection) -> None:
        if not self._is_sqlite:  # there BEGIN IMMEDIATE has done it
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _SCHEMA_LOCK})

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise TemporaryFailure(f"database {self.name}: all connections are in use; try again") from error
        except DBAPIError as error:
            failure = self._failure(error)
            if failure is None:
                raise
            raise failure from error

    def _failure(self, error: DBAPIError) -> StorageFailure | None:
        words = str(error.orig).strip().partition("\n")[0]
        if isinstance(error, OperationalError | InterfaceError | InternalError) or error.connection_invalidated:
            remedy = "run `postbus init`" if "no such table" in words else "check that it runs and can be written to"
            return TemporaryFailure(f"database {self.name} did not answer: {words}; {remedy}")
        if type(error) is DatabaseError and self._is_sqlite:
            return Damaged(f"database {self.name}: {words}; restore it from a backup")
        if "UndefinedTable" in type(error.orig).__name__:
            return TemporaryFailure(f"database {self.name} has no tables yet; run `postbus init`")
        return None


def _to_json(value: Any) -> str:
    # Mail may hold lone surrogates, which no database takes as UTF-8.
    dumped = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return dumped.encode("utf-8", "replace").decode("utf-8")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # The mode stays in the file. SQLite does not wait, whatever its busy_timeout, while another one switches.
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _make_private(path: Path) -> None:
    # SQLite gives its journal files the mode of the database. What is wrong with the folder, it says itself.
    with suppress(OSError):
        path.touch(mode=0o600, exist_ok=True)


def _prepare_sqlite(engine: Engine, *, keeps_foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own comes too late for savepoints
        for pragma in (*_PRAGMAS, f"PRAGMA foreign_keys = {'ON' if keeps_foreign_keys else 'OFF'}"):
            connection.execute(pragma)
        _switch_to_wal(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later could not wait for its turn: SQLite fails it at once.
        is_write = connection.get_execution_options().get("is_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
