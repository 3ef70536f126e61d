"""Read one attached file: the structured data in it, and what it says, to be rated once all of the mail is read.

An XML or EDIFACT document, a PDF with what it carries, its text and the payment code on it; a picture is only named.
In the parsing child only; decides nothing. Bounded: of so many PDFs and octets a mail the text is read, beyond that
a file is rated by the words around it alone. Raises nothing that a file causes.
"""

from dataclasses import dataclass, replace
from typing import Final

from receiver.pipeline.page_codes import read_codes
from receiver.pipeline.pdf import Pdf
from receiver.pipeline.pdf_files import read_pdf_files
from receiver.pipeline.pdf_text import PdfText, read_text
from receiver.pipeline.suspects import Watch
from rules.facts import AttachmentFacts
from rules.recognition.accounting.payment_codes import PaymentCode, names_a_code, read_payment_code
from rules.recognition.accounting.rating import SMALLEST_PICTURE, FileText
from rules.recognition.einvoice import BusinessDocument, read_document
from rules.recognition.language import language_of

PDF: Final = "application/pdf"
MOST_PDFS: Final = 12  # of which the text is read
MOST_OCTETS: Final = 64 * 1024**2
MAX_EINVOICE_OCTETS: Final = 16 * 1024**2
MAX_PDF_OCTETS: Final = 64 * 1024**2
_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/tiff", "image/heic", "image/webp"})
_TYPES_READ: Final = 1500


@dataclass(slots=True)
class FileReader:
    """Reads one mail's files, while their octets are at hand."""

    watch: Watch
    _pdfs: int = 0
    _octets: int = 0

    def read(self, facts: AttachmentFacts, octets: bytes) -> tuple[AttachmentFacts, FileText | None]:
        """The same attachment with its structured data; what a PDF or a large picture says, None of anything else."""
        if facts.media_type == PDF:
            with Pdf(octets) as pdf:
                return self._with_carried(facts, pdf), self._said(facts, pdf)
        is_picture = facts.media_type in _PICTURES and len(octets) >= SMALLEST_PICTURE
        said = FileText("", "picture", facts.filename or "") if is_picture else None
        return self.structured(facts, octets), said

    def structured(self, facts: AttachmentFacts, octets: bytes) -> AttachmentFacts:
        """The same attachment with its structured data alone: e-invoices, what kind of document it is, files in it."""
        if facts.media_type == PDF:
            with Pdf(octets) as pdf:
                return self._with_carried(facts, pdf)
        if len(octets) > MAX_EINVOICE_OCTETS:
            return facts
        return _with_document(facts, self.watch.read("xml", facts.part, lambda: read_document(octets), None))

    def _with_carried(self, facts: AttachmentFacts, pdf: Pdf) -> AttachmentFacts:
        if len(pdf.octets) > MAX_PDF_OCTETS:
            return facts
        files = read_pdf_files(pdf, self.watch, facts.part)
        told = _with_document(facts, files.document)
        kind = "damaged" if files.is_beyond_bounds else told.business_kind
        return replace(told, business_kind=kind, enclosed=files.enclosed, differences=files.differences)

    def _said(self, facts: AttachmentFacts, pdf: Pdf) -> FileText:
        name, part = facts.filename or "", facts.part
        self._pdfs += 1
        self._octets += len(pdf.octets)
        if self._pdfs > MOST_PDFS or self._octets > MOST_OCTETS:
            return FileText("", "not_read", name)
        read = self.watch.read("pdf", part, lambda: read_text(pdf), PdfText("", "left_out"))
        code = self.watch.read("codes", part, lambda: _code_on(pdf, read), None) if _may_have_code(read) else None
        return FileText(read.text, read.state, name, language_of(read.text[:_TYPES_READ]), code)


def _may_have_code(read: PdfText) -> bool:
    """Drawing costs more than reading, so only where a code may be."""
    return bool(read.pages) and (read.state == "no_text" or names_a_code(read.text))


def _code_on(pdf: Pdf, read: PdfText) -> PaymentCode | None:
    """The payment code on a PDF's first or last page."""
    codes = map(read_payment_code, read_codes(pdf, sorted({0, read.pages - 1})))
    return next((code for code in codes if code is not None), None)


def _with_document(facts: AttachmentFacts, document: BusinessDocument | None) -> AttachmentFacts:
    if document is None:
        return facts
    return replace(
        facts,
        business_kind=document.kind,
        e_invoice=next(iter(document.invoices), None),
        further_invoices=document.invoices[1:],
        enclosed=document.enclosed,
    )
