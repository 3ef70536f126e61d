"""Rate a mail's text or a file: the score, the type, the values, and every piece of evidence with its place.

The score is the sum of the evidence's points (evidence.WEIGHTS), held between 0 and 100. Never decides what follows
from it (rules.engine does, with the tenant's thresholds); never looks at octets. Pure. Raises nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from rules.facts import Accounting, Evidence
from rules.recognition.accounting.amounts import plain_decimal
from rules.recognition.accounting.evidence import MOST_TIMES, WEIGHTS
from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.structured import Structured
from rules.recognition.accounting.titles import meanings_in, meanings_in_filename, other_titles_of, titles_of, type_of, types_of_number_labels
from rules.recognition.accounting.values import Values, read_values

# From here on another look at a mail's text (its HTML) may make it a document, whatever its plain text says.
LEFT_OPEN: Final = 25
SHORT_TEXT: Final = 300  # characters; less may only say that the rest is in the HTML
_FEW_LINES_WITH_AMOUNTS: Final = 3
_MANY_QUOTED: Final = 3
_NEAR_TAX: Final = 60
_SHORT_MAIL: Final = 400  # characters: a mail that says more is about itself, not about its picture
_HEAD: Final = 20  # lines in which a text says what it is
_SUBJECT_AGAINST: Final = {
    "other.order": "order_in_subject",
    "other.booking": "booking_in_subject",
    "other.purchase_order": "purchase_order_in_subject",
    "other.quote": "quote_in_subject",
    "other.delivery": "delivery_in_subject",
    "against.account": "account_in_subject",
    "against.newsletter": "newsletter_in_subject",
    "against.marketing": "marketing_in_subject",
    "title.proforma": "proforma_title",
    "title.account_statement": "statement_title",
}
_WORDS_AGAINST: Final = {
    "against.not_yet": "not_yet",
    "against.denied": "denied",
    "against.elsewhere": "elsewhere",
    "other.delivery": "delivery_words",
    "against.account": "account_words",
    "against.newsletter": "newsletter_words",
    "against.marketing": "marketing_words",
}
_ACCOUNTING: Final = frozenset({"title.invoice", "title.receipt", "title.credit_note", "title.reminder"})


@dataclass(slots=True)
class _Ledger:
    """Evidence as it is found: each code once, or as often as MOST_TIMES says."""

    entries: list[Evidence] = field(default_factory=list)
    _times: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, place: str) -> None:
        times = self._times.get(code, 0)
        if times < MOST_TIMES.get(code, 1):
            self._times[code] = times + 1
            self.entries.append(Evidence(code, WEIGHTS[code], place))

    def has(self, *codes: str) -> bool:
        return any(code in self._times for code in codes)

    def score(self) -> int:
        return max(0, min(100, sum(each.weight for each in self.entries)))


def rate_text(
    text: str, hints: Hints, language: str | None = None, structured: Structured | None = None
) -> Accounting:
    """The rating of a mail's own text."""
    ledger, reading = _Ledger(), Reading.of(text)
    values = read_values(reading, language)
    titles = _note_text(ledger, reading, values)
    names = _note_subject(ledger, hints, has_file=False)
    _note_header(ledger, hints, reading)
    structured = structured or Structured()
    for code in structured.codes:
        ledger.add(code, "html")
    _note_missing(ledger)
    rating = _accounting(ledger, [*titles, *names], values, structured, "text")
    return replace(rating, supplier=structured.supplier or hints.sender_name or rating.supplier)


def rate_file(
    text: str, reading_state: str, filename: str, hints: Hints, mail_text: str = "", language: str | None = None
) -> Accounting:
    """The rating of a file: its text ("" where none could be read), its name, and the mail that it came with.

    `reading_state`: as Accounting.reading has it.
    """
    ledger, reading = _Ledger(), Reading.of(text)
    values = read_values(reading, language)
    titles = _note_text(ledger, reading, values) if text else []
    names = _note_subject(ledger, hints, has_file=True)
    names += _note_filename(ledger, filename)
    mail = meanings_in(mail_text[:2000])
    if "for.announced" in mail and (mail & _ACCOUNTING or names):
        ledger.add("announced", "mail")
        names += _types(mail)
    if text:
        _note_missing(ledger)
    else:
        is_aside = reading_state == "picture" and len(mail_text) > _SHORT_MAIL
        ledger.add("picture_aside" if is_aside else "unreadable_file", "filename")
    rating = _accounting(ledger, [*titles, *names], values, Structured(), reading_state)
    return replace(rating, supplier=rating.supplier or hints.sender_name or None)


