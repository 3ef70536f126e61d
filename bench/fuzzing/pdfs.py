"""PDFs made up, for tests and the fuzzer: one empty page, and files embedded in it."""

import zlib
from collections.abc import Sequence

HEAD = b"%PDF-1.7\n"


def pdf_with(*files: tuple[str, bytes], filters: bytes = b"/FlateDecode", stored: bytes | None = None) -> bytes:
    """A PDF with these files; `stored` are the octets of each stream instead of the packed file."""
    names = b" ".join(b"(%s) %d 0 R" % (name.encode(), 10 + 2 * number) for number, (name, _) in enumerate(files))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [ %s ] >> >> >>" % names,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
    }
    for number, (name, octets) in enumerate(files):
        data = zlib.compress(octets) if stored is None else stored
        claimed = name.encode()
        objects[10 + 2 * number] = b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F %d 0 R >> >>" % (
            claimed,
            claimed,
            11 + 2 * number,
        )
        objects[11 + 2 * number] = b"<< /Type /EmbeddedFile /Length %d /Filter %s >>\nstream\n%s\nendstream" % (
            len(data),
            filters,
            data,
        )
    return written(objects)


def written(objects: dict[int, bytes]) -> bytes:
    """These objects with a cross-reference table."""
    out, offsets = bytearray(HEAD), dict[int, int]()
    for number, octets in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, octets)
    size = max(objects) + 1
    rows = [
        b"%010d 00000 n \n" % offsets[each] if each in offsets else b"0000000000 65535 f \n" for each in range(size)
    ]
    start = len(out)
    out += b"xref\n0 %d\n%s" % (size, b"".join(rows))
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, start)
    return bytes(out)


def without_table(pdf: bytes, at: Sequence[bytes] = (b"/Names",)) -> bytes:
    """The same PDF after somebody lost its table and the names in its catalogue: no reader finds the files."""
    for each in at:
        pdf = pdf.replace(each, b"/Nomen"[: len(each)])
    return pdf[: pdf.rindex(b"xref\n0")]
