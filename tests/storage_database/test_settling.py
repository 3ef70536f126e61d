"""Promises of storage.settling, one message after the other: once means once (laws 9, 10, 12, 13, 16)."""

from dataclasses import replace
from typing import TypeAlias

import pytest
from sqlmodel import Session, col, update

from storage import jobs
from storage.catalogue import activate, keep_version
from storage.database import Database
from storage.documents import list_documents, referenced
from storage.failures import NotFound
from storage.messages import get_message, list_messages
from storage.models import ImportAddress, Message, Tenant
from storage.settling import Settled, Settlement, Stale, defer, park, settle, settle_many, settled
from storage.standards import add_standard
from storage.tenants import add_tenant, remove_tenant
from tests.storage_database.catalogues import catalogue
from tests.storage_database.settlements import attachment, delivery, digest, imported, invoice, later, left

Owner: TypeAlias = tuple[Tenant, ImportAddress]


def _settle(database: Database, *settlements: Settlement) -> list[Settled]:
    """Each in a transaction of its own."""
    outcomes = []
    for settlement in settlements:
        with database.write() as session:
            outcomes.append(settle(session, settlement))
    return outcomes


def _states(session: Session, tenant: Tenant) -> list[str]:
    return sorted(message.state for message in list_messages(session, tenant))


def test_a_mail_becomes_a_row_with_its_documents(database: Database, acme: Owner) -> None:
    """Everything said about a mail is read back as it was said."""
    mail = imported(acme, label="Büro", other_forward_paths=("x@in.example.com",), defects=("no_date",), smtputf8=True)
    [outcome] = _settle(database, mail)
    with database.read() as session:
        row, documents = get_message(session, outcome.message_id), list_documents(session, acme[0])
    same = ("received_at", "peer", "helo", "tls", "trace", "reverse_path", "forward_path", "label", "smtputf8", "from_")
    same += ("subject", "raw_sha256", "octets", "content_id", "state", "reason_code", "reason_params", "transport_key")
    assert {name: getattr(row, name) for name in same} == {name: getattr(mail, name) for name in same}
    assert (row.other_forward_paths, row.defects) == (["x@in.example.com"], ["no_date"])
    assert [(each.message_id, each.part, each.filename, each.sha256) for each in documents] == [
        (row.id, "2", "a.pdf", digest("a"))
    ]


def test_a_delivery_is_settled_once(database: Database, acme: Owner) -> None:
    """Law 9: the same transport key again, after a crash before the checkpoint, writes nothing."""
    first, again = _settle(database, imported(acme), left(acme, content_id=digest("other")))
    with database.read() as session:
        assert _states(session, acme[0]) == ["imported"]
        assert len(list_documents(session, acme[0])) == 1
    assert (first.is_new, again) == (True, replace(first, is_new=False))


def test_the_same_mail_again_is_a_duplicate(database: Database, acme: Owner) -> None:
    """Law 10: by whatever door the same content comes again, it is a duplicate of the first, without documents."""
    first, second, third = _settle(
        database,
        imported(acme, "k1", content_id=digest("c")),
        imported(acme, "k2", content_id=digest("c"), source="imap"),
        left(acme, "k3", content_id=digest("c")),
    )
    with database.read() as session:
        rows = [get_message(session, outcome.message_id) for outcome in (second, third)]
        assert [(row.state, row.duplicate_of, row.group_id) for row in rows] == [
            ("duplicate", first.message_id, first.message_id)
        ] * 2
        assert rows[0].reason_params == {"of": first.message_id}
        assert [document.message_id for document in list_documents(session, acme[0])] == [first.message_id]


@pytest.mark.parametrize("state", ["not_imported", "expired"])
def test_what_was_not_imported_is_decided_anew_on_the_old_row(database: Database, acme: Owner, state: str) -> None:
    """Law 10: the user adds a standard and forwards again; the old row is imported, with the new delivery's octets."""
    [first] = _settle(database, left(acme, "k1", content_id=digest("c")))
    with database.write() as session:
        session.exec(update(Message).where(col(Message.id) == first.message_id).values(state=state))
    second = imported(acme, "k2", content_id=digest("c"), received_at=later(5), standard="Mine", wants_pdf=True)
    [outcome] = _settle(database, second)
    with database.read() as session:
        row = get_message(session, first.message_id)
        waiting = jobs.of_subject(session, row.id)
        assert len(list_messages(session, acme[0])) == 1
        assert len(list_documents(session, acme[0], row.id)) == 1
    assert outcome.message_id == first.message_id
    assert (row.state, row.standard, row.raw_sha256, row.received_at) == (
        "imported", "Mine", digest("raw k2"), later(5)
    )  # fmt: skip
    assert [job.kind for job in waiting] == [jobs.RENDER]


