"""A database of an older version is brought to this one with all that is in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import inspect, text

from storage import schema
from storage.accounts import list_accounts, remove_account
from storage.audit import list_lines
from storage.database import Database
from storage.documents import list_documents
from storage.messages import list_messages
from storage.models import ImportAddress, Tenant
from storage.pages import replace
from storage.rematching import add_all, count_candidates
from storage.seen_pictures import times_seen
from storage.settling import NewDocument, settle
from storage.standards import add_standard
from storage.tenants import find_tenant
from tests.storage_database.linked import link, ring
from tests.storage_database.settlements import digest, imported, invoice, left
from tests.storage_database.test_rematching import FACTS
from tests.storage_database.test_seen_pictures import SCAN, WITH_PICTURE

Owner = tuple[Tenant, ImportAddress]
OF_0005 = {"linked_accounts", "linked_mailboxes", "uid_looks", "secrets_state"}


def _of_version(database: Database, acme: Owner, version: str) -> None:
    """A database as that version left it, with mail that was imported and mail that was not."""
    with database.write() as session:
        add_standard(session, acme[0], "Invoices", sender="@supplier.example")
        acme[0].revision = find_tenant(session, "Acme").revision
        settle(session, imported(acme, "k1", facts=FACTS))
        settle(session, left(acme, "k2", facts=FACTS))
    with database.migrating() as connection:
        command.downgrade(schema.configuration(connection), version)


@pytest.fixture
def of_0004(database: Database, acme: Owner) -> Iterator[Database]:
    """A database as the version before linked accounts left it."""
    _of_version(database, acme, "0004")
    yield database
    database.migrate()  # others use it after us


@pytest.fixture
def of_0006(database: Database, acme: Owner) -> Iterator[Database]:
    """A database as the version before documents said what they are left it."""
    _of_version(database, acme, "0006")
    yield database
    database.migrate()  # others use it after us


@pytest.fixture
def of_0007(database: Database, acme: Owner) -> Iterator[Database]:
    """A database as the version before documents had groups of their own left it."""
    _of_version(database, acme, "0007")
    yield database
    database.migrate()  # others use it after us


@pytest.fixture
def of_0005(database: Database, acme: Owner) -> Iterator[Database]:
    """A database as the version before documents told how they came about left it."""
    _of_version(database, acme, "0005")
    yield database
    database.migrate()  # others use it after us


@pytest.fixture
def of_0008(database: Database, acme: Owner) -> Iterator[Database]:
    """A database as the version before pictures were counted left it."""
    _of_version(database, acme, "0008")
    yield database
    database.migrate()  # others use it after us


def _without_facts(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Take out what 0006 and later ones brought; nothing is known of a document of before it."""
    found = [row.pop("facts") for row in tables["documents"]]
    assert [facts if isinstance(facts, dict) else json.loads(facts) for facts in found] == [{}]
    _without_claims(tables)


