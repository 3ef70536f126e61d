"""Promises of storage.tenants, addresses and texts: names, and addresses that are never given twice."""

import re
from typing import TypeAlias

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from rules.facts import TenantPolicy
from storage import jobs
from storage.addresses import add_address, list_addresses, revoke_address, rotate_address
from storage.audit import list_lines
from storage.database import Database
from storage.failures import InUse, Invalid, NotFound
from storage.models import ImportAddress, Row, Tenant
from storage.settling import settle
from storage.standards import add_standard, rules_of
from storage.tenants import (
    add_forwarder,
    add_tenant,
    find_tenant,
    list_forwarders,
    list_tenants,
    remove_forwarder,
    remove_tenant,
    set_thresholds,
    set_trust_forwards,
    was_removed,
)
from storage.texts import slug, tenant_name
from tests.storage_database.settlements import digest, imported

Owner: TypeAlias = tuple[Tenant, ImportAddress]


def _add(database: Database, name: str) -> Owner:
    with database.write() as session:
        return add_tenant(session, name, "standard", ["in.example.com", "other.example.com"])


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("Acme", "acme"),
        ("Müller & Söhne GmbH", "mueller-soehne-gmbh"),
        ("Łódź Çelik", "lodz-celik"),
        ("株式会社", "mail"),
        ("a" * 64, "a" * 40),
    ],
)
def test_addresses_are_readable(name: str, readable: str) -> None:
    """A tenant's name is recognised in its address, whatever the script or length."""
    assert slug(name) == readable


