"""kill -9 in the midst of an update (show 5): afterwards the old version is in force or the new one, never half."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rules.catalogue_package import Catalogue, catalogue_from, public_text, seal
from rules.conditions import condition
from rules.standards import ImportStandard
from storage.catalogue import activate, catalogue_at, keep_version, state_of
from storage.database import Database

ROOT = Path(__file__).parents[2]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
# Kills itself before the statement of that number: each moment of the transaction, the commit included.
UPDATE = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from receiver.cataloguing.updating import take
from rules.catalogue_package import open_package
from storage.database import Database

database, package, trusted, left = Database(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])

def die(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "before_cursor_execute", die)
event.listen(Engine, "commit", die)
with database.write() as session:
    take(session, open_package(Path(package).read_bytes(), [trusted]), None)
print("done")
"""


def many(version: int, count: int) -> Catalogue:
    """A catalogue of that many standards, each with the version in its sender."""
    return catalogue_from(
        [
            ImportStandard(
                f"s{number}/invoices",
                f"Supplier {number}",
                (condition("sender", f"v{version}@s{number}.example"),),
                origin="catalogue",
            )
            for number in range(count)
        ],
        version,
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with version 1 in force."""
    url = f"sqlite:///{tmp_path / 'postbus.db'}"
    database = Database(url)
    database.migrate()
    with database.write() as session:
        keep_version(session, many(1, 40), "key")
        activate(session, 1)
    database.close()
    return url


def whole_version(url: str, count: int) -> int | None:
    """Which version is in force, sure that all of it is there and that nothing is left half done."""
    database = Database(url)
    with database.read() as session:
        state = state_of(session)
        assert state.active_version is not None
        assert catalogue_at(session, state.active_version) == many(
            state.active_version, 40 if state.active_version == 1 else count
        )
    database.close()
    return state.active_version


def test_a_kill_before_any_statement_leaves_the_old_or_the_new_version(url: str, tmp_path: Path) -> None:
    """Killed by itself before each statement of the update in turn, until one run ends well."""
    package = tmp_path / "c.pkg"
    package.write_bytes(seal(many(2, 60), KEY))
    died_at, seen = 0, set()
    while True:
        command = [sys.executable, "-c", UPDATE, url, str(package), public_text(KEY.public_key()), str(died_at)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        seen.add(whole_version(url, 60))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        died_at += 1

    assert died_at > 5, "the update has more moments than that"
    assert seen == {1, 2}
    assert whole_version(url, 60) == 2


@pytest.mark.timeout(300)
def test_a_command_killed_at_any_time_leaves_the_old_or_the_new_version(url: str, tmp_path: Path) -> None:
    """The real command with a large package, killed from outside at moments spread over its run; then it completes."""
    count = 3000
    package = tmp_path / "c.pkg"
    package.write_bytes(seal(many(2, count), KEY))
    environment = {
        "PATH": "/usr/bin:/bin",
        "POSTBUS_DATA": str(tmp_path),
        "POSTBUS_DATABASE__URL": url,
        "POSTBUS_CATALOGUE__TRUSTED_KEYS": f'["{public_text(KEY.public_key())}"]',
    }
    command = [sys.executable, "-m", "receiver.cli.main", "catalogue", "update", str(package)]

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    (tmp_path / "run").mkdir()
    killed = 0
    for part in range(1, 9):
        process = start()
        time.sleep(0.25 * part)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate()
        assert whole_version(url, count) in {1, 2}

    last = start()
    _, errors = last.communicate()
    assert last.returncode == 0, errors
    assert killed > 0
    assert whole_version(url, count) == 2
