"""Mail that was not imported goes after its time, nothing else does, and the row tells what became of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from storage.database import Database
from storage.documents import referenced
from storage.failures import Invalid
from storage.messages import get_message
from storage.models import ImportAddress, Message, Tenant
from storage.rematch_models import LookupKey, MessageFacts
from storage.rematching import add_all, count_candidates
from storage.resettling import settle_again
from storage.retention import expire
from storage.settling import settle
from storage.tenants import add_tenant, find_tenant, set_keep_not_imported
from tests.storage_database.settlements import digest, imported, left
from tests.storage_database.test_rematching import FACTS

Owner = tuple[Tenant, ImportAddress]
SOON = datetime.now(UTC) + timedelta(days=1)


def test_what_was_not_imported_expires(database: Database, acme: Owner) -> None:
    """Law 15: its blob is released, facts, keys and candidates are gone; imported mail and documents stay."""
    with database.write() as session:
        old = settle(session, left(acme, "k1", facts=FACTS)).message_id
        kept = settle(session, imported(acme, "k2", facts=FACTS)).message_id
        add_all(session, acme[0])
        assert expire(session, acme[0], SOON) == 1
        assert expire(session, acme[0], SOON) == 0
    with database.read() as session:
        row = get_message(session, old)
        assert (row.state, row.reason_code, row.subject) == ("expired", "expired", "Rechnung 4711")
        assert get_message(session, kept).state == "imported"
        hashes = {digest("raw k1"), digest("raw k2"), digest("a")}
        assert referenced(session, acme[0].id, hashes) == hashes - {digest("raw k1")}
        assert [each for (each,) in session.execute(select(col(MessageFacts.message_id)))] == [kept]
        assert session.execute(select(col(LookupKey.key))).all() == []
        assert count_candidates(session, acme[0].id) == 0


def test_young_mail_stays(database: Database, acme: Owner) -> None:
    """What a linked account found lately counts from then, however old it is."""
    with database.write() as session:
        settle(session, left(acme, "k1", facts=FACTS))
        received_long_ago = update(Message).values(received_at=datetime(2020, 1, 1, tzinfo=UTC))
        session.connection().execute(received_long_ago)
        assert expire(session, acme[0], datetime.now(UTC) - timedelta(days=1)) == 0


def test_only_the_tenants_own_mail_expires(database: Database, acme: Owner) -> None:
    """Each tenant has its own time."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
        settle(session, left(other, "k1", facts=FACTS))
        assert expire(session, acme[0], SOON) == 0


def test_retention_and_import_meet_on_one_row(database: Database, acme: Owner) -> None:
    """Law 13: what expired is not imported, what was imported does not expire."""
    with database.write() as session:
        message_id = settle(session, left(acme, "k1", facts=FACTS)).message_id
        assert expire(session, acme[0], SOON) == 1
        assert settle_again(session, message_id, imported(acme, "k1")) is None


def test_a_copy_of_what_expired_is_decided_anew(database: Database, acme: Owner) -> None:
    """Law 10: on the old row."""
    with database.write() as session:
        first = settle(session, left(acme, "k1", content_id="c" * 64, facts=FACTS)).message_id
        expire(session, acme[0], SOON)
        again = settle(session, imported(acme, "k2", content_id="c" * 64, facts=FACTS))
        assert (again.message_id, again.state) == (first, "imported")


def test_a_tenants_own_time(database: Database, acme: Owner) -> None:
    """Days from 1 on, or None for what the configuration says."""
    with database.write() as session:
        set_keep_not_imported(session, acme[0], 7)
        with pytest.raises(Invalid):
            set_keep_not_imported(session, acme[0], -1)
    with database.read() as session:
        assert find_tenant(session, "Acme").keep_not_imported_days == 7
