"""Promises of storage.database: safe settings, whole transactions, the schema's revision, two ways to fail."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import String, text
from sqlmodel import select

from storage.audit import list_lines, record
from storage.database import Database
from storage.failures import Damaged, TemporaryFailure
from storage.models import AuditLine, ImportAddress, Row, Tenant
from storage.standards import add_standard, list_standards


def test_migrations_make_what_the_models_say(database: Database) -> None:
    """The revisions, run one after the other, give exactly the tables of storage.models."""
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_empty_database_becomes_current(empty_url: str) -> None:
    """A database is current after migrate and not before; a second migrate changes nothing."""
    database = Database(empty_url)
    before = database.revision_is_current()
    database.migrate()
    database.migrate()
    assert (before, database.revision_is_current()) == (False, True)
    database.close()


def test_two_may_migrate_at_once(empty_url: str) -> None:
    """Nodes that start together do not trip over each other's tables."""
    databases = [Database(empty_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Database.migrate, databases))
    assert all(database.revision_is_current() for database in databases)
    for database in databases:
        database.close()


def test_rebuilding_a_table_keeps_what_points_to_it(database: Database, acme: tuple[Tenant, ImportAddress]) -> None:
    """A revision that rebuilds `tenants` (SQLite knows no other way) deletes none of a tenant's rows."""
    with database.write() as session:
        add_standard(session, acme[0], "Invoices", sender="@supplier.example")
    with database.migrating() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("tenants", recreate="auto") as batch:
            batch.alter_column("plan", type_=String(80))
    with database.read() as session:
        assert [each.name for each in list_standards(session, acme[0])] == ["Invoices"]


def test_sqlite_commits_survive_a_power_cut(tmp_path: Path) -> None:
    """SQLite runs in WAL with synchronous=FULL, and looks after foreign keys."""
    database = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    with database.read() as session:
        pragmas = [session.connection().scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
        assert session.connection().scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


def test_a_transaction_is_whole(database: Database) -> None:
    """What was written before an error does not stay."""
    with suppress(ZeroDivisionError), database.write() as session:
        record(session, "begun")
        session.flush()
        1 / 0  # noqa: B018 (any error will do)
    with database.read() as session:
        assert list_lines(session) == []


def test_reading_keeps_nothing(database: Database) -> None:
    """A session for reading leaves nothing behind; PostgreSQL refuses the attempt."""
    with suppress(TemporaryFailure), database.read() as session:
        record(session, "written_while_reading")
        session.flush()
    with database.read() as session:
        assert list_lines(session) == []


def test_the_actor_stands_in_the_audit(database: Database) -> None:
    """A change carries the name of whom it was made for."""
    with database.write(actor="alice") as session:
        record(session, "changed", params={"from": "ä\ud800"})
    with database.read() as session:
        line = list_lines(session)[0]
    assert (line.actor, line.params) == ("alice", {"from": "ä?"})


def test_writers_queue(database: Database) -> None:
    """Twenty writers at once, each reading before it writes, all get their turn."""

    def write(number: int) -> None:
        with database.write() as session:
            list(session.exec(select(AuditLine.id)))
            record(session, f"line_{number}")

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(write, range(20)))
    with database.read() as session:
        lines = {line.action for line in list_lines(session)}
    assert lines == {f"line_{number}" for number in range(20)}


def test_a_database_without_tables_names_the_remedy(empty_url: str) -> None:
    """Reading before `postbus init` is a temporary failure that says so."""
    database = Database(empty_url)
    with pytest.raises(TemporaryFailure, match="postbus init"), database.read() as session:
        list_lines(session)
    database.close()


def test_a_server_that_is_gone_is_a_temporary_failure(tmp_path: Path) -> None:
    """No answer is temporary, and the failure does not show the password."""
    database = Database(f"postgresql+psycopg://postbus:secret@/postbus?host={tmp_path}")
    with pytest.raises(TemporaryFailure, match="did not answer") as caught, database.write() as session:
        list_lines(session)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    """A file of other octets is called damaged, and stays as it is."""
    path = tmp_path / "postbus.db"
    path.write_bytes(b"no database at all" * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Damaged, match="restore it from a backup"), database.read() as session:
        list_lines(session)
    assert path.read_bytes() == b"no database at all" * 100


def test_failures_never_show_values(database: Database) -> None:
    """A statement that fails does not carry the mail in its words, nor does what caused it."""
    with pytest.raises(TemporaryFailure) as caught, database.write() as session:
        session.execute(text("SELECT * FROM nowhere WHERE subject = :value"), {"value": "of a private mail"})
    assert "private" not in f"{caught.value} {caught.value.__cause__}"