def test_both_deliveries_of_a_row_decided_anew_stay_known(database: Database, acme: Owner) -> None:
    """Law 9: a crash after the second decision replays either delivery without effect."""
    mails = [left(acme, "k1", content_id=digest("c")), imported(acme, "k2", content_id=digest("c"))]
    first, _ = _settle(database, *mails)
    replayed = _settle(database, *mails)
    assert [(each.message_id, each.state, each.is_new) for each in replayed] == [
        (first.message_id, "imported", False)
    ] * 2


def test_not_imported_twice_is_one_row(database: Database, acme: Owner) -> None:
    """A newsletter that comes twice is listed once, with the later decision's reason."""
    first, second = _settle(
        database,
        left(acme, "k1", content_id=digest("c")),
        left(acme, "k2", content_id=digest("c"), reason_code="nothing_fits_no_attachment"),
    )
    with database.read() as session:
        row = get_message(session, first.message_id)
    assert (second.message_id, row.reason_code) == (first.message_id, "nothing_fits_no_attachment")


def test_the_same_invoice_in_another_dress_joins_its_group(database: Database, acme: Owner) -> None:
    """Law 10: same invoice id, other mail: state duplicate, documents kept, in the first one's group."""
    first, second, third = _settle(
        database,
        imported(acme, "k1", invoices=(invoice("i"),)),
        imported(acme, "k2", invoices=(invoice("i"),), documents=(attachment("xml"),), wants_pdf=True),
        imported(acme, "k3", content_id=digest("content k2"), invoices=(invoice("i"),)),
    )
    with database.read() as session:
        rows = [get_message(session, outcome.message_id) for outcome in (second, third)]
        documents = list_documents(session, acme[0])
        render = jobs.of_subject(session, second.message_id)
    assert [(row.state, row.reason_code, row.duplicate_of, row.group_id) for row in rows] == [
        ("duplicate", "duplicate_invoice", first.message_id, first.message_id),
        ("duplicate", "duplicate_mail", first.message_id, first.message_id),
    ]
    assert {document.message_id for document in documents} == {first.message_id, second.message_id}
    assert [job.kind for job in render] == [jobs.RENDER]


def test_an_invoice_not_imported_makes_no_duplicate(database: Database, acme: Owner) -> None:
    """Law 10: only what was imported has duplicates, by content as by invoice."""
    outcomes = _settle(
        database,
        left(acme, "k1", invoices=(invoice("i"),)),
        imported(acme, "k2", invoices=(invoice("i"),)),
        left(acme, "k3", invoices=(invoice("i"),)),
    )
    assert [outcome.state for outcome in outcomes] == ["not_imported", "imported", "not_imported"]


def test_decided_anew_may_turn_out_a_duplicate_invoice(database: Database, acme: Owner) -> None:
    """A row decided anew whose invoice came meanwhile by another mail joins that invoice's group."""
    old, first, again = _settle(
        database,
        left(acme, "k1", content_id=digest("c"), invoices=(invoice("i"),)),
        imported(acme, "k2", invoices=(invoice("i"),)),
        imported(acme, "k3", content_id=digest("c"), invoices=(invoice("i"),)),
    )
    with database.read() as session:
        row = get_message(session, old.message_id)
        assert len(list_documents(session, acme[0])) == 2
    assert again.message_id == old.message_id
    assert (row.state, row.duplicate_of) == ("duplicate", first.message_id)


