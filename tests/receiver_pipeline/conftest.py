"""A house of its own for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from receiver import logs
from receiver.config import LogSettings, Settings
from storage.database import Database
from tests.receiver_pipeline.house import House, open_house


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
def house(settings: Settings, empty_database: Path) -> Iterator[House]:
    """Storage, empty."""
    settings.data.mkdir()
    shutil.copy(empty_database, settings.data / "postbus.db")
    made = open_house(settings)
    yield made
    made.database.close()
    made.blobs.close()
