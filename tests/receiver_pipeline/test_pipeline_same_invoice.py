"""Once means once: an invoice that comes as XML and once more as a forwarded PDF is one, with all its documents."""

import base64
from collections.abc import Iterable

from receiver.pipeline.rematching import Rematcher
from rules.conditions import in_order
from rules.standards import ImportStandard
from storage.rematching import add_all
from storage.standards import add_standard, add_whole_standard
from storage.tenants import find_tenant
from tests.pdf_pages import pdf
from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.shared_pool import shared_pool

VAT_ID = "DE136695976"  # its check digit is right
XML = f"""<?xml version="1.0"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>RE-2026-118</cbc:ID><cbc:IssueDate>2026-11-02</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>{VAT_ID}</cbc:CompanyID>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Muster Werkzeuge GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="EUR">119.00</cbc:PayableAmount></cac:LegalMonetaryTotal></Invoice>
""".encode()
PAGE = [
    (50, 780, "Muster Werkzeuge GmbH"),
    (50, 740, "Rechnung"),
    (50, 700, "Rechnungsnummer: RE-2026-118"),
    (50, 680, "Rechnungsdatum: 02.11.2026"),
    (50, 640, "Werkzeug, 1 Stück"),
    (400, 640, "100,00 EUR"),
    (50, 620, "Netto"),
    (400, 620, "100,00 EUR"),
    (50, 600, "19 % MwSt."),
    (400, 600, "19,00 EUR"),
    (50, 580, "Gesamtbetrag"),
    (400, 580, "119,00 EUR"),
    (50, 540, "Zahlbar bis 16.11.2026"),
    (50, 520, f"USt-IdNr.: {VAT_ID}"),
]


