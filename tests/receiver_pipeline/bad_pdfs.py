"""PDFs that end whoever reads them: one takes hours, one a gigabyte."""

import zlib

_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def hanging_pdf(depth: int = 16, further: bytes = b"") -> bytes:
    """A page that draws four drawings, each of which draws four: PDFium reads each anew, four times as many a level.

    Of 8 levels in 1 s. `further` is one more object.
    """
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>"
    objects = [_CATALOG, _PAGES, page, _stream(b"", b"/X Do")]
    for number in range(depth):
        inner = b"/Resources<</XObject<</X %d 0 R>>>>" % (6 + number)
        objects.append(_stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + inner, b"/X Do /X Do /X Do /X Do"))
    objects.append(_stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"0 0 1 1 re f"))
    return _pdf([*objects, further] if further else objects)


def swelling_pdf(megabytes: int = 250) -> bytes:
    """A page of blanks: a thousandth of what PDFium makes of it. It aborts where there is no memory for that."""
    packed = zlib.compress(bytes(1024**2).replace(b"\0", b" ") * megabytes)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    return _pdf([_CATALOG, _PAGES, page, _stream(b"/Filter/FlateDecode", packed)])


def enclosed(xml: bytes) -> bytes:
    """A file in a PDF, as an object of it."""
    return _stream(b"/Type/EmbeddedFile/Subtype/text#2Fxml", xml)


def _stream(entries: bytes, body: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(body), body)


def _pdf(objects: list[bytes]) -> bytes:
    octets, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(octets))
        octets += b"%d 0 obj%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(octets))
    return octets + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + trailer
