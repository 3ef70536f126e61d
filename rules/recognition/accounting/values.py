"""What a document says of itself: number, days, total, currency, IBAN, VAT id, supplier.

Each value is read where its label is, else where documents put it. A claim of whoever wrote it, like all of a mail.
Pure. Raises nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

from rules.decision import told
from rules.recognition.accounting.amounts import currency_of
from rules.recognition.accounting.dates import dates_in, writes_month_first
from rules.recognition.accounting.identifiers import find_iban, find_vat_id
from rules.recognition.accounting.lexicon import Found
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.totals import Total, find_total, most_used_currency

_LONGEST_NUMBER = 40
_LONGEST_NAME = 80
# What may stand between a label and its number: "Invoice No. : 4711", "Rechnung Nr 4711", "Faktura VAT nr: 4711".
_BETWEEN = re.compile(
    r"[\s:.#°º№-]{0,20}(?:(?:vat|no|nr|num|number|nummer|numero|numer|id|n|c|cislo|st|br)\b[\s:.#°º№-]{0,8}){0,2}"
)
_NUMBER = re.compile(r"(?:[a-z]{1,5} (?=\d|[a-z]{0,3}\d))?#?[^\W_][\w./#-]{0,39}")
_NO_NUMBER = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}\.?|(?:19|20)\d\d|\d+[.,]\d{2}")
_LEGAL_FORM: Final = re.compile(
    r"(?<!\w)(?:gmbh(?: & co\.? kg(?:aa)?)?|ag|kg|ohg|ug \(haftungsbeschrankt\)|e\.? ?k\.|e\.v\.|ltd\.?|limited|llc|inc\.?"
    r"|plc|llp|corp\.?|b\.?v\.?|n\.v\.|s\.?a\.?r\.?l\.?|s\.?a\.?s\.?|s\.a\.|s\.?r\.?l\.?|s\.?p\.?a\.?|s\.l\.u?\.?|lda\.?"
    r"|sp\. ?z ?o\. ?o\.|sp\. ?j\.|s\.r\.o\.|a\.s\.|kft\.?|zrt\.?|a/s|aps|ab|oy|oyj|as|d\.o\.o\.|株式会社|有限公司|se & co\. kg)"
    r"(?!\w)"
)
_CODE: Final = re.compile(r"(?<![A-Z])(EUR|USD|GBP|CHF|PLN|SEK|NOK|DKK|CZK|HUF|RON|INR|CAD|AUD|JPY|BRL)(?![A-Z])")


@dataclass(frozen=True, slots=True)
class Values:
    """What was read; None where nothing was."""

    number: str | None = None
    order_number: str | None = None
    issue_date: str | None = None
    due_date: str | None = None
    total: Total | None = None
    currency: str | None = None
    iban: str | None = None
    vat_id: str | None = None
    supplier: str | None = None
    has_dated_label: bool = False


def read_values(reading: Reading, language: str | None) -> Values:
    """The values of a text in a language (ISO 639-1, None: unknown)."""
    total = find_total(reading)
    currency = _currency(reading, total, language)
    month_first = writes_month_first(language, currency)
    labelled = _date_of(reading, "label.date", month_first=month_first)
    return Values(
        number=_number(reading),
        order_number=_labelled_number(reading, "label.order_number"),
        issue_date=labelled or _first_date(reading, month_first=month_first),
        due_date=_date_of(reading, "label.due_date", month_first=month_first),
        total=total,
        currency=currency,
        iban=find_iban(reading.text),
        vat_id=find_vat_id(reading.text),
        supplier=_supplier(reading),
        has_dated_label=labelled is not None,
    )


def number_behind(reading: Reading, found: Found) -> str | None:
    """A number right behind a title: "Invoice #12345", "Rechnung 471102"."""
    return _number_at(reading, found.end, reading.line_at(found.start).end, least_digits=3)


def _number(reading: Reading) -> str | None:
    labelled = _labelled_number(reading, "label.number")
    if labelled:
        return labelled
    for found in reading.found:
        if found.meaning in {"title.invoice", "title.receipt", "title.credit_note"}:
            number = number_behind(reading, found)
            if number:
                return number
    return None


def _labelled_number(reading: Reading, meaning: str) -> str | None:
    for label in reading.of_meaning(meaning):
        for start, end in reading.places_for(label):
            number = _number_at(reading, start, end, least_digits=1)
            if number:
                return number
    return None


def _number_at(reading: Reading, start: int, end: int, least_digits: int) -> str | None:
    between = _BETWEEN.match(reading.folded, start, end)
    begin = between.end() if between else start
    match = _NUMBER.match(reading.folded, begin, min(end, begin + _LONGEST_NUMBER))
    if match is None:
        return None
    number = reading.text[match.start() : match.end()].strip("#.-/ ")
    digits = sum(map(str.isdigit, number))
    if digits < least_digits or (_NO_NUMBER.fullmatch(number) and not (least_digits == 1 and number.isdigit())):
        return None
    return told(number, _LONGEST_NUMBER)


def _date_of(reading: Reading, meaning: str, *, month_first: bool) -> str | None:
    for label in reading.of_meaning(meaning):
        for start, end in reading.places_for(label):
            days = dates_in(reading.folded, start, min(end, start + 60), month_first=month_first)
            if days:
                return days[0].iso
    return None


def _first_date(reading: Reading, *, month_first: bool) -> str | None:
    for line in reading.lines[:80]:
        days = dates_in(reading.folded, line.start, line.end, month_first=month_first)
        if days:
            return days[0].iso
    return None


def _currency(reading: Reading, total: Total | None, language: str | None) -> str | None:
    written = (total.currency if total else "") or most_used_currency(reading)
    if written:
        return currency_of(written, language)
    code = _CODE.search(reading.text)
    return code[1] if code else None


def _supplier(reading: Reading) -> str | None:
    """The first line's piece that names a company by its legal form."""
    for line in reading.lines[:60]:
        for start, end in reading.cells_of(line):
            form = _LEGAL_FORM.search(reading.folded, start, end)
            if form and form.start() > start and form.end() - start <= _LONGEST_NAME:
                return told(reading.text[start : form.end()].strip(" ,;:|-"), _LONGEST_NAME)
    return None
