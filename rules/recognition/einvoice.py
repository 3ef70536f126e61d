"""Read the leading fields of an XML e-invoice, recognised by its content.

Standards: UN/CEFACT CrossIndustryInvoice (CII: ZUGFeRD 2, Factur-X, XRechnung), OASIS UBL 2 Invoice and CreditNote
(XRechnung, Peppol), ZUGFeRD 1.0. Streams: no tree is built, and the parser stops at the first sign that this is
something else. A DOCTYPE is refused, so there are no entities; nothing is fetched. Size, depth and number of elements
are capped. Raises nothing: what cannot be read is no e-invoice.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import cast

from lxml import etree

from rules.facts import EInvoice
from rules.recognition.content import may_be_xml
from rules.recognition.einvoice_fields import SYNTAXES, Branch, Leaf, Syntax

LARGEST_OCTETS = 50 * 1024 * 1024
DEEPEST = 60  # UBL's own schema ends below 20
MOST_ELEMENTS = 500_000

_LONGEST_VALUE = 300
_CHUNK_OCTETS = 64 * 1024
# An invoice may carry its PDF as one text of megabytes, which libxml2 refuses unless told to take anything.
_EMBEDDED_FILE = re.compile(rb">[^<>&]{65536,}<")

# UNTDID 1001, as EN 16931 and Peppol use it.
_CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
_CORRECTIONS = frozenset({"384"})
# UBL's VAT scheme as EN 16931 writes it, and as Denmark's OIOUBL does.
_VAT_SCHEMES = frozenset({"VAT", "63"})


class _NoInvoiceError(Exception):
    """What stands here is not an e-invoice, or not one that may be read."""


class _Reader:
    """Parser target: follows the paths of one syntax and collects the first value of each field."""

    def __init__(self) -> None:
        self.syntax: Syntax | None = None
        self.values: dict[str, str] = {}
        self._branches: list[Branch | None] = []
        self._leaf: Leaf | None = None
        self._text: list[str] = []
        self._elements = 0

    def doctype(self, *_: object) -> None:
        raise _NoInvoiceError

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._branches) >= DEEPEST:
            raise _NoInvoiceError
        if not self._branches:
            self._branches.append(self._find_syntax(tag).fields)
            return
        parent = self._branches[-1]
        step = parent.get(tag.rpartition("}")[2]) if parent else None
        self._leaf = step if isinstance(step, Leaf) and step.means(attributes) else None
        self._text = []
        self._branches.append(step if isinstance(step, dict) else None)

    def data(self, text: str) -> None:
        if self._leaf is not None and len(self._text) < _LONGEST_VALUE:
            self._text.append(text[:_LONGEST_VALUE])

    def end(self, _tag: str) -> None:
        self._branches.pop()
        if self._leaf is not None:
            self._note(self._leaf.field, " ".join("".join(self._text).split())[:_LONGEST_VALUE])
            self._leaf = None

    def close(self) -> None:
        """The parser calls this at the end of the document; there is nothing to hand over."""

    def _find_syntax(self, tag: str) -> Syntax:
        namespace, _, name = tag.removeprefix("{").rpartition("}")
        for syntax in SYNTAXES:
            if name == syntax.root and namespace.startswith(syntax.namespace):
                self.syntax = syntax
                return syntax
        raise _NoInvoiceError

    def _note(self, field: str, value: str) -> None:
        # UBL names the tax after the number: a number counts when its tax is VAT.
        if field == "tax_number":
            self.values[field] = value
        elif field == "tax":
            if value.upper() in _VAT_SCHEMES and "tax_number" in self.values:
                self.values.setdefault("seller_vat", self.values["tax_number"])
        elif value:
            self.values.setdefault(field, value)


def read_einvoice(octets: bytes) -> EInvoice | None:
    """The e-invoice that these octets are, or None."""
    if len(octets) > LARGEST_OCTETS or not may_be_xml(octets):
        return None
    reader = _Reader()
    try:
        _parse(_EMBEDDED_FILE.sub(b"><", octets), reader)
    except (_NoInvoiceError, etree.XMLSyntaxError):
        return None
    return _invoice(reader.syntax, reader.values) if reader.syntax and reader.values else None


def _parse(octets: bytes, reader: _Reader) -> None:
    parser = etree.XMLParser(
        # The stubs ask for methods that lxml leaves to the target, and for names in octets, which lxml never gives.
        target=cast("etree.ParserTarget", reader),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for start in range(0, len(octets), _CHUNK_OCTETS):
        parser.feed(octets[start : start + _CHUNK_OCTETS])
    parser.close()


def _invoice(syntax: Syntax, values: dict[str, str]) -> EInvoice:
    return EInvoice(
        kind=_kind(syntax, values.get("type")),
        syntax=syntax.name,
        number=values.get("number"),
        issue_date=_day(values.get("issue_date", "")),
        seller_name=values.get("legal_name") or values.get("seller_name"),
        seller_vat=values.get("seller_vat"),
        iban=_iban(values.get("iban", "")),
        total=_amount(values.get("total")) or _amount(values.get("payable")),
        currency=values.get("currency"),
    )


def _kind(syntax: Syntax, code: str | None) -> str:
    if syntax.root == "CreditNote" or code in _CREDIT_NOTES:
        return "credit_note"
    return "correction" if code in _CORRECTIONS else "invoice"


def _day(text: str) -> str | None:
    # CII writes 20260131 (format 102), UBL 2026-01-31 with or without a zone.
    digits = re.match(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)", text)
    if digits is None:
        return None
    try:
        return date(*map(int, digits.groups())).isoformat()
    except ValueError:
        return None


def _iban(text: str) -> str | None:
    plain = text.replace(" ", "").upper()
    return plain if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", plain) else None


def _amount(text: str | None) -> str | None:
    try:
        return text if text and Decimal(text).is_finite() else None
    except InvalidOperation:
        return None
