"""The same invoice in another dress is known again by ratings too, where they are sure."""

from dataclasses import replace
from typing import Any

import pytest

from rules.decision import Decision
from rules.engine import decide
from rules.facts import Accounting, AttachmentFacts, EInvoice, Evidence, MailFacts, TenantPolicy
from rules.recognition.identity import invoice_id
from rules.recognition.same_invoice import invoice_of

E_INVOICE = EInvoice(
    "invoice", "CII", "R 7", "2026-11-02", "Supplier GmbH", "DE123456789", "DE02120300000000202051", "119.00", "EUR"
)
RATING = Accounting(
    92, "invoice", "r7", "2026-11-02", None, "119", "EUR", "DE02120300000000202051", "DE123456789", "Supplier"
)
PDF = AttachmentFacts("2", "r.pdf", "application/pdf", "application/pdf", 900, "", accounting=RATING)
XML = AttachmentFacts("3", "r.xml", "text/xml", "application/xml", 900, "", e_invoice=E_INVOICE)


def of_pdf(**changes: Any) -> str | None:
    return invoice_of(MailFacts(attachments=(replace(PDF, accounting=replace(RATING, **changes)),)), 80)


def test_a_rating_and_an_e_invoice_agree() -> None:
    """Seller by VAT id, number, date and total are in one spelling, whoever wrote them."""
    assert of_pdf() == invoice_of(MailFacts(attachments=(XML,)), 80) == invoice_id(E_INVOICE) is not None
    assert invoice_of(MailFacts(accounting=RATING, has_text=True), 80) == of_pdf()


@pytest.mark.parametrize("by", [{"vat_id": None}, {"vat_id": None, "iban": None}])
def test_without_a_vat_id_iban_and_name_tell_the_seller(by: dict[str, Any]) -> None:
    """The same order as of an e-invoice: VAT id, else IBAN, else name."""
    names = {"vat_id": "seller_vat", "iban": "iban"}
    same = replace(E_INVOICE, seller_name="Supplier", **{names[each]: None for each in by})
    assert of_pdf(**by) == invoice_id(same) is not None


@pytest.mark.parametrize("missing", ["number", "issue_date", "total"])
def test_all_four_must_be_there(missing: str) -> None:
    """Two mails are not one for what neither of them says."""
    assert of_pdf(**{missing: None}) is None
    assert of_pdf(vat_id=None, iban=None, supplier=None) is None


def test_only_what_imports_by_itself_is_believed() -> None:
    """A guess makes no duplicate; the threshold is the tenant's own."""
    mail = MailFacts(attachments=(PDF,))
    assert invoice_of(mail, 93) is None
    assert decided(mail, TenantPolicy(import_score=93)).invoice_id is None
    assert decided(mail, TenantPolicy(import_score=92)).invoice_id == of_pdf()


@pytest.mark.parametrize("document_type", ["reminder", "account_statement", "proforma"])
def test_what_speaks_of_an_invoice_is_none(document_type: str) -> None:
    """A reminder names the invoice's number, date and total, and must not pass for its second copy."""
    assert of_pdf(document_type=document_type) is None


def test_a_credit_note_is_known_by_its_amount() -> None:
    """Below zero in one dress, above it in the other."""
    e_invoice = replace(E_INVOICE, kind="credit_note")
    assert of_pdf(document_type="credit_note", total="-119.00") == invoice_id(e_invoice)


def test_a_credit_note_is_not_the_invoice_that_it_takes_back() -> None:
    """Law 10: it names the invoice's number, may be of the same day, and always is of the same amount."""
    for total in ("119.00", "-119.00"):
        assert of_pdf(document_type="credit_note", total=total) not in {None, of_pdf()}
    assert invoice_id(replace(E_INVOICE, kind="credit_note")) != invoice_id(E_INVOICE)


def test_a_number_that_many_invoices_share_makes_no_duplicate() -> None:
    """Law 10: two invoices of one order, day and total are two; and a year alone is no number."""
    for code in ("order_number", "reference_number"):
        shared = Evidence(code, 5, "values")
        assert of_pdf(evidence=(shared,)) is None
        assert of_pdf(evidence=(shared, Evidence("number", 18, "values"))) == of_pdf() is not None
    assert of_pdf(number="2026") is None


def test_beside_an_e_invoice_its_own_pdf_tells_nothing_new() -> None:
    """Even where its total was read wrong; another invoice beside it makes the mail another one."""
    wrong = replace(PDF, accounting=replace(RATING, total="100.00"))
    other = replace(PDF, accounting=replace(RATING, number="8"))
    unsure = replace(PDF, accounting=replace(RATING, number=None))
    alone = invoice_id(E_INVOICE)
    assert invoice_of(MailFacts(attachments=(wrong, XML)), 80) == alone
    assert invoice_of(MailFacts(attachments=(unsure, XML)), 80) == alone
    assert invoice_of(MailFacts(attachments=(other, XML)), 80) not in {None, alone}


def test_two_rated_invoices_are_one_id_only_together() -> None:
    """Of which one is not sure, nothing is said of the mail."""
    second = replace(PDF, part="4", accounting=replace(RATING, number="8"))
    assert invoice_of(MailFacts(attachments=(PDF, second)), 80) not in {None, of_pdf()}
    unsure = replace(second, accounting=replace(RATING, number=None))
    assert invoice_of(MailFacts(attachments=(PDF, unsure)), 80) is None


def test_terms_that_were_rated_do_not_count() -> None:
    """What stands beside an invoice is no invoice."""
    terms = replace(PDF, part="4", filename="AGB.pdf", accounting=replace(RATING, number="8"))
    assert invoice_of(MailFacts(attachments=(PDF, terms)), 80) == of_pdf()


def decided(mail: MailFacts, policy: TenantPolicy) -> Decision:
    decision = decide(mail, [], policy)
    assert Decision.from_json(decision.to_json()) == decision
    return decision
