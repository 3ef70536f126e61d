"""Which attachments are one invoice in several dresses, which is the original, and what the dresses disagree on.

Of an XML e-invoice and a PDF, the XML is the original (EN 16931: the PDF is a view for people); of a PDF that carries
its XML, that is what its values are read from. Raises nothing; reads no octets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rules.facts import AttachmentFacts, EInvoice
from rules.recognition.identity import invoice_ids, number_key, same_amount, seller_keys
from rules.words import plain

COMPARED = ("number", "issue_date", "total", "currency", "seller")
_PDF = "application/pdf"


def differences(original: EInvoice, other: EInvoice) -> tuple[str, ...]:
    """The fields of COMPARED in which two dresses of one invoice disagree; what one of them does not tell is none."""
    return tuple(field for field in COMPARED if _differs(field, original, other))


def grouped(attachments: Sequence[AttachmentFacts]) -> tuple[AttachmentFacts, ...]:
    """The same attachments, those that are one invoice with the part of its original as their group."""
    originals = [each for each in attachments if each.e_invoice and each.media_type != _PDF]
    pdfs = [each for each in attachments if each.media_type == _PDF]
    # A PDF that tells nothing of itself belongs to the only invoice, or to the one whose name it bears.
    is_one_of_each = len(originals) == 1 and sum(_is_plain_pdf(each) for each in pdfs) == 1
    dressed = {}
    for pdf in pdfs:
        original = _original_of(pdf, originals, is_one_of_each=is_one_of_each)
        if original is not None and original.e_invoice:
            said = differences(original.e_invoice, pdf.e_invoice) if pdf.e_invoice else ()
            dressed[pdf.part] = replace(pdf, group=original.part, differences=(*pdf.differences, *said))
            dressed[original.part] = replace(original, group=original.part)
    return tuple(dressed.get(each.part, each) for each in attachments)


def originals(attachments: Iterable[AttachmentFacts]) -> list[tuple[str, EInvoice]]:
    """The e-invoices of a mail, each once, with its part: of a group, the original's."""
    standing = [each for each in attachments if each.group in {"", each.part}]
    return [(each.part, invoice) for each in standing for invoice in each.e_invoices]


def _is_plain_pdf(attachment: AttachmentFacts) -> bool:
    return not attachment.business_kind and not attachment.is_referenced


def _original_of(
    pdf: AttachmentFacts, originals_: Sequence[AttachmentFacts], *, is_one_of_each: bool
) -> AttachmentFacts | None:
    if pdf.e_invoice is not None:
        read = pdf.e_invoice
        same = (each for each in originals_ if any(_is_same(read, told) for told in each.e_invoices))
        return next(same, None)
    if not _is_plain_pdf(pdf):
        return None
    if is_one_of_each:
        return originals_[0]
    stem = _stem(pdf.filename)
    return next((each for each in originals_ if stem and _stem(each.filename) == stem), None)


def _is_same(one: EInvoice, other: EInvoice) -> bool:
    """Whether two e-invoices are meant as one: the same by what makes an invoice, or one number of one seller."""
    if set(invoice_ids(one)[:1]) & set(invoice_ids(other)[:1]):
        return True
    return bool(one.number) and not _differs("number", one, other) and not _differs("seller", one, other)


def _differs(field: str, one: EInvoice, other: EInvoice) -> bool:
    if field == "seller":
        return _sellers_differ(one, other)
    said, told = getattr(one, field), getattr(other, field)
    if not said or not told:
        return False
    if field == "total":
        return not same_amount(said, told)
    return number_key(said) != number_key(told)


def _sellers_differ(one: EInvoice, other: EInvoice) -> bool:
    # By the strongest thing that both tell.
    said, told = seller_keys(one), seller_keys(other)
    return next((said[kind] != told[kind] for kind in said if kind in told), False)


def _stem(filename: str | None) -> str:
    return plain((filename or "").rpartition(".")[0])
