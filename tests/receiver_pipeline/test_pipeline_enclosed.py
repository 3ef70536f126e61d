"""Files within XML e-invoices become documents of the invoice: the page of it, and what it proves itself by."""

import base64

import pytest

from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import AttachmentFacts
from tests.pdf_pages import pdf
from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.packed_files import nested_zip, zip_of
from tests.receiver_pipeline.test_pipeline_opening import find, mail_with, parts_of
from tests.receiver_pipeline.test_pipeline_same_invoice import PAGE, XML, mail

SHEET = zip_of({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
HOURS = pdf([(50, 780, "Stundenzettel"), (50, 740, "November 2026"), (50, 700, "8 Stunden")])


def enclosing(*files: tuple[str, bytes], xml: bytes = XML) -> bytes:
    """The e-invoice with these files within it, all of them declared as octets."""
    within = b"".join(_reference(name.encode(), octets) for name, octets in files)
    before = b"<cac:AccountingSupplierParty>"
    return xml.replace(before, within + before)


def _reference(name: bytes, octets: bytes) -> bytes:
    said = b'mimeCode="application/octet-stream" filename="%s"' % name
    start, end = b"<cbc:EmbeddedDocumentBinaryObject %s>" % said, b"</cbc:EmbeddedDocumentBinaryObject>"
    within = b"<cac:Attachment>%s%s%s</cac:Attachment>" % (start, base64.encodebytes(octets), end)
    return b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID>%s</cac:AdditionalDocumentReference>" % within


def within(octets: bytes, limits: Limits | None = None) -> dict[str, AttachmentFacts]:
    return parts_of(mail_with(octets, "r.xml", "text/xml"), limits)


def test_the_invoices_page_and_its_proofs_are_kept_with_it(house: House) -> None:
    """Its PDF is the readable form, so no other page is made; the time sheet is a companion; all are one group."""
    files = (("page.pdf", pdf(PAGE)), ("../../hours.pdf", HOURS), ("hours.xlsx", SHEET))
    house.accept(mail("Muster <billing@muster.example>", "Rechnung", "Anbei.", ("r.xml", enclosing(*files))))
    house.drain()
    (message,) = house.messages()
    kept = house.documents(message_id=message.id)
    assert [(each.part, each.kind, each.filename) for each in kept] == [
        ("2", "attachment", "r.xml"),
        ("2/1", "attachment", "page.pdf"),
        ("2/2", "companion", "hours.pdf"),
        ("2/3", "companion", "hours.xlsx"),
    ]
    assert {each.group_id for each in kept} == {message.group_id}
    assert [house.octets(each) for each in kept[1:]] == [octets for _, octets in files]
    assert [each.claims.get("invoice_number") for each in kept] == ["RE-2026-118", "RE-2026-118", None, None]


def test_a_proof_alone_is_no_page_of_the_invoice(house: House) -> None:
    """A PDF that does not show the invoice leaves it unreadable: its page is made."""
    octets = enclosing(("hours.pdf", HOURS))
    house.accept(mail("Muster <billing@muster.example>", "Rechnung", "Anbei.", ("r.xml", octets)))
    house.drain()
    (message,) = house.messages()
    kept = [(each.part, each.kind) for each in house.documents(message_id=message.id)]
    assert kept == [("2", "attachment"), ("2", "invoice_html"), ("2/1", "companion")]


def test_what_is_enclosed_belongs_to_its_own_invoice(house: House) -> None:
    """Two e-invoices of a mail, each with its proof: two groups."""
    other = enclosing(("b.pdf", HOURS), xml=XML.replace(b"RE-2026-118", b"42"))
    files = (("a.xml", enclosing(("a.pdf", HOURS))), ("b.xml", other))
    house.accept(mail("Muster <billing@muster.example>", "Rechnung", "Anbei.", *files))
    house.drain()
    (message,) = house.messages()
    groups = {each.filename: each.group_id for each in house.documents(message_id=message.id)}
    assert groups["a.pdf"] == groups["a.xml"] != groups["b.xml"] == groups["b.pdf"]


@pytest.mark.parametrize("length", [10, 40_000, 200_000])
def test_short_and_long_files_come_out_whole(length: int) -> None:
    """In lines or in one, with and without padding; what is long is never a text of the parser."""
    octets = b"%PDF-1.4 " + bytes(range(256)) * (length // 256) + b"x"
    for text in (base64.encodebytes(octets), base64.b64encode(octets), base64.b64encode(octets).rstrip(b"=")):
        xml = enclosing(("a.pdf", b"")).replace(b'filename="a.pdf">', b'filename="a.pdf">' + text)
        found = within(xml)["2/1"]
        assert (found.octets, found.media_type) == (len(octets), "application/pdf")
        again = mail_with(xml, "r.xml", "text/xml")
        unpacked = unpack(again, len(again), Limits())
        find(unpacked, "", 2**28)
        assert {leaf.part: leaf.entity.decoded() for leaf in unpacked.attachments()}["2/1"] == octets


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_they_are_found_in_any_encoding(encoding: str) -> None:
    """Where they stand is counted in what is read, not in what came."""
    octets = b"%PDF-1.4 " + bytes(100_000)
    found = within(enclosing(("a.pdf", octets)).decode().encode(encoding))
    assert found["2/1"].octets == len(octets)


def test_a_declaration_that_lies_hides_none() -> None:
    """Latin letters under a declaration of UTF-8: read as it was meant, the files with it."""
    octets = b"%PDF-1.4 " + bytes(100_000)
    lying = enclosing(("a.pdf", octets)).replace(b"Muster Werkzeuge", b"M\xfcster")
    assert within(lying)["2/1"].octets == len(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"""<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2">
        <FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento>
        <Data>2026-11-02</Data><Numero>7</Numero></DatiGeneraliDocumento></DatiGenerali><Allegati>
        <NomeAttachment>a.pdf</NomeAttachment><Attachment>%s</Attachment></Allegati></FatturaElettronicaBody>
        </p:FatturaElettronica>""",
        b"""<f:Facturae xmlns:f="http://www.facturae.es/Facturae/2009/v3.2/Facturae"><Invoices><Invoice><InvoiceHeader>
        <InvoiceNumber>7</InvoiceNumber></InvoiceHeader><InvoiceIssueData><IssueDate>2026-11-02</IssueDate>
        </InvoiceIssueData><AdditionalData><RelatedDocuments><Attachment><AttachmentFormat>pdf</AttachmentFormat>
        <AttachmentData>%s</AttachmentData></Attachment></RelatedDocuments></AdditionalData></Invoice></Invoices>
        </f:Facturae>""",
        b"""<r:CrossIndustryInvoice xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100">
        <ExchangedDocument><ID>7</ID><IssueDateTime><DateTimeString format="102">20261102</DateTimeString>
        </IssueDateTime></ExchangedDocument><SupplyChainTradeTransaction><ApplicableHeaderTradeAgreement>
        <AdditionalReferencedDocument><IssuerAssignedID>1</IssuerAssignedID>
        <AttachmentBinaryObject mimeCode="application/pdf" filename="a.pdf">%s</AttachmentBinaryObject>
        </AdditionalReferencedDocument></ApplicableHeaderTradeAgreement></SupplyChainTradeTransaction>
        </r:CrossIndustryInvoice>""",
    ],
)
def test_every_syntax_that_encloses_files_is_opened(octets: bytes) -> None:
    """FatturaPA's Allegati, Facturae's Attachment, CII's AttachmentBinaryObject; UBL's stands above."""
    found = within(octets % base64.b64encode(b"%PDF-1.4 x"))
    assert {part: each.media_type for part, each in found.items()}["2/1"] == "application/pdf"
    assert found["2"].enclosed == ()


def test_an_archive_within_is_opened_too() -> None:
    """Italy packs its attachments: what is in them stands as parts of their own, by its content."""
    found = within(enclosing(("a.zip", zip_of({"x/page.bin": pdf(PAGE)}))))
    assert [(part, each.media_type) for part, each in found.items()][2:] == [("2/1/1", "application/pdf")]
    assert found["2/1/1"].filename == "page.bin"


def test_what_is_no_base64_is_named_and_hurts_nobody() -> None:
    """The e-invoice itself is read all the same, and keeps naming what it could not give."""
    octets = enclosing(("a.pdf", b"%PDF-1.4")).replace(base64.b64encode(b"%PDF-1.4"), b"A")
    findings = find(*_unpacked(octets), "", 2**28)
    (xml,) = findings.facts.attachments
    assert xml.e_invoice is not None
    assert [each.name for each in xml.enclosed] == ["a.pdf"]
    assert "damaged_packing" in findings.facts.is_broken


def test_a_text_that_looks_like_a_place_is_a_text() -> None:
    """What stands for a long text while it is read cannot be written by who wrote the file."""
    octets = enclosing(("a.bin", b"%PDF-1.4 " + bytes(100_000)), ("b.bin", b""))
    found = within(octets.replace(b'filename="b.bin">', b'filename="b.bin">~0'))
    assert [(part, each.octets) for part, each in found.items()][1:] == [("2/1", 100_009)]


@pytest.mark.parametrize("depth", [3, 40])
def test_invoices_within_invoices_end_at_the_depth_of_packings(depth: int) -> None:
    """Each is opened as far as any packing is; the rest stays where it stands, and that is said."""
    octets = XML
    for _ in range(depth):
        octets = enclosing(("r.xml", octets))
        if len(octets) > 8 * 1024**2:
            break
    findings = find(*_unpacked(octets), "", 2**28)
    deepest = max(each.part.count("/") for each in findings.facts.attachments)
    assert deepest == min(depth, 10)
    assert ("too_deep" in findings.facts.is_broken) == (depth > 10)


def test_bombs_within_invoices_end_within_the_limits() -> None:
    """Thousands of files, an archive of zeros, archives in archives: named as too many or too large, and left."""
    many = enclosing(*((f"{number}.pdf", b"%PDF") for number in range(5_000)))
    zeros = enclosing(("z.zip", zip_of({"z.pdf": bytes(40 * 1024**2)})))
    nested = enclosing(("n.zip", nested_zip(4, 12, b"%PDF-1.4 x")))
    for octets, limits in (
        (many, Limits(parts=100)),
        (zeros, Limits(decoded_octets=2**24)),
        (nested, Limits(parts=500)),
    ):
        findings = find(*_unpacked(octets, limits), "", limits.decoded_octets)
        assert {"too_many_parts", "too_large"} & set(findings.facts.is_broken)
        assert len(findings.facts.attachments) <= limits.parts
        assert findings.facts.attachments[0].e_invoice is not None


def test_what_a_mail_is_known_by_does_not_change() -> None:
    """Law 9: the content id is that of the XML as it came."""
    one, other = (mail_with(enclosing(("a.pdf", each)), "r.xml", "text/xml") for each in (b"%PDF", b"%PDF-1.4"))
    ids = [find(unpack(each, len(each), Limits()), "", 2**28).content_id for each in (one, one, other)]
    assert ids[0] == ids[1] != ids[2]


def _unpacked(octets: bytes, limits: Limits | None = None) -> tuple[object]:
    whole = mail_with(octets, "r.xml", "text/xml")
    return (unpack(whole, len(whole), limits or Limits()),)
