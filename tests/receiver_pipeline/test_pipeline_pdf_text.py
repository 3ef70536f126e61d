"""The text of PDFs: by lines, within bounds, and what cannot be read is named."""

import io

import pikepdf

from receiver.pipeline.pdf import Pdf
from receiver.pipeline.pdf_text import FIRST_PAGES, LAST_PAGES, PdfText, read_text
from tests.pdf_pages import pdf


def read_pdf(octets: bytes) -> PdfText:
    """The text of a PDF that nobody else reads."""
    with Pdf(octets) as opened:
        return read_text(opened)


WORDS = [(50, 700, "A page that says enough to be read as text")]


def test_a_label_and_its_value_are_one_line() -> None:
    """Seen in practice: a program writes all labels, then all values."""
    labels = [(50, 700, "Invoice number:"), (50, 680, "Total:")]
    values = [(300, 700, "2024-118"), (300, 680, "EUR 119,00")]
    assert read_pdf(pdf(labels + values)).text == "Invoice number:  2024-118\nTotal:  EUR 119,00"


def test_lines_come_from_top_to_bottom() -> None:
    """Whatever the order in the file."""
    read = read_pdf(pdf([(50, 100, "the last line"), (50, 700, "the first line"), (50, 400, "the middle")]))
    assert read.text.split("\n") == ["the first line", "the middle", "the last line"]


def test_of_many_pages_the_ends_are_read() -> None:
    """Totals stand at the end, titles at the beginning; the middle of a catalogue costs no time."""
    read = read_pdf(pdf(*([(50, 700, f"this is page number {number}")] for number in range(1, 41))))
    assert (read.state, read.pages, len(read.text.split("\n"))) == ("cut", 40, FIRST_PAGES + LAST_PAGES)
    assert read.text.endswith("this is page number 40")


def test_a_scan_has_no_text() -> None:
    """A fact, not a fault: it may be an invoice all the same."""
    assert read_pdf(pdf([])).state == "no_text"


def test_letters_that_mean_nothing_are_no_text() -> None:
    """Fonts that map to no Unicode: better none than nonsense."""
    assert read_pdf(pdf([(50, 700, "1 2 3 4 5 6 7 8 9 0 . , - 1 2 3 4 5 6 7 8 9")])).state == "no_text"


def test_an_encrypted_pdf_is_named() -> None:
    """With a password to open it nothing can be read; with one that only forbids, everything."""
    locked, forbidding = io.BytesIO(), io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(WORDS))) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
        document.save(forbidding, encryption=pikepdf.Encryption(owner="o", user=""))
    assert read_pdf(locked.getvalue()).state == "encrypted"
    assert read_pdf(forbidding.getvalue()).state == "text"


def test_a_damaged_pdf_is_named() -> None:
    """Nothing raises, whatever stands behind %PDF-."""
    whole = pdf(WORDS)
    assert read_pdf(b"%PDF-1.4\nnothing of the kind").state == "damaged"
    assert read_pdf(b"").state == "damaged"
    assert {read_pdf(whole[:cut]).state for cut in range(0, len(whole), 23)} <= {"damaged", "text", "no_text"}


def test_a_page_of_endless_pieces_ends() -> None:
    """A page has its share of characters and pieces, however many the file holds."""
    read = read_pdf(pdf([(index % 500, 800 - index // 40, "word") for index in range(20_000)]))
    assert 0 < len(read.text) < 40_000
