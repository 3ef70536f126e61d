"""Make e-invoices of what was found in UBL and in CII, and in the syntaxes made after them. Raises nothing.

Standards: EN 16931-1 (BT numbers), CEN/TS 16931-3-2 (UBL) and 3-3 (CII); see einvoice_paths for the others.
"""

from collections.abc import Iterable

from rules.facts import EInvoice, InvoiceLine
from rules.recognition.einvoice_codes import format_of, kind_of, kind_of_isdoc, profile_of
from rules.recognition.einvoice_enclosed import Enclosed
from rules.recognition.einvoice_reader import Record
from rules.recognition.einvoice_values import amount, country, currency, day, iban, text

# UBL's VAT scheme as EN 16931 writes it, as Denmark's OIOUBL and as Turkey do.
_VAT_SCHEMES = frozenset({"VAT", "63", "KDV"})


def from_ubl(found: Record, syntax: str, root: str) -> EInvoice:
    """The e-invoice of a UBL document, or of one made after it."""
    seller = found.first("AccountingSupplierParty", "SellerParty")
    buyer = found.first("AccountingCustomerParty", "BuyerParty")
    foreign = "_foreign" if syntax == "ISDOC" and found.get("foreign_currency") else ""
    money = currency(found.get("foreign_currency" if foreign else "currency", "local_currency"))
    payable = amount(found.get("payable" + foreign))
    lines = found.all("InvoiceLine", "CreditNoteLine", "DebitNoteLine")
    profile = found.get("profile")
    return EInvoice(
        kind=_ubl_kind(syntax, root, found.get("type")),
        syntax=syntax,
        number=text(found.get("number")),
        issue_date=day(found.get("issue_date")),
        seller_name=_ubl_name(seller),
        seller_vat=_ubl_vat(seller),
        iban=_first(iban(each.get("iban")) for each in found.all("PaymentMeans")),
        total=amount(found.get("total" + foreign)) or payable,
        currency=money,
        type_code=text(found.get("type")),
        format=format_of(syntax, profile),
        profile=profile_of(profile) if syntax == "UBL" else None,
        due_date=day(found.get("due_date")) or _first(day(each.get("due_date")) for each in found.all("PaymentMeans")),
        seller_country=country(seller.get("country")),
        buyer_name=_ubl_name(buyer),
        buyer_vat=_ubl_vat(buyer),
        net_total=amount(found.get("net" + foreign, "lines")),
        tax_total=None if foreign else _in_currency(found.all("TaxTotal"), money),
        payable=payable,
        lines=tuple(map(_line, lines)),
        line_count=sum(found.counts.get(each, 0) for each in ("InvoiceLine", "CreditNoteLine", "DebitNoteLine")),
    )


def from_cii(found: Record, syntax: str, root: str) -> EInvoice:
    """The e-invoice of a CII document, or of ZUGFeRD 1.0."""
    del root
    seller, buyer = found.first("SellerTradeParty"), found.first("BuyerTradeParty")
    money = currency(found.get("currency"))
    payable = amount(found.get("payable"))
    profile = found.get("profile")
    return EInvoice(
        kind=kind_of(found.get("type")),
        syntax=syntax,
        number=text(found.get("number")),
        issue_date=day(found.get("issue_date")),
        seller_name=_cii_name(seller),
        seller_vat=_cii_vat(seller),
        iban=_first(iban(each.get("iban")) for each in found.all("SpecifiedTradeSettlementPaymentMeans")),
        total=_in_currency(found.all("GrandTotalAmount"), money) or payable,
        currency=money,
        type_code=text(found.get("type")),
        format=format_of(syntax, profile),
        profile=profile_of(profile),
        due_date=_first(day(each.get("due_date")) for each in found.all("SpecifiedTradePaymentTerms")),
        seller_country=country(seller.get("country")),
        buyer_name=_cii_name(buyer),
        buyer_vat=_cii_vat(buyer),
        net_total=_in_currency(found.all("TaxBasisTotalAmount"), money),
        tax_total=_in_currency(found.all("TaxTotalAmount"), money),
        payable=payable,
        lines=tuple(map(_line, found.all("IncludedSupplyChainTradeLineItem"))),
        line_count=found.counts.get("IncludedSupplyChainTradeLineItem", 0),
    )


def enclosed_in(found: Record) -> tuple[Enclosed, ...]:
    """The files that a UBL or CII document carries, as it names them."""
    records = found.all("AdditionalDocumentReference", "AdditionalReferencedDocument")
    return tuple(
        Enclosed.of(each, text(each.get("name", "title", "id")), text(each.get("media_type")))
        for each in records
        if each.get("size#") not in {None, "0"}
    )


def _ubl_kind(syntax: str, root: str, code: str | None) -> str:
    if syntax == "ISDOC":
        return kind_of_isdoc(code)
    if root in {"CreditNote", "SelfBilledCreditNote"}:
        return "credit_note"
    if root == "DebitNote":
        return "debit_note"
    said = kind_of(code)
    return "self_billed" if root == "SelfBilledInvoice" and said == "invoice" else said


def _ubl_name(party: Record) -> str | None:
    person = " ".join(filter(None, (party.get("first_name"), party.get("family_name"))))
    return text(party.get("legal_name", "name") or person)


def _ubl_vat(party: Record) -> str | None:
    schemes = party.all("PartyTaxScheme")
    named = (each for each in schemes if (each.get("scheme") or "").upper() in _VAT_SCHEMES)
    return _first(text(each.get("id")) for each in named)


def _cii_name(party: Record) -> str | None:
    return text(party.get("name", "trading_name"))


def _cii_vat(party: Record) -> str | None:
    return _first(text(each.get("id")) for each in party.all("SpecifiedTaxRegistration") if each.get("scheme") == "VA")


def _in_currency(records: list[Record], money: str | None) -> str | None:
    """The amount in the invoice's currency: tax and totals may be told in the seller's own beside it."""
    fitting = [each for each in records if each.get("currency") == money]
    return _first(amount(each.get("amount")) for each in (*fitting, *records))


def _line(record: Record) -> InvoiceLine:
    return InvoiceLine(
        number=text(record.get("number")),
        description=text(record.get("name", "description")),
        quantity=amount(record.get("quantity")),
        unit=text(record.get("unit")),
        unit_price=amount(record.get("unit_price")),
        amount=amount(record.get("amount")),
    )


def _first(values: Iterable[str | None]) -> str | None:
    return next(filter(None, values), None)
