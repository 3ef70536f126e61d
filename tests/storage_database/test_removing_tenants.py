"""A tenant goes with all that is known of its mail, at a cost that follows what it had."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlmodel import col

from storage import stored_facts
from storage.database import Database, Session
from storage.models import ImportAddress, Tenant
from storage.rematch_models import LookupKey, MessageFacts
from storage.settling import settle
from storage.tenants import add_tenant, remove_tenant
from tests.storage_database.settlements import imported, left
from tests.storage_database.test_rematching import FACTS, count, keep

Owner = tuple[Tenant, ImportAddress]


@pytest.mark.parametrize("most_by_key", [0, 1000])
def test_removing_a_tenant_takes_what_is_known_of_its_mail_alone(
    database: Database, acme: Owner, monkeypatch: pytest.MonkeyPatch, most_by_key: int
) -> None:
    """By keys while it has few, else in one look: nothing of it stays, everything of others does (law 16)."""
    monkeypatch.setattr(stored_facts, "MOST_BY_KEY", most_by_key)
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
        for number in range(3):
            settle(session, left(other, f"o{number}", facts=FACTS))
    kept = count(database, LookupKey)
    keep(database, acme, "k1")
    keep(database, acme, "k2")
    with database.write() as session:
        settle(session, imported(acme, "k3", facts=FACTS))
        damaged = update(MessageFacts).where(col(MessageFacts.message_id) == keep_damaged(session, acme))
        session.connection().execute(damaged.values(facts="{"))
        remove_tenant(session, acme[0])
    assert (count(database, MessageFacts), count(database, LookupKey)) == (3, kept)


def keep_damaged(session: Session, acme: Owner) -> str:
    return settle(session, left(acme, "k4", facts=FACTS)).message_id


def test_removing_a_tenant_looks_at_its_own_mail_alone(tmp_path: Path) -> None:
    """However much mail others have: no statement passes over all that is known of mail."""
    database = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    database.migrate()
    plans: list[str] = []
    with database.write() as session:
        acme = add_tenant(session, "Acme", "standard", ["in.example.com"])
        settle(session, left(acme, "k1", facts=FACTS))
        connection = session.connection()
        driver: Any = connection.connection.dbapi_connection

        def explain(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
            if statement.startswith(("DELETE", "UPDATE")):
                values = parameters[0] if many else parameters
                plans.extend(str(row[3]) for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values))

        event.listen(connection, "before_cursor_execute", explain)
        remove_tenant(session, acme[0])
    database.close()
    assert [each for each in plans if "lookup_keys" in each or "message_facts" in each]
    assert [each for each in plans if each.startswith(("SCAN lookup_keys", "SCAN message_facts"))] == []