def mail(sender: str, subject: str, text: str, *files: tuple[str, bytes]) -> bytes:
    head = (
        f"From: {sender}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="edge"\r\n\r\n'
        f"--edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
    return head.encode() + b"".join(attached(*each) for each in files) + b"--edge--\r\n"


def attached(name: str, octets: bytes) -> bytes:
    head = (
        f'--edge\r\nContent-Type: application/octet-stream; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n")


DIRECT = mail("Muster <billing@muster.example>", "Rechnung RE-2026-118", "Anbei die Rechnung.", ("r.xml", XML))
FORWARDED = mail(
    "Office <office@acme.example>",
    "WG: Rechnung RE-2026-118",
    "Bitte ablegen.\r\n\r\n-----Ursprüngliche Nachricht-----\r\nVon: Muster <billing@muster.example>\r\n"
    "Gesendet: Montag, 2. November 2026 10:00\r\nAn: office@acme.example\r\nBetreff: Rechnung RE-2026-118\r\n\r\n"
    "Anbei die Rechnung.",
    ("scan.pdf", pdf(PAGE)),
)


def test_an_xml_and_its_forwarded_pdf_are_one_invoice(house: House) -> None:
    """Law 10: the later one is a duplicate; its PDF joins the first one's group, and both mails tell what they say."""
    house.accept(DIRECT)
    house.drain()
    house.accept(FORWARDED)
    house.drain()
    second, first = house.messages()
    assert (first.state, second.state, second.reason_code) == ("imported", "duplicate", "duplicate_invoice")
    assert (second.duplicate_of, second.group_id) == (first.id, first.group_id)
    assert second.original_sender == "billing@muster.example"
    assert kinds(house, first.id) == {"attachment", "invoice_html"}
    assert kinds(house, second.id) == {"attachment"}
    (kept,) = house.documents(message_id=second.id)
    assert {name: kept.claims[name] for name in ("document_type", "invoice_number", "issue_date", "total")} == {
        "document_type": "invoice",
        "invoice_number": "RE-2026-118",
        "issue_date": "2026-11-02",
        "total": "119.00",
    }
    assert {each.claims["score"] for each in house.documents(message_id=first.id)} == {100}


def test_the_other_way_round_it_is_one_too(house: House) -> None:
    """Whichever comes first; the XML is kept with what is made of it."""
    house.accept(FORWARDED)
    house.drain()
    house.accept(DIRECT)
    house.drain()
    second, first = house.messages()
    assert (first.state, second.state, second.duplicate_of) == ("imported", "duplicate", first.id)


def test_a_pdf_with_only_an_iban_meets_its_xml(house: House) -> None:
    """The PDF prints an account and no VAT id, the XML names both: one invoice, sent by two ways."""
    iban = "DE02120300000000202051"
    page = [line for line in PAGE if "USt-IdNr" not in line[2]] + [(50, 500, f"IBAN: {iban}")]
    means = f"<cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>{iban}</cbc:ID></cac:PayeeFinancialAccount>"
    xml = XML.replace(b"<cac:LegalMonetaryTotal>", f"{means}</cac:PaymentMeans><cac:LegalMonetaryTotal>".encode())
    house.accept(mail("Shop <shop@muster.example>", "Rechnung", "Anbei.", ("a.pdf", pdf(page))))
    house.drain()
    house.accept(mail("Muster <billing@muster.example>", "Rechnung", "Anbei.", ("r.xml", xml)))
    house.drain()
    second, first = house.messages()
    assert (first.state, second.state, second.duplicate_of) == ("imported", "duplicate", first.id)


def test_a_known_invoice_with_another_account_is_told(house: House) -> None:
    """Somebody sends the supplier's invoice once more, with an account of his own: nobody is to pay that unasked."""
    accounts = ("DE02120300000000202051", "DE89370400440532013000")
    for account in (*accounts, f"{accounts[0]}, {accounts[1]}"):
        page = pdf([*PAGE, (50, 500, f"IBAN: {account}")])
        house.accept(mail("Shop <shop@muster.example>", f"Rechnung {account}", "Anbei.", ("a.pdf", page)))
        house.drain()
    several, second, first = house.messages()
    assert (first.state, second.state, second.reason_code) == ("imported", "duplicate", "duplicate_other_account")
    assert (several.state, several.reason_code) == ("duplicate", "duplicate_invoice")


def test_a_new_invoice_beside_a_known_one_is_imported(house: House) -> None:
    """Three suppliers, three groups; the one that was there before joins its own, and the mail stays imported."""
    house.accept(DIRECT)
    house.drain()
    others = (XML.replace(b"RE-2026-118", b"42"), XML.replace(VAT_ID.encode(), b"ATU62698637"))
    files = (("a.xml", others[0]), ("r.xml", XML), ("b.xml", others[1]))
    house.accept(mail("Office <office@acme.example>", "Rechnungen", "Anbei.", *files))
    house.drain()
    second, first = house.messages()
    assert (first.state, second.state) == ("imported", "imported")
    groups = {each.filename: each.group_id for each in house.documents(message_id=second.id)}
    assert groups["r.xml"] == groups["r.html"] == first.group_id
    assert len({groups["a.xml"], groups["b.xml"], first.group_id}) == 3


def test_what_was_recognised_brings_mail_in_when_matched_again(house: House) -> None:
    """A standard that names the sender held it back; one that asks for seller and format lets it in, on its row."""
    house.tenant("Acme")
    with house.database.write() as session:
        owner = find_tenant(session, "Acme")
        add_standard(session, owner, "Receipts", sender="billing@muster.example", subject_word="Quittung")
    house.accept(DIRECT)
    house.drain()
    held = house.messages()[0].state
    asked = {"seller": ("Muster Werkzeuge",), "vat_id": (VAT_ID,), "e_invoice": ("UBL",), "document_type": ("invoice",)}
    with house.database.write() as session:
        owner = find_tenant(session, "Acme")
        add_whole_standard(session, owner, ImportStandard("m", "Muster", in_order(asked)))
        add_all(session, owner)
    pool = shared_pool(house.settings)
    Rematcher(house.database, house.blobs, pool, lambda: False).rematch(owner.id, lambda _: None, lambda _: None)
    (message,) = house.messages()
    assert (held, message.state, message.standard) == ("not_imported", "imported", "Muster")


def test_two_invoices_of_one_day_and_total_are_two(house: House) -> None:
    """Law 10: its numbers have blanks, the customer's stands beside them, and one of them is taken back."""
    for number, title in (("2026 / 118", "Rechnung"), ("2026 / 119", "Rechnung"), ("2026 / 118", "Gutschrift")):
        renewed = [(x, y, _renewed(text, number, title)) for x, y, text in PAGE]
        page = pdf([*renewed, (50, 720, "Kundennummer: 4711")])
        house.accept(mail("Muster <billing@muster.example>", f"{title} {number}", "Anbei.", ("beleg.pdf", page)))
    house.drain()
    assert [each.state for each in house.messages()] == ["imported"] * 3


def _renewed(text: str, number: str, title: str) -> str:
    return title if text == "Rechnung" else text.replace("RE-2026-118", number)


def kinds(house: House, message_id: str) -> set[str]:
    documents: Iterable[str] = (each.kind for each in house.documents(message_id=message_id))
    return set(documents)
