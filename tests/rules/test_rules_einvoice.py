"""XML e-invoices: read when they are some, refused when they are dangerous, never a crash."""

import codecs
import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.facts import EInvoice
from rules.recognition.einvoice import BUSINESS_KINDS, read_document, read_einvoice
from rules.recognition.einvoice_codes import KINDS
from rules.recognition.einvoice_reader import DEEPEST, LARGEST_OCTETS, MOST_ELEMENTS, MOST_RECORDS

SAMPLES = Path(__file__).parents[1] / "corpus" / "einvoice"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())
UBL = (SAMPLES / "ubl-invoice.xml").read_bytes()
OPEN = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
NUMBER = OPEN + b"<ID>%s</ID><IssueDate>2026-11-01</IssueDate>"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_leading_fields_are_read(name: str) -> None:
    """Kind, number, date, seller, VAT id, IBAN, total and currency, as a person reads them; an order is no invoice."""
    invoice = read_einvoice((SAMPLES / name).read_bytes())
    assert (json.loads(json.dumps(asdict(invoice))) if invoice else None) == EXPECTED[name]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read(encoding: str) -> None:
    """A byte order mark, or UTF-16, does not hide an invoice."""
    text = UBL.decode().replace('encoding="UTF-8"', f'encoding="{encoding[:6]}"')
    invoice = read_einvoice(text.encode(encoding))
    assert invoice is not None
    assert invoice.number == "1234567"


def test_embedded_file_does_not_hide_the_invoice() -> None:
    """An invoice that carries its PDF of many megabytes as one text is still read."""
    embedded = b"<AdditionalDocumentReference><X>" + b"QUJD\n" * 3_000_000 + b"</X></AdditionalDocumentReference>"
    invoice = read_einvoice(NUMBER % b"7" + embedded + b"<DueDate>2026-11-02Z</DueDate></Invoice>")
    assert invoice is not None
    assert (invoice.number, invoice.due_date) == ("7", "2026-11-02")


def test_values_are_one_line_and_bounded() -> None:
    """A value is collapsed and cut, so that it can be stored and shown."""
    invoice = read_einvoice(NUMBER % (b" a\n b " + b"c" * 5000) + b"</Invoice>")
    assert invoice is not None
    assert invoice.number is not None
    assert invoice.number.startswith("a b c")
    assert len(invoice.number) <= 300


@pytest.mark.parametrize(
    "wrong",
    [
        b"<DueDate>2026-13-01</DueDate>",
        b"<DueDate>soon</DueDate>",
        *(
            b"<LegalMonetaryTotal><PayableAmount>%s</PayableAmount></LegalMonetaryTotal>" % amount
            for amount in (b"NaN", b"1e9", b"1E+999999999", b"1.2.3", b"-", b"9" * 40, "١٢".encode())
        ),
    ],
)
def test_wrong_values_are_left_out(wrong: bytes) -> None:
    """What is no date or no amount is not handed on as one."""
    invoice = read_einvoice(NUMBER % b"7" + wrong + b"</Invoice>")
    assert invoice is not None
    assert (invoice.number, invoice.due_date, invoice.total) == ("7", None, None)


@pytest.mark.parametrize(
    "octets",
    [
        b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd">' + UBL.partition(b"?>")[2],
        b'<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + NUMBER % b"&x;" + b"</Invoice>",
        b'<!DOCTYPE Invoice [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + NUMBER % b"&b;"
        + b"</Invoice>",
        b"<!DOCTYPE Invoice>" + NUMBER % b"7" + b"</Invoice>",
        NUMBER % b"&x;" + b"</Invoice>",
    ],
)
def test_doctype_and_entities_are_refused(octets: bytes) -> None:
    """A DOCTYPE is refused before anything in it is read: no entity is expanded, no file or address is opened."""
    assert read_einvoice(b'<?xml version="1.0"?>' + octets) is None


def test_inclusions_are_not_followed() -> None:
    """XInclude and processing instructions are nothing but markup."""
    octets = b'<?xml-stylesheet href="file:///etc/passwd"?>' + OPEN
    octets += b"<ID>7</ID><IssueDate>2026-11-01</IssueDate>"
    octets += b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></Invoice>'
    invoice = read_einvoice(octets)
    assert invoice is not None
    assert "root:" not in str(asdict(invoice))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<",
        b"not xml",
        b"\x00" * 1000,
        b"<Invoice><ID>7</ID></Invoice>",
        b'<Invoice xmlns="http://isdoc.example"><ID>7</ID></Invoice>',
        b"<html><body>Invoice</body></html>",
        OPEN + b"</Invoice>",
        NUMBER % b"7",
        NUMBER % b"7" + b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1) + b"</Invoice>",
        NUMBER % b"7" + b"<a/>" * (MOST_ELEMENTS + 1) + b"</Invoice>",
        NUMBER % b"7" + b" " * LARGEST_OCTETS + b"</Invoice>",
    ],
    ids=range(12),
)
def test_everything_else_is_no_invoice(octets: bytes) -> None:
    """Other XML, damaged XML, and XML too deep, too long or too large is no e-invoice, and no crash."""
    assert read_einvoice(octets) is None


