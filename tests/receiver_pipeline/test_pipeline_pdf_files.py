"""E-invoices inside PDFs: found by content, whatever their name; bombs end within bounds."""

import zlib
from pathlib import Path

import pytest

from bench.fuzzing.pdfs import HEAD, pdf_with, without_table
from receiver.pipeline import pdf_files
from receiver.pipeline.pdf import Pdf
from receiver.pipeline.pdf_files import MAX_FILE_OCTETS, MOST_FILES, PdfFiles
from receiver.pipeline.suspects import Watch

SAMPLES = Path(__file__).parents[1] / "corpus" / "einvoice"
CII = (SAMPLES / "cii-invoice.xml").read_bytes()
ORDER = (SAMPLES / "order.xml").read_bytes()
OLD = (SAMPLES / "zugferd-1.xml").read_bytes()


def read_pdf_files(octets: bytes) -> PdfFiles:
    """The files of a PDF that nobody else reads."""
    with Pdf(octets) as opened:
        return pdf_files.read_pdf_files(opened, Watch(), "1")


def test_real_hybrid_invoice() -> None:
    """A Factur-X PDF as programs make it."""
    files = read_pdf_files((SAMPLES / "factur-x.pdf").read_bytes())

    assert files.document is not None
    invoice = files.document.invoices[0]
    assert (invoice.number, invoice.total, invoice.currency) == ("471102", "197.65", "EUR")
    assert (files.enclosed, files.differences, files.is_beyond_bounds) == ((), (), False)


@pytest.mark.parametrize("name", ["factur-x.xml", "x", "invoice.pdf", "../ZUGFeRD-invoice.xml"])
def test_invoice_is_found_by_its_content(name: str) -> None:
    """An embedded file may be called anything."""
    files = read_pdf_files(pdf_with((name, CII)))
    assert files.document is not None
    assert files.document.invoices[0].number == "471102"


def test_other_files_are_named() -> None:
    """What lies beside the invoice is told by name, type and size."""
    files = read_pdf_files(pdf_with(("delivery.pdf", b"%PDF-1.4 x"), ("factur-x.xml", CII), ("a.txt", b"a")))
    assert [(each.name, each.media_type, each.octets) for each in files.enclosed] == [
        ("delivery.pdf", "application/pdf", 10),
        ("a.txt", "text/plain", 1),
    ]


def test_order_is_no_invoice() -> None:
    """An Order-X PDF looks like an invoice to people who go by names, and is none."""
    document = read_pdf_files(pdf_with(("factur-x.xml", ORDER))).document
    assert document is not None
    assert (document.kind, document.format, document.invoices) == ("order", "Order-X", ())


def test_newer_of_two_syntaxes_counts() -> None:
    """Some PDFs carry the invoice as ZUGFeRD 1.0, too; where the two disagree, it is told."""
    files = read_pdf_files(pdf_with(("ZUGFeRD-invoice.xml", OLD), ("factur-x.xml", CII)))
    assert files.document is not None
    assert files.document.invoices[0].syntax == "CII"
    assert files.differences == ("issue_date",)


def test_many_files_are_unpacked_up_to_a_sum() -> None:
    """Each within its bounds, and together more than a child has memory for: none is taken further."""
    within = zlib.compress(bytes(MAX_FILE_OCTETS - 1))
    swollen = pdf_with(*((f"{number}.xml", b"") for number in range(MOST_FILES)), stored=within)
    before = peak_octets()
    assert read_pdf_files(swollen).is_beyond_bounds
    assert peak_octets() - before < 5 * MAX_FILE_OCTETS


def test_invoice_of_a_broken_pdf_is_found() -> None:
    """A PDF whose table is lost still carries its invoice; so does one whose files no name tree lists."""
    files = read_pdf_files(without_table(pdf_with(("factur-x.xml", CII))))
    assert files.document is not None
    assert files.document.invoices[0].number == "471102"


@pytest.mark.parametrize("octets", [b"", b"%PDF-", HEAD, HEAD + b"1 0 obj\n<< /Type /EmbeddedFile", pdf_with()])
def test_pdf_without_files(octets: bytes) -> None:
    """No file, no reader's complaint."""
    files = read_pdf_files(octets)
    assert (files.document, files.enclosed, files.is_beyond_bounds) == (None, (), False)


BOMB = zlib.compress(bytes(40 * MAX_FILE_OCTETS), 9)
TWICE = zlib.compress(BOMB, 9)


@pytest.mark.parametrize(("stored", "filters"), [(BOMB, b"/FlateDecode"), (TWICE, b"[/FlateDecode /FlateDecode]")])
def test_bomb_is_not_unpacked(stored: bytes, filters: bytes) -> None:
    """An embedded file that swells beyond bounds is told, and no reader is asked to unpack it."""
    before = peak_octets()
    files = read_pdf_files(pdf_with(("factur-x.xml", b""), filters=filters, stored=stored))
    assert files.is_beyond_bounds
    assert files.document is None
    assert peak_octets() - before < 4 * MAX_FILE_OCTETS


def test_thousands_of_files() -> None:
    """Of thousands of embedded files the first are looked at."""
    files = read_pdf_files(pdf_with(*((f"{number}.txt", b"x") for number in range(5_000))))
    assert len(files.enclosed) == MOST_FILES


@pytest.mark.parametrize(
    "octets",
    [
        HEAD + b"1 0 obj\n<<>>\nendobj\n" * 200_000,
        HEAD + b"[" * 2_000_000,
        HEAD + b"<</a" * 500_000,
        HEAD + b"1 0 obj<</Type /EmbeddedFile /Filter /FlateDecode>>stream\nx" * 50_000,
        HEAD + b"7 0 obj<</Length 9>>stream\n" * 100_000 + b"trailer",
        HEAD + b"/EmbeddedFile" * 500_000,
        HEAD + b"/EmbeddedFile 1 0 obj " * 200_000,
    ],
    ids=["objects", "arrays", "dictionaries", "streams", "open streams", "names", "both"],
)
def test_endless_pdfs_end(octets: bytes) -> None:
    """A PDF without end is looked through once, not again and again."""
    assert read_pdf_files(octets).document is None


def peak_octets() -> int:
    """The most memory that this process held so far."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024
