"""What a document says of itself: number, days, total, currency, IBAN, VAT id, supplier.

Each value is read where its label is, else where documents put it. A claim of whoever wrote it, like all of a mail.
Pure. Raises nothing.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Final

from rules.decision import told
from rules.recognition.accounting.amounts import currency_of
from rules.recognition.accounting.dates import dates_in, writes_month_first
from rules.recognition.accounting.identifiers import NO_ACCOUNTS, Accounts, find_accounts, find_vat_ids
from rules.recognition.accounting.lexicon import Found, fold, meaning_of
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.totals import Total, find_total, most_used_currency

_LONGEST_NUMBER = 40
_LONGEST_NAME = 80
_BESIDE = 80  # characters from a title to the end of its date
_NUMBERED: Final = frozenset({"title.invoice", "title.receipt", "title.credit_note"})
_BARE_LABEL = 6  # "date", "datum", "fecha", "issued"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What may stand between a label and its number: "Invoice No. : 4711", "Rechnung Nr 4711", "Faktura VAT nr: 4711".
_BETWEEN = re.compile(
    r"(?: \(\d{3}\))?[\s:.#°º№-]{0,20}"
    r"(?:(?:vat|no|nr|num|number|nummer|numero|numer|id|n|c|cislo|st|br)\b[\s:.#°º№-]{0,8}){0,2}"
)
_NUMBER = re.compile(r"(?:[a-z]{1,5} (?=\d|[a-z]{0,3}\d))?#?[^\W_][\w./#-]{0,39}")
# "2026 / 118", "118 / 2026", "2026 118": a year and a count, parted by blanks. Alone, the year is every invoice's.
_YEAR_AND_COUNT = re.compile(r"(?:(?:19|20)\d\d(?: ?[/-] ?| )\d{1,7}|\d{1,7} ?[/-] ?(?:19|20)\d\d)(?![^\W_]|[.,/-]\d)")
# What stands before a number that counts pages, names a day or a telephone, and belongs to no document's number.
_NO_PREFIX: Final = frozenset(
    """
    page seite blatt pag pagina folio side sida sivu strana str oldal lap blad hoja datum date data fecha dato vom von
    from dated of on am zu du de del da le the for tel fax kw plz iban nip cvr
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
_SHORT_PREFIX = 2
# A date, a year, a price, or the place in a list.
_NO_NUMBER = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}\.?|(?:19|20)\d\d|\d+[.,]\d{2}")
_LEGAL_FORM: Final = re.compile(
    r"(?<!\w)(?:gmbh(?: & co\.? kg(?:aa)?)?|ag|kg|ohg|ug \(haftungsbeschrankt\)|e\.? ?k\.|e\.v\.|ltd\.?|limited|llc"
    r"|inc\.?|plc|llp|corp\.?|b\.?v\.?|n\.v\.|s\.?a\.?r\.?l\.?|s\.?a\.?s\.?|s\.a\.|s\.?r\.?l\.?|s\.?p\.?a\.?"
    r"|s\.l\.u?\.?|lda\.?|sp\. ?z ?o\. ?o\.|sp\. ?j\.|s\.r\.o\.|a\.s\.|kft\.?|zrt\.?|a/s|aps|ab|oy|oyj|as|d\.o\.o\."
    r"|株式会社|有限公司|se & co\. kg)(?!\w)"
)
_LEAD_IN = re.compile(r"^[^\w]*(?:(?:©|\(c\))?\s?(?:19|20)\d\d\s)?")
_AMERICAN: Final = re.compile(r"(?<![A-Z])USD(?![A-Z])|US ?\$|\bU\.?S\.? dollars?\b", re.IGNORECASE)
_OTHER_DOLLARS: Final = re.compile(r"(?<![A-Z])(AUD|CAD|NZD|SGD|HKD|TWD|MXN)(?![A-Z])")
_SIGNS: Final = {"€": "EUR", "£": "GBP"}
_CODE: Final = re.compile(r"(?<![A-Z])(EUR|USD|GBP|CHF|PLN|SEK|NOK|DKK|CZK|HUF|RON|INR|CAD|AUD|JPY|BRL)(?![A-Z])")


@dataclass(frozen=True, slots=True)
class Values:
    """What was read; None where nothing was."""

    number: str | None = None
    reference: str | None = None
    order_number: str | None = None
    customer_number: str | None = None
    issue_date: str | None = None
    due_date: str | None = None
    total: Total | None = None
    currency: str | None = None
    accounts: Accounts = NO_ACCOUNTS
    vat_id: str | None = None
    customers_vat_id: str | None = None
    supplier: str | None = None
    has_dated_label: bool = False


