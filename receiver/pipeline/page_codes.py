"""QR codes on the pages of a PDF, as text. Runs in the limited child only.

Draws a page in grey, in a bounded number of pixels, for a bounded time (drawing pauses and is given up), and looks for
QR codes alone. Never follows what a code says. Raises nothing that a PDF causes.
Standard: ISO/IEC 18004 (QR), read by zxing-cpp; ISO 32000-1, drawn by pdfium.
"""

import ctypes
import time
from typing import Any, Final

from receiver.pipeline.pdf import Pdf, library

MOST_PIXELS: Final = 1_600_000  # a page of A4 at 125 dots an inch: a payment code's modules have 3 dots and more
MOST_SECONDS: Final = 0.5  # of processor time, for all pages of a file
MOST_OBJECTS: Final = 20_000
MOST_CODES: Final = 4
_SCALE: Final = 1.75
_GREY: Final = 1  # FPDFBitmap_Gray


def read_codes(pdf: Pdf, pages: list[int]) -> list[str]:
    """The texts of the QR codes on these pages (counted from 0), at most MOST_CODES."""
    if pdf.document is None:
        return []
    until = time.process_time() + MOST_SECONDS
    texts: list[str] = []
    for index in pages:
        if time.process_time() < until and len(texts) < MOST_CODES:
            texts += _codes_of_page(library(), pdf.document, index, until)
    return texts[:MOST_CODES]


def _codes_of_page(raw: Any, document: Any, index: int, until: float) -> list[str]:
    page = raw.FPDF_LoadPage(document, index)
    if not page:
        return []
    try:
        if raw.FPDFPage_CountObjects(page) > MOST_OBJECTS:
            return []
        return _read(_drawn(raw, page, until))
    finally:
        raw.FPDF_ClosePage(page)


def _drawn(raw: Any, page: Any, until: float) -> memoryview | None:
    """The page as rows of grey; None when it could not be drawn in time."""
    width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    if not (1 <= width <= 20_000 and 1 <= height <= 20_000):
        return None
    scale = min(_SCALE, (MOST_PIXELS / (width * height)) ** 0.5)
    columns, rows = max(1, int(width * scale)), max(1, int(height * scale))
    # Rows of whole words: the stride that pdfium wants is ours to give.
    pixels = ctypes.create_string_buffer(b"\xff" * (columns * rows), columns * rows)
    bitmap = raw.FPDFBitmap_CreateEx(columns, rows, _GREY, pixels, columns)
    if not bitmap:
        return None
    pause = raw.IFSDK_PAUSE(version=1)
    ask = type(pause.NeedToPauseNow)
    pause.NeedToPauseNow = ask(lambda _: int(time.process_time() > until))
    state = raw.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, columns, rows, 0, raw.FPDF_GRAYSCALE, pause)
    raw.FPDF_RenderPage_Close(page)
    raw.FPDFBitmap_Destroy(bitmap)
    return memoryview(pixels).cast("B", (rows, columns)) if state == raw.FPDF_RENDER_DONE else None


def _read(pixels: memoryview | None) -> list[str]:
    if pixels is None:
        return []
    import zxingcpp  # noqa: PLC0415 - most children never need it

    found = zxingcpp.read_barcodes(
        pixels, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode), try_downscale=False
    )
    return [each.text for each in found if each.valid][:MOST_CODES]
