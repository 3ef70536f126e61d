"""Read the files embedded in a PDF, to find the e-invoice that it carries. In the parsing child only.

PDFium lists them; where it finds none, or does not open the PDF, their streams are looked for in the octets. Before
PDFium is asked, those streams are decoded within bounds: it would take a gigabyte for a bomb. Raises nothing.
Standard: ISO 32000-1 7.11.4, ISO 19005-3 (PDF/A-3), Factur-X 1.07 chapter 7 (names).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts import EInvoice, EnclosedFile
from rules.recognition.content import HEAD_OCTETS, sniff
from rules.recognition.einvoice import BusinessDocument, read_document
from rules.recognition.einvoice_pairs import differences
from rules.recognition.pdf_streams import embedded_streams, may_be_opened

MOST_FILES = 50
MAX_FILE_OCTETS = 16 * 1024**2
MAX_OCTETS = 32 * 1024**2  # of all files of one PDF

# Two XML files in one PDF are told apart by content; of two e-invoices, the one with the prescribed name is meant.
_NAMES = frozenset({"factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "cii.xml", "order-x.xml"})
_SYNTAXES = ("CII", "UBL")  # before ZUGFeRD 1.0, which some PDFs still carry beside


@dataclass(frozen=True, slots=True)
class PdfFiles:
    """What a PDF carries."""

    document: BusinessDocument | None = None  # the structured data, an e-invoice before all else
    enclosed: tuple[EnclosedFile, ...] = ()  # all other files
    differences: tuple[str, ...] = ()  # fields in which two e-invoices of this PDF disagree
    is_beyond_bounds: bool = False  # something swells, or must be repaired, beyond them: no reader was asked


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    octets: bytes
    document: BusinessDocument | None


def read_pdf_files(pdf: bytes) -> PdfFiles:
    """The structured data that a PDF carries, and the names of the files beside it."""
    streams = list(embedded_streams(pdf, MAX_FILE_OCTETS)) if b"%PDF-" in pdf[:HEAD_OCTETS] else []
    if any(each.is_too_large for each in streams):
        return PdfFiles(is_beyond_bounds=True)
    is_sane = may_be_opened(pdf)
    listed = _listed(pdf) if is_sane else ()
    files = [_Found(name, octets, read_document(octets)) for name, octets in listed]
    if not any(each.document for each in files):
        found = (each.octets for each in streams if each.octets is not None)
        files += [_Found("", octets, document) for octets in found if (document := read_document(octets))]
    return _told(files) if files or is_sane else PdfFiles(is_beyond_bounds=True)


def _listed(pdf: bytes) -> Iterator[tuple[str, bytes]]:
    # Costs 40 ms and 12 MB, which a child that meets no PDF never needs.
    import pypdfium2  # noqa: PLC0415

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        return
    try:
        left = MAX_OCTETS
        for number in range(min(document.count_attachments(), MOST_FILES)):
            try:
                attachment = document.get_attachment(number)
                name, octets = attachment.get_name(), bytes(attachment.get_data())
            except (pypdfium2.PdfiumError, ValueError):  # one that is not there, or whose name is no UTF-16
                continue
            left -= len(octets)
            if left < 0:
                return
            yield name[:300], octets
    finally:
        document.close()


def _told(files: list[_Found]) -> PdfFiles:
    ranked = sorted((each for each in files if each.document), key=_rank)
    if not ranked:
        return PdfFiles(enclosed=tuple(map(_enclosed, files)))
    meant = ranked[0]
    others = tuple(_enclosed(each) for each in files if each is not meant)
    return PdfFiles(meant.document, others, _disagreement([each.document for each in ranked]))


def _rank(found: _Found) -> tuple[bool, bool, int]:
    document = found.document
    syntax = document.invoices[0].syntax if document and document.invoices else ""
    is_no_invoice = not (document and document.invoices)
    return is_no_invoice, found.name.lower() not in _NAMES, _SYNTAXES.index(syntax) if syntax in _SYNTAXES else 9


def _disagreement(documents: list[BusinessDocument | None]) -> tuple[str, ...]:
    invoices: list[EInvoice] = [each.invoices[0] for each in documents if each and each.invoices]
    said = (field for other in invoices[1:] for field in differences(invoices[0], other))
    return tuple(dict.fromkeys(said))


def _enclosed(found: _Found) -> EnclosedFile:
    media_type = sniff(found.octets[:HEAD_OCTETS], "", found.name)
    return EnclosedFile(found.name, media_type, len(found.octets))
