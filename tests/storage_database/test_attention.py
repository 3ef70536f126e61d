"""What wants a person stands first in lists, and is found without a look at all the rest."""

from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import event

from storage.database import Database
from storage.glance import waiting_to_confirm
from storage.messages import list_messages, list_to_confirm, special_json
from storage.models import ImportAddress, Tenant
from storage.settling import settle_many
from tests.storage_database.settlements import NOON, imported, later, left

Owner: TypeAlias = tuple[Tenant, ImportAddress]
CONFIRM = {"domain": "mail.example", "link": "https://mail.example/c/1", "code": "123456"}


def _reasons(database: Database, acme: Owner, **wanted: Any) -> list[tuple[str, int]]:
    with database.read() as session:
        found = list_messages(session, acme[0], **wanted)
    return [(each.reason_code, round((each.received_at - NOON).total_seconds() / 60)) for each in found]


def _fill(database: Database, acme: Owner) -> None:
    codes = ("possible_invoice", "nothing_fits", "link_only", "possible_invoice", "no_accounting_document", "link_only")
    codes += ("forwarding_confirmation", "possible_picture")
    mails = [left(acme, f"k{n}", reason_code=code, received_at=later(n)) for n, code in enumerate(codes)]
    with database.write() as session:
        settle_many(session, [*mails, imported(acme, "k9", received_at=later(9))])


def test_possible_invoices_stand_first(database: Database, acme: Owner) -> None:
    """Then mail that says where an invoice lies, then the rest; each newest first. A list of all stays as it came."""
    _fill(database, acme)
    wanted = [
        ("possible_picture", 7),
        ("possible_invoice", 3),
        ("possible_invoice", 0),
        ("link_only", 5),
        ("link_only", 2),
        ("forwarding_confirmation", 6),
        ("no_accounting_document", 4),
        ("nothing_fits", 1),
    ]
    assert _reasons(database, acme, state="not_imported") == wanted
    assert _reasons(database, acme, state="not_imported", limit=3) == wanted[:3]
    assert [minutes for _, minutes in _reasons(database, acme)] == [9, 7, 6, 5, 4, 3, 2, 1, 0]


def test_possible_invoices_can_be_listed_alone(database: Database, acme: Owner) -> None:
    """Nothing else, newest first."""
    _fill(database, acme)
    wanted = [("possible_picture", 7), ("possible_invoice", 3), ("possible_invoice", 0)]
    assert _reasons(database, acme, only_possible=True) == wanted


def test_whoever_waits_for_a_confirmation_is_told(database: Database, acme: Owner, url: str) -> None:
    """With link and code, as long as they may still be of use; another reason has neither."""
    fresh = left(acme, "k1", reason_code="forwarding_confirmation", reason_params=CONFIRM)
    old = left(acme, "k2", reason_code="forwarding_confirmation", received_at=NOON - timedelta(days=15))
    with database.write() as session:
        settle_many(session, [fresh, old, left(acme, "k3")])
    with database.read() as session:
        (found,) = list_to_confirm(session, acme[0], NOON)
        others = [special_json(each) for each in list_messages(session, acme[0]) if each.reason_code == "nothing_fits"]
    assert special_json(found) == {"kind": "forwarding_confirmation", **CONFIRM}
    assert others == [None]
    assert waiting_to_confirm(url, (NOON - timedelta(days=14)).date()) == ["Acme"]
    assert waiting_to_confirm(url, (NOON + timedelta(days=1)).date()) == []


def test_no_list_sorts_or_scans_all_mail(database: Database, acme: Owner) -> None:
    """A tenant may have 100,000 mails: the few that are listed come in order from an index, on both databases."""
    _fill(database, acme)
    plans: list[str] = []
    with database.read() as session:
        connection = session.connection()
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
        driver: Any = connection.connection.dbapi_connection

        def explain(
            _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
        ) -> None:
            explained = driver.execute(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {statement}", parameters)
            plans.append("\n".join(str(row[-1]) for row in explained.fetchall()))

        event.listen(connection, "before_cursor_execute", explain)
        list_messages(session, acme[0], "not_imported", 20)
        list_messages(session, acme[0], limit=20, only_possible=True)
        list_to_confirm(session, acme[0], NOON)
        event.remove(connection, "before_cursor_execute", explain)
    assert len(plans) == 3
    assert all("ix_messages_attention" in plan for plan in plans)
    # What is left to sort are mails of one and the same moment, by their ids.
    partly = ("Incremental Sort", "RIGHT PART OF ORDER BY", "LAST TERM OF ORDER BY")
    assert all(any(words in plan for words in partly) for plan in plans[:2])
