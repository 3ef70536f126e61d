"""PDFs as somebody writes them who has taken over wkhtmltopdf and wants to harm whoever reads them."""

import zlib
from collections.abc import Callable

ZEROS = bytes(1024**2)


def assembled(*objects: bytes, trailer: bytes = b"/Root 1 0 R", shift: int = 0) -> bytes:
    """Objects 1, 2, … as a PDF with a right cross-reference table; `shift`: by how much its place is told wrong."""
    octets, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(octets))
        octets += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(octets)
    octets += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    octets += b"".join(b"%010d 00000 n \n" % place for place in places)
    octets += b"trailer\n<</Size %d %s>>\n" % (len(places) + 1, trailer)
    return bytes(octets) + b"startxref\n%d\n%%%%EOF\n" % (start + shift)


def stream(octets: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<<%s /Length %d>>\nstream\n%s\nendstream" % (entries, len(octets), octets)


CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <<>>>>"


def one_page(drawing: bytes) -> bytes:
    """An honest one, of this drawing."""
    return assembled(CATALOGUE, PAGES, PAGE, stream(drawing))


def bomb() -> bytes:
    """Two megabytes that unfold, twice, to some terabytes of drawing."""
    packer = zlib.compressobj(9)
    block = packer.compress(ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    repeated = block[2:] * 4096  # each stands for itself
    inner = block + repeated
    packed = zlib.compress(inner * 16, 9)
    return assembled(CATALOGUE, PAGES, PAGE, stream(packed, b"/Filter [/FlateDecode /FlateDecode]"))


def endless_tables() -> bytes:
    """A cross-reference table that comes before itself."""
    whole = assembled(CATALOGUE, PAGES, PAGE, stream(b"BT (x) Tj ET"))
    start = whole[whole.index(b"startxref") :].split()[1]
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev " + start)


def endless_pages() -> bytes:
    """Pages that hold themselves."""
    return assembled(CATALOGUE, b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 2>>", PAGE, stream(b"BT (x) Tj ET"))


def deep_pages() -> bytes:
    """A tree of pages 100,000 branches deep."""
    deep = [b"<</Type /Pages /Count 1 /Kids [%d 0 R]>>" % (number + 3) for number in range(100_000)]
    return assembled(CATALOGUE, *deep, PAGE)


def deep_arrays() -> bytes:
    """A million brackets."""
    return assembled(CATALOGUE, PAGES, PAGE, b"[" * 1_000_000 + b"]" * 1_000_000)


def same_page_again() -> bytes:
    """One page, a million times."""
    kids = b"<</Type /Pages /Kids [" + b"3 0 R " * 1_000_000 + b"] /Count 1000000>>"
    return assembled(CATALOGUE, kids, PAGE, stream(b"BT (x) Tj ET"))


def endless_length() -> bytes:
    """A stream as long as itself."""
    return assembled(CATALOGUE, PAGES, PAGE, b"<</Length 4 0 R>>\nstream\nBT (x) Tj ET\nendstream")


def endless_object_streams() -> bytes:
    """An object that lies in the stream that it is."""
    inner = b"4 0 <</Type /ObjStm>>"
    return assembled(CATALOGUE, PAGES, PAGE, stream(inner, b"/Type /ObjStm /N 1 /First 4 /Extends 4 0 R"))


def pages_that_are_numbers() -> bytes:
    """Nothing is what it should be."""
    return assembled(b"<</Type 5 /Pages 7>>", b"3", b"(x)", b"null", trailer=b"/Root 1 0 R /Info 3 0 R /Encrypt 5")


def another_place() -> bytes:
    """The table is said to stand elsewhere."""
    return assembled(CATALOGUE, PAGES, PAGE, stream(b"BT (x) Tj ET"), shift=3)


def frame_alone() -> bytes:
    """Beginning and end, and noise between."""
    return b"%PDF-1.7\n" + bytes(range(256)) * 400 + b"\nstartxref\n9\n%%EOF\n"


ALL: tuple[Callable[[], bytes], ...] = (
    bomb,
    endless_tables,
    endless_pages,
    endless_length,
    endless_object_streams,
    deep_pages,
    deep_arrays,
    same_page_again,
    pages_that_are_numbers,
    another_place,
    frame_alone,
)
