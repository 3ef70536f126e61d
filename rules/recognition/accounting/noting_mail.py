"""Note what the mail around a text or a file says: subject, sender, header, the file's name. Pure. Raises nothing."""

from typing import Final

from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.ledger import Ledger, line
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.titles import ACCOUNTING, meanings_in, meanings_in_filename, types_in

_MANY_QUOTED: Final = 3
_SUBJECT_AGAINST: Final = {
    "other.order": "order_in_subject",
    "other.booking": "booking_in_subject",
    "other.purchase_order": "purchase_order_in_subject",
    "other.quote": "quote_in_subject",
    "other.delivery": "delivery_in_subject",
    "against.account": "account_in_subject",
    "against.newsletter": "newsletter_in_subject",
    "against.marketing": "marketing_in_subject",
    "against.not_yet": "not_yet",
    "against.denied": "denied",
    "against.elsewhere": "elsewhere",
    "title.proforma": "proforma_title",
    "title.account_statement": "statement_title",
}
# What an invoice's subject may name beside it: "Your order and invoice".
_EXCUSED: Final = frozenset({"other.order", "other.booking", "against.account"})


def note_subject(ledger: Ledger, hints: Hints, *, has_file: bool) -> list[str]:
    """Note what the subject says, and who sends; the types that the subject names."""
    meanings = meanings_in(hints.subject)
    if has_file and "against.elsewhere" in meanings:  # "your invoice is ready": it is, beside it
        meanings.add("title.invoice")
    names = types_in(meanings)
    is_named = bool(meanings & ACCOUNTING)
    if is_named:
        ledger.add("title_in_subject", "subject")
        if any(map(str.isdigit, hints.subject)):
            ledger.add("number_in_subject", "subject")
    elif meanings & {"for.paying", "for.purchase", "label.payable", "label.paid"}:
        ledger.add("payment_in_subject", "subject")
    if hints.has_amount:
        ledger.add("amount_in_subject", "subject")
    _note_subject_against(ledger, meanings - _EXCUSED if is_named else meanings, has_file=has_file)
    if hints.names_titles:
        ledger.add("title_in_sender", "sender")
    return names


def _note_subject_against(ledger: Ledger, meanings: set[str], *, has_file: bool) -> None:
    for meaning, code in _SUBJECT_AGAINST.items():
        if meaning in meanings and not (has_file and meaning == "against.elsewhere"):
            ledger.add(code, "subject")


def note_filename(ledger: Ledger, filename: str) -> list[str]:
    meanings = meanings_in_filename(filename)
    if meanings & ACCOUNTING:
        ledger.add("title_in_filename", "filename")
    else:
        for meaning in sorted(meanings):
            if meaning.startswith("other."):
                ledger.add(f"{meaning.removeprefix('other.')}_title", "filename")
    return types_in(meanings)


def note_header(ledger: Ledger, hints: Hints, reading: Reading) -> None:
    for code, is_so in (("mailing_list", hints.is_list), ("bulk", hints.is_bulk), ("reply", hints.is_reply)):
        if is_so:
            ledger.add(code, "header")
    quoted = [line for line in reading.lines if reading.folded.startswith(">", line.start)]
    if len(quoted) >= _MANY_QUOTED:
        ledger.add("quoted", line(quoted[0].number))