def _without_claims(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Take out what 0007 and later ones brought; documents of before say nothing, tenants have the usual thresholds."""
    _without_groups(tables)
    found = [row.pop("claims") for row in tables["documents"]]
    assert [claims if isinstance(claims, dict) else json.loads(claims) for claims in found] == [{}]
    assert [(row.pop("import_score"), row.pop("possible_score")) for row in tables["tenants"]] == [(None, None)]


def _without_groups(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Take out what 0008 and 0009 brought; documents of before have their message's group, and no invoice a seller."""
    assert tables.pop("seen_pictures") == []
    groups = {row["id"]: row["group_id"] for row in tables["messages"]}
    assert all(row.pop("group_id") == groups[row["message_id"]] for row in tables["documents"])
    assert {(row.pop("part"), row.pop("seller")) for row in tables["message_keys"]} == {(None, None)}


def _tables(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every table's rows, but for the revision."""
    with database.read() as session:
        connection = session.connection()
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        found = {name: connection.execute(text(f"SELECT * FROM {name}")).mappings().all() for name in sorted(names)}  # noqa: S608 (our own names)
    return {name: sorted((dict(row) for row in rows), key=repr) for name, rows in found.items()}


def test_what_was_there_before_linked_accounts_is_there_after(of_0004: Database) -> None:
    """0004 to 0005: every row of every table, and nothing is linked yet."""
    before = _tables(of_0004)
    is_current = of_0004.revision_is_current()

    of_0004.migrate()

    after = _tables(of_0004)
    assert (is_current, of_0004.revision_is_current()) == (False, True)
    assert OF_0005.isdisjoint(before)
    assert [after.pop(name) for name in sorted(OF_0005)] == [[], [], [{"id": 1, "rotated_at": None}], []]
    assert [row.pop("earlier_keys") for row in after["messages"]] == [None, None]
    _without_facts(after)
    assert after == before
    assert len(before["messages"]) == 2


def test_what_was_settled_before_is_known_after(of_0004: Database, acme: Owner, tmp_path: Path) -> None:
    """Laws 9 and 10: no mail comes twice by the upgrade; what waited is matched again, and accounts can be linked."""
    of_0004.migrate()

    link(of_0004, acme[0], ring(tmp_path / "data"))

    with of_0004.write() as session:
        acme[0].revision = find_tenant(session, "Acme").revision
        again = [settle(session, make(acme, key, facts=FACTS)) for make, key in ((imported, "k1"), (left, "k2"))]
        assert add_all(session, acme[0]) == 1
        assert count_candidates(session, acme[0].id) == 1
        assert [each.is_new for each in again] == [False, False]
        assert sorted(each.state for each in list_messages(session, acme[0])) == ["imported", "not_imported"]
        assert len(list_documents(session, acme[0])) == 1
        remove_account(session, list_accounts(session)[0])
        assert "account_removed" in {line.action for line in list_lines(session, acme[0].id)}


def test_what_was_kept_before_documents_told_of_themselves_is_kept_after(of_0005: Database, acme: Owner) -> None:
    """0005 to 0006: every row of every table; of a document that was there nothing is known, and it can be replaced."""
    before = _tables(of_0005)

    of_0005.migrate()

    after = _tables(of_0005)
    _without_facts(after)
    assert after == before
    with of_0005.write() as session:
        (document,) = list_documents(session, acme[0])
        assert document.facts == {}
        replace(session, document, NewDocument("attachment", "2", "", "", 7, digest("new"), {"rung": "full"}))
    with of_0005.read() as session:
        (document,) = list_documents(session, acme[0])
        assert (document.octets, document.facts) == (7, {"rung": "full"})


def test_what_was_kept_before_documents_said_what_they_are_is_kept_after(of_0006: Database, acme: Owner) -> None:
    """0006 to 0007: every row of every table; lists in the new order work, and what comes now says what it is."""
    before = _tables(of_0006)

    of_0006.migrate()

    after = _tables(of_0006)
    _without_claims(after)
    assert after == before
    says = NewDocument("attachment", "2", "a.pdf", "application/pdf", 7, digest("new"), claims={"total": "119.00"})
    with of_0006.write() as session:
        acme[0].revision = find_tenant(session, "Acme").revision
        made = settle(session, imported(acme, "k3", documents=(says,)))
    with of_0006.read() as session:
        assert [each.claims for each in list_documents(session, acme[0], made.message_id)] == [{"total": "119.00"}]
        assert [each.state for each in list_messages(session, acme[0], "not_imported")] == ["not_imported"]


def test_invoices_that_were_known_before_several_of_a_mail_were_are_known_after(of_0007: Database, acme: Owner) -> None:
    """0007 to 0008: every row of every table; an invoice of before has its duplicates, and they join its group."""
    with of_0007.write() as session:
        key = {"key": digest("i"), "tenant": acme[0].id, "kind": "invoice"}
        insert = "INSERT INTO message_keys (key, tenant_id, kind, message_id)"
        old = "SELECT :key, :tenant, :kind, id FROM messages WHERE state = 'imported'"
        session.connection().execute(text(f"{insert} {old}"), key)
    before = _tables(of_0007)

    of_0007.migrate()

    after = _tables(of_0007)
    _without_groups(after)
    assert after == before
    with of_0007.write() as session:
        acme[0].revision = find_tenant(session, "Acme").revision
        made = settle(session, imported(acme, "k3", invoices=(invoice("j", "i", seller="vat=1"),)))
    with of_0007.read() as session:
        assert made.state == "duplicate"
        assert len({each.group_id for each in list_documents(session, acme[0])}) == 1


def test_what_was_settled_before_pictures_were_counted_is_there_after(of_0008: Database, acme: Owner) -> None:
    """0008 to 0009: every row of every table; counting begins now, and lists find what may be an invoice."""
    before = _tables(of_0008)

    of_0008.migrate()

    after = _tables(of_0008)
    assert after.pop("seen_pictures") == []
    assert after == before
    with of_0008.write() as session:
        acme[0].revision = find_tenant(session, "Acme").revision
        settle(session, left(acme, "k3", reason_code="possible_picture", facts=WITH_PICTURE))
        assert len(list_messages(session, acme[0], only_possible=True)) == 1
        assert times_seen(session, acme[0].id, WITH_PICTURE, digest("another")) == {SCAN.sha256: 1}
