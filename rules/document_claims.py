"""What a kept document says it is: its kind, who it is from, number, day and total. For lists, and for programs.

Of a file its e-invoice, else its rating; of a mail's text its rating. A PDF that is a dress of an e-invoice beside it
says what the original says. What the standard that decided stamps on its documents comes first. Claims of whoever wrote
the mail, made printable and short; nothing is decided by them. Pure. Raises nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any

from rules.decision import Decision, told
from rules.facts import Accounting, AttachmentFacts, EInvoice, MailFacts

CERTAIN = 100  # the score of what machines wrote for machines


@dataclass(frozen=True, slots=True)
class DocumentClaims:
    """What stands in a document; dates are ISO 8601 days, totals plain decimals in `currency`."""

    document_type: str | None = None  # of recognition.einvoice_codes.KINDS, Accounting's, or the standard's own word
    supplier: str | None = None
    invoice_number: str | None = None
    issue_date: str | None = None
    total: str | None = None  # with tax
    currency: str | None = None
    format: str | None = None  # of an e-invoice: "Factur-X", "XRechnung" and others
    profile: str | None = None
    score: int | None = None  # how much it is an accounting document, of 100; None: nobody looked

    def to_json(self) -> dict[str, Any]:
        """What is said, as JSON values; what is not said is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


NAMES = tuple(DocumentClaims.__dataclass_fields__)


def claims_of_part(part: str, facts: MailFacts, decision: Decision) -> DocumentClaims:
    """What an attachment says that this decision keeps, or the page that was made of it."""
    by_part = {each.part: each for each in facts.attachments}
    attachment = by_part.get(part)
    if attachment is None:
        return DocumentClaims()
    if part in decision.companions:
        # Terms and conditions are of that supplier, and no invoice.
        rated = _of_rating(attachment.accounting, None, decision.supplier)
        return DocumentClaims(supplier=rated.supplier, score=rated.score)
    own = attachment.e_invoice
    original = own or _original(by_part.get(attachment.group))
    if original is None:
        return _of_rating(attachment.accounting, decision.document_type, decision.supplier)
    return DocumentClaims(
        document_type=_said(decision.document_type or original.kind),
        supplier=_said(decision.supplier or original.seller_name),
        invoice_number=_said(original.number),
        issue_date=_said(original.issue_date),
        total=_said(original.total),
        currency=_said(original.currency),
        # The format is the file's: a plain PDF beside an XRechnung is none.
        format=_said(own.format) if own else None,
        profile=_said(own.profile) if own else None,
        score=CERTAIN,
    )


def claims_of_text(facts: MailFacts, decision: Decision) -> DocumentClaims:
    """What the e-mail text says that this decision keeps."""
    return _of_rating(facts.accounting, decision.document_type, decision.supplier)


def _original(attachment: AttachmentFacts | None) -> EInvoice | None:
    return attachment.e_invoice if attachment else None


def _of_rating(rating: Accounting | None, document_type: str | None, supplier: str | None) -> DocumentClaims:
    if rating is None:
        return DocumentClaims(document_type=_said(document_type), supplier=_said(supplier))
    return DocumentClaims(
        document_type=_said(document_type or rating.document_type),
        supplier=_said(supplier or rating.supplier),
        invoice_number=_said(rating.number),
        issue_date=_said(rating.issue_date),
        total=_said(rating.total),
        currency=_said(rating.currency),
        score=rating.score,
    )


def _said(text: str | None) -> str | None:
    return told(text) or None if text else None
