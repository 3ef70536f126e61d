"""The files within an XML e-invoice, none of them decoded. The e-invoice itself stays a document.

Raises Damaged for a file that is no base64.
"""

from functools import partial

from receiver.pipeline.packings.room import Damaged, Member, Source
from rules.recognition.einvoice import BusinessDocument, read_document


def members(source: Source) -> list[Member]:
    """What the e-invoice carries; () where more of it than is held in memory would have to be."""
    document = read_document(source.octets())
    if document is None or any(each.place is None for each in document.within):
        return []
    return [
        Member(each.name or None, each.octets, partial(_decoded, source, document, number), each.media_type)
        for number, each in enumerate(document.enclosed)
    ]


def _decoded(source: Source, document: BusinessDocument, number: int) -> bytes:
    try:
        return document.content(source.octets(), number)
    except ValueError as error:
        raise Damaged("base64") from error
