"""What recognition found in a mail is a fact that standards ask for, of stored facts as of a mail that comes."""

from dataclasses import replace
from typing import Any

import pytest

from rules.engine import decide
from rules.facts import Accounting, AttachmentFacts, EInvoice, MailFacts, TenantPolicy
from rules.judging import judge
from rules.mail_view import MailView
from rules.may_matter import may_matter
from rules.standard_codec import from_values
from rules.standards import ImportStandard
from storage.stored_facts import decode, encode

RATING = Accounting(60, "receipt", "7", total="9.00", currency="CHF", vat_id="CHE123456788", supplier="Bäcker")
PDF = AttachmentFacts("2", "r.pdf", "application/pdf", "application/pdf", 900, "", accounting=RATING)
XML = AttachmentFacts(
    *("3", "r.xml", "text/xml", "application/xml", 900, ""),
    e_invoice=EInvoice("invoice", "CII", "7", seller_vat="FR32123456789", format="Factur-X", profile="BASIC WL"),
)
MAIL = MailFacts(from_addresses=("a@b.example",), attachments=(PDF,), has_text=True, text="x", accounting=Accounting(0))


def standard(**asked: str) -> ImportStandard:
    made, faults = from_values(
        {"name": "S", "any_of": {fact: [value] for fact, value in asked.items()}}, standard_id="s"
    )
    assert faults == []
    return made


def fits(facts: MailFacts, policy: TenantPolicy | None = None, **asked: str) -> bool:
    return decide(facts, [standard(**asked)], policy or TenantPolicy()).standard == "S"


ASKED = [
    *({"document_type": "receipt"}, {"seller": "backer"}, {"currency": "CHF"}),
    *({"vat_id": "CHE-123.456.788"}, {"vat_id": "123456788"}),
]


@pytest.mark.parametrize("asked", ASKED)
def test_a_rated_file_tells_what_it_is(asked: dict[str, str]) -> None:
    """From the tenant's lower threshold on: what is not even possible says nothing."""
    assert fits(MAIL, **asked)
    assert fits(MAIL, TenantPolicy(possible_score=60), **asked)
    assert not fits(MAIL, TenantPolicy(possible_score=61), **asked)


@pytest.mark.parametrize("asked", ASKED)
def test_stored_facts_tell_it_without_the_text(asked: dict[str, str]) -> None:
    """A re-match needs no octets, whether it fits or not."""
    kept = decode(encode(MAIL))
    assert fits(kept, **asked)
    other = replace(MAIL, attachments=())
    verdict = judge(standard(**asked), MailView(decode(encode(other)), TenantPolicy()))
    assert (verdict.fits, verdict.may_fit) == (False, False)


@pytest.mark.parametrize("value", ["Factur-X", "factur-x", "CII", "basic wl"])
def test_an_e_invoice_is_known_by_format_profile_and_syntax(value: str) -> None:
    """Without case; a PDF that is none has none of them."""
    assert fits(replace(MAIL, attachments=(XML,)), e_invoice=value)
    assert not fits(MAIL, e_invoice=value)


def test_what_an_e_invoice_says_counts_not_what_it_was_rated() -> None:
    """Its rating is a guess beside it."""
    both = replace(MAIL, attachments=(replace(XML, accounting=RATING),))
    assert fits(both, document_type="invoice")
    assert not fits(both, document_type="receipt")


def test_a_text_that_is_a_receipt_is_one() -> None:
    """The mail's own rating counts as a file's does."""
    text = replace(MAIL, attachments=(replace(PDF, accounting=None),), accounting=RATING)
    assert fits(text, document_type="receipt")


@pytest.mark.parametrize("asked", ASKED)
def test_in_a_mailbox_it_is_not_known_until_it_is_fetched(asked: dict[str, str]) -> None:
    """Law 20: neither fits nor fails, so a mail with an attachment is fetched."""
    head = replace(MAIL, attachments=(replace(PDF, accounting=None, sha256=""),), not_fetched=("contents",))
    verdict = judge(standard(**asked), MailView(head, TenantPolicy()))
    assert (verdict.fits, verdict.may_fit) == (False, True)
    assert may_matter(head, lambda facts: decide(facts, [standard(**asked)], TenantPolicy())) == "fetch"


@pytest.mark.parametrize(
    ("fact", "value", "code"),
    [
        ("document_type", "bill", "value_is_not_known"),
        ("e_invoice", "XRechung", "value_is_not_known"),
        ("vat_id", "DE", "value_is_unknown"),
        ("currency", "Euro", "value_is_unknown"),
        ("seller", "*", "value_says_nothing"),
    ],
)
def test_what_could_never_fit_is_refused(fact: str, value: str, code: str) -> None:
    """With the nearest that there is, where there is one."""
    _, (fault,) = from_values({"name": "S", "any_of": {fact: [value]}}, standard_id="s")
    said: dict[str, Any] = dict(fault.params)
    assert (fault.field, fault.code) == (f"any_of.{fact}", code)
    assert fact != "e_invoice" or said["known"] == "XRechnung"


def test_a_profile_without_a_name_is_asked_by_its_identifier() -> None:
    """Nobody can list what countries will make."""
    own = "urn:cen.eu:en16931:2017#compliant#urn:example.org:cius:1"
    named = replace(XML, e_invoice=EInvoice("invoice", "UBL", "7", format="UBL", profile=own))
    assert fits(replace(MAIL, attachments=(named,)), e_invoice=own)
