"""Promises of storage.settling for batches: a savepoint for each message, whole or not at all (law 5)."""

from dataclasses import replace
from typing import TypeAlias

import pytest
from sqlmodel import Session, select

from rules.facts import MailFacts
from storage import jobs
from storage.audit import list_lines
from storage.database import Database
from storage.documents import list_documents
from storage.failures import Invalid, NotFound, StorageFailure
from storage.messages import list_messages
from storage.models import ImportAddress, MessageKey, Tenant
from storage.rematch_models import LookupKey, MessageFacts
from storage.settling import Settled, Stale, settle, settle_many
from tests.storage_database.settlements import attachment, digest, imported, later, left

Owner: TypeAlias = tuple[Tenant, ImportAddress]


def _states(session: Session, tenant: Tenant) -> list[str]:
    return sorted(message.state for message in list_messages(session, tenant))


def test_a_bad_message_does_not_harm_the_others(database: Database, acme: Owner) -> None:
    """Law 5: in a batch, the stale, the impossible and the removed fail alone."""
    twice = (attachment("a", "2"), attachment("b", "2"))
    nobody = (Tenant(id=digest("x")[:32], name="x", name_key="x", plan="standard"), acme[1])
    batch = [
        imported(acme, "k1"),
        imported(acme, "k2", tenant_revision=7),
        imported(acme, "k3", documents=twice),
        imported(nobody, "k4"),
        imported(acme, "k5", received_at=later(1).replace(tzinfo=None)),
        imported(acme, "k6", documents=(attachment(), replace(attachment("b", "3"), octets=2**70))),
        imported(acme, "k7"),
    ]
    with database.write() as session:
        outcomes = settle_many(session, batch)
    assert [type(outcome) for outcome in outcomes] == [Settled, Stale, Invalid, NotFound, Invalid, Invalid, Settled]
    with database.read() as session:
        assert _states(session, acme[0]) == ["imported", "imported"]
        assert len(list_documents(session, acme[0])) == 2
        assert len(list(session.exec(select(MessageKey)))) == 4


def test_copies_in_one_batch_are_told_apart(database: Database, acme: Owner) -> None:
    """Law 10 within a batch: the second copy of an imported mail is its duplicate, that of a left one takes its row."""
    batch = [
        imported(acme, "k1", content_id=digest("c")),
        imported(acme, "k2", content_id=digest("c")),
        imported(acme, "k2", content_id=digest("c")),
        left(acme, "k3", content_id=digest("d")),
        imported(acme, "k4", content_id=digest("d")),
        imported(acme, "k5", content_id=digest("d")),
    ]
    with database.write() as session:
        outcomes = [outcome for outcome in settle_many(session, batch) if isinstance(outcome, Settled)]
        assert _states(session, acme[0]) == ["duplicate", "duplicate", "imported", "imported"]
    assert [(outcome.state, outcome.is_new) for outcome in outcomes] == [
        ("imported", True),
        ("duplicate", True),
        ("duplicate", False),
        ("not_imported", True),
        ("imported", True),
        ("duplicate", True),
    ]
    assert outcomes[3].message_id == outcomes[4].message_id


def test_a_batch_rolled_back_leaves_nothing(database: Database, acme: Owner) -> None:
    """A transaction that fails after settling keeps no row, key, document, job or audit line of it."""
    failed: list[Settled | StorageFailure] = []

    def settle_and_fail() -> None:
        with database.write() as session:
            failed.extend(settle_many(session, [imported(acme, "k1", wants_pdf=True)]))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        settle_and_fail()
    with database.write() as session:
        assert not list_messages(session, acme[0])
        assert not list_documents(session, acme[0])
        assert jobs.counts(session) == jobs.JobCounts(0, 0)
        assert settle(session, imported(acme, "k1")).is_new
    assert [isinstance(each, Settled) and each.is_new for each in failed] == [True]


def test_every_change_is_in_the_audit(database: Database, acme: Owner) -> None:
    """A line for each message written, none for one that was there; nothing of its content."""
    mails = [left(acme, "k1", content_id=digest("c")), imported(acme, "k2", content_id=digest("c"))]
    for mail in [*mails, mails[1]]:
        with database.write() as session:
            settle(session, mail)
    with database.read() as session:
        lines = [line.params for line in list_lines(session, acme[0].id) if line.action == "message_settled"]
    assert lines == [
        {"from": "not_imported", "state": "imported", "reason": "carries_pdf"},
        {"from": None, "state": "not_imported", "reason": "nothing_fits"},
    ]


def test_copies_in_one_batch_have_the_facts_of_the_last(database: Database, acme: Owner) -> None:
    """A mail that was left comes twice in one batch: one row, the facts it was decided with last, found by its keys."""
    copies = [
        left(acme, key, content_id=digest("c"), facts=MailFacts(subject=subject))
        for key, subject in (("k1", "first"), ("k2", "second"))
    ]
    with database.write() as session:
        outcomes = settle_many(session, copies)
    assert {type(outcome) for outcome in outcomes} == {Settled}
    with database.read() as session:
        (kept,) = session.exec(select(MessageFacts.facts))
        assert "second" in kept
        assert list(session.exec(select(LookupKey.key).where(LookupKey.kind == "word"))) == ["second"]
