"""Both databases, real: SQLite files, and a private PostgreSQL cluster on a Unix socket of its own."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from storage.database import Database
from storage.models import ImportAddress, Row, Tenant
from storage.tenants import add_tenant

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
_counter = itertools.count()


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """The folder of the socket of a running PostgreSQL, used by nobody else."""
    if not _INSTALLED:
        pytest.skip("PostgreSQL is not installed (/usr/lib/postgresql/*/bin/postgres)")
    folder = Path(tempfile.mkdtemp(prefix="postbus-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    bin_folder, data = _INSTALLED[-1].parent, folder / "data"
    initdb = [str(bin_folder / "initdb"), "-D", str(data), "-A", "trust", "-U", "postbus", "-E", "UTF8", "--no-sync"]
    subprocess.run(_as_postgres(*initdb, "--locale=C.UTF-8"), check=True, capture_output=True, cwd=folder)
    server = [str(_INSTALLED[-1]), "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-F"]
    server += ["-c", "deadlock_timeout=50ms"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(_as_postgres(*server), stdout=log, stderr=log, cwd=folder)
    try:
        _wait_until_it_answers(folder, process)
        yield folder
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
        process.wait(30)
        shutil.rmtree(folder)


def _wait_until_it_answers(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            psycopg.connect(f"host={folder} user=postbus dbname=postgres").close()
        except psycopg.OperationalError:
            continue
        return
    raise AssertionError((folder / "log").read_text())


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
    _run_sql(cluster, "postgres", "CREATE DATABASE migrated")
    database = Database(_url(cluster, "migrated"))
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
    tables = ", ".join(name for name in Row.metadata.tables if name != "directory_state")
    _run_sql(cluster, migrated_postgresql, f"TRUNCATE {tables}; UPDATE directory_state SET version = 0")  # noqa: S608 (our own names)
    return _url(cluster, migrated_postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    folder, name = request.getfixturevalue("cluster"), f"empty_{next(_counter)}"
    _run_sql(folder, "postgres", f"CREATE DATABASE {name}")
    return _url(folder, name)


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


def _url(folder: Path, name: str) -> str:
    return f"postgresql+psycopg://postbus@/{name}?host={folder}"


def _run_sql(folder: Path, name: str, statements: str) -> None:
    with psycopg.connect(f"host={folder} user=postbus dbname={name}", autocommit=True) as connection:
        connection.execute(statements.encode())
