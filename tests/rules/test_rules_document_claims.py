"""What documents say they are: from the e-invoice, else from the rating, and what a standard stamps first."""

import pytest

from rules.decision import Decision, Reason
from rules.document_claims import NAMES, DocumentClaims, claims_of_part, claims_of_text
from rules.facts import Accounting, AttachmentFacts, EInvoice, MailFacts

INVOICE = EInvoice(
    "credit_note",
    "UBL",
    number="R 7",
    issue_date="2026-11-02",
    seller_name="Supplier",
    total="119.00",
    currency="EUR",
    format="XRechnung",
    profile="XRECHNUNG",
)
RATING = Accounting(86, "receipt", "4711", "2026-11-03", None, "35.70", "CHF", supplier="Shop")
XML = AttachmentFacts("2", "r.xml", "text/xml", "application/xml", 900, "", e_invoice=INVOICE, group="2")
PDF = AttachmentFacts("3", "r.pdf", "application/pdf", "application/pdf", 900, "", accounting=RATING)


def kept(**stamps: str) -> Decision:
    return Decision("imported", Reason("standard_fits"), keep_parts=("2", "3"), **stamps)  # type: ignore[arg-type]


def test_an_e_invoice_speaks_for_itself() -> None:
    """All that is listed, in the e-invoice's words; machines wrote it for machines, so its points are all there are."""
    found = claims_of_part("2", MailFacts(attachments=(XML,)), kept())
    assert found == DocumentClaims(
        "credit_note", "Supplier", "R 7", "2026-11-02", "119.00", "EUR", "XRechnung", "XRECHNUNG", 100
    )


def test_any_other_file_says_what_it_was_rated() -> None:
    """Values of the rating, with its points; it has no format."""
    found = claims_of_part("3", MailFacts(attachments=(PDF,)), kept())
    assert found == DocumentClaims("receipt", "Shop", "4711", "2026-11-03", "35.70", "CHF", score=86)
    assert claims_of_text(MailFacts(accounting=RATING), kept()) == found


def test_a_dress_says_what_its_original_says() -> None:
    """A PDF beside its XRechnung has that invoice's number and total, whatever its text says; it is none itself."""
    dress = AttachmentFacts("3", "r.pdf", "application/pdf", "application/pdf", 9, "", accounting=RATING, group="2")
    found = claims_of_part("3", MailFacts(attachments=(XML, dress)), kept())
    assert (found.invoice_number, found.total, found.format, found.score) == ("R 7", "119.00", None, 100)


@pytest.mark.parametrize("attachment", [XML, PDF])
def test_what_a_standard_stamps_comes_first(attachment: AttachmentFacts) -> None:
    """The tenant has said what such mail is, and of whom; number and total stay what they are."""
    plain = claims_of_part(attachment.part, MailFacts(attachments=(attachment,)), kept())
    stamped = kept(document_type="contract", supplier="Supplier & Sons")
    found = claims_of_part(attachment.part, MailFacts(attachments=(attachment,)), stamped)
    assert (found.document_type, found.supplier) == ("contract", "Supplier & Sons")
    assert (found.invoice_number, found.total) == (plain.invoice_number, plain.total)


def test_terms_beside_an_invoice_are_no_invoice() -> None:
    """They are of that supplier; type and total belong to what they stand beside."""
    decision = Decision("imported", Reason("standard_fits"), document_type="invoice", companions=("3",))
    assert claims_of_part("3", MailFacts(attachments=(PDF,)), decision) == DocumentClaims(supplier="Shop", score=86)


def test_what_says_nothing_has_no_claims() -> None:
    """Nothing is stored for it, and texts that steer a terminal are not stored at all."""
    silent = AttachmentFacts("2", "a.docx", "application/msword", "application/msword", 9, "")
    assert claims_of_part("2", MailFacts(attachments=(silent,)), kept()).to_json() == {}
    hostile = Accounting(90, supplier="Shop\x1b[2J\u202e" + "x" * 500)
    supplier = claims_of_text(MailFacts(accounting=hostile), kept()).to_json()["supplier"]
    assert supplier.isprintable()
    assert len(supplier) <= 120
    assert "supplier" in NAMES
