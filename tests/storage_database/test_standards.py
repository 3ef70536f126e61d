"""Promises of storage.standards: the four fields come back as given, faults are named, changes are counted."""

from typing import TypeAlias

import pytest

from rules.standards import ImportStandard
from storage.audit import list_lines
from storage.database import Database
from storage.failures import InUse, Invalid, NotFound
from storage.models import ImportAddress, Tenant
from storage.standards import (
    add_standard,
    list_standards,
    remove_standard,
    rename_standard,
    revisions_of,
    rules_of,
    set_standard,
)
from storage.tenants import add_tenant, remove_tenant

Owner: TypeAlias = tuple[Tenant, ImportAddress]


def _rules(database: Database, tenant: Tenant) -> tuple[int, list[ImportStandard]]:
    with database.read() as session:
        revision, standards, _ = rules_of(session, tenant.id)
    return revision, list(standards)


def test_the_four_fields_reach_the_rules(database: Database, acme: Owner) -> None:
    """What the customer enters is what the engine is given, tidied."""
    with database.write() as session:
        row = add_standard(
            session,
            acme[0],
            " My  tax adviser ",
            sender="mytaxconsultant@nulldomain.de",
            subject_word="Rechnung",
            email_text_is_invoice=True,
            priority=5,
        )
    assert _rules(database, acme[0]) == (
        2,
        [ImportStandard.simple(row.id, "My tax adviser", "mytaxconsultant@nulldomain.de", "Rechnung", True, 5)],
    )


def test_standards_stand_in_the_order_they_are_asked(database: Database, acme: Owner) -> None:
    """Law 19: by priority, then by name without case; the order of adding does not count."""
    with database.write() as session:
        for name, priority in (("zeta", 1), ("Beta", 100), ("alpha", 100), ("Ärger", 100)):
            add_standard(session, acme[0], name, sender="@a.example", priority=priority)
        assert [each.name for each in list_standards(session, acme[0])] == ["zeta", "alpha", "Beta", "Ärger"]
    assert [each.name for each in _rules(database, acme[0])[1]] == ["zeta", "alpha", "Beta", "Ärger"]


def test_setting_changes_only_what_is_given(database: Database, acme: Owner) -> None:
    """A field that is not given stays; None takes a text away."""
    with database.write() as session:
        add_standard(session, acme[0], "S", sender="@a.example", subject_word="Rechnung", priority=7)
        set_standard(session, acme[0], "s", subject_word="Quittung")
        row = set_standard(session, acme[0], "S", sender=None, email_text_is_invoice=True)
    assert (row.sender, row.subject_word, row.email_text_is_invoice, row.priority) == (None, "Quittung", True, 7)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Empty"},
        {"name": "Empty", "sender": "  ", "email_text_is_invoice": True},
        {"name": "", "sender": "@a.example"},
        {"name": "Bad", "sender": "no address"},
        {"name": "Bad", "subject_word": "***"},
    ],
)
def test_what_makes_no_standard_is_refused(database: Database, acme: Owner, fields: dict[str, str]) -> None:
    """An empty standard would fit everything; a fault is said in words, and nothing is stored."""
    with pytest.raises(Invalid, match=r"\w+ \w+"), database.write() as session:
        add_standard(session, acme[0], **fields)
    assert _rules(database, acme[0]) == (1, [])


def test_setting_cannot_empty_a_standard(database: Database, acme: Owner) -> None:
    """A change is checked like a new standard."""
    with database.write() as session:
        add_standard(session, acme[0], "S", sender="@a.example")
    with pytest.raises(Invalid), database.write() as session:
        set_standard(session, acme[0], "S", sender=None)
    assert [each.sender for each in _rules(database, acme[0])[1]] == ["@a.example"]


def test_a_name_in_use_names_its_holder(database: Database, acme: Owner) -> None:
    """Within a tenant, a name is taken whatever its case; another tenant may have the same."""
    with database.write() as session:
        add_standard(session, acme[0], "Telekom", sender="@telekom.example")
        add_standard(session, acme[0], "Other", sender="@other.example")
        other, _ = add_tenant(session, "Other", "standard", ["in.example.com"])
        add_standard(session, other, "Telekom", sender="@telekom.example")
    with pytest.raises(InUse, match="'Telekom'"), database.write() as session:
        add_standard(session, acme[0], "TELEKOM", sender="@t.example")
    with pytest.raises(InUse, match="'Telekom'"), database.write() as session:
        rename_standard(session, acme[0], "Other", "telekom")


def test_a_standard_may_change_the_case_of_its_name(database: Database, acme: Owner) -> None:
    """Renaming to itself in other letters is no collision."""
    with database.write() as session:
        add_standard(session, acme[0], "telekom", sender="@telekom.example")
        assert rename_standard(session, acme[0], "telekom", "Telekom").name == "Telekom"


def test_every_change_raises_the_revision(database: Database, acme: Owner) -> None:
    """Law 12: add, set, rename and remove each count, and stand in the audit."""
    revisions = []
    with database.write("alice") as session:
        for change in (
            lambda: add_standard(session, acme[0], "S", sender="@a.example"),
            lambda: set_standard(session, acme[0], "S", priority=3),
            lambda: rename_standard(session, acme[0], "S", "T"),
            lambda: remove_standard(session, acme[0], "T"),
        ):
            change()
            revisions.append(revisions_of(session, [acme[0].id])[acme[0].id])
        lines = {line.action: line.actor for line in list_lines(session, acme[0].id)}
    assert revisions == [2, 3, 4, 5]
    assert {each for each in lines if "standard_" in each} == {
        "standard_added",
        "standard_set",
        "standard_renamed",
        "standard_removed",
    }
    assert lines["standard_set"] == "alice"


def test_what_is_not_there_names_the_nearest(database: Database, acme: Owner) -> None:
    """A wrong name is answered with the one that was meant; a removed tenant has no rules."""
    with database.write() as session:
        add_standard(session, acme[0], "Telekom", sender="@telekom.example")
        with pytest.raises(NotFound, match="did you mean 'Telekom'"):
            set_standard(session, acme[0], "Telekon", priority=1)
        with pytest.raises(NotFound):
            remove_standard(session, acme[0], "nothing like it")
        remove_tenant(session, acme[0])
        with pytest.raises(NotFound, match="removed"):
            rules_of(session, acme[0].id)
        assert revisions_of(session, [acme[0].id]) == {}