def _note_text(ledger: _Ledger, reading: Reading, values: Values) -> list[str]:
    """Note what a text says of itself; the types that its titles name, the first ones first."""
    titles = titles_of(reading)
    for title in titles:
        if title.name in {"proforma", "account_statement"}:
            ledger.add("proforma_title" if title.name == "proforma" else "statement_title", _line(title.line))
        else:
            ledger.add("title_line", _line(title.line))
    _note_other_titles(ledger, reading, first_title=titles[0].line if titles else None)
    in_text = list(reading.of_meaning(*_ACCOUNTING))
    if in_text:
        ledger.add("title_in_text", _line(reading.line_at(in_text[0].start).number))
    _note_values(ledger, values)
    _note_amounts(ledger, reading, values)
    _note_words_against(ledger, reading)
    for found in reading.found:
        if found.meaning == "label.payment":
            ledger.add("payment_words", _line(reading.line_at(found.start).number))
        elif found.meaning == "for.purchase":
            ledger.add("purchase_words", _line(reading.line_at(found.start).number))
        elif found.meaning == "label.seller_tax_id" and not values.vat_id:
            ledger.add("tax_id_label", _line(reading.line_at(found.start).number))
    first = titles[0].line if titles else 0
    names = [title.name for title in titles if title.line <= first + 10]
    names = names or types_of_number_labels(reading)[:1]
    return names or [each.meaning.removeprefix("title.") for each in in_text[:1]]


def _note_other_titles(ledger: _Ledger, reading: Reading, first_title: int | None) -> None:
    """Another document's title counts where it stands before the accounting document's."""
    for title in other_titles_of(reading):
        if title.line <= _HEAD and (first_title is None or title.line < first_title):
            code = f"{title.name}_title"
            ledger.add(code, _line(title.line))


def _note_words_against(ledger: _Ledger, reading: Reading) -> None:
    """Each word once: a footer that repeats itself says it once."""
    said = set()
    has_total = ledger.has("total", "total_without_currency", "card_amount")
    for found in reading.found:
        code = _WORDS_AGAINST.get(found.meaning)
        words = reading.folded[found.start : found.end]
        line = reading.line_at(found.start).number
        # A bill that names its total is here, whatever else lies behind its links; a foot speaks of the next one.
        if code is None or words in said or (code == "elsewhere" and has_total) or (code == "not_yet" and line > _HEAD):
            continue
        said.add(words)
        ledger.add(code, _line(line))


def _note_values(ledger: _Ledger, values: Values) -> None:
    total = values.total
    if total is not None:
        has_currency = bool(total.currency or values.currency)
        label = "card_amount" if total.meaning == "label.card" else "total"
        ledger.add(label if has_currency else "total_without_currency", "values")
        if total.is_confirmed:
            ledger.add("sum_agrees", "values")
    for code, value in (
        ("number", values.number),
        ("order_number", values.order_number),
        ("due_date", values.due_date),
        ("vat_id", values.vat_id),
        ("iban", values.iban),
    ):
        if value:
            ledger.add(code, "values")
    if values.has_dated_label:
        ledger.add("date_label", "values")


def _note_amounts(ledger: _Ledger, reading: Reading, values: Values) -> None:
    with_amounts = sum(1 for line in reading.lines[:600] if reading.amounts_of(line))
    if with_amounts >= _FEW_LINES_WITH_AMOUNTS:
        ledger.add("amounts", "values")
    for label in reading.of_meaning("label.tax"):
        line = reading.line_at(label.start)
        around = reading.folded[max(line.start, label.start - 12) : label.end + _NEAR_TAX]
        if "%" in around or reading.amounts_of(line) or any(reading.amounts_of(each) for each in reading.below(line)[:1]):
            ledger.add("tax", _line(line.number))
            break


