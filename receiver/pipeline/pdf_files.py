"""Read the files embedded in a PDF, to find the e-invoice that it carries. In the parsing child only.

PDFium lists them; where it finds none, does not open the PDF, or must not be asked, their streams are looked for in
the octets. Before PDFium is asked, those streams are decoded within bounds: it would take a gigabyte for a bomb.
Raises nothing that a PDF causes.
Standard: ISO 32000-1 7.11.4, ISO 19005-3 (PDF/A-3), Factur-X 1.07 chapter 7 (names).
"""

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from receiver.pipeline.pdf import Pdf, library
from receiver.pipeline.suspects import Watch
from rules.facts import EInvoice, EnclosedFile
from rules.recognition.content import HEAD_OCTETS, sniff
from rules.recognition.einvoice import BusinessDocument, read_document
from rules.recognition.einvoice_pairs import differences
from rules.recognition.pdf_streams import EmbeddedStream, embedded_streams

MOST_FILES = 50
MAX_FILE_OCTETS = 16 * 1024**2
MAX_OCTETS = 32 * 1024**2  # of all files of one PDF
_MOST_NAME_OCTETS = 4096

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


def read_pdf_files(pdf: Pdf, watch: Watch, part: str) -> PdfFiles:
    """The structured data that the PDF at `part` carries, and the names of the files beside it."""
    streams: list[EmbeddedStream] = watch.read("files", part, lambda: _streams(pdf.octets), [])
    if any(each.is_too_large for each in streams):
        return PdfFiles(is_beyond_bounds=True)

    def named(listed: Iterable[tuple[str, bytes]]) -> list[_Found]:
        read = (
            (name, octets, watch.read("xml", part, partial(read_document, octets), None)) for name, octets in listed
        )
        return [_Found(*each) for each in read]

    files = named(watch.read("pdf", part, lambda: list(_listed(pdf)), []))
    if not any(each.document for each in files):
        found = named(("", each.octets) for each in streams if each.octets is not None)
        files += [each for each in found if each.document]
    return _told(files) if files or pdf.may_be_opened else PdfFiles(is_beyond_bounds=True)


def _streams(pdf: bytes) -> list[EmbeddedStream]:
    """The embedded files that can be found without a reader, up to the first one that is too large."""
    found: list[EmbeddedStream] = []
    left = MAX_OCTETS
    for each in embedded_streams(pdf, MAX_FILE_OCTETS) if b"%PDF-" in pdf[:HEAD_OCTETS] else ():
        left -= len(each.octets or b"")
        found.append(each if left >= 0 else EmbeddedStream(None, is_too_large=True))
        if found[-1].is_too_large:
            break
    return found


def _listed(pdf: Pdf) -> Iterator[tuple[str, bytes]]:
    if pdf.document is None:
        return
    raw, left = library(), MAX_OCTETS
    for number in range(min(raw.FPDFDoc_GetAttachmentCount(pdf.document), MOST_FILES)):
        attachment = raw.FPDFDoc_GetAttachment(pdf.document, number)
        octets = _octets_of(raw, attachment) if attachment else None
        if octets is None:  # one that is not there
            continue
        left -= len(octets)
        if left < 0:
            return
        yield _name_of(raw, attachment)[:300], octets


def _name_of(raw: Any, attachment: Any) -> str:
    octets = min(raw.FPDFAttachment_GetName(attachment, None, 0), _MOST_NAME_OCTETS)
    units = (ctypes.c_ushort * (octets // 2 + 1))()
    raw.FPDFAttachment_GetName(attachment, units, octets)
    return bytes(units)[: max(octets - 2, 0)].decode("utf-16-le", "replace")


def _octets_of(raw: Any, attachment: Any) -> bytes | None:
    length = ctypes.c_ulong()
    if not raw.FPDFAttachment_GetFile(attachment, None, 0, length) or not 0 < length.value <= MAX_OCTETS:
        return None
    buffer = ctypes.create_string_buffer(length.value)
    raw.FPDFAttachment_GetFile(attachment, buffer, length.value, length)
    return buffer.raw


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
