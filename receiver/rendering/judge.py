"""Decide whether what wkhtmltopdf wrote may be kept: whole, and of a bearable length.

Its exit code says nothing: 0 came with empty, truncated and blank files, 1 with perfect ones. Looks at the frame of
the file only and parses no object: what hostile code may have written is not opened in a process that lives on.
Raises NotRendered.
"""

import re

from receiver.rendering.reasons import NotRendered

PAGE = re.compile(rb"/Type\s*/Page\b")
# ISO 32000-1 7.5.5: the last cross-reference section stands where the end of the file says.
END = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")


def judge(pdf: bytes, max_pages: int) -> int:
    """The number of pages of an acceptable PDF."""
    end = END.search(pdf[-64:])
    if not pdf.startswith(b"%PDF-1.") or end is None or not pdf.startswith(b"xref", int(end[1])):
        raise NotRendered("render_gave_damaged_pdf")
    pages = len(PAGE.findall(pdf))
    if pages == 0 or b"/Font" not in pdf:  # the header block alone has text
        raise NotRendered("render_gave_damaged_pdf")
    if pages > max_pages:
        raise NotRendered("render_too_many_pages", pages=pages, limit=max_pages)
    return pages
