"""What conditions may ask of what recognition found in a mail: what its documents say they are.

E-invoices count always, a rating from the tenant's `possible_score` on. All of it is a claim of whoever wrote the mail.
Of stored facts all of this is there, without the text. Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.facts import Accounting, AttachmentFacts, MailFacts
from rules.recognition.einvoice_codes import KINDS
from rules.recognition.identity import bare_vat_id
from rules.words import FoldedText, fold, plain

# Of e-invoices and of ratings.
DOCUMENT_TYPES = (*KINDS, "receipt", "reminder", "account_statement")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the documents of a mail say together, in the form that is compared."""

    document_types: frozenset[str]
    sellers: tuple[FoldedText, ...]
    vat_ids: frozenset[str]  # each with its country, where it stands there, and without
    e_invoices: frozenset[str]
    currencies: frozenset[str]

    @classmethod
    def of(cls, facts: MailFacts, attachments: Iterable[AttachmentFacts], possible_score: int) -> "Recognised":
        """Of these attachments of a mail, and of its text."""
        files = list(attachments)
        invoices = [invoice for each in files for invoice in each.e_invoices]
        ratings = list(_ratings(facts, files, possible_score))
        names = [each.seller_name for each in invoices] + [each.supplier for each in ratings]
        vat_ids = [each.seller_vat for each in invoices] + [each.vat_id for each in ratings]
        formats = [said for each in invoices for said in (each.format, each.profile, each.syntax)]
        currencies = [each.currency for each in invoices] + [each.currency for each in ratings]
        return cls(
            frozenset(filter(None, (*(each.kind for each in invoices), *(each.document_type for each in ratings)))),
            tuple(fold(name) for name in dict.fromkeys(names) if name),
            frozenset(text for each in vat_ids if each for text in _spellings(each)),
            frozenset(plain(each) for each in formats if each),
            frozenset(each.upper() for each in currencies if each),
        )


def _ratings(facts: MailFacts, files: Iterable[AttachmentFacts], possible_score: int) -> Iterator[Accounting]:
    for rated in (*(each.accounting for each in files if not each.e_invoice), facts.accounting):
        if rated is not None and rated.score >= possible_score:
            yield rated


def _spellings(vat_id: str) -> tuple[str, str]:
    whole = "".join(each for each in vat_id.upper() if each.isascii() and each.isalnum())
    return whole, bare_vat_id(vat_id)
