"""A look carries the facts of a mail that nobody fetched through the journal and back."""

from datetime import UTC, datetime

import pytest

from rules.facts import AttachmentFacts, ForwardClaim, MailFacts
from rules.looks import Look

HEAD = MailFacts(
    from_addresses=("billing@acme.example",),
    from_header="Acme \ud800\x00 <billing@acme.example>",
    subject="Rechnung 請求書",
    message_id="<1@acme.example>",
    date=datetime(2026, 11, 24, tzinfo=UTC),
    attachments=(AttachmentFacts("2", "logo.png", "image/png", "image/png", 900, "", is_referenced=True),),
    forward=ForwardClaim("a@b.example"),
    sender_field=(),
    reply_to=("reply@acme.example",),
    label="",
    octets=4711,
    not_fetched=("text", "contents"),
)


@pytest.mark.parametrize("facts", [HEAD, MailFacts()], ids=["head", "nothing"])
def test_a_look_comes_back_as_it_was(facts: MailFacts) -> None:
    """Law 24: what the door saw is what the pipeline decides by, whatever stands in it."""
    assert Look.from_json(Look(facts).to_json()) == Look(facts)


@pytest.mark.parametrize(
    "octets", [b"", b"[]", b"{}", b'{"facts": 3}', b'{"facts": {"attachments": [{}]}}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_look_is_told(octets: bytes) -> None:
    """A record that holds anything else is one failure, a ValueError, never another."""
    with pytest.raises(ValueError, match="not a look"):
        Look.from_json(octets)


def test_a_look_of_a_later_version_can_be_read() -> None:
    """A node that is not upgraded yet settles what the others have written."""
    assert Look.from_json(b'{"facts": {"subject": "Invoice", "mood": "good"}, "more": 1}').facts.subject == "Invoice"
