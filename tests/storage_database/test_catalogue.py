"""Versions of the catalogue: one is in force, whole; a rollback holds; tenants switch single standards off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage import audit, jobs
from storage.catalogue import (
    KEPT_VERSIONS,
    activate,
    activate_scheduled,
    catalogue_at,
    changes_between,
    install_starter,
    keep_version,
    lift_hold,
    list_versions,
    roll_back,
    schedule,
    standards_in_force,
    state_of,
)
from storage.catalogue_switches import switch_off, switch_on, switched_off
from storage.database import Database
from storage.failures import Invalid, NotFound
from storage.models import ImportAddress, Tenant
from storage.standards import revisions_of
from storage.tenants import remove_tenant
from tests.storage_database.catalogues import catalogue, shared

ONE = catalogue(1, acme="billing@acme.example", telco="bill@telco.example")
TWO = catalogue(2, acme="invoice@acme.example", water="water@water.example")
Acme = tuple[Tenant, ImportAddress]


def put(database: Database, *versions: Any) -> None:
    """Keep each version and put it in force, one after the other."""
    for each in versions:
        with database.write() as session:
            keep_version(session, each, "key")
            activate(session, each.version)


def in_force(database: Database) -> int | None:
    with database.read() as session:
        return state_of(session).active_version


def lines(database: Database, action: str, tenant_id: str | None = None) -> list[dict[str, Any]]:
    with database.read() as session:
        return [each.params for each in audit.list_lines(session, tenant_id) if each.action == action]


def test_there_is_no_catalogue_at_first(database: Database) -> None:
    """Nothing in force, nothing held, nothing to come."""
    with database.read() as session:
        assert standards_in_force(session) == (None, ())
        assert list_versions(session) == []


def test_a_version_is_kept_and_put_in_force(database: Database) -> None:
    """Its standards come back as they were; what changes is told as pairs of before and after."""
    put(database, ONE)
    with database.write() as session:
        keep_version(session, TWO, "key")
        changes = activate(session, 2)

    before, after = {each.id: each for each in ONE.standards}, {each.id: each for each in TWO.standards}
    assert changes == [
        (before["acme/invoices"], after["acme/invoices"]),
        (before["telco/invoices"], None),
        (None, after["water/invoices"]),
    ]
    with database.read() as session:
        assert standards_in_force(session) == (2, TWO.standards)
        assert changes_between(session, 1, 2) == changes
    assert {"added": 1, "changed": 1, "removed": 1} in lines(database, "standards_changed")


def test_a_version_means_one_content(database: Database) -> None:
    """The same one may come again, another content under its number is refused."""
    put(database, ONE)
    with database.write() as session:
        assert keep_version(session, ONE, "key") is False
    with pytest.raises(Invalid, match="another content"), database.write() as session:
        keep_version(session, replace(TWO, version=1), "key")


def test_a_version_that_is_not_kept_cannot_be_put_in_force(database: Database) -> None:
    """The one in force stays."""
    put(database, ONE)
    for act in (lambda s: activate(s, 7), lambda s: roll_back(s, 7), lambda s: schedule(s, 7, datetime.now(UTC))):
        with pytest.raises(NotFound), database.write() as session:
            act(session)
    assert in_force(database) == 1


def test_a_rollback_holds_until_it_is_lifted(database: Database) -> None:
    """Law 12's other half: what somebody took back does not come back by itself."""
    put(database, ONE, TWO)
    with database.write() as session:
        assert roll_back(session) == 1
    with database.write() as session:
        keep_version(session, replace(TWO, version=3), "key")
    for act in (lambda s: activate(s, 3), lambda s: schedule(s, 3, datetime.now(UTC))):
        with pytest.raises(Invalid, match="resume"), database.write() as session:
            act(session)
    assert in_force(database) == 1

    with database.write() as session:
        assert lift_hold(session).active_version == 1
    with database.write() as session:
        activate(session, 3)
    assert in_force(database) == 3


def test_what_cannot_be_rolled_back_or_resumed_says_so(database: Database) -> None:
    """Without an earlier version, or without a hold."""
    put(database, ONE)
    with pytest.raises(NotFound, match="no earlier"), database.write() as session:
        roll_back(session)
    with pytest.raises(Invalid, match="no rollback holds"), database.write() as session:
        lift_hold(session)


def test_a_rollback_goes_to_what_was_in_force_not_to_what_was_only_kept(database: Database) -> None:
    """A version that nobody ever used is no way back."""
    put(database, ONE)
    with database.write() as session:
        keep_version(session, TWO, "key")
    put(database, replace(TWO, version=3))
    with database.write() as session:
        assert roll_back(session) == 1


