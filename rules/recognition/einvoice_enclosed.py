"""The files that an XML e-invoice carries within it: what they are called there, and their octets.

UBL's EmbeddedDocumentBinaryObject, CII's AttachmentBinaryObject, FatturaPA's Allegati, Facturae's Attachment. Names and
types are claims. Raises ValueError for what is no base64.
"""

import binascii
from dataclasses import dataclass, field

from rules.facts import EnclosedFile
from rules.recognition.einvoice_reader import Place, Record


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file within an XML file."""

    file: EnclosedFile
    place: Place | None = field(repr=False)  # None: there was more of it than is held

    @classmethod
    def of(cls, record: Record, name: str | None, media_type: str | None) -> "Enclosed":
        """The file whose length is the field "size#" of this record."""
        octets = int(record.get("size#") or 0) * 3 // 4
        file = EnclosedFile(name or "", media_type or "application/octet-stream", octets)
        return cls(file, record.places.get("size#"))

    def decoded(self, xml: bytes) -> bytes:
        """Its octets, never more than it told; `xml` is what was read. Raises ValueError."""
        if self.place is None:
            raise ValueError("not held")
        text = self.place if isinstance(self.place, str) else xml[slice(*self.place)]
        # Seen in practice: without the padding at its end.
        return binascii.a2b_base64(text + "==" if isinstance(text, str) else text + b"==")[: self.file.octets]
