"""Stored mail that is to be decided again: found in reverse through its keys, kept until it was decided, once."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import insert, select, text
from sqlmodel import col

from rules.conditions import in_order
from rules.facts import AttachmentFacts, ForwardClaim, MailFacts
from rules.standards import ImportStandard
from storage import jobs, schema
from storage.database import Database
from storage.messages import get_message
from storage.models import ImportAddress, Job, Tenant, now
from storage.rematch_models import LookupKey, MessageFacts, RematchCandidate, RematchChange
from storage.rematching import (
    add_all,
    add_stale,
    begin_attempts,
    count_candidates,
    drop_candidates,
    has_work,
    look_up_changes,
    next_candidates,
)
from storage.resettling import DecidedBy, Redecision, keep_left, settle_again
from storage.settlement import Stale
from storage.settling import settle
from storage.standard_changes import note_changes
from storage.standards import add_standard, add_whole_standard, list_standards, remove_standard, rules_of, set_standard
from storage.stored_facts import decode, encode
from storage.tenants import add_forwarder, add_tenant, find_tenant, remove_tenant, set_thresholds, set_trust_forwards
from tests.storage_database.settlements import attachment, imported, invoice, left

Owner = tuple[Tenant, ImportAddress]
FACTS = MailFacts(
    from_addresses=("billing@mail.supplier.example",),
    subject="Ihre Monatsrechnung 4711",
    text="a body that nobody keeps",
    has_text=True,
    label="",
    sender_field=(),
    reply_to=(),
    octets=2000,
)


def facts(**changes: Any) -> MailFacts:
    """What is known of a mail, but for `changes`."""
    return MailFacts(**{name: getattr(FACTS, name) for name in MailFacts.__slots__} | changes)


def keep(database: Database, owner: Owner, key: str = "k1", **changes: Any) -> str:
    """Settle a mail that is not imported; its id."""
    with database.write() as session:
        revision = find_tenant(session, owner[0].id).revision
        return settle(session, left(owner, key, facts=facts(**changes), tenant_revision=revision)).message_id


def found(database: Database, owner: Owner) -> set[str]:
    """What the changes noted so far make a candidate; the candidates are dropped."""
    with database.write() as session:
        look_up_changes(session, owner[0].id)
        candidates = next_candidates(session, owner[0].id, 1000)
        drop_candidates(session, candidates)
    return {each.message_id for each in candidates}


def count(database: Database, table: Any) -> int:
    """How many rows a table has."""
    with database.read() as session:
        return len(session.execute(select(table)).all())


def test_facts_come_back_as_they_were_without_the_text() -> None:
    """Law 20: that the text is not kept is said; all else is as the rules saw it, whatever stands in it."""
    hostile = facts(
        subject="\0 \ud800 \u202e請",
        attachments=(AttachmentFacts("2", None, "x/y", "image/png", 5, "0" * 64, is_referenced=True),),
        forward=ForwardClaim("a@b.example"),
    )
    again = decode(encode(hostile))
    assert again == facts(
        subject=hostile.subject,
        attachments=hostile.attachments,
        forward=hostile.forward,
        text="",
        not_fetched=("text",),
    )
    assert decode(encode(facts(text=""))).not_fetched == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "billing@mail.supplier.example"},
        {"sender": "@mail.supplier.example"},
        {"sender": "@*.supplier.example"},
        {"subject_word": "ihre"},
        {"subject_word": "*rechnung"},
        {"subject_word": "monats*"},
        {"subject_word": "*tsrech*"},
        {"subject_word": "ihre monatsrechnung"},
        {"subject_word": "4711"},
        {"subject_word": "*711"},
        {"subject_word": "47*"},
        {"subject_word": "*71*"},
    ],
)
def test_a_new_standard_finds_its_mail(database: Database, acme: Owner, fields: dict[str, str]) -> None:
    """Through the index: that one of the tenant's, and no other mail."""
    wanted = keep(database, acme)
    keep(database, acme, "k2", from_addresses=("x@other.example",), subject="Newsletter 2026")
    with database.write() as session:
        add_standard(session, acme[0], "A", **fields)
    assert found(database, acme) == {wanted}