def test_a_scheduled_version_comes_by_a_job_that_a_later_wish_takes_back(database: Database) -> None:
    """One job, due at that time; a newer schedule, a rollback or the version itself replaces it."""
    put(database, ONE)
    later = datetime.now(UTC) + timedelta(hours=1)
    with database.write() as session:
        keep_version(session, TWO, "key")
        schedule(session, 2, later)
        schedule(session, 2, later + timedelta(hours=1))
    with database.write() as session:
        (job,) = jobs.of_subject(session, "catalogue-2")
        assert (job.kind, job.run_at) == (jobs.ACTIVATE, later + timedelta(hours=1))
        assert activate_scheduled(session, 1) is None
        assert activate_scheduled(session, 2)
    with database.write() as session:
        assert state_of(session).active_version == 2
        assert jobs.of_subject(session, "catalogue-2") == []
        assert activate_scheduled(session, 2) is None

    with database.write() as session:
        keep_version(session, replace(TWO, version=3), "key")
        schedule(session, 3, later)
        roll_back(session)
        assert state_of(session).next_version is None
        assert jobs.of_subject(session, "catalogue-3") == []


def test_the_starter_gives_way_to_whatever_the_operator_chose(database: Database) -> None:
    """It comes on a fresh database and is renewed by an upgrade, but never over a catalogue of somebody else's."""
    with database.write() as session:
        assert install_starter(session, ONE)
        assert not install_starter(session, ONE)
        assert install_starter(session, TWO)
        assert not install_starter(session, ONE)
    assert in_force(database) == 2
    put(database, replace(ONE, version=5))
    with database.write() as session:
        assert not install_starter(session, replace(TWO, version=9))
    assert in_force(database) == 5


def test_a_rollback_of_the_starter_outlives_an_upgrade(database: Database) -> None:
    """Held is held."""
    with database.write() as session:
        install_starter(session, ONE)
        install_starter(session, TWO)
        roll_back(session)
        assert not install_starter(session, replace(TWO, version=3))
    assert in_force(database) == 1


def test_only_so_many_versions_are_kept(database: Database) -> None:
    """The one in force and the next are never forgotten."""
    put(database, ONE)
    with database.write() as session:
        for version in range(2, KEPT_VERSIONS + 8):
            keep_version(session, replace(TWO, version=version), "key")
    with database.read() as session:
        versions = [each.version for each in list_versions(session)]
        assert catalogue_at(session, 1) == ONE
    assert len(versions) == KEPT_VERSIONS + 2
    assert (versions[0], versions[-1]) == (KEPT_VERSIONS + 7, 1)


def test_a_switch_is_the_tenants_own_and_raises_its_revision(database: Database, acme: Acme) -> None:
    """Law 12: decisions under way are made again; the other tenants keep the standard."""
    put(database, ONE)
    tenant = acme[0]
    with database.write() as session:
        assert switch_off(session, tenant, "TELCO").id == "telco/invoices"
    with database.read() as session:
        assert switched_off(session, tenant.id) == {"telco/invoices"}
        assert revisions_of(session, [tenant.id]) == {tenant.id: 2}
    assert lines(database, "standards_changed", tenant.id) == [{"added": 0, "changed": 0, "removed": 1}]

    with database.write() as session:
        assert switch_on(session, tenant, "telco/invoices") == shared("telco", "bill@telco.example")
    with database.read() as session:
        assert switched_off(session, tenant.id) == frozenset()
        assert revisions_of(session, [tenant.id]) == {tenant.id: 3}


def test_switching_what_is_not_there_or_already_so_is_refused(database: Database, acme: Acme) -> None:
    """With the nearest name."""
    put(database, ONE)
    with pytest.raises(NotFound, match="did you mean 'Telco'"), database.write() as session:
        switch_off(session, acme[0], "Telc")
    with pytest.raises(Invalid, match="has not switched"), database.write() as session:
        switch_on(session, acme[0], "Telco")
    with database.write() as session:
        switch_off(session, acme[0], "Telco")
    with pytest.raises(Invalid, match="already"), database.write() as session:
        switch_off(session, acme[0], "Telco")


def test_a_switch_outlives_the_standard(database: Database, acme: Acme) -> None:
    """It may come back with the next version; until then the switch can be taken back by the standard's id."""
    put(database, ONE)
    with database.write() as session:
        switch_off(session, acme[0], "Telco")
    put(database, TWO)
    with database.write() as session:
        assert switched_off(session, acme[0].id) == {"telco/invoices"}
        assert switch_on(session, acme[0], "telco/invoices") is None
        assert switched_off(session, acme[0].id) == frozenset()


def test_a_tenant_that_is_removed_takes_its_switches_along(database: Database, acme: Acme) -> None:
    """Law 16: nothing of it stays."""
    put(database, ONE)
    with database.write() as session:
        switch_off(session, acme[0], "Telco")
    with database.write() as session:
        remove_tenant(session, acme[0])
    with database.read() as session:
        assert switched_off(session, acme[0].id) == frozenset()
