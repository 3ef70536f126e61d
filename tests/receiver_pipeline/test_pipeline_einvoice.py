"""E-invoices of a mail: found in its parts, put in groups, known again, and kept without their lines."""

import base64
import json
from pathlib import Path

from bench.fuzzing.pdfs import pdf_with
from receiver.pipeline.message_facts import Findings, find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import MailFacts
from rules.recognition.identity import invoice_ids
from rules.recognition.same_invoice import invoices_of
from storage.stored_facts import decode, encode

SAMPLES = Path(__file__).parents[1] / "corpus" / "einvoice"
CII = (SAMPLES / "cii-invoice.xml").read_bytes()
ORDER = (SAMPLES / "order.xml").read_bytes()
UBL = (SAMPLES / "ubl-invoice.xml").read_bytes()


def mail(*files: tuple[str, bytes]) -> Findings:
    """What is found in a mail with these files, all of them declared as octets."""
    parts = "".join(
        "--e\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment;"
        f' filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(octets).decode()}\r\n'
        for name, octets in files
    )
    octets = f"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n{parts}--e--\r\n".encode()
    return find(unpack(octets, len(octets), Limits()), "", 2**28)


def test_hybrid_and_its_xml_are_one_invoice() -> None:
    """The PDF's own XML and the loose one: one group, one invoice id, whichever of them comes alone."""
    both, alone = mail(("a.pdf", pdf_with(("x", CII))), ("b", CII)), mail(("c.pdf", pdf_with(("x", CII))))
    pdf, xml = both.facts.attachments
    assert pdf.e_invoice == xml.e_invoice
    assert (pdf.group, xml.group, pdf.differences) == ("2", "2", ())
    ((known,), (again,)) = (invoices_of(each.facts, 80) for each in (both, alone))
    assert known.ids == again.ids != ()
    assert known.parts == ("2", "1")
    assert len(invoices_of(mail(("b", CII), ("d", UBL)).facts, 80)) == 2


def test_hybrid_that_says_another_total() -> None:
    """What the two dresses disagree on is told; the loose XML, as the original, says which invoice it is."""
    other = CII.replace(b">235.62<", b">236.62<")
    found = mail(("a.pdf", pdf_with(("x", other))), ("b.xml", CII))
    pdf, xml = found.facts.attachments
    assert pdf.differences == ("total",)
    assert xml.e_invoice is not None
    (invoice,) = invoices_of(found.facts, 80)
    assert invoice.ids == invoice_ids(xml.e_invoice)


def test_files_within_are_told() -> None:
    """Names, types and sizes of what a PDF carries beside its invoice."""
    (pdf,) = mail(("a.pdf", pdf_with(("x", CII), ("note.pdf", b"%PDF-1.4")))).facts.attachments
    assert [(each.name, each.media_type, each.octets) for each in pdf.enclosed] == [("note.pdf", "application/pdf", 8)]


def test_order_is_told_apart() -> None:
    """An order, loose or in a PDF, is no invoice and has no invoice id."""
    found = mail(("a.pdf", pdf_with(("factur-x.xml", ORDER))), ("b.xml", ORDER))
    assert [each.business_kind for each in found.facts.attachments] == ["order", "order"]
    assert invoices_of(found.facts, 80) == ()


def test_facts_come_out_of_the_child_whole_and_are_kept_without_lines() -> None:
    """The page of an invoice needs its lines; a mail's row, which is read again and again, does not."""
    facts = mail(("b.xml", CII)).facts
    assert MailFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts
    before, after = (each.attachments[0].e_invoice for each in (facts, decode(encode(facts))))
    assert before is not None
    assert after is not None
    assert len(before.lines) == before.line_count == after.line_count == 1
    assert after.lines == ()
    assert (after.number, after.buyer_name, after.payable) == (before.number, before.buyer_name, before.payable)
