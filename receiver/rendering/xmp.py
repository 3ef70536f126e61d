"""What a PDF says of itself, twice in the same words: as XMP packet and as document information dictionary.

Pure: no clock, nothing that varies. Values are made fit for XML first, so that both say the same.
Standards: ISO 16684-1 (XMP), ISO 19005-3 6.6 (what PDF/A-3 asks of it), ISO 32000-1 14.3.3 (Info).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

PRODUCER = "postbus"
MAX_CHARACTERS = 1000
# XML 1.0 2.2 has no word for these, nor has a single line.
UNFIT = re.compile("[^\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
# Nor is any of these one; those that turn the direction of writing could show another title.
NOT_A_CHARACTER = re.compile("[\ufdd0-\ufdef\U0001fffe-\U0001ffff\u202a-\u202e\u2066-\u2069]")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}")

_FRAME = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">{}</rdf:Description></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="r"?>'
)
ARCHIVAL = "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"


@dataclass(frozen=True, slots=True)
class Imprint:
    """The words of a PDF about itself, fit for both places; empty ones are not said."""

    title: str
    author: str
    language: str
    date: datetime | None  # UTC, whole seconds

    @classmethod
    def of(cls, title: str, author: str, language: str, date: datetime | None) -> "Imprint":
        """Made fit: one line each, UTC; what is no language tag (BCP 47) and no date of our calendar is dropped."""
        fit = language if LANGUAGE.fullmatch(language) else ""
        return cls(_line(title), _line(author), fit, _utc(date))

    def info(self) -> dict[str, str]:
        """The entries of the document information dictionary."""
        date = self.date.strftime("D:%Y%m%d%H%M%SZ") if self.date else ""
        entries = {"/Title": self.title, "/Author": self.author, "/CreationDate": date, "/ModDate": date}
        entries |= {"/Creator": PRODUCER, "/Producer": PRODUCER}
        return {key: value for key, value in entries.items() if value}

    def packet(self, *, is_archival: bool) -> bytes:
        """The XMP packet; `is_archival`: it claims PDF/A-3b."""
        title, author, language = escape(self.title), escape(self.author), escape(self.language)
        date = self.date.strftime("%Y-%m-%dT%H:%M:%SZ") if self.date else ""
        said = f"<xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool><pdf:Producer>{PRODUCER}</pdf:Producer>"
        if title:
            said += f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        if author:
            said += f"<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>"
        if language:
            said += f"<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>"
        if date:
            said += f"<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>"
        return _FRAME.format(said + (ARCHIVAL if is_archival else "")).encode()


def _line(value: str) -> str:
    return " ".join(NOT_A_CHARACTER.sub(" ", UNFIT.sub(" ", value)).split())[:MAX_CHARACTERS].strip()


def _utc(date: datetime | None) -> datetime | None:
    if date is None or date.tzinfo is None:
        return None
    try:
        utc = date.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return None
    # strftime does not fill up the years before 1000; no mail is so old.
    return utc if utc.year >= 1000 else None
