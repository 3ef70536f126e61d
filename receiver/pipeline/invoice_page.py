"""Make of an e-invoice that is data only the page that people read.

Takes whatever fields the value of an e-invoice has, those that recognition will learn later included: plain values
become rows, values of their own (a party, an address) rows with the name of both, lists of values tables. A field
without words of ours here is told by its own name. Called in the child only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from receiver.pipeline.reading import Reading
from receiver.rendering.invoice_view import Table, invoice_body
from receiver.rendering.page import HeaderBlock, page
from rules.facts import EInvoice

_POSITION = {"en": 0, "de": 1, "nl": 2}
# What recognition knows of an invoice, in words: (en, de, nl).
WORDS: dict[str, tuple[str, str, str]] = {
    "invoice": ("Invoice", "Rechnung", "Factuur"),
    "credit_note": ("Credit note", "Gutschrift", "Creditnota"),
    "correction": ("Corrected invoice", "Rechnungskorrektur", "Gecorrigeerde factuur"),
    "self_billed": ("Self-billed invoice", "Gutschrift des Käufers", "Factuur van de koper"),
    "prepayment": ("Prepayment invoice", "Anzahlungsrechnung", "Voorschotfactuur"),
    "partial": ("Partial invoice", "Teilrechnung", "Deelfactuur"),
    "debit_note": ("Debit note", "Belastungsanzeige", "Debetnota"),
    "proforma": ("Pro forma invoice", "Proforma-Rechnung", "Proformafactuur"),
    "number": ("Number", "Nummer", "Nummer"),
    "issue_date": ("Date", "Datum", "Datum"),
    "due_date": ("Due", "Fällig", "Vervaldatum"),
    "delivery_date": ("Delivered", "Lieferdatum", "Leverdatum"),
    "seller": ("Seller", "Verkäufer", "Verkoper"),
    "seller_name": ("Seller", "Verkäufer", "Verkoper"),
    "seller_vat": ("VAT id of the seller", "USt-IdNr. des Verkäufers", "Btw-nummer van de verkoper"),
    "seller_country": ("Country of the seller", "Land des Verkäufers", "Land van de verkoper"),
    "buyer": ("Buyer", "Käufer", "Koper"),
    "buyer_name": ("Buyer", "Käufer", "Koper"),
    "buyer_vat": ("VAT id of the buyer", "USt-IdNr. des Käufers", "Btw-nummer van de koper"),
    "name": ("Name", "Name", "Naam"),
    "street": ("Street", "Straße", "Straat"),
    "city": ("City", "Ort", "Plaats"),
    "country": ("Country", "Land", "Land"),
    "iban": ("IBAN", "IBAN", "IBAN"),
    "bic": ("BIC", "BIC", "BIC"),
    "net": ("Net", "Netto", "Netto"),
    "tax": ("Tax", "Steuer", "Btw"),
    "total": ("Total with tax", "Gesamtbetrag mit Steuer", "Totaal met btw"),
    "payable": ("Payable", "Zahlbetrag", "Te betalen"),
    "net_total": ("Total without tax", "Gesamtbetrag ohne Steuer", "Totaal zonder btw"),
    "tax_total": ("Tax", "Steuer", "Btw"),
    "currency": ("Currency", "Währung", "Valuta"),
    "order_number": ("Order", "Bestellung", "Bestelling"),
    "note": ("Note", "Hinweis", "Opmerking"),
    "notes": ("Notes", "Hinweise", "Opmerkingen"),
    "lines": ("Lines", "Positionen", "Regels"),
    "taxes": ("Taxes", "Steuern", "Btw-bedragen"),
    "quantity": ("Quantity", "Menge", "Aantal"),
    "unit": ("Unit", "Einheit", "Eenheid"),
    "unit_price": ("Price", "Preis", "Prijs"),
    "line_count": ("Lines", "Positionen", "Regels"),
    "price": ("Price", "Preis", "Prijs"),
    "amount": ("Amount", "Betrag", "Bedrag"),
    "rate": ("Rate", "Satz", "Tarief"),
    "description": ("Description", "Beschreibung", "Omschrijving"),
    "format": ("Format", "Format", "Formaat"),
    "syntax": ("Syntax", "Syntax", "Syntaxis"),
    "type_code": ("Type code", "Typcode", "Typecode"),
    "profile": ("Profile", "Profil", "Profiel"),
    "yes": ("yes", "ja", "ja"),
    "no": ("no", "nein", "nee"),
}
MAX_INVOICES = 100  # of one file
_DEEPEST = 3
# The kind stands in the title, the currency beside the amounts.
_SAID_ELSEWHERE = frozenset({"kind", "currency"})
_AMOUNTS = frozenset({"net", "tax", "total", "payable", "net_total", "tax_total"})


def invoice_page(e_invoices: Sequence[EInvoice], reading: Reading, language: str) -> bytes:
    """A whole HTML document, UTF-8: the mail's header block, and below it each invoice that one file holds."""
    header = HeaderBlock(reading.from_header, reading.to_header, reading.date_in_its_zone(), reading.subject)
    body = "\n".join(_body(each, language) for each in e_invoices[:MAX_INVOICES])
    return page(header, body, language).encode("utf-8", "replace")


