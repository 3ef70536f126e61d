"""PDF and XML of one invoice: one group, the XML the original, and what the two disagree on."""

from dataclasses import replace

import pytest

from rules.facts import Accounting, AttachmentFacts, EInvoice, Evidence
from rules.recognition.einvoice_pairs import differences, grouped, originals

INVOICE = EInvoice(
    "invoice",
    "CII",
    "R 7",
    "2026-11-01",
    "Supplier GmbH",
    "DE 123 456 789",
    "DE02120300000000202051",
    "1190.00",
    "EUR",
    profile="EN 16931",
)


def part(number: str, media_type: str, invoice: EInvoice | None, filename: str = "") -> AttachmentFacts:
    kind = "e_invoice" if invoice else ""
    return AttachmentFacts(number, filename, media_type, media_type, 9, "", e_invoice=invoice, business_kind=kind)


def xml(number: str, invoice: EInvoice | None = INVOICE, filename: str = "") -> AttachmentFacts:
    return part(number, "application/xml", invoice, filename)


def pdf(number: str, invoice: EInvoice | None = None, filename: str = "") -> AttachmentFacts:
    return part(number, "application/pdf", invoice, filename)


def groups(*attachments: AttachmentFacts) -> list[str]:
    return [each.group for each in grouped(attachments)]


def test_hybrid_pdf_beside_its_xml() -> None:
    """The same invoice twice: the loose XML is the original, nothing differs."""
    hybrid, loose = grouped((pdf("1", INVOICE), xml("2", replace(INVOICE, syntax="UBL", total="1190"))))
    assert (hybrid.group, loose.group) == ("2", "2")
    assert hybrid.differences == loose.differences == ()


def test_an_account_that_only_the_page_prints_otherwise_is_told() -> None:
    """The XML is genuine, and the PDF beside it asks for the money elsewhere; of several accounts none is meant."""
    rating = Accounting(score=90, iban="DE89370400440532013000")
    several = replace(rating, evidence=(Evidence("several_ibans", 2, "values"),))
    told = xml("2")
    for accounting, expected in ((rating, ("iban",)), (several, ()), (replace(rating, iban=None), ())):
        page, _ = grouped((replace(pdf("1"), accounting=accounting), told))
        assert (page.group, page.differences) == ("2", expected)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"iban": "DE89370400440532013000"}, ("iban",)),
        ({"total": "1191.00"}, ("total",)),
        ({"issue_date": "2026-11-02", "currency": "CHF"}, ("issue_date", "currency")),
        ({"total": "1190", "number": "r7", "seller_vat": "DE123456789"}, ()),
        ({"total": None, "issue_date": None, "currency": None}, ()),
    ],
)
def test_what_a_hybrid_disagrees_on(other: dict[str, str], expected: tuple[str, ...]) -> None:
    """Number, date, total, currency and seller are compared, however they are written; silence is no difference."""
    hybrid, _ = grouped((pdf("1", replace(INVOICE, **other)), xml("2")))
    assert (hybrid.group, hybrid.differences) == ("2", expected)


def test_another_invoice_is_another_group() -> None:
    """Another number, or another seller, is another invoice."""
    assert groups(pdf("1", replace(INVOICE, number="8")), xml("2")) == ["", ""]
    assert groups(pdf("1", replace(INVOICE, seller_vat="DE987654321", total="5")), xml("2")) == ["", ""]


def test_plain_pdf_beside_one_xml() -> None:
    """One XML and one PDF that tells nothing: the PDF is its view."""
    assert groups(pdf("1"), xml("2")) == ["2", "2"]
    assert groups(pdf("1"), xml("2", None)) == ["", ""]


def test_plain_pdfs_belong_by_their_names() -> None:
    """Of several, those belong together that are called alike; terms and conditions belong to none."""
    second = replace(INVOICE, number="R 8")
    attachments = (
        pdf("1", filename="R-7.pdf"),
        pdf("2", filename="r-8.PDF"),
        pdf("3", filename="AGB.pdf"),
        xml("4", filename="R-7.xml"),
        xml("5", second, filename="R-8.xml"),
    )
    assert groups(*attachments) == ["4", "5", "", "4", "5"]


def test_picture_in_the_text_is_no_dress() -> None:
    """A PDF that the body shows, or that carries an order, is not the invoice's view."""
    assert groups(replace(pdf("1"), is_referenced=True), xml("2")) == ["", ""]
    assert groups(replace(pdf("1"), business_kind="order"), xml("2")) == ["", ""]


def test_invoices_of_a_mail_count_once() -> None:
    """What a PDF says otherwise does not make it a second invoice; every invoice of one file counts."""
    hybrid = pdf("1", replace(INVOICE, total="1191.00"))
    second = replace(INVOICE, number="R 8")
    assert originals(grouped((hybrid, xml("2")))) == [("2", INVOICE)]
    assert originals((replace(xml("1"), further_invoices=(second,)),)) == [("1", INVOICE), ("1", second)]


def test_sellers_are_compared_by_what_both_tell() -> None:
    """VAT id before IBAN before name; one that tells only its name is compared by that."""
    by_name = replace(INVOICE, seller_vat=None, iban=None)
    assert differences(INVOICE, replace(by_name, seller_name="SUPPLIER gmbh")) == ()
    assert differences(INVOICE, replace(by_name, seller_name="Other")) == ("seller",)
    assert differences(INVOICE, replace(INVOICE, seller_name="Other")) == ()
