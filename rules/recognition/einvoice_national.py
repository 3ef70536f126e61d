"""Make e-invoices of what was found in the national syntaxes; some hold several in one file. Raises nothing.

Standards: see einvoice_national_paths.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from rules.facts import EInvoice, InvoiceLine
from rules.recognition.einvoice_codes import kind_of
from rules.recognition.einvoice_enclosed import Enclosed
from rules.recognition.einvoice_national_paths import KSEF_NET, KSEF_TAX
from rules.recognition.einvoice_reader import Record
from rules.recognition.einvoice_values import amount, country, currency, day, iban, text, total_of


def from_ebinterface(found: Record, version: str) -> tuple[EInvoice, ...]:
    """The e-invoice of an ebInterface document."""
    seller, buyer = found.first("Biller"), found.first("InvoiceRecipient")
    taxes = found.all("TaxItem", "Item", "VATItem")
    invoice = EInvoice(
        kind=kind_of(found.get("type")),
        syntax="ebInterface",
        number=text(found.get("number")),
        issue_date=day(found.get("issue_date")),
        seller_name=text(seller.get("name", "contact")),
        seller_vat=text(seller.get("vat")),
        iban=iban(found.get("iban")),
        total=amount(found.get("total")) or amount(found.get("payable")),
        currency=currency(found.get("currency")),
        type_code=text(found.get("type")),
        format="ebInterface",
        profile=version,
        due_date=day(found.get("due_date")),
        seller_country=country(seller.get("country_code")) or country(seller.get("country")),
        buyer_name=text(buyer.get("name", "contact")),
        buyer_vat=text(buyer.get("vat")),
        net_total=total_of(amount(each.get("net")) for each in taxes),
        tax_total=total_of(amount(each.get("tax")) for each in taxes),
        payable=amount(found.get("payable")),
    )
    return (_with_lines(invoice, found, "ListLineItem"),)


def from_fatturapa(found: Record, version: str) -> tuple[EInvoice, ...]:
    """The e-invoices of a FatturaPA file: each body is one (a "lotto")."""
    seller, buyer = found.first("CedentePrestatore"), found.first("CessionarioCommittente")
    profile = text(found.get("profile", "version")) or version
    shared = EInvoice(
        kind="invoice",
        syntax="FatturaPA",
        format="FatturaPA",
        profile=profile,
        seller_name=_it_name(seller),
        seller_vat=_joined(seller.get("vat_country"), seller.get("vat_number")) or text(seller.get("tax_code")),
        seller_country=country(seller.get("country")) or country(seller.get("vat_country")),
        buyer_name=_it_name(buyer),
        buyer_vat=_joined(buyer.get("vat_country"), buyer.get("vat_number")),
    )
    return tuple(_fattura(shared, body) for body in found.all("FatturaElettronicaBody"))


def _fattura(shared: EInvoice, body: Record) -> EInvoice:
    simplified = body.all("DatiBeniServizi")  # there, prices hold the tax
    summaries, payments = body.all("DatiRiepilogo"), body.all("DettaglioPagamento")
    net = total_of(amount(each.get("net")) for each in summaries)
    tax = total_of(amount(each.get("tax")) for each in summaries)
    payable = total_of(amount(each.get("amount")) for each in payments)
    total = total_of((net, tax)) or total_of(amount(each.get("amount")) for each in simplified)
    invoice = replace(
        shared,
        kind=kind_of(body.get("type")),
        type_code=text(body.get("type")),
        number=text(body.get("number")),
        issue_date=day(body.get("issue_date")),
        # The total is optional, and what is paid may come in instalments, or be less (withheld tax, split payment).
        total=amount(body.get("total")) or total or payable,
        currency=currency(body.get("currency")),
        net_total=net,
        tax_total=tax,
        payable=payable,
        due_date=_first(day(each.get("due_date")) for each in payments),
        iban=_first(iban(each.get("iban")) for each in payments),
    )
    return _with_lines(invoice, body, "DatiBeniServizi" if simplified else "DettaglioLinee")


def from_facturae(found: Record, version: str) -> tuple[EInvoice, ...]:
    """The e-invoices of a Facturae file, which is a batch."""
    seller, buyer = found.first("SellerParty"), found.first("BuyerParty")
    shared = EInvoice(
        kind="invoice",
        syntax="Facturae",
        format="Facturae",
        profile=text(found.get("version")) or version,
        seller_name=_es_name(seller),
        seller_vat=text(seller.get("vat")),
        seller_country=country(seller.get("country")),
        buyer_name=_es_name(buyer),
        buyer_vat=text(buyer.get("vat")),
        currency=currency(found.get("currency")),
    )
    return tuple(_factura(shared, each) for each in found.all("Invoice"))


def _factura(shared: EInvoice, found: Record) -> EInvoice:
    instalments = found.all("Installment")
    total = amount(found.get("total"))
    kind = kind_of(found.get("class"))
    # A corrective invoice below zero gives money back.
    is_credit = kind == "correction" and total is not None and Decimal(total) < 0
    invoice = replace(
        shared,
        kind="credit_note" if is_credit else kind,
        type_code=text(found.get("type")),
        number=text(found.get("number")),
        issue_date=day(found.get("issue_date")),
        total=total,
        currency=currency(found.get("currency")) or shared.currency,
        net_total=amount(found.get("net")),
        tax_total=amount(found.get("tax")),
        payable=amount(found.get("payable")),
        due_date=_first(day(each.get("due_date")) for each in instalments),
        iban=_first(iban(each.get("iban")) for each in instalments),
    )
    return _with_lines(invoice, found, "InvoiceLine")


def from_ksef(found: Record, version: str) -> tuple[EInvoice, ...]:
    """The e-invoice of a document of Poland's KSeF."""
    seller, buyer = found.first("Podmiot1"), found.first("Podmiot2")
    nets = [amount(each.get("amount")) for field in KSEF_NET for each in found.all(field)]
    taxes = [amount(each.get("amount")) for field in KSEF_TAX for each in found.all(field)]
    account = "".join((found.get("iban") or "").split())
    invoice = EInvoice(
        kind=kind_of(found.get("type")),
        syntax="KSeF",
        number=text(found.get("number")),
        issue_date=day(found.get("issue_date")),
        seller_name=_person_or_name(seller),
        seller_vat=_joined(seller.get("prefix") or "PL", seller.get("nip")),
        # A Polish account number is an IBAN without its country.
        iban=iban("PL" + account if account.isdecimal() and len(account) == 26 else account),
        total=amount(found.get("total")),
        currency=currency(found.get("currency")),
        type_code=text(found.get("type")),
        format="KSeF FA",
        profile=text(found.get("profile")) or version,
        due_date=day(found.get("due_date")),
        seller_country=country(seller.get("country")) or "PL",
        buyer_name=_person_or_name(buyer),
        buyer_vat=text(buyer.get("nip")) or _joined(buyer.get("prefix"), buyer.get("vat")),
        net_total=total_of(nets),
        tax_total=total_of(taxes),
    )
    return (_with_lines(invoice, found, "FaWiersz"),)


