"""The text of a PDF by its lines, and what could be read of it. Runs in the limited child only.

Lines are put together by their place on the page, columns parted by two blanks, so that a label and its value stand in
one line however the file orders them. Bounded in octets, pages, characters and pieces, and in processor time between
pages (within one, the child's own limit holds).
Never renders, never follows a link, never opens an attachment. Raises nothing that a PDF causes.
Standard: ISO 32000-1.
"""

import ctypes
import time
from dataclasses import dataclass
from typing import Any, Final

from receiver.pipeline.pdf import Pdf, library

MOST_OCTETS: Final = 32 * 1024**2
FIRST_PAGES: Final = 4
LAST_PAGES: Final = 2
MOST_CHARACTERS_OF_PAGE: Final = 12_000
MOST_PIECES_OF_PAGE: Final = 1200
MOST_SECONDS: Final = 2.0  # of processor time, between pages
_FEWEST_LETTERS: Final = 20
_MOST_UNREADABLE: Final = 0.3  # characters without a meaning: fonts that map to no Unicode


@dataclass(frozen=True, slots=True)
class PdfText:
    """The text and how it was read."""

    text: str
    state: str  # "text", "cut", "no_text", "encrypted", "damaged", "not_read" or "left_out"
    pages: int = 0


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of text in one line of the page."""

    text: str
    left: float
    right: float
    bottom: float
    top: float


def read_text(pdf: Pdf) -> PdfText:
    """The text of a PDF's first pages and its last ones."""
    if len(pdf.octets) > MOST_OCTETS:
        return PdfText("", "not_read")
    if pdf.document is None:
        return PdfText("", "encrypted" if pdf.is_encrypted else "damaged")
    return _read(library(), pdf.document)


def _read(raw: Any, document: Any) -> PdfText:
    count = raw.FPDF_GetPageCount(document)
    wanted = [*range(min(count, FIRST_PAGES)), *range(max(FIRST_PAGES, count - LAST_PAGES), count)]
    until = time.process_time() + MOST_SECONDS
    texts = []
    is_cut = len(wanted) < count
    for index in wanted:
        if time.process_time() > until:
            is_cut = True
            break
        page = raw.FPDF_LoadPage(document, index)
        if page:
            try:
                texts.append(_page_text(raw, page))
            finally:
                raw.FPDF_ClosePage(page)
    text = "\n".join(texts)
    if count <= 0:
        return PdfText("", "damaged")
    return PdfText(text, "cut" if is_cut else "text", count) if _is_readable(text) else PdfText("", "no_text", count)


def _page_text(raw: Any, page: Any) -> str:
    read = raw.FPDFText_LoadPage(page)
    if not read:
        return ""
    try:
        return _in_lines(_pieces(raw, read))
    finally:
        raw.FPDFText_ClosePage(read)


def _pieces(raw: Any, read: Any) -> list[_Piece]:
    """The runs that the file wrote in one go, with their places: two questions a run, not one a character."""
    count = min(raw.FPDFText_CountChars(read), MOST_CHARACTERS_OF_PAGE)
    if count <= 0:
        return []
    units = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(read, 0, count, units)
    codes = units[: max(written - 1, 0)]
    # One code unit for each character, so that a place in the text is a place among the characters.
    text = "".join(map(chr, codes)).translate(_SURROGATES)
    pieces: list[_Piece] = []
    start = 0
    for run in text.split("\n"):
        stripped = run.strip("\r ")
        if stripped and len(pieces) < MOST_PIECES_OF_PAGE:
            first = start + run.index(stripped)
            piece = _placed(raw, read, stripped, first)
            if piece is not None:
                pieces.append(piece)
        start += len(run) + 1
    return pieces


_SURROGATES: Final = dict.fromkeys(range(0xD800, 0xE000), "\ufffd") | dict.fromkeys((0, 2, 0xFFFE), "-")


def _placed(raw: Any, read: Any, text: str, first: int) -> _Piece | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not raw.FPDFText_GetCharBox(read, first, left, right, bottom, top):
        return None
    start, low, high = left.value, bottom.value, top.value
    # The lowest and highest of both ends: a comma alone is no line.
    if raw.FPDFText_GetCharBox(read, first + len(text) - 1, left, right, bottom, top):
        low, high = min(low, bottom.value), max(high, top.value)
    return _Piece(text, start, max(right.value, start), low, high)


def _in_lines(pieces: list[_Piece]) -> str:
    """Pieces of one height are one line, from left to right."""
    lines: list[list[_Piece]] = []
    middle = 0.0
    height = 0.0
    for piece in sorted(pieces, key=lambda each: -(each.top + each.bottom)):
        own = (piece.top + piece.bottom) / 2
        if lines and middle - own < max(height, piece.top - piece.bottom) * 0.45:
            lines[-1].append(piece)
            continue
        lines.append([piece])
        middle, height = own, piece.top - piece.bottom
    return "\n".join("  ".join(each.text for each in sorted(line, key=lambda each: each.left)) for line in lines)


def _is_readable(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    lost = sum(
        1 for each in text if each == "\ufffd" or "\ue000" <= each <= "\uf8ff" or (each < " " and each not in "\n\r\t")
    )
    return letters >= _FEWEST_LETTERS and lost <= _MOST_UNREADABLE * len(text)
