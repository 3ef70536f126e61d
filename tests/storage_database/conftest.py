"""Both databases, real: SQLite files, and a private PostgreSQL cluster on a Unix socket of its own."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.models import ImportAddress, Row, Tenant
from storage.tenants import add_tenant
from tests.storage_database.cluster import empty, private_cluster, run_sql, url_of

_counter = itertools.count()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """The folder of the socket of a running PostgreSQL, used by nobody else."""
    with private_cluster() as folder:
        yield folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "postbus.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(cluster: Path) -> str:
    """The name of a migrated database, which the tests use one after the other."""
    run_sql(cluster, "postgres", "CREATE DATABASE migrated")
    database = Database(url_of(cluster, "migrated"))
    database.migrate()
    database.close()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh, migrated database of either kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "postbus.db")
        return f"sqlite:///{tmp_path / 'postbus.db'}"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def postgresql_url(cluster: Path, migrated_postgresql: str) -> str:
    """The URL of a migrated PostgreSQL database without rows."""
    empty(cluster, migrated_postgresql, [name for name in Row.metadata.tables if not name.endswith("_state")])
    none = "UPDATE catalogue_state SET active_version = NULL, held_at = NULL, next_version = NULL, activate_at = NULL"
    none += "; UPDATE daily_work_state SET begun_at = NULL, done_at = NULL"
    run_sql(cluster, migrated_postgresql, f"UPDATE directory_state SET version = 0; {none}")  # noqa: S608 - our own words
    return url_of(cluster, migrated_postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    folder, name = request.getfixturevalue("cluster"), f"empty_{next(_counter)}"
    run_sql(folder, "postgres", f"CREATE DATABASE {name}")
    return url_of(folder, name)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A fresh database of either kind, open."""
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Database]:
    """A fresh PostgreSQL database, open."""
    opened = Database(postgresql_url)
    yield opened
    opened.close()


@pytest.fixture
def acme(database: Database) -> tuple[Tenant, ImportAddress]:
    """A tenant with its import address."""
    with database.write() as session:
        return add_tenant(session, "Acme", "standard", ["in.example.com"])
