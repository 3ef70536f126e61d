"""The mail that a change of standards is tried on: a tenant's own, what was read, in the order of re-matching."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from rules.facts import MailFacts
from storage.database import Database
from storage.models import ImportAddress, Tenant
from storage.rematch_models import MessageFacts
from storage.settling import park, settle
from storage.tenants import add_tenant
from storage.trial_mail import PIECE, count_since, known_invoices, mail_of_sender, mail_since
from tests.storage_database.settlements import NOON, delivery, digest, imported, invoice, later, left

Owner = tuple[Tenant, ImportAddress]
EVER = NOON - timedelta(days=1)


def test_mail_comes_whole_and_in_order(database: Database, acme: Owner) -> None:
    """More than one piece: each mail once, by id, with the facts that are kept."""
    with database.write() as session:
        for number in range(PIECE + 3):
            settle(session, left(acme, f"k{number}", facts=MailFacts(subject=f"s{number}")))
        ids = [each.message.id for each in mail_since(session, acme[0], EVER)]
        subjects = {each.facts.subject for each in mail_since(session, acme[0], EVER) if each.facts}
        count = count_since(session, acme[0], EVER)
    assert ids == sorted(ids)
    assert (len(ids), len(subjects), count) == (PIECE + 3, PIECE + 3, PIECE + 3)


def test_only_what_was_read_of_this_tenant_and_time(database: Database, acme: Owner) -> None:
    """Law 16; neither parked mail nor what came before."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
        settle(session, imported(other, "k1"))
        settle(session, left(acme, "k2", received_at=later(-60)))
        park(session, delivery(acme, "k3"), ("worker_died", {"attempts": 3}))
        wanted = settle(session, imported(acme, "k4", invoices=(invoice("i", seller="vat=1"),))).message_id
        found = [each.message.id for each in mail_since(session, acme[0], NOON)]
        assert (found, count_since(session, acme[0], NOON)) == ([wanted], 1)
        assert known_invoices(session, acme[0]) == {digest("i"): "vat=1"}
        assert known_invoices(session, other[0]) == {}


def test_a_sender_is_found_in_from_and_as_a_claim(database: Database, acme: Owner) -> None:
    """Without case; what a pattern would mean in SQL means itself."""
    with database.write() as session:
        settle(session, left(acme, "k1", from_="Shop <Billing@Shop.example>"))
        settle(session, left(acme, "k2", from_="Boss <boss@acme.example>", original_sender="billing@shop.example"))
        settle(session, left(acme, "k3", from_="Other <other@shop.example>"))
        assert len(mail_of_sender(session, acme[0], "billing@shop.example", 9)) == 2
        assert len(mail_of_sender(session, acme[0], "billing@shop.example", 1)) == 1
        assert mail_of_sender(session, acme[0], "%", 9) == []
        assert mail_of_sender(session, acme[0], "b_lling@shop.example", 9) == []


def test_facts_that_cannot_be_read_are_none(database: Database, acme: Owner) -> None:
    """Whoever tries something on that mail reads its octets."""
    with database.write() as session:
        settle(session, left(acme, "k1", facts=MailFacts(subject="s")))
        session.connection().execute(update(MessageFacts).where(col(MessageFacts.facts) != "").values(facts="{"))
        assert [each.facts for each in mail_since(session, acme[0], EVER)] == [None]