@settings(deadline=None)
@given(st.integers(0, len(UBL)), st.binary(max_size=20), st.integers(0, 40))
def test_damage_never_crashes(at: int, damage: bytes, length: int) -> None:
    """An invoice damaged anywhere is read or not read; nothing is raised."""
    read_einvoice(UBL[:at] + damage + UBL[at + length :])


def test_several_invoices_of_one_file() -> None:
    """A FatturaPA "lotto" is read whole: each body is an invoice of the one seller."""
    document = read_document((SAMPLES / "fatturapa-two.xml").read_bytes())
    assert document is not None
    assert [(each.number, each.issue_date, each.total) for each in document.invoices] == [
        ("123", "2014-12-18", "32.95"),
        ("456", "2014-12-20", "2440.00"),
    ]
    assert {each.seller_vat for each in document.invoices} == {"IT01234567890"}


SEMPLIFICATA = b"""<p:FatturaElettronicaSemplificata versione="FSM10"
 xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0">
 <FatturaElettronicaHeader><DatiTrasmissione><FormatoTrasmissione>FSM10</FormatoTrasmissione></DatiTrasmissione>
 <CedentePrestatore><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdFiscaleIVA>
 <Nome>Ada</Nome><Cognome>Rossi</Cognome><Sede><Nazione>IT</Nazione></Sede></CedentePrestatore>
 <CessionarioCommittente><AltriDatiIdentificativi><Denominazione>Beta</Denominazione></AltriDatiIdentificativi>
 </CessionarioCommittente></FatturaElettronicaHeader>
 <FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD08</TipoDocumento><Divisa>EUR</Divisa>
 <Data>2026-11-01</Data><Numero>S 1</Numero></DatiGeneraliDocumento></DatiGenerali>
 <DatiBeniServizi><Descrizione>Pane</Descrizione><Importo>12.20</Importo></DatiBeniServizi>
 <DatiBeniServizi><Descrizione>Latte</Descrizione><Importo>1.10</Importo></DatiBeniServizi>
 </FatturaElettronicaBody></p:FatturaElettronicaSemplificata>"""
KSEF = b"""<Faktura xmlns="http://crd.gov.pl/wzor/2023/06/29/12648/">
 <Naglowek><KodFormularza kodSystemowy="FA (2)">FA</KodFormularza></Naglowek>
 <Podmiot1><DaneIdentyfikacyjne><NIP>1234567890</NIP><Nazwa>Alfa sp. z o.o.</Nazwa></DaneIdentyfikacyjne></Podmiot1>
 <Podmiot2><DaneIdentyfikacyjne><NIP>9876543210</NIP><Nazwa>Beta</Nazwa></DaneIdentyfikacyjne></Podmiot2>
 <Fa><KodWaluty>PLN</KodWaluty><P_1>2026-11-01</P_1><P_2>FV/1</P_2><P_13_1>100</P_13_1><P_14_1>23</P_14_1>
 <P_15>123</P_15><RodzajFaktury>ZAL</RodzajFaktury>
 <FaWiersz><NrWierszaFa>1</NrWierszaFa><P_7>Praca</P_7><P_8B>1</P_8B><P_9A>100</P_9A><P_11>100</P_11></FaWiersz>
 <Platnosc><TerminPlatnosci><Termin>2026-11-15</Termin></TerminPlatnosci>
 <RachunekBankowy><NrRB>61109010140000071219812874</NrRB></RachunekBankowy></Platnosc></Fa></Faktura>"""
FINVOICE = b"""<Finvoice Version="3.0"><SellerPartyDetails><SellerOrganisationName>Oy Alfa</SellerOrganisationName>
 <SellerOrganisationTaxCode>FI12345678</SellerOrganisationTaxCode></SellerPartyDetails>
 <InvoiceDetails><InvoiceTypeCode>INV01</InvoiceTypeCode><InvoiceNumber>77</InvoiceNumber>
 <InvoiceDate Format="CCYYMMDD">20261101</InvoiceDate>
 <InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR">1 240,50</InvoiceTotalVatIncludedAmount>
 </InvoiceDetails></Finvoice>"""
