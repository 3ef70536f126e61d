"""What structured data an attachment holds: it is an XML or EDIFACT document itself, or a PDF that carries one.

In the parsing child only. Decides nothing. Raises nothing.
"""

from dataclasses import replace

from receiver.pipeline.pdf_files import read_pdf_files
from rules.facts import AttachmentFacts
from rules.recognition.einvoice import BusinessDocument, read_document

MAX_EINVOICE_OCTETS = 16 * 1024**2
MAX_PDF_OCTETS = 64 * 1024**2


def with_structured(facts: AttachmentFacts, octets: bytes) -> AttachmentFacts:
    """The same attachment with its e-invoices, what kind of document it is, and the files within it."""
    if facts.media_type == "application/pdf":
        if len(octets) > MAX_PDF_OCTETS:
            return facts
        files = read_pdf_files(octets)
        told = _with_document(facts, files.document)
        kind = "damaged" if files.is_beyond_bounds else told.business_kind
        return replace(told, business_kind=kind, enclosed=files.enclosed, differences=files.differences)
    if len(octets) > MAX_EINVOICE_OCTETS:
        return facts
    return _with_document(facts, read_document(octets))


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
