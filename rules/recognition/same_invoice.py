"""Which invoice a mail brings, by its e-invoices and by what its files and its text were rated ("once means once").

The e-invoice's id and the rating's are made alike (recognition.identity), so that the XML of a direct mail and the PDF
that somebody forwards are one invoice where they agree on seller, number, date and total. A rating counts only where it
is sure: all four are told, and its points import it by themselves. Decides nothing (law 10 does, in storage). Pure.
"""

from collections.abc import Iterable

from rules.facts import Accounting, EInvoice, MailFacts
from rules.recognition.documents import Role, roles
from rules.recognition.einvoice_pairs import originals
from rules.recognition.identity import invoice_id, invoices_id, number_key

_ASIDE = frozenset({Role.COMPANION, Role.DECORATION})  # a logo that comes with every mail is no second invoice
# These name an invoice that is there, or one to come.
_NO_INVOICES = frozenset({"reminder", "account_statement", "proforma"})


def invoice_of(facts: MailFacts, import_score: int) -> str | None:
    """The id of all invoices of a mail together; None when there is none, or too little is known of one."""
    structured = originals(facts.attachments)
    rated = list(_rated(facts, import_score))
    if not structured:
        return invoices_id(rated)
    # The same invoice as a plain file tells nothing new; another one beside it makes the mail another one.
    numbers = {number_key(each.number or "") for each in structured}
    others = [each for each in rated if invoice_id(each) and number_key(each.number or "") not in numbers]
    return invoices_id([*structured, *others])


def _rated(facts: MailFacts, import_score: int) -> Iterable[EInvoice]:
    """What was rated high enough: files, or, where there is no such file, the text."""
    found = roles(facts.attachments)
    files = [
        each.accounting
        for each in facts.attachments
        if each.accounting and not each.e_invoice and not each.group and found[each.part] not in _ASIDE
    ]
    sure = [each for each in files if each.score >= import_score]
    text = facts.accounting
    if not sure and text is not None and text.score >= import_score:
        sure = [text]
    return [_as_invoice(each) for each in sure if each.document_type not in _NO_INVOICES]


def _as_invoice(rating: Accounting) -> EInvoice:
    return EInvoice(
        kind=rating.document_type or "invoice",
        syntax="",
        number=rating.number,
        issue_date=rating.issue_date,
        seller_name=rating.supplier,
        seller_vat=rating.vat_id,
        iban=rating.iban,
        total=rating.total,
        currency=rating.currency,
    )
