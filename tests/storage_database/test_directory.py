"""Promises of storage.directory: what the doors are told of import addresses (law 7)."""

import re
from pathlib import Path
from typing import TypeAlias

import pytest

from storage.addresses import add_address, revoke_address
from storage.database import Database
from storage.directory import LONGEST_AGE_SECONDS, AddressDirectory, AddressOwner, bump
from storage.failures import TemporaryFailure
from storage.models import ImportAddress, Tenant
from storage.tenants import add_tenant, set_plan

Owner: TypeAlias = tuple[Tenant, ImportAddress]


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stamp(tmp_path: Path) -> Path:
    return tmp_path / "run" / "directory.stamp"


def test_the_directory_answers_from_memory(database: Database, acme: Owner, stamp: Path) -> None:
    """Law 7: a hit needs no database; it names tenant, address and plan."""
    directory = AddressDirectory(database, stamp)
    before = (directory.is_current(), directory.find(acme[1].address))
    directory.refresh()
    database.close()
    owner = AddressOwner(acme[0].id, acme[1].id, "standard")
    assert before == (False, None)
    assert (directory.is_current(), directory.find(acme[1].address)) == (True, owner)
    assert directory.owns_domain("in.example.com")
    assert not directory.owns_domain("example.com")


def test_a_change_shows_at_the_next_look(database: Database, acme: Owner, stamp: Path) -> None:
    """A plan or revocation made known by bump makes every door's snapshot old, and the next one true."""
    doors = [AddressDirectory(database, stamp) for _ in range(2)]
    for door in doors:
        door.refresh()
    with database.write() as session:
        set_plan(session, acme[0], "candis")
        second = add_address(session, acme[0], "in.example.com")
        revoke_address(session, acme[0], second.address)
    bump(stamp)
    assert [door.is_current() for door in doors] == [False, False]
    for door in doors:
        door.refresh()
        found = door.find(acme[1].address)
        assert found is not None
        assert (found.plan, door.find(second.address), door.is_current()) == ("candis", None, True)


def test_a_change_during_the_look_is_not_lost(database: Database, acme: Owner, stamp: Path) -> None:
    """A change committed and bumped while a snapshot is read makes that snapshot old at once."""
    changes = [lambda: bump(stamp)]

    def clock() -> float:  # read by refresh between the stamp and the query
        if changes:
            changes.pop()()
        return 0.0

    directory = AddressDirectory(database, stamp, clock)
    directory.refresh()
    first = directory.is_current()
    directory.refresh()
    assert (first, directory.is_current()) == (False, True)


def test_a_snapshot_ages(database: Database, acme: Owner, stamp: Path) -> None:
    """A change on another node, which bumps no stamp here, is seen when the age is up."""
    clock = _Clock()
    directory = AddressDirectory(database, stamp, clock)
    directory.refresh()
    with database.write() as session:
        revoke_address(session, acme[0], acme[1].address)
    clock.seconds = LONGEST_AGE_SECONDS
    was_current = directory.is_current()
    directory.refresh()
    assert (was_current, directory.is_current(), directory.find(acme[1].address)) == (False, True, None)


def test_a_miss_asks_the_database(database: Database, acme: Owner, stamp: Path) -> None:
    """Law 7: an address made a moment ago is found by asking, a revoked or unknown one is not."""
    directory = AddressDirectory(database, stamp)
    directory.refresh()
    with database.write() as session:
        second = add_address(session, acme[0], "in.example.com")
        revoke_address(session, acme[0], acme[1].address)
    assert directory.find(second.address) is None
    assert directory.ask(second.address) == AddressOwner(acme[0].id, second.id, "standard")
    assert directory.ask(acme[1].address) is None
    assert directory.ask("nobody@in.example.com") is None


def test_a_database_that_is_down_leaves_the_hits(tmp_path: Path, stamp: Path) -> None:
    """Law 7: known addresses stay known when the database is gone; asking and refreshing fail for the time being."""
    database = Database(f"sqlite:///{tmp_path / 'data' / 'postbus.db'}")
    (tmp_path / "data").mkdir()
    database.migrate()
    with database.write() as session:
        _, address = add_tenant(session, "Acme", "standard", ["in.example.com"])
    clock = _Clock()
    directory = AddressDirectory(database, stamp, clock)
    directory.refresh()
    database.close()
    (tmp_path / "data").rename(tmp_path / "gone")
    clock.seconds = 2 * LONGEST_AGE_SECONDS
    with pytest.raises(TemporaryFailure):
        directory.refresh()
    with pytest.raises(TemporaryFailure):
        directory.ask(address.address)
    assert directory.find(address.address) is not None


def test_a_stamp_that_cannot_be_made_names_its_path(database: Database, tmp_path: Path) -> None:
    """An unusable folder is a temporary failure that says which."""
    (tmp_path / "run").write_text("a file")
    with pytest.raises(TemporaryFailure, match=re.escape(str(tmp_path / "run"))):
        bump(tmp_path / "run" / "directory.stamp")