def read_values(reading: Reading, language: str | None) -> Values:
    """The values of a text in a language (ISO 639-1, None: unknown)."""
    total = find_total(reading)
    vat_id, customers_vat_id = find_vat_ids(reading.text)
    currency = _currency(reading, total, language)
    month_first = writes_month_first(language, currency)
    labelled = _date_of(reading, "label.date", month_first)
    return Values(
        number=_number(reading),
        reference=_labelled_number(reading, "label.reference"),
        order_number=_labelled_number(reading, "label.order_number"),
        customer_number=_labelled_number(reading, "label.customer_number"),
        issue_date=labelled or _date_beside_title(reading, month_first) or _first_date(reading, month_first),
        due_date=_date_of(reading, "label.due_date", month_first),
        total=total,
        currency=currency,
        accounts=find_accounts(reading.text),
        vat_id=vat_id,
        customers_vat_id=customers_vat_id,
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
        if found.meaning in _NUMBERED:
            number = number_behind(reading, found)
            if number:
                return number
    return None


def _labelled_number(reading: Reading, meaning: str) -> str | None:
    for label in reading.of_meaning(meaning):
        for start, end in reading.places_for(label):
            if start > label.end and _stands_below_another(reading, label, start):
                continue
            number = _number_at(reading, start, end, least_digits=1)
            if number:
                return number
    return None


def _stands_below_another(reading: Reading, label: Found, place: int) -> bool:
    """Whether a line below begins with the value of another label: "Customer No  Invoice No", and one cell below."""
    if place != reading.line_at(place).start:
        return False
    begin = bisect_left(reading.found, reading.line_at(label.start).start, key=lambda each: each.start)
    before = takewhile(lambda each: each.start < label.start, islice(reading.found, begin, None))
    return any(each.meaning.startswith("label.") for each in before)


def _number_at(reading: Reading, start: int, end: int, least_digits: int) -> str | None:
    between = _BETWEEN.match(reading.folded, start, end)
    begin = between.end() if between else start
    until = min(end, begin + _LONGEST_NUMBER)
    counted = _YEAR_AND_COUNT.match(reading.folded, begin)
    if counted and counted.end() <= until:
        return told(re.sub(r" ?([/-]) ?", r"\1", counted[0]), _LONGEST_NUMBER)
    match = _NUMBER.match(reading.folded, begin, until)
    if match is None or _is_no_prefix(reading.text[match.start() : match.end()].partition(" ")[0]):
        return None
    number = reading.text[match.start() : match.end()].strip("#.-/ ")
    digits = sum(map(str.isdigit, number))
    if (
        digits < least_digits
        or _UUID.fullmatch(number)
        or (_NO_NUMBER.fullmatch(number) and not (least_digits == 1 and number.isdigit()))
    ):
        return None
    return told(number, _LONGEST_NUMBER)


def _is_no_prefix(word: str) -> bool:
    """Whether a word says that what follows is no document's number: "Page 1", "Net 1". "DE 4711" is one."""
    folded = fold(word)
    if folded in _NO_PREFIX:
        return not (len(word) == _SHORT_PREFIX and word.isupper())
    return (meaning_of(folded) or "").startswith("label.")


def _date_of(reading: Reading, meaning: str, month_first: bool) -> str | None:
    labels = sorted(reading.of_meaning(meaning), key=lambda each: _is_vague(reading, each))
    for label in labels:
        for start, end in reading.places_for(label):
            days = dates_in(reading.folded, start, min(end, start + 60), month_first=month_first)
            if days:
                return days[0].iso
    return None


def _is_vague(reading: Reading, label: Found) -> bool:
    """Whether a label says no more than "date", or another word before it says more ("Order Date")."""
    line = reading.line_at(label.start)
    before = reading.folded[max(line.start, label.start - 20) : label.start].rpartition("  ")[2]
    return label.end - label.start <= _BARE_LABEL or any(map(str.isalpha, before))


def _date_beside_title(reading: Reading, month_first: bool) -> str | None:
    """The date in the line of a title with its number: "Rechnung Nr. 4711 vom 05.03.2018"."""
    for found in reading.found:
        if found.meaning in _NUMBERED or found.meaning == "label.number":
            line = reading.line_at(found.start)
            end = min(line.end, found.end + _BESIDE)
            days = dates_in(reading.folded, found.end, end, month_first=month_first)
            if days:
                return days[0].iso
    return None


def _first_date(reading: Reading, month_first: bool) -> str | None:
    for line in reading.lines[:80]:
        days = dates_in(reading.folded, line.start, line.end, month_first=month_first)
        if days:
            return days[0].iso
    return None


def _currency(reading: Reading, total: Total | None, language: str | None) -> str | None:
    written = (total.currency if total else "") or most_used_currency(reading)
    if written:
        return _which_dollar(reading.text, currency_of(written, language, reading.folded))
    code = _CODE.search(reading.text)
    # "Total (€)" above a column: no amount has its sign beside it.
    return code[1] if code else next((name for sign, name in _SIGNS.items() if sign in reading.text), None)


def _which_dollar(text: str, currency: str | None) -> str | None:
    """What "$" means where the text says once that its dollars are Australian, and never that they are American."""
    if currency != "USD" or _AMERICAN.search(text):
        return currency
    others = set(_OTHER_DOLLARS.findall(text))
    return others.pop() if len(others) == 1 else currency


def _supplier(reading: Reading) -> str | None:
    """The first line's piece that names a company by its legal form."""
    for line in reading.lines[:60]:
        for start, end in reading.cells_of(line):
            for form in _LEGAL_FORM.finditer(reading.folded, start, end):
                name = _named(reading.text[start : form.end()], reading.text[form.start() : form.end()])
                if name:
                    return name
    return None


def _named(piece: str, form: str) -> str | None:
    # "View as", "1.00 kg": forms are written with capitals.
    if not form[0].isupper() and not form.startswith("e"):
        return None
    name = _LEAD_IN.sub("", piece.rpartition(":")[2]).strip(" ,;|-")
    is_name = len(name) > len(form) + 1 and name[0].isalnum() and len(name) <= _LONGEST_NAME
    return told(name, _LONGEST_NAME) if is_name else None