def _note_subject(ledger: _Ledger, hints: Hints, *, has_file: bool) -> list[str]:
    """Note what the subject says, and who sends; the types that the subject names."""
    meanings = meanings_in(hints.subject)
    if has_file and "against.elsewhere" in meanings:  # "your invoice is ready": it is, beside it
        meanings.add("title.invoice")
    names = _types(meanings)
    is_named = bool(meanings & _ACCOUNTING)
    if is_named:
        ledger.add("title_in_subject", "subject")
        if any(map(str.isdigit, hints.subject)):
            ledger.add("number_in_subject", "subject")
    elif meanings & {"for.paying", "for.purchase", "label.payable"}:
        ledger.add("payment_in_subject", "subject")
    if hints.has_amount:
        ledger.add("amount_in_subject", "subject")
    for meaning, code in _SUBJECT_AGAINST.items():
        if meaning in meanings and not (is_named and meaning in {"other.order", "other.booking", "against.account"}):
            ledger.add(code, "subject")
    for meaning in ("against.not_yet", "against.denied", *(() if has_file else ("against.elsewhere",))):
        if meaning in meanings:
            ledger.add(_WORDS_AGAINST[meaning], "subject")
    if hints.names_titles:
        ledger.add("title_in_sender", "sender")
    return names


def _note_filename(ledger: _Ledger, filename: str) -> list[str]:
    meanings = meanings_in_filename(filename)
    if meanings & _ACCOUNTING:
        ledger.add("title_in_filename", "filename")
    else:
        for meaning in sorted(meanings):
            if meaning.startswith("other."):
                ledger.add(f"{meaning.removeprefix('other.')}_title", "filename")
    return _types(meanings)


def _note_header(ledger: _Ledger, hints: Hints, reading: Reading) -> None:
    for code, is_so in (("mailing_list", hints.is_list), ("bulk", hints.is_bulk), ("reply", hints.is_reply)):
        if is_so:
            ledger.add(code, "header")
    quoted = [line for line in reading.lines if reading.folded.startswith(">", line.start)]
    if len(quoted) >= _MANY_QUOTED:
        ledger.add("quoted", _line(quoted[0].number))


def _note_missing(ledger: _Ledger) -> None:
    if not ledger.has("total", "total_without_currency", "card_amount", "schema_invoice"):
        ledger.add("no_total", "values")
    if not ledger.has("number", "title_line", "title_in_subject", "title_in_filename", "title_in_sender", "schema_invoice"):
        ledger.add("no_number_no_title", "values")


def _accounting(
    ledger: _Ledger, names: list[str], values: Values, structured: Structured, reading_state: str
) -> Accounting:
    total = plain_decimal(values.total.value) if values.total else structured.total
    return Accounting(
        score=ledger.score(),
        document_type=structured.document_type or _document_type(names, values),
        number=structured.number or values.number or values.order_number,
        issue_date=structured.issue_date or values.issue_date,
        due_date=structured.due_date or values.due_date,
        total=structured.total or total,
        currency=structured.currency or values.currency,
        iban=values.iban,
        vat_id=values.vat_id,
        supplier=structured.supplier or values.supplier,
        evidence=tuple(ledger.entries),
        reading=reading_state,
    )


def _document_type(names: list[str], values: Values) -> str | None:
    named = type_of(names)
    if named == "invoice" and values.total is not None and values.total.value < 0:
        return "credit_note"
    if named or values.total is None:
        return named
    return "receipt"


def _types(meanings: set[str]) -> list[str]:
    return list(_sorted_types(meanings))


def _sorted_types(meanings: set[str]) -> Iterator[str]:
    return (each.removeprefix("title.") for each in sorted(meanings) if each.startswith("title."))


def _line(number: int) -> str:
    return f"line {number + 1}"