INVOIC = b"""UNA:+.?*'UNB+UNOC:3+1:14+2:14+261101:1200+1'
UNH+1+INVOIC:D:96A:UN:EAN008'
BGM+381+G?+1'
DTM+137:20261101:102'
NAD+SU+4012345000009::9++Lieferant ?' Sohn+Weg 1+Ort++12345+DE'
RFF+VA:DE123456789'
NAD+BY+1::9++K?:ufer'
CUX+2:EUR:4'
LIN+1'
IMD+F++:::Birne'
QTY+47:2:PCE'
MOA+203:20.00'
UNS+S'
MOA+77:23.80'
UNT+13+1'
UNZ+1+1'"""


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (SEMPLIFICATA, ("credit_note", "FatturaPA", "S 1", "2026-11-01", "Ada Rossi", "IT01234567890", "13.30", "EUR")),
        (KSEF, ("prepayment", "KSeF", "FV/1", "2026-11-01", "Alfa sp. z o.o.", "PL1234567890", "123", "PLN")),
        (FINVOICE, ("invoice", "Finvoice", "77", "2026-11-01", "Oy Alfa", "FI12345678", "1240.50", "EUR")),
        (
            INVOIC,
            ("credit_note", "EDIFACT", "G+1", "2026-11-01", "Lieferant ' Sohn", "DE123456789", "23.80", "EUR"),
        ),
    ],
)
def test_national_syntaxes_are_read(octets: bytes, expected: tuple[str, ...]) -> None:
    """Simplified FatturaPA, KSeF, Finvoice and EDIFACT INVOIC, each by its own names."""
    each = read_einvoice(octets)
    assert each is not None
    read = (each.kind, each.syntax, each.number, each.issue_date, each.seller_name, each.seller_vat, each.total)
    assert (*read, each.currency) == expected


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *(("380", "invoice"), ("381", "credit_note"), ("384", "correction"), ("389", "self_billed")),
        *(("386", "prepayment"), ("326", "partial"), ("383", "debit_note"), ("325", "proforma")),
        *(("", "invoice"), ("SATIS", "invoice")),
    ],
)
def test_kind_by_its_code(code: str, kind: str) -> None:
    """UNTDID 1001 says what an invoice is; what it does not know is an invoice."""
    octets = NUMBER % b"7" + b"<InvoiceTypeCode>%s</InvoiceTypeCode></Invoice>" % code.encode()
    invoice = read_einvoice(octets)
    assert invoice is not None
    assert invoice.kind == kind
    assert kind in KINDS


UBL_NAMES = b"urn:oasis:names:specification:ubl:schema:xsd:"
PEPPOL = b'<StandardBusinessDocument xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">'
SIGNATURE = b'<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"><d:SignedInfo/><d:Object Id="a">'
WHOLE = NUMBER % b"7" + b"</Invoice>"


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        ((SAMPLES / "order.xml").read_bytes(), "order"),
        (b'<Order xmlns="%sOrder-2"><ID>7</ID></Order>' % UBL_NAMES, "order"),
        (b'<OrderResponse xmlns="%sOrderResponse-2"><ID>7</ID></OrderResponse>' % UBL_NAMES, "order"),
        (b'<Reminder xmlns="%sReminder-2"><ID>7</ID></Reminder>' % UBL_NAMES, "reminder"),
        (b'<DespatchAdvice xmlns="%sDespatchAdvice-2"><ID>7</ID></DespatchAdvice>' % UBL_NAMES, "business_document"),
        (b'<a:NotificaScarto xmlns:a="http://www.fatturapa.gov.it/sdi/messaggi/v1.0"/>', "transmission_notice"),
        (INVOIC.replace(b"INVOIC", b"ORDERS"), "order"),
        (INVOIC.replace(b"INVOIC", b"DESADV"), "business_document"),
        (INVOIC.replace(b"BGM+381+G?+1'", b""), "damaged"),
        (UBL[:-9], "damaged"),
        (UBL[: len(UBL) // 2], "damaged"),
        (OPEN + b"</Invoice>", "damaged"),
        (OPEN + b"<ID>7</ID></Invoice>", "damaged"),
        (OPEN + b"<IssueDate>2026-11-01</IssueDate></Invoice>", "damaged"),
        (b'<CrossIndustryInvoice xmlns="urn:other"><ID>7</ID></CrossIndustryInvoice>', "damaged"),
        (b"<FatturaElettronica><Numero>7</Numero></FatturaElettronica>", "damaged"),
        (b"<!DOCTYPE Invoice>" + WHOLE, "damaged"),
        (PEPPOL + b"<Header/>" + WHOLE + b"</StandardBusinessDocument>", "e_invoice"),
        (SIGNATURE + WHOLE + b"</d:Object></d:Signature>", "e_invoice"),
        (WHOLE, "e_invoice"),
    ],
)
def test_documents_are_told_apart(octets: bytes, kind: str) -> None:
    """Orders, reminders and notices are no invoices; a damaged e-invoice is named so, and is none either."""
    document = read_document(octets)
    assert document is not None
    assert document.kind == kind
    assert kind in BUSINESS_KINDS
    assert bool(document.invoices) == (kind == "e_invoice")
    assert document.format


