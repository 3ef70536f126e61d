"""Facts and decisions survive the way out of the parse child and into the database."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rules.decision import Decision, Reason, TraceLine, told
from rules.facts import AttachmentFacts, EInvoice, EnclosedFile, ForwardClaim, InvoiceLine, MailFacts

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | texts
lines = st.lists(st.builds(InvoiceLine, maybe, maybe, maybe), max_size=2).map(tuple)
invoices = st.builds(EInvoice, kind=texts, syntax=texts, number=maybe, seller_name=maybe, total=maybe, lines=lines)
attachments = st.builds(
    AttachmentFacts, texts, maybe, texts, texts, st.integers(0, 2**40), texts, st.booleans(), st.booleans(),
    st.none() | invoices, texts, st.lists(invoices, max_size=1).map(tuple),
    st.lists(st.builds(EnclosedFile, texts, texts, st.integers(0)), max_size=1).map(tuple), texts,
    st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip
mails = st.builds(
    MailFacts,
    from_addresses=st.lists(texts, max_size=3).map(tuple),
    subject=texts,
    message_id=maybe,
    date=st.none() | st.datetimes(timezones=st.just(UTC)),
    attachments=st.lists(attachments, max_size=3).map(tuple),
    has_text=st.booleans(),
    forward=st.none() | st.builds(ForwardClaim, maybe, maybe, maybe, maybe, texts),
    is_broken=st.lists(texts, max_size=2).map(tuple),
)


@given(mails)
def test_facts_come_back_from_json(facts: MailFacts) -> None:
    """What the parse child writes is what the engine reads."""
    assert MailFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_facts_have_defaults() -> None:
    """Facts written before a field existed are still read."""
    assert MailFacts.from_json({}) == MailFacts()
    assert MailFacts.from_json({"date": "2026-11-01T12:00:00+00:00"}).date == datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_decision_comes_back_from_json() -> None:
    """A stored decision is the decision that was made."""
    decision = Decision(
        "imported", Reason("standard_fits", {"standard": "A"}), "A", ("2",), False, (TraceLine("A", "keeps_text"),)
    )
    assert Decision.from_json(json.loads(json.dumps(decision.to_json()))) == decision


@given(st.text(st.characters(), max_size=1000))
def test_told_texts_can_be_stored_and_shown(text: str) -> None:
    """Whatever a mail says, what is told of it is short, printable and UTF-8."""
    shown = told(text)
    assert len(shown) <= 120
    assert shown.isprintable()
    shown.encode()
