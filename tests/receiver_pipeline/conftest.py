"""A house of its own for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from receiver import logs
from receiver.config import LogSettings, Settings
from storage.database import Database
from storage.models import Row
from tests.receiver_pipeline.house import House, open_house
from tests.storage_database.cluster import empty, private_cluster, run_sql, url_of


@pytest.fixture(scope="module", autouse=True)
def quiet_logs() -> Iterator[None]:
    """As in production: one line of JSON an event, no text of exceptions."""
    logs.configure(LogSettings(level="error", format="json"))
    # A logger that remembers this could not be listened to by the tests of other rooms.
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, on a folder of its own, with one child."""
    return Settings.model_validate({"data": tmp_path / "data", "pipeline": {"parsers": 1}})


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them."""
    path = tmp_path_factory.mktemp("empty") / "postbus.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def kind_of_database() -> str:
    """SQLite, unless a module says otherwise."""
    return "sqlite"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The folder of a PostgreSQL with a migrated database, which the tests use one after the other."""
    with private_cluster() as folder:
        run_sql(folder, "postgres", "CREATE DATABASE migrated")
        database = Database(url_of(folder, "migrated"))
        database.migrate()
        database.close()
        yield folder


@pytest.fixture
def house(settings: Settings, kind_of_database: str, request: pytest.FixtureRequest) -> Iterator[House]:
    """Storage, empty."""
    settings.data.mkdir()
    if kind_of_database == "sqlite":
        shutil.copy(request.getfixturevalue("empty_database"), settings.data / "postbus.db")
    else:
        settings = _on(settings, request.getfixturevalue("postgresql"))
    made = open_house(settings)
    yield made
    made.database.close()
    made.blobs.close()


def _on(settings: Settings, postgresql: Path) -> Settings:
    empty(postgresql, "migrated", [name for name in Row.metadata.tables if not name.endswith("_state")])
    none = "UPDATE catalogue_state SET active_version = NULL, held_at = NULL, next_version = NULL, activate_at = NULL"
    run_sql(postgresql, "migrated", none)
    there = settings.database.model_copy(update={"url": url_of(postgresql, "migrated")})
    return settings.model_copy(update={"database": there})