@pytest.mark.parametrize(
    "octets",
    [
        codecs.BOM_UTF8 * 2 + b"\r\n \t" + WHOLE,
        b"Rechnung:\r\n\r\n<?xml version='1.0'?>" + WHOLE,
        WHOLE + bytes(20) + b"\x1a",
        WHOLE.decode().encode("utf-16-le"),
        ("\ufeff" + WHOLE.decode()).encode("utf-32"),
        b'<?xml version="1.0" encoding="utf-16"?>' + WHOLE,
        b'<?xml version="1.0" encoding="UTF-8"?>' + WHOLE.replace(b"<IssueDate>", b"<Note>M\xfcller</Note><IssueDate>"),
        b'<?xml version="1.0" encoding="windows-1252"?>' + WHOLE,
    ],
    ids=range(8),
)
def test_what_programs_do_to_files(octets: bytes) -> None:
    """Marks, blanks and lines before, NUL behind, a declaration that lies: seen in practice, and read."""
    invoice = read_einvoice(octets)
    assert invoice is not None
    assert invoice.number == "7"


def test_lines_are_bounded_and_counted() -> None:
    """An invoice of thousands of lines tells how many there are, and hands on the first of them."""
    line = b"<InvoiceLine><ID>%d</ID></InvoiceLine>"
    invoice = read_einvoice(NUMBER % b"7" + b"".join(line % each for each in range(3_000)) + b"</Invoice>")
    assert invoice is not None
    assert [each.number for each in invoice.lines] == [str(each) for each in range(MOST_RECORDS)]
    assert invoice.line_count == 3_000


@pytest.mark.parametrize("length", [30, 900_000])
def test_enclosed_files_are_named(length: int) -> None:
    """The PDF that an XML invoice carries is told by name, type and size, however large it is."""
    content = b"QUJD" * length
    enclosed = b'<EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="a.pdf">%s' % content
    octets = (
        b"<AdditionalDocumentReference><ID>1</ID><Attachment>%s</EmbeddedDocumentBinaryObject></Attachment>" % enclosed
    )
    document = read_document(NUMBER % b"7" + octets + b"</AdditionalDocumentReference></Invoice>")
    assert document is not None
    assert [asdict(each) for each in document.enclosed] == [
        {"name": "a.pdf", "media_type": "application/pdf", "octets": 3 * length}
    ]


def test_totals_are_in_the_currency_of_the_invoice() -> None:
    """Tax may be told in the seller's own currency beside it; that is not the invoice's."""
    taxes = b"".join(
        b'<TaxTotal><TaxAmount currencyID="%s">%s</TaxAmount></TaxTotal>' % each
        for each in ((b"SEK", b"22"), (b"EUR", b"2"))
    )
    octets = NUMBER % b"7" + b"<DocumentCurrencyCode>EUR</DocumentCurrencyCode>" + taxes + b"</Invoice>"
    invoice = read_einvoice(octets)
    assert invoice is not None
    assert invoice.tax_total == "2"


@settings(deadline=None)
@given(st.sampled_from(sorted(EXPECTED)), st.data())
def test_whatever_is_read_is_well_formed(name: str, data: st.DataObject) -> None:
    """Of a file damaged anywhere, what is handed on are days, decimals and one-line texts, or nothing."""
    octets = (SAMPLES / name).read_bytes()
    at = data.draw(st.integers(0, len(octets)))
    document = read_document(
        octets[:at] + data.draw(st.binary(max_size=8)) + octets[at + data.draw(st.integers(0, 8)) :]
    )
    for invoice in document.invoices if document else ():
        check(invoice)


def check(invoice: EInvoice) -> None:
    """Every value is of its kind."""
    assert invoice.kind in KINDS
    for amount in (invoice.total, invoice.net_total, invoice.tax_total, invoice.payable):
        assert amount is None or Decimal(amount).is_finite()
    for day in (invoice.issue_date, invoice.due_date):
        assert day is None or len(day) == 10
    for text in (invoice.number, invoice.seller_name, invoice.buyer_name, invoice.seller_vat):
        assert text is None or (0 < len(text) <= 300 and "\n" not in text)
