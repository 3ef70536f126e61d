"""Decide from its frame whether what wkhtmltopdf wrote may be worth opening, and whether its page had any text to show.

The exit code says nothing: 0 came with empty, truncated and blank files, 1 with perfect ones. Parses no object: what
hostile code may have written is opened in a limited child alone (receiver.rendering.finishing), which judges the rest.
Raises NotRendered.
"""

import re

from receiver.rendering.reasons import NotRendered

# ISO 32000-1 7.5.5: where the last cross-reference section stands is said before the end of the file.
END = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")
BLANKS = re.compile(rb"(?:\s|&nbsp;|&#160;|\xc2\xa0)+")


def is_whole(written: bytes | bytearray) -> bool:
    """Whether a PDF that is being written has come to its end."""
    end = END.search(written[-64:])
    return end is not None and written.startswith(b"xref", int(end[1]))


def judge_frame(pdf: bytes) -> None:
    """Refuse what does not even begin and end as a PDF does."""
    if not pdf.startswith(b"%PDF-1.") or END.search(pdf[-64:]) is None:
        raise NotRendered("render_gave_damaged_pdf")


def has_text(document: bytes) -> bool:
    """Whether anything but blanks stands between the tags of a page's body."""
    start = document.find(b"<body")
    position = document.find(b">", start) + 1 if start >= 0 else 0
    while True:
        tag = document.find(b"<", position)
        if BLANKS.sub(b"", document[position : tag if tag >= 0 else len(document)]):
            return True
        position = document.find(b">", tag) + 1 if tag >= 0 else 0
        if position == 0:
            return False
