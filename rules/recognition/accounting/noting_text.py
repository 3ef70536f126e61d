"""Note what a text says for and against being an accounting document. Pure. Raises nothing."""

from typing import Final

from rules.recognition.accounting.ledger import Ledger, line
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.titles import ACCOUNTING, other_titles_of, titles_of, types_of_number_labels
from rules.recognition.accounting.values import Values

_FEW_LINES_WITH_AMOUNTS: Final = 3
_NEAR_TAX: Final = 60
_HEAD: Final = 20  # lines in which a text says what it is
_WORDS_AGAINST: Final = {
    "against.not_yet": "not_yet",
    "against.denied": "denied",
    "against.elsewhere": "elsewhere",
    "other.delivery": "delivery_words",
    "against.account": "account_words",
    "against.newsletter": "newsletter_words",
    "against.marketing": "marketing_words",
}


def note_text(ledger: Ledger, reading: Reading, values: Values) -> list[str]:
    """Note what a text says of itself; the types that its titles name, the first ones first."""
    titles = titles_of(reading)
    for title in titles:
        if title.name in {"proforma", "account_statement"}:
            ledger.add("proforma_title" if title.name == "proforma" else "statement_title", line(title.line))
        else:
            ledger.add("title_line", line(title.line))
    _note_other_titles(ledger, reading, first_title=titles[0].line if titles else None)
    in_text = list(reading.of_meaning(*ACCOUNTING))
    if in_text:
        ledger.add("title_in_text", line(reading.line_at(in_text[0].start).number))
    _note_values(ledger, values)
    _note_amounts(ledger, reading)
    _note_words_against(ledger, reading)
    for found in reading.found:
        if found.meaning == "label.payment":
            ledger.add("payment_words", line(reading.line_at(found.start).number))
        elif found.meaning == "for.purchase":
            ledger.add("purchase_words", line(reading.line_at(found.start).number))
        elif found.meaning == "label.seller_tax_id" and not values.vat_id:
            ledger.add("tax_id_label", line(reading.line_at(found.start).number))
    first = titles[0].line if titles else 0
    names = [title.name for title in titles if title.line <= first + 10]
    names = names or types_of_number_labels(reading)[:1]
    return names or [each.meaning.removeprefix("title.") for each in in_text[:1]]


def _note_other_titles(ledger: Ledger, reading: Reading, first_title: int | None) -> None:
    """Another document's title counts where it stands before the accounting document's."""
    for title in other_titles_of(reading):
        if title.line <= _HEAD and (first_title is None or title.line < first_title):
            code = f"{title.name}_title"
            ledger.add(code, line(title.line))


def _note_words_against(ledger: Ledger, reading: Reading) -> None:
    """Each word once: a footer that repeats itself says it once."""
    said = set()
    has_total = ledger.has("total", "total_without_currency", "card_amount")
    for found in reading.found:
        code = _WORDS_AGAINST.get(found.meaning)
        words = reading.folded[found.start : found.end]
        at = reading.line_at(found.start).number
        # A bill that names its total is here, whatever else lies behind its links; a foot speaks of the next one.
        if code is None or words in said or (code == "elsewhere" and has_total) or (code == "not_yet" and at > _HEAD):
            continue
        said.add(words)
        ledger.add(code, line(at))


def _note_values(ledger: Ledger, values: Values) -> None:
    total = values.total
    if total is not None:
        has_currency = bool(total.currency or values.currency)
        label = "card_amount" if total.meaning == "label.card" else "total"
        ledger.add(label if has_currency else "total_without_currency", "values")
        if total.meaning == "label.paid":
            ledger.add("paid", "values")
        if total.is_confirmed:
            ledger.add("sum_agrees", "values")
    for code, value in (
        ("number", values.number),
        ("reference_number", values.reference if not values.number else None),
        ("order_number", values.order_number),
        ("customer_number", values.customer_number),
        ("due_date", values.due_date),
        ("vat_id", values.vat_id or values.customers_vat_id),
        ("iban", values.accounts.paid or values.accounts.debited),
        ("several_ibans", values.accounts.has_several),
    ):
        if value:
            ledger.add(code, "values")
    if values.has_dated_label:
        ledger.add("date_label", "values")


def _note_amounts(ledger: Ledger, reading: Reading) -> None:
    with_amounts = sum(1 for line in reading.lines[:600] if reading.amounts_of(line))
    if with_amounts >= _FEW_LINES_WITH_AMOUNTS:
        ledger.add("amounts", "values")
    for label in reading.of_meaning("label.tax"):
        at = reading.line_at(label.start)
        around = reading.folded[max(at.start, label.start - 12) : label.end + _NEAR_TAX]
        if "%" in around or any(reading.amounts_of(each) for each in (at, *reading.below(at)[:1])):
            ledger.add("tax", line(at.number))
            break
