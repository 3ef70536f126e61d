"""Promises of storage.database: safe settings, whole transactions, the schema's revision, two ways to fail."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import String, text
from sqlalchemy.schema import CreateIndex, DropIndex
from sqlmodel import select

from storage.audit import list_lines, record
from storage.database import Database
from storage.failures import Damaged, TemporaryFailure
from storage.models import AuditLine, ImportAddress, Row, Tenant
from storage.standards import add_standard, list_standards

ATTENTION = "ix_messages_attention"


# SQLite reflects no expression, and PostgreSQL tells it in other words: the next test compares such an index.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_make_what_the_models_say(database: Database) -> None:
    """The revisions, run one after the other, give exactly the tables of storage.models."""
    with database.read() as session:
        opts = {"compare_type": True, "include_name": lambda name, *_: name != ATTENTION}
        opts["include_object"] = lambda _, name, *__: name != ATTENTION
        context = MigrationContext.configure(session.connection(), opts=opts)
        assert compare_metadata(context, Row.metadata) == []


def test_migrations_make_the_index_on_an_expression_as_the_model_says(database: Database) -> None:
    """By its name: the database describes the one of the revisions as it describes one that the model makes."""
    (index,) = (each for each in Row.metadata.tables["messages"].indexes if each.name == ATTENTION)
    with database.write() as session:
        connection = session.connection()
        is_sqlite = connection.dialect.name == "sqlite"
        table, column = ("sqlite_master", "sql") if is_sqlite else ("pg_indexes", "indexdef")
        named = text(f"SELECT {column} FROM {table} WHERE {'name' if is_sqlite else 'indexname'} = :name")  # noqa: S608
        made = connection.scalar(named, {"name": ATTENTION})
        connection.execute(DropIndex(index))
        connection.execute(CreateIndex(index))
        wanted = connection.scalar(named, {"name": ATTENTION})
        assert "CASE" in str(made)
        assert made == wanted  # else nothing of this stays


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


def test_a_full_disk_is_a_temporary_failure(tmp_path: Path) -> None:
    """Nothing of the transaction stays when there is no room, and the same connection goes on when there is."""
    database = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    database.migrate()
    with pytest.raises(TemporaryFailure, match="full"):
        _fill(database)
    with database.write() as session:
        session.execute(text("PRAGMA max_page_count = 1000000"))
        assert list_lines(session) == []
        record(session, "there_is_room")
    with database.read() as session:
        assert [line.action for line in list_lines(session)] == ["there_is_room"]
    database.close()


def _fill(database: Database) -> None:
    with database.write() as session:
        pages = session.connection().scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        for number in range(1000):
            record(session, "filled", params={"number": number})


def test_the_file_is_nobody_elses(tmp_path: Path) -> None:
    """The database and the files beside it can be read by their owner only, whatever the umask."""
    database = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    umask = os.umask(0)
    try:
        database.migrate()
        with database.write() as session:
            record(session, "changed")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(umask)
        database.close()
    assert modes == {"postbus.db": 0o600, "postbus.db-wal": 0o600, "postbus.db-shm": 0o600}


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """A database that cannot be made says which, and that it is to be checked."""
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'postbus.db'}")
    with pytest.raises(TemporaryFailure, match="nowhere"):
        database.migrate()


def test_a_server_that_was_restarted_is_found_again(postgresql: Database) -> None:
    """A connection cut in mid-transaction is a temporary failure; dead ones in the pool are not noticed at all."""
    with pytest.raises(TemporaryFailure):
        _lose_connection(postgresql)
    with postgresql.write() as session:
        record(session, "kept")
    _cut_connections(postgresql)
    with postgresql.read() as session:
        assert [line.action for line in list_lines(session)] == ["kept"]


def _lose_connection(database: Database) -> None:
    with database.write() as session:
        record(session, "lost")
        session.flush()
        _cut_connections(database)
        list_lines(session)


def _cut_connections(database: Database) -> None:
    other = Database(database.name)
    with other.read() as session:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        session.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))  # noqa: S608
    other.close()