def test_a_tenants_change_finds_no_mail_of_others(database: Database, acme: Owner) -> None:
    """Law 16: the same mail of another tenant is none of its business."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
    keep(database, other)
    with database.write() as session:
        add_standard(session, acme[0], "A", sender="@*.supplier.example")
        add_standard(session, acme[0], "B", subject_word="*rechnung")
    assert found(database, acme) == set()
    assert count(database, RematchCandidate) == 0


def test_changing_or_removing_a_standard_finds_what_the_old_one_concerned(database: Database, acme: Owner) -> None:
    """Laws 12 and 19: what it held back, ignored or stopped is decided again."""
    wanted = keep(database, acme)
    with database.write() as session:
        add_standard(session, acme[0], "A", sender="@mail.supplier.example", subject_word="invoice")
    assert found(database, acme) == {wanted}
    with database.write() as session:
        set_standard(session, acme[0], "A", sender="@elsewhere.example")
    assert found(database, acme) == {wanted}
    with database.write() as session:
        remove_standard(session, acme[0], "A")
    assert found(database, acme) == set()


def test_a_change_of_trust_finds_forwards(database: Database, acme: Owner) -> None:
    """Law 22: one forwarder's, or everybody's."""
    forward = ForwardClaim("billing@supplier.example")
    mine = keep(database, acme, "k1", from_addresses=("boss@acme.example",), forward=forward)
    other = keep(database, acme, "k2", from_addresses=("aunt@home.example",), forward=forward)
    keep(database, acme, "k3", from_addresses=("boss@acme.example",))
    with database.write() as session:
        add_forwarder(session, acme[0], "boss@acme.example")
    assert found(database, acme) == {mine}
    with database.write() as session:
        set_trust_forwards(session, acme[0], "registered")
    assert found(database, acme) == {mine, other}


def test_a_change_of_thresholds_finds_everything(database: Database, acme: Owner) -> None:
    """What was not enough points yesterday may be enough now, whoever wrote it; another tenant's mail is left alone."""
    both = {keep(database, acme, "k1"), keep(database, acme, "k2", subject="x")}
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
    keep(database, other, "k3")
    with database.write() as session:
        set_thresholds(session, acme[0], 60, None)
    assert found(database, acme) == both
    assert found(database, other) == set()


def test_a_standard_without_any_key_finds_everything(database: Database, acme: Owner) -> None:
    """What only the body tells is looked for in every mail."""
    both = {keep(database, acme, "k1"), keep(database, acme, "k2", subject="x")}
    with database.write() as session:
        add_whole_standard(session, acme[0], ImportStandard("", "A", in_order({"body": ("invoice",)})))
    assert found(database, acme) == both