def test_tenants_learn_nothing_of_each_other(database: Database, acme: Owner) -> None:
    """Law 16: the same delivery, content and invoice of two tenants are two imported rows."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
        both = [imported(owner, "k1", invoices=(invoice("i"),)) for owner in (acme, other)]
        outcomes = settle_many(session, both)
    assert [isinstance(each, Settled) and (each.state, each.is_new) for each in outcomes] == [("imported", True)] * 2
    with database.read() as session:
        assert all(len(list_documents(session, owner[0])) == 1 for owner in (acme, other))
        assert settled(session, [(acme[0].id, both[0].transport_key), (other[0].id, digest("never"))]) == {
            (acme[0].id, both[0].transport_key)
        }
        [message] = list_messages(session, other[0])
        with pytest.raises(NotFound):
            get_message(session, message.id, acme[0])


def test_a_decision_of_yesterday_is_stale(database: Database, acme: Owner) -> None:
    """Law 12: a standard added since the decision makes it stale, and nothing is written."""
    with database.write() as session:
        add_standard(session, acme[0], "New", sender="@supplier.example")
    with pytest.raises(Stale, match="decide again"):
        _settle(database, imported(acme, tenant_revision=acme[0].revision - 1))
    with database.read() as session:
        assert list_messages(session, acme[0]) == []


def test_a_decision_by_yesterdays_catalogue_is_stale(database: Database, acme: Owner) -> None:
    """Law 12: another version was put in force since the decision; one that is in force is written down."""
    with database.write() as session:
        keep_version(session, catalogue(7, shop="billing@shop.example"), "key")
        activate(session, 7)
    for version in (None, 6):
        with pytest.raises(Stale, match="7 is in force now; decide again"):
            _settle(database, imported(acme, catalogue_version=version))
    _settle(database, imported(acme, catalogue_version=7))
    with database.read() as session:
        assert [message.catalogue_version for message in list_messages(session, acme[0])] == [7]


def test_duplicates_do_not_care_for_the_decision(database: Database, acme: Owner) -> None:
    """What stays a duplicate whatever is decided is not decided again."""
    first, second = _settle(
        database,
        imported(acme, "k1", content_id=digest("c")),
        imported(acme, "k2", content_id=digest("c"), tenant_revision=99),
    )
    assert (first.state, second.state) == ("imported", "duplicate")


def test_mail_of_a_removed_tenant_is_not_kept(database: Database, acme: Owner) -> None:
    """Mail accepted before its tenant was removed finds nobody, and says so."""
    with database.write() as session:
        remove_tenant(session, acme[0])
    with pytest.raises(NotFound, match="was removed"):
        _settle(database, imported(acme))


def test_a_deferred_mail_is_filled_by_the_same_delivery(database: Database, acme: Owner) -> None:
    """Law 5: what is slow gets a row and a job at once; its settling fills that row."""
    with database.write() as session:
        waiting = defer(session, delivery(acme))
        again = defer(session, delivery(acme))
    with database.read() as session:
        before = get_message(session, waiting.message_id)
        [job] = jobs.of_subject(session, waiting.message_id)
    [outcome] = _settle(database, imported(acme))
    with database.read() as session:
        after = get_message(session, waiting.message_id)
    assert (before.state, before.reason_code, job.kind, again.is_new) == ("received", "received", jobs.SETTLE, False)
    assert (outcome.message_id, after.state, after.subject) == (waiting.message_id, "imported", "Rechnung 4711")


def test_a_deferred_copy_gives_way_to_the_row_that_is_decided_anew(database: Database, acme: Owner) -> None:
    """Law 10 holds for deferred mail too: one row stays, and both deliveries mean it."""
    [first] = _settle(database, left(acme, "k1", content_id=digest("c")))
    with database.write() as session:
        defer(session, delivery(acme, "k2"))
    [outcome] = _settle(database, imported(acme, "k2", content_id=digest("c")))
    [replayed] = _settle(database, imported(acme, "k2", content_id=digest("c")))
    with database.read() as session:
        assert [(row.id, row.state) for row in list_messages(session, acme[0])] == [(first.message_id, "imported")]
    assert (outcome.message_id, replayed.is_new) == (first.message_id, False)


def test_a_deferred_copy_may_turn_out_a_duplicate(database: Database, acme: Owner) -> None:
    """A deferred mail whose content was imported meanwhile becomes a duplicate in its own row."""
    with database.write() as session:
        waiting = defer(session, delivery(acme, "k2"))
    first, second = _settle(
        database, imported(acme, "k1", content_id=digest("c")), imported(acme, "k2", content_id=digest("c"))
    )
    with database.read() as session:
        row = get_message(session, waiting.message_id)
    assert (second.message_id, row.state, row.duplicate_of) == (row.id, "duplicate", first.message_id)


def test_a_mail_that_kills_its_reader_is_parked(database: Database, acme: Owner) -> None:
    """Law 5: parked mail keeps its raw octets and reason; it takes the place of the deferred row and stays."""
    with database.write() as session:
        waiting = defer(session, delivery(acme))
        parked = park(session, delivery(acme), ("worker_died", {"attempts": 3}))
        after = settle(session, imported(acme))
    with database.read() as session:
        row = get_message(session, waiting.message_id)
        assert referenced(session, acme[0].id, {row.raw_sha256, digest("unknown")}) == {row.raw_sha256}
    assert (parked.message_id, row.state, row.reason_params) == (row.id, "parked", {"attempts": 3})
    assert (after.state, after.is_new) == ("parked", False)


def test_hostile_text_is_stored(database: Database, acme: Owner) -> None:
    """NUL and lone surrogates in a subject or parameter neither fail nor come back."""
    hostile = imported(
        acme,
        subject="a\0b\ud800c",
        from_="\udfff",
        reason_params={"filename": "\ud800"},
        helo="x\0",
        label="\ud800",
        other_forward_paths=("\ud800",),
        documents=(replace(attachment(), filename="\ud800\0.pdf", media_type="a/\0"),),
    )
    [outcome] = _settle(database, hostile)
    with database.read() as session:
        row = get_message(session, outcome.message_id)
        [document] = list_documents(session, acme[0])
    assert (row.subject, row.from_, row.helo, row.label) == ("a\ufffdb\ufffdc", "\ufffd", "x\ufffd", "\ufffd")
    assert (document.filename, document.media_type) == ("\ufffd\ufffd.pdf", "a/\ufffd")
    assert row.reason_params == {"filename": "?"}
