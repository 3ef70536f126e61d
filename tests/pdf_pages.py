"""PDFs for tests, written by hand: pieces of text at places of a page, in the order in which they are given."""

from collections.abc import Sequence

import zxingcpp

Piece = tuple[int, int, str]  # left and bottom in points, text


def pdf(*pages: Sequence[Piece], drawing: str = "") -> bytes:
    """A PDF with a page for each list of pieces, in Helvetica; `drawing` stands on each."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for pieces in pages:
        content = "\n".join(f"BT /F 11 Tf {x} {y} Td ({_escaped(text)}) Tj ET" for x, y, text in pieces).encode(
            "cp1252"
        )
        content += b"\n" + drawing.encode("ascii")
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>"
        objects.append(page % len(objects))
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>".encode()
    octets = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(octets))
        octets += b"%d 0 obj%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return octets + b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        count, table, count, len(octets),
    )  # fmt: skip


def square_code(text: str, left: int, bottom: int, dot: float = 2.0) -> str:
    """The drawing of a QR code, to be given to `pdf` as what stands on a page beside its pieces."""
    rows = memoryview(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=1))
    height, width = rows.shape or (0, 0)
    return "\n".join(
        f"{left + x * dot} {bottom + (height - y) * dot} {dot} {dot} re f"
        for y in range(height)
        for x in range(width)
        if rows[y, x] == 0
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
