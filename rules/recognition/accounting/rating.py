"""Rate a mail's text or a file: the score, the type, the values, and every piece of evidence with its place.

The score is the sum of the evidence's points (evidence.WEIGHTS), held between 0 and 100. Never decides what follows
from it (rules.recognising does, with the tenant's thresholds); never looks at octets. Pure. Raises nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

from rules.facts import Accounting
from rules.recognition.accounting.amounts import plain_decimal
from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.ledger import Ledger
from rules.recognition.accounting.noting_mail import note_filename, note_header, note_subject
from rules.recognition.accounting.noting_text import note_text
from rules.recognition.accounting.payment_codes import PaymentCode
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.structured import Structured
from rules.recognition.accounting.titles import ACCOUNTING, meanings_in, type_of, types_in
from rules.recognition.accounting.values import Values, read_values

# Of mail in a mailbox: from here on what is not read yet (its HTML) may make its text a document.
LEFT_OPEN: Final = 25
SHORT_TEXT: Final = 300  # characters; less may only say that the rest is in the HTML
SMALLEST_PICTURE: Final = 30_000  # octets; a page that was photographed has more, a logo or a signature less
_SHORT_MAIL: Final = 400  # characters: a mail that says more is about itself, not about its picture


@dataclass(frozen=True, slots=True)
class FileText:
    """What was read of a file."""

    text: str  # "" where none could be read
    state: str  # as Accounting.reading
    filename: str = ""
    language: str | None = None
    code: PaymentCode | None = None  # that stands on its pages


def rate_text(text: str, hints: Hints, language: str | None = None, structured: Structured | None = None) -> Accounting:
    """The rating of a mail's own text."""
    ledger, reading = Ledger(), Reading.of(text)
    values = read_values(reading, language)
    titles = note_text(ledger, reading, values)
    names = note_subject(ledger, hints, has_file=False)
    note_header(ledger, hints, reading)
    structured = structured or Structured()
    for code in structured.codes:
        ledger.add(code, "html")
    _note_missing(ledger)
    rating = _accounting(ledger, [*titles, *names], values, structured, "text")
    return replace(rating, supplier=structured.supplier or hints.sender_name or rating.supplier)


def rate_file(file: FileText, hints: Hints, mail_text: str = "") -> Accounting:
    """The rating of a file: what it says, its name, and the mail that it came with."""
    ledger, reading = Ledger(), Reading.of(file.text)
    values = read_values(reading, file.language)
    titles = note_text(ledger, reading, values) if file.text else []
    names = note_subject(ledger, hints, has_file=True)
    names += note_filename(ledger, file.filename)
    mail = meanings_in(mail_text[:2000])
    if "for.announced" in mail and (mail & ACCOUNTING or names):
        ledger.add("announced", "mail")
        names += types_in(mail)
    if file.code is not None:
        ledger.add(file.code.kind, "code")
    if file.text:
        _note_missing(ledger)
    else:
        is_aside = file.state == "picture" and len(mail_text) > _SHORT_MAIL
        ledger.add("picture_aside" if is_aside else "unreadable_file", "filename")
        note_header(ledger, hints, reading)  # only the mail speaks for it: what a reply or a list brings says less
    rating = _accounting(ledger, [*titles, *names], values, Structured(), file.state)
    return _with_code(replace(rating, supplier=rating.supplier or hints.sender_name or None), file.code)


def _note_missing(ledger: Ledger) -> None:
    if not ledger.has("total", "total_without_currency", "card_amount", "schema_invoice", "epc_code", "swiss_qr_code"):
        ledger.add("no_total", "values")
    names = ("title_line", "title_in_subject", "title_in_filename", "title_in_sender")
    if not ledger.has("number", "reference_number", "schema_invoice", *names):
        ledger.add("no_number_no_title", "values")


def _accounting(
    ledger: Ledger, names: list[str], values: Values, structured: Structured, reading_state: str
) -> Accounting:
    document_type = structured.document_type or _document_type(names, values)
    total = structured.total
    if values.total:
        # What a credit note gives back is told without a sign, as in EN 16931: its type says which way it goes.
        value = abs(values.total.value) if document_type == "credit_note" else values.total.value
        total = plain_decimal(value)
    return Accounting(
        score=ledger.score(),
        document_type=document_type,
        number=structured.number or values.number or values.reference or values.order_number,
        issue_date=structured.issue_date or values.issue_date,
        due_date=structured.due_date or values.due_date,
        total=structured.total or total,
        currency=structured.currency or values.currency,
        iban=values.accounts.paid,
        vat_id=values.vat_id,
        supplier=structured.supplier or values.supplier,
        evidence=tuple(ledger.entries),
        reading=reading_state,
    )


def _with_code(rating: Accounting, code: PaymentCode | None) -> Accounting:
    """A machine wrote the code for machines: where it says something, it counts before the text.

    Not its amount against one that net and tax add up to: a code may ask for an instalment, or less a discount.
    """
    if code is None:
        return rating
    is_certain = rating.total is not None and any(each.code == "sum_agrees" for each in rating.evidence)
    return replace(
        rating,
        document_type=rating.document_type or "invoice",
        total=rating.total if is_certain else code.total or rating.total,
        currency=rating.currency if is_certain and rating.currency else code.currency or rating.currency,
        iban=code.iban,
        supplier=code.name or rating.supplier,
    )


def _document_type(names: list[str], values: Values) -> str | None:
    named = type_of(names)
    if named == "invoice" and values.total is not None and values.total.value < 0:
        return "credit_note"
    if named or values.total is None:
        return named
    return "receipt"
