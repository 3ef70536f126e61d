"""A house of its own for each test, and one Dovecot for all, with users of each test's own."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bench.server import RunningPostbus
from receiver import logs
from receiver.config import LogSettings, Settings
from storage.database import Database
from storage.secrets import KeyRing
from tests import secrecy
from tests.receiver_imap.linked_house import LinkedHouse
from tests.receiver_pipeline.house import open_house
from tests.servers.dovecot import Dovecot


@pytest.fixture(scope="module", autouse=True)
def quiet_logs() -> Iterator[None]:
    """As in production: one line of JSON an event, no text of exceptions."""
    logs.configure(LogSettings(level="error", format="json"))
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real server."""
    with Dovecot({}) as running:
        yield running


@pytest.fixture
def new_user(dovecot: Dovecot) -> Callable[[], str]:
    """Makes a user of the server, with an empty mailbox."""

    def make() -> str:
        address = f"{secrets.token_hex(6)}@example.com"
        dovecot.set_password(address, secrecy.secret(address))
        return address

    return make


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them."""
    path = tmp_path_factory.mktemp("empty") / "postbus.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def linked(dovecot: Dovecot, empty_database: Path, tmp_path: Path) -> Iterator[LinkedHouse]:
    """A house without accounts, that trusts the server."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(empty_database, data / "postbus.db")
    settings = Settings.model_validate(
        {
            "data": data,
            "pipeline": {"parsers": 1},
            "journal": {"reserve_octets": 0},
            "accounts": {"allow_internal_hosts": True, "ca_file": str(dovecot.ca_file), "batch_messages": 5},
        }
    )
    house = open_house(settings)
    yield LinkedHouse(house, dovecot, KeyRing.create(data))
    house.database.close()
    house.blobs.close()


@pytest.fixture(scope="session")
def of_accounts(dovecot: Dovecot) -> dict[str, str]:
    """Settings of a postbus that may go to the server."""
    return {
        "ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true",
        "ACCOUNTS__CA_FILE": str(dovecot.ca_file),
        "ACCOUNTS__POLL_SECONDS": "0.1",
        "ACCOUNTS__BATCH_MESSAGES": "5",
        "ACCOUNTS__LEASE_SECONDS": "3",
    }


@pytest.fixture
def postbus(tmp_path: Path, of_accounts: dict[str, str]) -> Iterator[RunningPostbus]:
    """One that may go to the server, with a tenant; not started yet."""
    made = RunningPostbus(tmp_path / "data", of_accounts)
    made.set_up()
    yield made
    if made.is_running:
        made.kill()
