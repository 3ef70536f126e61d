"""The same invoice in another dress is known again by ratings too, where they are sure."""

from dataclasses import replace
from typing import Any

import pytest

from rules.decision import CarriedInvoice, Decision
from rules.engine import decide
from rules.facts import Accounting, AttachmentFacts, EInvoice, Evidence, MailFacts, TenantPolicy
from rules.recognition.identity import invoice_ids
from rules.recognition.same_invoice import invoices_of

E_INVOICE = EInvoice(
    "invoice", "CII", "R 7", "2026-11-02", "Supplier GmbH", "DE123456789", "DE02120300000000202051", "119.00", "EUR"
)
RATING = Accounting(
    92, "invoice", "r7", "2026-11-02", None, "119", "EUR", "DE02120300000000202051", "DE123456789", "Supplier"
)
PDF = AttachmentFacts("2", "r.pdf", "application/pdf", "application/pdf", 900, "", accounting=RATING)
XML = AttachmentFacts("3", "r.xml", "text/xml", "application/xml", 900, "", e_invoice=E_INVOICE)


def rated(part: str = "2", **changes: Any) -> AttachmentFacts:
    return replace(PDF, part=part, accounting=replace(RATING, **changes))


def of(*attachments: AttachmentFacts, score: int = 80) -> tuple[CarriedInvoice, ...]:
    return invoices_of(MailFacts(attachments=attachments), score)


def parts(*attachments: AttachmentFacts) -> list[tuple[str, ...]]:
    return [each.parts for each in of(*attachments)]


def test_a_rating_and_an_e_invoice_agree() -> None:
    """Seller by VAT id and IBAN, number, date and total are in one spelling, whoever wrote them."""
    (by_rating,), (by_data,) = of(PDF), of(XML)
    assert by_rating.ids[:2] == by_data.ids[:2] == invoice_ids(E_INVOICE)[:2]
    assert by_rating.seller == by_data.seller
    (by_text,) = invoices_of(MailFacts(accounting=RATING, has_text=True), 80)
    assert (by_text.ids, by_text.parts) == (by_rating.ids, ("text",))


def test_a_pdf_with_only_an_iban_meets_the_xml_with_a_vat_id() -> None:
    """Any sign of the seller in common is enough, whatever else the other dress tells."""
    (by_iban,), (by_data,) = of(rated(vat_id=None, supplier=None)), of(XML)
    assert len(by_iban.ids) == 1
    assert set(by_iban.ids) < set(by_data.ids)


@pytest.mark.parametrize("missing", ["number", "issue_date", "total"])
def test_all_four_must_be_there(missing: str) -> None:
    """The id is seller, number, date and total: a number alone, which a stranger may write, makes nothing known."""
    assert [each.ids for each in of(rated(**{missing: None}))] == [()]
    assert [each.ids for each in of(rated(vat_id=None, iban=None, supplier=None))] == [()]


def test_only_what_imports_by_itself_is_believed() -> None:
    """A guess makes no duplicate; the threshold is the tenant's own."""
    mail = MailFacts(attachments=(PDF,))
    assert of(PDF, score=93) == ()
    assert decided(mail, TenantPolicy(import_score=93)).invoices == ()
    assert decided(mail, TenantPolicy(import_score=92)).invoices == of(PDF)


@pytest.mark.parametrize("document_type", ["reminder", "account_statement", "proforma"])
def test_what_speaks_of_an_invoice_is_none(document_type: str) -> None:
    """A reminder names the invoice's number, date and total, and must not pass for its second copy."""
    assert of(rated(document_type=document_type)) == ()


def test_a_credit_note_is_known_by_its_amount() -> None:
    """Below zero in one dress, above it in the other."""
    (found,) = of(rated(document_type="credit_note", total="-119.00"))
    assert found.ids[:2] == invoice_ids(replace(E_INVOICE, kind="credit_note"))[:2]


def test_a_credit_note_is_not_the_invoice_that_it_takes_back() -> None:
    """Law 10: it names the invoice's number, may be of the same day, and always is of the same amount."""
    (invoice,) = of(rated())
    for total in ("119.00", "-119.00"):
        (credit,) = of(rated(document_type="credit_note", total=total))
        assert credit.ids
        assert not set(credit.ids) & set(invoice.ids)
    assert len(of(rated("2"), rated("3", document_type="credit_note"))) == 2