def from_finvoice(found: Record, version: str) -> tuple[EInvoice, ...]:
    """The e-invoice of a Finvoice document."""
    seller, buyer = found.first("SellerPartyDetails"), found.first("BuyerPartyDetails")
    invoice = EInvoice(
        kind=kind_of(found.get("type")),
        syntax="Finvoice",
        number=text(found.get("number")),
        issue_date=day(found.get("issue_date")),
        seller_name=text(seller.get("name")),
        seller_vat=text(seller.get("vat")),
        iban=iban(found.get("iban")),
        total=amount(found.get("total")),
        currency=currency(found.get("currency")),
        type_code=text(found.get("type")),
        format="Finvoice",
        profile=text(found.get("version")) or version,
        due_date=day(found.get("due_date")),
        seller_country=country(seller.get("country")),
        buyer_name=text(buyer.get("name")),
        buyer_vat=text(buyer.get("vat")),
        net_total=amount(found.get("net")),
        tax_total=amount(found.get("tax")),
    )
    return (_with_lines(invoice, found, "InvoiceRow"),)


def enclosed_in_national(found: Record) -> tuple[Enclosed, ...]:
    """The files that a FatturaPA or Facturae file carries, as it names them."""
    within = [*found.all("FatturaElettronicaBody"), *found.all("Invoice")]
    return tuple(
        Enclosed.of(each, text(each.get("name")), _media_type(each.get("format")))
        for record in within
        for each in record.all("Allegati", "Attachment")
        if each.get("size#") not in {None, "0"}
    )


def _media_type(name: str | None) -> str:
    known = {"pdf": "application/pdf", "xml": "application/xml", "txt": "text/plain", "csv": "text/csv"}
    return known.get((name or "").strip().lower(), "application/octet-stream")


def _with_lines(invoice: EInvoice, found: Record, kind: str) -> EInvoice:
    lines = tuple(map(_line, found.all(kind)))
    return replace(invoice, lines=lines, line_count=found.counts.get(kind, 0))


def _line(record: Record) -> InvoiceLine:
    return InvoiceLine(
        number=text(record.get("number")),
        description=text(record.get("description")),
        quantity=amount(record.get("quantity")),
        unit=text(record.get("unit")),
        unit_price=amount(record.get("unit_price", "unit_price_gross")),
        amount=amount(record.get("amount", "amount_gross")),
    )


def _it_name(party: Record) -> str | None:
    return _person_or_name(party)


def _es_name(party: Record) -> str | None:
    names: Sequence[str | None] = (party.get("family_name"), party.get("second_family_name"))
    return text(party.get("name") or " ".join(filter(None, (party.get("first_name"), *names))))


def _person_or_name(party: Record) -> str | None:
    return text(party.get("name") or " ".join(filter(None, (party.get("first_name"), party.get("family_name")))))


def _joined(prefix: str | None, number: str | None) -> str | None:
    if not number:
        return None
    return text(number if not prefix or number.upper().startswith(prefix.upper()) else prefix + number)


def _first(values: Iterable[str | None]) -> str | None:
    return next(filter(None, values), None)
