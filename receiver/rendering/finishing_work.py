"""What the renderer asks of a finishing child, and what comes back: values, and their form on the wire between them.

Never imports the parser of PDFs: the renderer's own process has none. Raises WireFault for answers without sense.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from receiver.rendering.order import Original
from receiver.rendering.reasons import NotRendered
from receiver.rendering.wire import WireFault
from receiver.rendering.xmp import Imprint

FAULT = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
MAX_PAGES = 10_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with one PDF."""

    pdf: bytes = field(repr=False)
    imprint: Imprint
    original: Original | None
    max_pages: int
    needs_text: bool
    archival: bool

    def header(self, seconds: float) -> dict[str, Any]:
        """Everything but the octets: those of the PDF and of the original follow."""
        imprint, original = self.imprint, self.original
        return {
            "seconds": seconds,
            "title": imprint.title,
            "author": imprint.author,
            "language": imprint.language,
            "date": imprint.date.isoformat() if imprint.date else "",
            "original": [original.name, original.media_type, len(original.octets)] if original else None,
            "max_pages": self.max_pages,
            "needs_text": self.needs_text,
            "archival": self.archival,
        }

    @classmethod
    def of(cls, header: dict[str, Any], octets: bytes) -> "Work":
        """As the child reads it; the renderer is trusted to speak sense."""
        date = datetime.fromisoformat(header["date"]) if header["date"] else None
        imprint = Imprint(header["title"], header["author"], header["language"], date)
        original = None
        if header["original"]:
            name, media_type, length = header["original"]
            end = len(octets) - length
            original, octets = Original(octets[end:], name, media_type), octets[:end]
        return cls(octets, imprint, original, header["max_pages"], header["needs_text"], header["archival"])


@dataclass(frozen=True, slots=True)
class Finished:
    """The PDF, its pages, and why it is not archivable where it is not."""

    pdf: bytes = field(repr=False)
    pages: int
    archival_fault: str

    def header(self) -> dict[str, Any]:
        """Everything but the octets."""
        return {"pages": self.pages, "archival_fault": self.archival_fault}

    @classmethod
    def of(cls, header: dict[str, Any], octets: bytes | int, max_pages: int) -> "Finished":
        """As the renderer reads it: the child has worked on hostile octets. Raises NotRendered as the child says."""
        pages, fault = header.get("pages"), header.get("archival_fault")
        if header.get("refused") is True:
            raise NotRendered("render_gave_damaged_pdf")
        if not isinstance(octets, bytes) or not isinstance(pages, int) or not 0 < pages <= MAX_PAGES:
            raise WireFault("not a finished PDF")
        if pages > max_pages:
            raise NotRendered("render_too_many_pages", pages=pages, limit=max_pages)
        if not isinstance(fault, str) or not (fault == "" or FAULT.fullmatch(fault)):
            raise WireFault("a fault that is none")
        return cls(octets, pages, fault)