def _body(e_invoice: EInvoice, language: str) -> str:
    view = _View(language, e_invoice.currency or "")
    title = " ".join(filter(None, (view.word(e_invoice.kind), e_invoice.number)))
    return invoice_body(title, *view.of(e_invoice))


class _View:
    """Values in the reader's words."""

    def __init__(self, language: str, currency: str) -> None:
        self._position = _POSITION.get(language, 0)
        self._currency = currency

    def word(self, name: str) -> str:
        """What a name means to people; an unknown one as it stands."""
        known = WORDS.get(name)
        return known[self._position] if known else name.replace("_", " ").capitalize()

    def of(self, value: Any) -> tuple[list[tuple[str, str]], list[Table]]:
        """Rows and tables of a value, whatever its fields are."""
        rows: list[tuple[str, str]] = []
        tables: list[Table] = []
        for name, field in _fields(value):
            if name not in _SAID_ELSEWHERE:
                self._add(name, (self.word(name),), field, rows, tables)
        return rows, tables

    def _add(
        self, name: str, path: tuple[str, ...], value: Any, rows: list[tuple[str, str]], tables: list[Table]
    ) -> None:
        if is_dataclass(value) and len(path) < _DEEPEST:
            for inner, field in _fields(value):
                self._add(inner, (*path, self.word(inner)), field, rows, tables)
        elif isinstance(value, Sequence) and not isinstance(value, str) and any(map(is_dataclass, value)):
            tables.append(self._table(value))
        else:
            rows.append((": ".join(path), self._text(name, value)))

    def _table(self, values: Sequence[Any]) -> Table:
        """A row for each value; its columns are the fields that any of them has."""
        lines = [dict(_fields(each)) for each in values if is_dataclass(each)]
        names = list(dict.fromkeys(name for line in lines for name in line))
        columns = [self.word(name) for name in names]
        return columns, [[self._text(name, line.get(name), in_table=True) for name in names] for line in lines]

    def _text(self, name: str, value: Any, *, in_table: bool = False) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        if isinstance(value, date):
            return value.isoformat()
        if is_dataclass(value):
            return ", ".join(filter(None, (self._text(inner, field) for inner, field in _fields(value))))
        if isinstance(value, Sequence) and not isinstance(value, str):
            return "\n".join(filter(None, (self._text(name, each) for each in value)))
        is_amount = name in _AMOUNTS and self._currency and not in_table
        return f"{value} {self._currency}" if is_amount else str(value)


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a value that say something."""
    for each in fields(value):
        found = getattr(value, each.name)
        if found not in (None, "", (), []):
            yield each.name, found
