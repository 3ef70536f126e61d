"""Which attachments are one invoice in several dresses, which is the original, and what the dresses disagree on.

Of an XML e-invoice and a PDF, the XML is the original (EN 16931: the PDF is a view for people); of a PDF that carries
its XML, that is what its values are read from. Raises nothing; reads no octets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rules.facts import AttachmentFacts, EInvoice
from rules.recognition.documents import carriers
from rules.recognition.identity import invoice_ids, number_key, same_amount, seller_keys
from rules.words import plain

COMPARED = ("number", "issue_date", "total", "currency", "seller", "iban")
_PDF = "application/pdf"


def differences(original: EInvoice, other: EInvoice) -> tuple[str, ...]:
    """The fields of COMPARED in which two dresses of one invoice disagree; what one of them does not tell is none."""
    return tuple(field for field in COMPARED if _differs(field, original, other))


def grouped(attachments: Sequence[AttachmentFacts]) -> tuple[AttachmentFacts, ...]:
    """The same attachments, those that are one invoice with the part of its original as their group."""
    originals = [each for each in attachments if each.e_invoice and each.media_type != _PDF]
    pdfs = [each for each in attachments if each.media_type == _PDF]
    within = carriers(attachments)
    loose = [each for each in pdfs if each.part not in within]
    # A PDF that tells nothing of itself belongs to the only invoice, or to the one whose name it bears.
    is_one_of_each = len(_standing(originals, within)) == 1 and sum(_is_plain_pdf(each) for each in loose) == 1
    views = _views(originals, [each for each in pdfs if each.part in within], within)
    dressed = {}
    for pdf in pdfs:
        if pdf.part in within and not pdf.e_invoice:
            original = views.get(pdf.part)
        else:
            original = _original_of(pdf, _standing(originals, within), is_one_of_each=is_one_of_each)
        if original is not None and original.e_invoice:
            said = (
                differences(original.e_invoice, pdf.e_invoice) if pdf.e_invoice else _printed(original.e_invoice, pdf)
            )
            dressed[pdf.part] = replace(pdf, group=original.part, differences=(*pdf.differences, *said))
            dressed[original.part] = replace(original, group=original.part)
    return tuple(dressed.get(each.part, each) for each in attachments)


def originals(attachments: Iterable[AttachmentFacts]) -> list[tuple[str, EInvoice]]:
    """The e-invoices of a mail, each once, with its part: of a group, the original's."""
    standing = [each for each in attachments if each.group in {"", each.part}]
    return [(each.part, invoice) for each in standing for invoice in each.e_invoices]


def _printed(original: EInvoice, pdf: AttachmentFacts) -> tuple[str, ...]:
    """What a page prints otherwise, of what is read without doubt: its only account.

    Of totals, numbers and days a page prints several, and which one is meant is a guess.
    """
    rated = pdf.accounting
    if rated is None or not rated.iban or any(each.code == "several_ibans" for each in rated.evidence):
        return ()
    return ("iban",) if _differs("iban", original, replace(original, iban=rated.iban)) else ()


def _standing(originals_: Sequence[AttachmentFacts], within: Mapping[str, str]) -> list[AttachmentFacts]:
    """Those that stand in the mail itself, not within another one."""
    return [each for each in originals_ if each.part not in within]


def _views(
    originals_: Sequence[AttachmentFacts], pdfs: Sequence[AttachmentFacts], within: Mapping[str, str]
) -> dict[str, AttachmentFacts]:
    """Of each e-invoice that carries PDFs, the one that shows it, if that can be told: others prove what it says."""
    found = {}
    for original in originals_:
        carried = [each for each in pdfs if within[each.part] == original.part and _shows(each, original)]
        best = max(carried, key=lambda each: each.accounting.score if each.accounting else 0, default=None)
        if best is not None:
            found[best.part] = original
    return found


def _shows(pdf: AttachmentFacts, original: AttachmentFacts) -> bool:
    """Whether a PDF within an e-invoice is its page: by its number and amount, else by its name."""
    invoice, rated = original.e_invoice, pdf.accounting
    if invoice is None:
        return False
    number = number_key(invoice.number or "")
    if rated is not None and rated.number and rated.total:
        is_amount = same_amount(rated.total.lstrip("-"), (invoice.total or "").lstrip("-"))
        return is_amount and number_key(rated.number) == number
    stem = _stem(pdf.filename)
    return bool(stem) and (stem == _stem(original.filename) or number_key(stem) == number)


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