def test_a_tenant_gets_an_unguessable_address(database: Database) -> None:
    """An address says whose it is, holds 40 random bits, and no characters that are mistaken for others."""
    tenant, address = _add(database, "Müller & Söhne")
    assert re.fullmatch("mueller-soehne-[a-km-np-z2-9]{8}@in.example.com", address.address)
    assert (tenant.name, address.tenant_id) == ("Müller & Söhne", tenant.id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb\0", "\u202eevil", "---", "0" * 32])
def test_unreadable_names_are_refused(name: str) -> None:
    """A name people cannot read, or take for an id, is refused with what is expected."""
    with pytest.raises(Invalid, match="tenant name"):
        tenant_name(name)


@pytest.mark.parametrize("name", ["Acme", "ACME", " acme ", "\uff21cme"])
def test_a_name_in_use_names_its_holder(database: Database, acme: Owner, name: str) -> None:
    """Neither case nor width nor blanks make another name."""
    with pytest.raises(InUse, match="in use by 'Acme'"):
        _add(database, name)


def test_tenants_are_found_by_name_and_id(database: Database, acme: Owner) -> None:
    """A name in any case or the id finds the tenant; a wrong one names the nearest."""
    with database.read() as session:
        assert find_tenant(session, "aCME").id == find_tenant(session, acme[0].id).id == acme[0].id
        with pytest.raises(NotFound, match="did you mean 'Acme'"):
            find_tenant(session, "Akme")


def test_tenants_are_listed_by_name(database: Database) -> None:
    """Case does not count in the order."""
    for name in ("beta", "Alpha", "Gamma"):
        _add(database, name)
    with database.read() as session:
        assert [tenant.name for tenant in list_tenants(session)] == ["Alpha", "beta", "Gamma"]


def test_removing_a_tenant_leaves_only_its_addresses(database: Database, acme: Owner) -> None:
    """Its rows go from every table; its addresses stay as nobody's, without the label; others keep theirs."""
    other = _add(database, "Other")
    for owner in (acme, other):
        with database.write() as session:
            add_address(session, owner[0], "in.example.com", "Einkauf")
            add_forwarder(session, owner[0], "office@example.com")
            add_standard(session, owner[0], "Mine", sender="@supplier.example")
        with database.write() as session:
            settle(session, imported((find_tenant(session, owner[0].id), owner[1]), wants_pdf=True))
    before = _rows(database)
    with database.write() as session:
        remove_tenant(session, acme[0])
        assert was_removed(session, acme[0].id)
        assert not was_removed(session, other[0].id)
    after = _rows(database)
    assert {name: before[name] - after[name] for name in before if before[name] != after[name]} == {
        "tenants": 1, "forwarders": 1, "standards": 1, "messages": 1, "message_keys": 2, "documents": 1, "jobs": 1,
        "audit": before["audit"] // 2 - 1,
    }  # fmt: skip
    with database.read() as session:
        nobodys = list(session.exec(select(ImportAddress).where(col(ImportAddress.tenant_id).is_(None))))
        assert [line.action for line in list_lines(session, acme[0].id)] == ["tenant_removed"]
        assert jobs.counts(session).pending == 1
    assert acme[1].address in [each.address for each in nobodys]
    assert all(each.label is None and each.revoked_at for each in nobodys)


def _rows(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            name: session.connection().scalar(select(func.count()).select_from(table)) or 0
            for name, table in Row.metadata.tables.items()
        }


def test_a_name_is_free_again_but_its_address_is_not(database: Database, acme: Owner) -> None:
    """Law 7: a new tenant of the same name gets another address."""
    with database.write() as session:
        remove_tenant(session, acme[0])
    again = _add(database, "Acme")
    assert again[1].address != acme[1].address


def test_addresses_are_added_revoked_and_rotated(database: Database, acme: Owner) -> None:
    """A tenant has as many addresses as it likes; a rotated one keeps label and domain in its successor."""
    with database.write() as session:
        second = add_address(session, acme[0], "Other.Example.com", " Einkauf  Nord ")
        third = rotate_address(session, acme[0], second.address.upper())
        revoked = revoke_address(session, acme[0], acme[1].address)
        assert revoke_address(session, acme[0], acme[1].address).revoked_at == revoked.revoked_at
        rows = {row.id: row for row in list_addresses(session, acme[0])}
    assert {row.id for row in rows.values() if row.revoked_at is None} == {third.id}
    assert (third.label, third.address.rpartition("@")[2]) == ("Einkauf Nord", "other.example.com")
    assert third.address != second.address


def test_addresses_of_others_cannot_be_revoked(database: Database, acme: Owner) -> None:
    """Law 16: another tenant's address looks like none; an own one that was mistyped is named."""
    other = _add(database, "Other")
    with database.write() as session:
        with pytest.raises(NotFound):
            revoke_address(session, other[0], acme[1].address)
        with pytest.raises(NotFound, match=re.escape(acme[1].address)):
            revoke_address(session, acme[0], acme[1].address.replace("acme", "akme"))
        with pytest.raises(Invalid, match="domain"):
            add_address(session, acme[0], "no domain")
        with pytest.raises(Invalid, match="label"):
            add_address(session, acme[0], "in.example.com", "x" * 101)


def test_thresholds_are_part_of_the_rules(database: Database, acme: Owner) -> None:
    """Law 12: each change raises the revision; what is not set is the default, and the lower stays below the higher."""
    with database.write() as session:
        set_thresholds(session, acme[0], 60, None)
    with database.read() as session:
        revision, _, policy = rules_of(session, acme[0].id)
    assert (revision, policy.import_score, policy.possible_score) == (1 + 1, 60, TenantPolicy().possible_score)
    for points in ((60, 60), (40, None), (None, 80), (101, 1), (None, -1)):
        with database.write() as session, pytest.raises(Invalid, match="possible score < import score"):
            set_thresholds(session, acme[0], *points)
    with database.write() as session:
        set_thresholds(session, acme[0], None, None)
    with database.read() as session:
        revision, _, policy = rules_of(session, acme[0].id)
        assert "thresholds_set" in {line.action for line in list_lines(session, acme[0].id)}
    assert (revision, policy) == (3, TenantPolicy())


def test_trust_in_forwards_is_part_of_the_rules(database: Database, acme: Owner) -> None:
    """Law 22 and 12: setting and forwarders reach the rules, and each change raises the revision."""
    with database.write() as session:
        set_trust_forwards(session, acme[0], "registered")
        add_forwarder(session, acme[0], "Office@Example.com")
        add_forwarder(session, acme[0], "office@example.com")
        with pytest.raises(Invalid, match="everyone"):
            set_trust_forwards(session, acme[0], "nobody")
        with pytest.raises(Invalid, match="e-mail address"):
            add_forwarder(session, acme[0], "office")
    with database.read() as session:
        revision, _, policy = rules_of(session, acme[0].id)
    assert (revision, policy.trust_forwards, policy.registered_forwarders) == (3, "registered", {"office@example.com"})
    with database.write() as session:
        remove_forwarder(session, acme[0], "OFFICE@example.com")
        assert list_forwarders(session, acme[0]) == []
        with pytest.raises(NotFound):
            remove_forwarder(session, acme[0], "office@example.com")
    assert acme[0].revision == 4


def test_ids_are_random(database: Database) -> None:
    """Law 3: an id is 128 random bits in hex, and no counter."""
    ids = {_add(database, f"Tenant {number}")[0].id for number in range(20)}
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert len({each[:4] for each in ids}) > 10
    assert digest("x") not in ids
