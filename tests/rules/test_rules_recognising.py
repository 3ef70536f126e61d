"""What recognition imports by itself, and what it names as possible (issue 7, law 19)."""

from dataclasses import replace

import pytest

from rules.engine import decide
from rules.facts import Accounting, AttachmentFacts, EInvoice, MailFacts, Special, TenantPolicy
from rules.standards import ImportStandard

POLICY = TenantPolicy()
PDF = AttachmentFacts("2", "scan.pdf", "application/pdf", "application/pdf", 900, "")
MAIL = MailFacts(from_addresses=("a@shop.example",), subject="Your visit", has_text=True, text="hello")


def pdf(score: int, **values: object) -> AttachmentFacts:
    return replace(PDF, accounting=Accounting(score), **values)  # type: ignore[arg-type]


def outcome(mail: MailFacts, policy: TenantPolicy = POLICY) -> tuple[str, str]:
    decision = decide(mail, [], policy)
    return decision.state, decision.reason.code


@pytest.mark.parametrize(
    ("score", "wanted"),
    [
        (80, ("imported", "carries_pdf")),
        (79, ("not_imported", "possible_invoice")),
        (40, ("not_imported", "possible_invoice")),
        (39, ("not_imported", "no_accounting_document")),
    ],
)
def test_a_pdf_is_judged_by_its_points(score: int, wanted: tuple[str, str]) -> None:
    """A flyer is left, an invoice comes in, and what lies between is named."""
    assert outcome(replace(MAIL, attachments=(pdf(score),))) == wanted


def test_a_pdf_that_nobody_rated_comes_in() -> None:
    """Of mail in a mailbox only the head is known: the best is hoped, and then looked at."""
    assert outcome(replace(MAIL, attachments=(PDF,))) == ("imported", "carries_pdf")


def test_an_e_invoice_needs_no_points() -> None:
    """Its XML says what it is; the page that shows it may be in any language."""
    attachment = pdf(0, e_invoice=EInvoice("invoice", "CII"))
    assert outcome(replace(MAIL, attachments=(attachment,))) == ("imported", "carries_e_invoice")


def test_what_stands_beside_an_invoice_is_kept_with_it() -> None:
    """Terms and tickets in the same mail are its companions."""
    decision = decide(replace(MAIL, attachments=(pdf(95), pdf(0, part="3"))), [], POLICY)
    assert decision.keep_parts == ("2", "3")


def test_a_text_that_is_a_receipt_comes_in() -> None:
    """The customer: "in those cases the content is imported"."""
    decision = decide(replace(MAIL, accounting=Accounting(90)), [], POLICY)
    assert (decision.state, decision.keep_text, decision.reason.code) == ("imported", True, "text_is_document")


def test_a_flyer_beside_a_receipt_is_not_kept() -> None:
    """The text is the document; a PDF that may be one as well is kept with it, another is not."""
    mail = replace(MAIL, accounting=Accounting(90), attachments=(pdf(10), pdf(50, part="3")))
    assert decide(mail, [], POLICY).keep_parts == ("3",)


def test_the_invoice_is_the_pdf_and_not_the_letter_around_it() -> None:
    """A text that tells the total as well is an envelope."""
    mail = replace(MAIL, accounting=Accounting(90), attachments=(pdf(95),))
    assert decide(mail, [], POLICY).keep_text is False


def test_a_possible_invoice_is_named_with_its_points() -> None:
    """The best of text and files, first in the list of what was not imported."""
    decision = decide(replace(MAIL, accounting=Accounting(45), attachments=(pdf(60),)), [], POLICY)
    assert (decision.reason.code, decision.reason.params) == ("possible_invoice", {"score": 60})


def test_thresholds_are_the_tenant_s() -> None:
    """The same mail comes in for one tenant, and is possible for another."""
    mail = replace(MAIL, accounting=Accounting(70))
    assert outcome(mail, TenantPolicy(import_score=60)) == ("imported", "text_is_document")
    assert outcome(mail, TenantPolicy(import_score=90, possible_score=75)) == (
        "not_imported",
        "nothing_fits_no_attachment",
    )


def test_a_standard_that_names_the_sender_holds_the_text_back() -> None:
    """Law 19: the tenant has said which of this sender's mails are invoices."""
    standard = ImportStandard.simple("s", "Shop", "a@shop.example", "invoice")
    assert decide(replace(MAIL, accounting=Accounting(90)), [standard], POLICY).state == "not_imported"


@pytest.mark.parametrize("kind", ["bounce", "auto_reply"])
def test_mail_about_mail_is_never_imported(kind: str) -> None:
    """A bounce brings our own invoice back: no standard and no rating imports it."""
    mail = replace(MAIL, attachments=(pdf(100),), accounting=Accounting(100), special=Special(kind))
    assert outcome(mail) == ("not_imported", kind)


def test_a_bill_that_lies_elsewhere_is_told_with_its_domain() -> None:
    """The link is a fact for the tenant, and never followed."""
    special = Special("link_only", "https://portal.shop.example/i/1", "portal.shop.example")
    decision = decide(replace(MAIL, special=special), [], POLICY)
    said = {"domain": "portal.shop.example", "link": "https://portal.shop.example/i/1"}
    assert (decision.reason.code, decision.reason.params) == ("link_only", said)


@pytest.mark.parametrize(
    ("subject", "wants_more"),
    [("Your receipt", True), ("Payment received: $12.00", True), ("Lunch on Thursday", False)],
)
def test_text_in_a_mailbox_is_read_where_the_head_suggests_it(subject: str, wants_more: bool) -> None:
    """Law 24: what may come in is not left; law 20: what was not fetched is unknown."""
    left = replace(MAIL, subject=subject, text="", not_fetched=("text", "contents"))
    assert decide(left, [], POLICY).wants_more is wants_more
