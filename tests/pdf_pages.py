"""PDFs for tests, written by hand: pieces of text at places of a page, in the order in which they are given."""

from collections.abc import Sequence

Piece = tuple[int, int, str]  # left and bottom in points, text


def pdf(*pages: Sequence[Piece]) -> bytes:
    """A PDF with a page for each list of pieces, in Helvetica."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for pieces in pages:
        content = "\n".join(f"BT /F 11 Tf {x} {y} Td ({_escaped(text)}) Tj ET" for x, y, text in pieces).encode(
            "cp1252"
        )
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


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