def test_a_number_that_many_invoices_share_makes_no_duplicate() -> None:
    """Law 10: two invoices of one order, day and total are two; and a year alone is no number."""
    for code in ("order_number", "reference_number"):
        shared = Evidence(code, 5, "values")
        assert not of(rated(evidence=(shared,)))[0].ids
        assert of(rated(evidence=(shared, Evidence("number", 18, "values"))))[0].ids == of(rated())[0].ids
    assert not of(rated(number="2026"))[0].ids


def test_beside_an_e_invoice_its_own_pdf_tells_nothing_new() -> None:
    """Even where its total or its number was read wrong; another invoice beside it is another one."""
    assert parts(rated(total="100.00"), XML) == [("3", "2")]
    assert parts(rated(number=None), XML) == [("3", "2")]
    assert parts(rated(number="8"), XML) == [("3",), ("2",)]
    assert parts(rated(number=None, total="8.00"), XML) == [("3",), ("2",)]


def test_a_dress_that_is_read_wrong_lends_no_ids() -> None:
    """What it says of the seller is known only where it is about the same day and amount."""
    silent = replace(XML, e_invoice=replace(E_INVOICE, seller_vat=None, iban=None))
    (right,), (wrong,) = of(silent, rated()), of(silent, rated(total="100.00"))
    assert len(right.ids) == 4  # the name as both write it, VAT id and IBAN
    assert wrong.ids == invoice_ids(replace(E_INVOICE, seller_vat=None, iban=None))


def test_a_grouped_dress_lends_its_signs_of_the_seller() -> None:
    """The XML tells a VAT id, its PDF the account: whoever knows either knows the invoice."""
    xml = replace(XML, group="3", e_invoice=replace(E_INVOICE, iban=None))
    (found,) = of(replace(rated(vat_id=None), group="3"), xml)
    assert set(invoice_ids(E_INVOICE)) < set(found.ids)
    assert found.parts == ("3", "2")


def test_three_suppliers_are_three_invoices() -> None:
    """The same number of two suppliers is two invoices, by their VAT ids, or by day and amount."""
    files = (
        rated("2"),
        rated("3", vat_id="DE136695976", iban=None, supplier="Other"),
        rated("4", vat_id=None, iban=None, supplier="Third", total="7.00", issue_date="2026-10-01"),
    )
    assert parts(*files) == [("2",), ("3",), ("4",)]


def test_of_what_is_not_sure_nothing_is_said() -> None:
    """An invoice that nobody can tell stands among the others, without an id."""
    unsure = rated("4", number=None)
    assert [bool(each.ids) for each in of(PDF, unsure)] == [True, False]


def test_a_text_beside_a_file_shows_the_same_or_nothing() -> None:
    """Its number makes it the invoice's text; any other number in it is no second invoice."""
    mail = MailFacts(attachments=(PDF,), accounting=RATING, has_text=True)
    assert [each.parts for each in invoices_of(mail, 80)] == [("2", "text")]
    other = replace(mail, accounting=replace(RATING, number="order 12"))
    assert [each.parts for each in invoices_of(other, 80)] == [("2",)]


def test_only_invoices_that_are_kept_are_there() -> None:
    """Law 10: what a standard does not keep of a mail was not imported by it."""
    invoices = (CarriedInvoice(("a",), ("2", "3")), CarriedInvoice(("b",), ("4",)), CarriedInvoice(("c",), ("text",)))
    made = replace(decided(MailFacts(), TenantPolicy()), invoices=invoices, keep_parts=("3",))
    assert made.kept_invoices == (CarriedInvoice(("a",), ("3",)),)
    assert replace(made, keep_text=True).kept_invoices[1:] == (CarriedInvoice(("c",), ("text",)),)


def test_terms_that_were_rated_do_not_count() -> None:
    """What stands beside an invoice is no invoice."""
    assert parts(PDF, replace(rated("4", number="8"), filename="AGB.pdf")) == [("2",)]


def decided(mail: MailFacts, policy: TenantPolicy) -> Decision:
    decision = decide(mail, [], policy)
    assert Decision.from_json(decision.to_json()) == decision
    return decision