def test_a_change_of_the_catalogue_finds_the_mail_of_all_tenants(database: Database, acme: Owner) -> None:
    """One job for all of them."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
        add_tenant(session, "Third", "standard", ["in.example.com"])
    wanted = {keep(database, acme), keep(database, other)}
    shared = [
        ImportStandard("1", "S", in_order({"sender": ("@*.supplier.example",)}), origin="catalogue"),
        ImportStandard("2", "W", in_order({"subject": ("*srechnung",)}), origin="catalogue"),
    ]
    with database.write() as session:
        note_changes(session, [(None, each) for each in shared], tenant_id=None)
    with database.write() as session:
        assert look_up_changes(session, None) == 1
    with database.read() as session:
        assert set(session.connection().scalars(select(col(RematchCandidate.message_id)))) == wanted
        queued = session.execute(select(col(Job.tenant_id)).where(col(Job.kind) == jobs.REMATCH)).scalars()
        assert set(queued) == {None}
        assert (has_work(session, acme[0].id), has_work(session, None)) == (True, True)
        assert {each.tenant_id for each in next_candidates(session, None, 10)} == {acme[0].id, other[0].id}


def test_changes_before_the_job_are_one_job(database: Database, acme: Owner) -> None:
    """Six changes at a standard cost one look; without mail that it could concern, none."""
    with database.write() as session:
        add_standard(session, acme[0], "Early", sender="a@b.example")
        assert look_up_changes(session, acme[0].id) == 0
    keep(database, acme)
    with database.write() as session:
        add_standard(session, acme[0], "A", sender="a@b.example")
    for number in range(5):
        with database.write() as session:
            set_standard(session, acme[0], "A", priority=number)
    with database.write() as session:
        assert len(session.execute(select(col(Job.id)).where(col(Job.kind) == jobs.REMATCH)).all()) == 1
        assert look_up_changes(session, acme[0].id) == 6
        assert look_up_changes(session, acme[0].id) == 0


def test_only_mail_that_is_not_imported_has_keys(database: Database, acme: Owner) -> None:
    """An imported mail keeps its facts, and is never looked for."""
    with database.write() as session:
        settle(session, imported(acme, facts=FACTS))
    assert (count(database, MessageFacts), count(database, LookupKey)) == (1, 0)


def test_a_copy_takes_the_place_of_what_was_known(database: Database, acme: Owner) -> None:
    """Law 10: decided anew on the old row, with the new facts and keys."""
    with database.write() as session:
        first = settle(session, left(acme, "k1", content_id="c" * 64, facts=FACTS)).message_id
        again = left(acme, "k2", content_id="c" * 64, facts=facts(subject="other"))
        assert settle(session, again).message_id == first
        third = imported(acme, "k3", content_id="c" * 64, facts=FACTS)
        words = set(session.connection().scalars(select(col(LookupKey.key)).where(col(LookupKey.kind) == "word")))
        assert settle(session, third).state == "imported"
        copy = settle(session, imported(acme, "k4", content_id="c" * 64, facts=FACTS))
    assert (words, copy.state) == ({"other"}, "duplicate")
    assert (count(database, MessageFacts), count(database, LookupKey)) == (1, 0)


def test_what_fits_now_is_imported_on_its_row_once(database: Database, acme: Owner) -> None:
    """Laws 10 and 13: the row that is there, its documents, and nothing when somebody was faster."""
    message_id = keep(database, acme)
    made = imported(acme, "k1", facts=FACTS, wants_pdf=True, invoices=(invoice("i"),))
    with database.write() as session:
        settled = settle_again(session, message_id, made)
        assert settled
        assert (settled.message_id, settled.state) == (message_id, "imported")
        assert settle_again(session, message_id, made) is None
    assert (count(database, MessageFacts), count(database, LookupKey)) == (1, 0)
    with database.read() as session:
        assert len(session.execute(text("SELECT id FROM documents")).all()) == 1
        assert [job.kind for job in jobs.of_subject(session, message_id)] == ["render"]


def test_an_invoice_that_is_there_makes_a_duplicate(database: Database, acme: Owner) -> None:
    """The same invoice in another dress came in meanwhile."""
    message_id = keep(database, acme)
    with database.write() as session:
        first = settle(session, imported(acme, "k2", invoices=(invoice("i"),))).message_id
        again = imported(acme, "k1", facts=FACTS, invoices=(invoice("i"),), documents=(attachment("b"),))
        settled = settle_again(session, message_id, again)
        assert settled
        assert settled.state == "duplicate"
        assert get_message(session, message_id).duplicate_of == first


def test_what_was_decided_by_old_rules_is_not_written(database: Database, acme: Owner) -> None:
    """Law 12: a change in between decides again."""
    message_id = keep(database, acme)
    redecision = Redecision(acme[0].id, message_id, "nothing_fits", {"count": 1}, None, ())
    with database.write() as session:
        add_standard(session, acme[0], "A", sender="a@b.example")
    with database.write() as session:
        old = DecidedBy({acme[0].id: 1}, None)
        with pytest.raises(Stale):
            keep_left(session, old, [redecision])
        with pytest.raises(Stale):
            settle_again(session, message_id, imported(acme, "k1", tenant_revision=1))


def test_what_stays_has_the_reason_of_now(database: Database, acme: Owner) -> None:
    """`message show` tells why it is not imported by the standards that are there."""
    message_id = keep(database, acme)
    with database.write() as session:
        params = {"sender": "a@b.example", "standard": "A", "word": "x"}
        line = {"standard": "A", "code": "word_missing", "params": {}}
        redecision = Redecision(acme[0].id, message_id, "word_missing_of_sender", params, "A", [line])
        keep_left(session, DecidedBy({acme[0].id: acme[0].revision}, None), [redecision])
    with database.read() as session:
        row = get_message(session, message_id)
        assert (row.state, row.reason_code, row.reason_params) == ("not_imported", "word_missing_of_sender", params)
        assert (row.standard, row.decision_trace) == ("A", [line])


def test_mail_that_is_decided_by_the_present_rules_is_not_stale(database: Database, acme: Owner) -> None:
    """The nightly look takes what another revision decided, and what nothing is known of; `all` takes all."""
    old = keep(database, acme, "k1")
    with database.write() as session:
        add_standard(session, acme[0], "A", sender="a@b.example")
    keep(database, acme, "k2")
    with database.write() as session:
        unknown = settle(session, left(acme, "k3", tenant_revision=2)).message_id
        tenant = find_tenant(session, acme[0].id)
        assert add_stale(session, tenant, None) == 2
        assert {each.message_id for each in next_candidates(session, tenant.id, 10)} == {old, unknown}
        assert {each.facts is None for each in next_candidates(session, tenant.id, 10)} == {True, False}
        assert add_stale(session, tenant, 7) == 3
        assert add_all(session, tenant) == 3


def test_attempts_are_counted(database: Database, acme: Owner) -> None:
    """Law 5: before they are made."""
    message_id = keep(database, acme)
    with database.write() as session:
        add_all(session, acme[0])
        begin_attempts(session, next_candidates(session, None, 10))
        (candidate,) = next_candidates(session, acme[0].id, 10)
        assert (candidate.message_id, candidate.attempts) == (message_id, 1)
        drop_candidates(session, [candidate])
        assert count_candidates(session, acme[0].id) == 0


def test_a_whole_standard_comes_back_as_it_was(database: Database, acme: Owner) -> None:
    """The language is stored, not only the four fields."""
    whole = ImportStandard(
        "ignored",
        "Tax adviser",
        in_order({"sender": ("a@b.example", "@c.example"), "subject": ("invoice", "*rechnung")}),
        in_order({"subject": ("reminder",)}),
        keep="both",
        attachment_names=("*.pdf",),
        document_type="invoice",
        supplier="Adviser",
        priority=5,
        stop_here=True,
    )
    with database.write() as session:
        row = add_whole_standard(session, acme[0], whole)
        _, (rule,), _ = rules_of(session, acme[0].id)
        assert (row.sender, row.subject_word) == ("a@b.example", "invoice")
        assert rule == ImportStandard(**{name: getattr(whole, name) for name in whole.__slots__} | {"id": row.id})
        set_standard(session, acme[0], "Tax adviser", subject_word="bill")
        _, (rule,), _ = rules_of(session, acme[0].id)
        assert (rule.values_of("subject"), rule.values_of("sender"), rule.keep) == (
            ("bill",),
            ("a@b.example", "@c.example"),
            "both",
        )
        assert [each.name for each in list_standards(session, acme[0])] == ["Tax adviser"]


def test_noted_changes_go_with_their_tenant(database: Database, acme: Owner) -> None:
    """Nothing of the queue outlives its tenant."""
    keep(database, acme)
    with database.write() as session:
        add_standard(session, acme[0], "A", sender="@mail.supplier.example")
        look_up_changes(session, acme[0].id)
        add_standard(session, acme[0], "B", sender="@mail.supplier.example")
    with database.write() as session:
        remove_tenant(session, acme[0])
    assert [count(database, each) for each in (MessageFacts, LookupKey, RematchChange, RematchCandidate)] == [0] * 4


def test_any_number_of_changes_is_looked_up(database: Database, acme: Owner) -> None:
    """More than a statement may name (65,535 on PostgreSQL), noted while nobody looked."""
    keep(database, acme)
    wanted = [["sender", "whole", "@mail.supplier.example"]]
    with database.write() as session:
        rows = [
            {"id": f"{n:032}", "tenant_id": acme[0].id, "wanted": wanted, "created_at": now()} for n in range(66_000)
        ]
        session.connection().execute(insert(RematchChange), rows)
    with database.write() as session:
        assert look_up_changes(session, acme[0].id) == 66_000
        assert look_up_changes(session, acme[0].id) == 0
        assert count_candidates(session, acme[0].id) == 1


def test_a_mail_of_a_thousand_words_is_found_without_their_rows(database: Database, acme: Owner) -> None:
    """A hostile subject costs a look each time, not thousands of rows."""
    hostile = {keep(database, acme, "k1", subject=" ".join(f"w{n}" for n in range(900)))}
    hostile |= {keep(database, acme, "k2", subject="x" * 1500)}
    assert count(database, LookupKey) < 20
    with database.write() as session:
        add_standard(session, acme[0], "A", subject_word="*xxx")
    assert found(database, acme) == hostile


def test_standards_of_before_keep_deciding_after_the_upgrade(empty_url: str) -> None:
    """Rows of the four fields get the definition that says the same."""
    database = Database(empty_url)
    with database.migrating() as connection:
        command.upgrade(schema.configuration(connection), "0002")
        moment = {"at": "2026-01-01 00:00:00+00:00"}
        connection.execute(
            text(
                "INSERT INTO tenants (id, name, name_key, plan, trust_forwards, revision, created_at)"
                " VALUES ('t', 'Acme', 'acme', 'standard', 'everyone', 1, :at)"
            ),
            moment,
        )
        connection.execute(
            text(
                "INSERT INTO standards (id, tenant_id, name, name_key, sender, subject_word, email_text_is_invoice,"
                " priority, created_at, changed_at) VALUES ('s', 't', 'Shop', 'shop', '@shop.example', 'invoice', TRUE,"
                " 7, :at, :at), ('w', 't', 'Word', 'word', NULL, 'bill', FALSE, 100, :at, :at)"
            ),
            moment,
        )
    database.migrate()
    with database.read() as session:
        _, rules, _ = rules_of(session, "t")
    database.close()
    assert rules == (
        ImportStandard.simple("s", "Shop", "@shop.example", "invoice", True, 7),
        ImportStandard.simple("w", "Word", None, "bill"),
    )
