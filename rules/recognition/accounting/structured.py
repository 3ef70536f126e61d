"""What a mail's HTML says to machines: schema.org Invoice, Order and their kin, as JSON-LD or microdata.

JSON is read within limits on octets, depth and number; what is not as the vocabulary has it is passed over. A claim, as
the text is. Pure. Raises nothing. Standard: schema.org Invoice, Order, ParcelDelivery, Reservation; JSON-LD 1.1; HTML
microdata.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any, Final

from rules.decision import told
from rules.recognition.accounting.amounts import amounts_in
from rules.recognition.accounting.dates import FIRST_YEAR, LAST_YEAR
from rules.recognition.accounting.lexicon import fold

MOST_SCRIPTS: Final = 10
LONGEST_SCRIPT: Final = 64 * 1024
MOST_DEPTH: Final = 24
MOST_NODES: Final = 2000
_SCRIPT = re.compile(r"<script\b[^>]{0,300}application/ld\+json[^>]{0,100}>", re.IGNORECASE)
_ITEM = re.compile(r"itemtype\s{0,3}=\s{0,3}[\"']?https?://schema\.org/([A-Za-z]{3,40})", re.IGNORECASE)
_PROPERTY = re.compile(
    r"<[a-z0-9]{1,10}\b[^<>]{0,300}?itemprop\s{0,3}=\s{0,3}[\"']?([A-Za-z]{3,40})[^<>]{0,600}>", re.IGNORECASE
)
_CONTENT = re.compile(
    r"\b(?:content|datetime|href)\s{0,3}=\s{0,3}(?:\"([^\"<>]{0,300})\"|'([^'<>]{0,300})')", re.IGNORECASE
)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PRICE = re.compile(r"-?\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_LONGEST_PRICE: Final = 40
_CODES: Final = {"Invoice": "schema_invoice", "Order": "schema_order", "ParcelDelivery": "schema_delivery"}


@dataclass(frozen=True, slots=True)
class Structured:
    """What was said; the defaults are those of HTML that says nothing to machines."""

    codes: tuple[str, ...] = ()  # of evidence.WEIGHTS
    document_type: str | None = None
    number: str | None = None
    issue_date: str | None = None
    due_date: str | None = None
    total: str | None = None
    currency: str | None = None
    supplier: str | None = None


def read_structured(html: str) -> Structured:
    """What schema.org's words in some HTML say of an invoice, an order, a parcel or a booking."""
    if "schema.org" not in html:
        return Structured()
    items = [*_json_items(html), *_microdata_items(html)]
    kinds = [kind for kind, _ in items]
    codes = dict.fromkeys(_CODES[kind] for kind in kinds if kind in _CODES)
    if any(kind.endswith("Reservation") for kind in kinds):
        codes["schema_booking"] = None
    told_by = next((values for kind, values in items if kind == "Invoice"), None)
    if told_by is None:
        return Structured(tuple(codes))
    price, currency = _price(told_by)
    return Structured(
        tuple(codes),
        "invoice",
        number=_text(told_by, "confirmationNumber") or _text(told_by, "identifier"),
        issue_date=_day(told_by, "dateCreated") or _day(told_by, "datePublished"),
        due_date=_day(told_by, "paymentDueDate") or _day(told_by, "paymentDue"),
        total=price,
        currency=currency,
        supplier=_name(told_by, "provider") or _name(told_by, "broker"),
    )


def _json_items(html: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for count, opening in enumerate(_SCRIPT.finditer(html)):
        end = html.find("</", opening.end(), opening.end() + LONGEST_SCRIPT)
        while end >= 0 and html[end : end + 8].lower() != "</script":
            end = html.find("</", end + 2, opening.end() + LONGEST_SCRIPT)
        if count >= MOST_SCRIPTS or end < 0:
            return
        try:
            values = json.loads(html[opening.end() : end].strip())
        except (ValueError, RecursionError):
            continue
        yield from _nodes(values)


def _nodes(values: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    waiting, seen = [(values, 0)], 0
    while waiting and seen < MOST_NODES:
        value, depth = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            kind = value.get("@type")
            if isinstance(kind, str):
                yield kind.rpartition("/")[2][:40], value
        if depth < MOST_DEPTH and isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((each, depth + 1) for each in list(inner)[:MOST_NODES])


def _microdata_items(html: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each item with the properties that stand in its tags before the next item of a kind that counts."""
    found = list(_ITEM.finditer(html))[:50]
    for match in found:
        kind = match[1]
        if kind not in _CODES and not kind.endswith("Reservation"):
            continue
        values: dict[str, Any] = {}
        for tag in list(_PROPERTY.finditer(html, match.end(), match.end() + 20_000))[:60]:
            content = _CONTENT.search(tag[0])
            if content:
                values.setdefault(tag[1], unescape(content[1] or content[2] or ""))
        yield kind, values


def _price(values: dict[str, Any]) -> tuple[str | None, str | None]:
    due = values.get("totalPaymentDue", values)
    due = due if isinstance(due, dict) else {"price": due}
    specified = due.get("priceSpecification")
    due = {**due, **specified} if isinstance(specified, dict) else due
    currency = due.get("priceCurrency") or due.get("currency") or values.get("priceCurrency")
    for name in ("price", "value", "totalPaymentDue"):
        price = _amount(due.get(name))
        if price is not None:
            code = str(currency or "").strip().upper() if isinstance(currency, str) else ""
            return price, code if len(code) == 3 and code.isascii() and code.isalpha() else None
    return None, None


def _amount(value: object) -> str | None:
    """A price as a plain decimal: schema.org wants 1234.56, and shops write "1.234,56 €" as well."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    written = str(value).strip()
    if len(written) > _LONGEST_PRICE:
        return None
    if _PRICE.fullmatch(written):
        return f"{Decimal(written) + 0:.2f}"
    # Beside a currency whole amounts count as well, as they do here.
    found = amounts_in(fold(written)) or amounts_in(fold(f"EUR {written}"))
    return f"{found[0].value:.2f}" if len(found) == 1 else None


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    return told(str(value), 40) or None if isinstance(value, str | int) else None


def _day(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    day = _DAY.match(value) if isinstance(value, str) else None
    try:
        read = date(*map(int, day.groups())) if day else None
    except ValueError:
        return None
    return read.isoformat() if read and FIRST_YEAR <= read.year <= LAST_YEAR else None


def _name(values: dict[str, Any], name: str) -> str | None:
    of = values.get(name)
    of = of.get("name") if isinstance(of, dict) else of
    return told(of, 80) or None if isinstance(of, str) else None
