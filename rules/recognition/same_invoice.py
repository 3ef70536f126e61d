"""Which invoices a mail brings, by its e-invoices and by what its files and its text were rated ("once means once").

An e-invoice's ids and a rating's are made alike (recognition.identity), so that the XML of a direct mail and the PDF
that somebody forwards are one invoice where they agree on seller, number, date and total. A rating counts only where it
is sure: its points import it by themselves. Decides nothing (law 10 does, in storage). Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.decision import TEXT_PART, CarriedInvoice
from rules.facts import Accounting, AttachmentFacts, EInvoice, MailFacts
from rules.recognition.documents import Role, carriers, roles
from rules.recognition.einvoice_pairs import originals
from rules.recognition.identity import (
    invoice_ids,
    joined_marks,
    marks_differ,
    number_key,
    same_amount,
    seller_mark,
)

# A year is every invoice's: it was read from a number with blanks in it, or stands in its place.
_YEAR = re.compile(r"(?:19|20)\d\d")
_ASIDE = frozenset({Role.COMPANION, Role.DECORATION})  # a logo that comes with every mail is no second invoice
# These name an invoice that is there, or one to come.
_CREDIT = "credit_note"  # it names the number of the invoice that it takes back, and is another document
_NO_INVOICES = frozenset({"reminder", "account_statement", "proforma"})


@dataclass(slots=True)
class _Found:
    """An invoice, while its dresses are gathered."""

    told: EInvoice  # what its original says
    ids: list[str]
    parts: list[str]
    seller: str
    is_structured: bool

    @classmethod
    def of(cls, told: EInvoice, part: str, *, is_structured: bool) -> "_Found":
        return cls(told, list(invoice_ids(told)), [part], seller_mark(told), is_structured)

    def is_same(self, other: EInvoice) -> bool:
        """Whether what another part of the mail tells is this invoice, too, by what makes an invoice."""
        return not marks_differ(self.seller, seller_mark(other)) and bool(set(self.ids) & set(invoice_ids(other)))

    def is_shown_by(self, rated: EInvoice) -> bool:
        """Whether what was read out of another part may be meant as this invoice, though it was read wrong."""
        if self.is_same(rated):
            return True
        if marks_differ(self.seller, seller_mark(rated)):
            return False
        agrees = _agrees_on_amount(self.told, rated)
        if rated.number and self.told.number:
            is_numbered_so = number_key(rated.number) == number_key(self.told.number)
            return (
                is_numbered_so
                and (rated.kind == _CREDIT) == (self.told.kind == _CREDIT)
                and (agrees or _agrees_on_day(self.told, rated))
            )
        # What names no number, beside data that does, is its picture: unless it is about another amount.
        return self.is_structured and not rated.number and agrees

    def add(self, dress: EInvoice, part: str) -> None:
        """One more dress; how else it tells the seller counts where it is about the same day and amount."""
        self.parts.append(part)
        if _tells_the_same(self.told, dress):
            self.ids += [each for each in invoice_ids(dress) if each not in self.ids]
            self.seller = joined_marks(self.seller, seller_mark(dress))


def invoices_of(facts: MailFacts, import_score: int) -> tuple[CarriedInvoice, ...]:
    """The invoices of a mail, each with every dress in which it stands there."""
    found: list[_Found] = []
    for part, invoice in originals(facts.attachments):
        _gather(found, invoice, part, is_structured=True)
    _add_dresses(found, facts.attachments, import_score)
    for part, invoice in _rated(facts, import_score):
        _gather(found, invoice, part, is_structured=False)
    text = facts.accounting
    if text is not None and _is_sure(text, import_score):
        _add_text(found, _as_invoice(text))
    within = carriers(facts.attachments)
    return tuple(
        CarriedInvoice(tuple(each.ids), tuple(each.parts), each.seller, _beside(each.parts, within)) for each in found
    )


def _beside(parts: Sequence[str], within: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part for part, carrier in within.items() if carrier in parts and part not in parts)


def _gather(found: list[_Found], invoice: EInvoice, part: str, *, is_structured: bool) -> None:
    beside = [each for each in found if part not in each.parts]
    same = next((each for each in beside if each.is_same(invoice)), None)
    if same is None and not is_structured:
        same = next((each for each in beside if each.is_shown_by(invoice)), None)
    if same is not None:
        same.add(invoice, part)
    else:
        found.append(_Found.of(invoice, part, is_structured=is_structured))


def _add_dresses(found: list[_Found], attachments: Iterable[AttachmentFacts], import_score: int) -> None:
    """The PDFs that recognition.einvoice_pairs gave to an original."""
    by_part = {each.parts[0]: each for each in found}
    for each in attachments:
        original = by_part.get(each.group)
        if original is None or each.part == each.group:
            continue
        rated = each.accounting
        said = each.e_invoice or (_as_invoice(rated) if rated and _is_sure(rated, import_score) else None)
        if said is not None and not marks_differ(original.seller, seller_mark(said)):
            original.add(said, each.part)
        else:
            original.parts.append(each.part)


def _add_text(found: list[_Found], text: EInvoice) -> None:
    """Where there is no file that is an invoice the text may be one; beside one it may only show the same."""
    if not found:
        found.append(_Found.of(text, TEXT_PART, is_structured=False))
        return
    same = next((each for each in found if text.number and each.is_shown_by(text)), None)
    if same is not None:
        same.add(text, TEXT_PART)


def _rated(facts: MailFacts, import_score: int) -> Iterator[tuple[str, EInvoice]]:
    """The files that were rated high enough, by part."""
    found = roles(facts.attachments)
    for each in facts.attachments:
        if each.e_invoice or each.group or each.accounting is None or found[each.part] in _ASIDE:
            continue
        if _is_sure(each.accounting, import_score):
            yield each.part, _as_invoice(each.accounting)


def _is_sure(rating: Accounting, import_score: int) -> bool:
    return rating.score >= import_score and rating.document_type not in _NO_INVOICES


def _tells_the_same(original: EInvoice, dress: EInvoice) -> bool:
    """Whether a dress agrees on all but the seller; ids of what disagrees would be those of another invoice."""
    tells_all = dress.number and dress.issue_date and dress.total
    is_numbered_so = number_key(original.number or "") == number_key(dress.number or "")
    return bool(tells_all) and is_numbered_so and _agrees_on_day(original, dress) and _agrees_on_amount(original, dress)


def _agrees_on_day(one: EInvoice, other: EInvoice) -> bool:
    return not (one.issue_date and other.issue_date) or one.issue_date == other.issue_date


def _agrees_on_amount(one: EInvoice, other: EInvoice) -> bool:
    if not (one.total and other.total):
        return True
    return same_amount(one.total.lstrip("-"), other.total.lstrip("-"))


def _number(rating: Accounting) -> str | None:
    """The number that a document bears alone: not an order's, which may have several invoices of one day and total."""
    said = {each.code for each in rating.evidence}
    is_shared = bool(said & {"order_number", "reference_number"}) and not said & {"number", "schema_invoice"}
    return None if is_shared or _YEAR.fullmatch((rating.number or "").strip()) else rating.number


def _as_invoice(rating: Accounting) -> EInvoice:
    has_several = any(each.code == "several_ibans" for each in rating.evidence)
    return EInvoice(
        kind=rating.document_type or "invoice",
        syntax="",
        number=_number(rating),
        issue_date=rating.issue_date,
        seller_name=rating.supplier,
        seller_vat=rating.vat_id,
        iban=None if has_several else rating.iban,
        total=rating.total,
        currency=rating.currency,
    )
