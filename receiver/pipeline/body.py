"""Make of a message's own text the page that is kept when the text is the invoice.

Where plain text and HTML are alternatives, the HTML counts; further texts follow in the order of the mail. Its own
images stand inside; calendar parts follow as tables. Called in the child only, and only when a decision keeps the text.
"""

from receiver.mail.charsets import decode
from receiver.mail.fields import parameter, text_of
from receiver.pipeline.message_facts import Findings
from receiver.pipeline.unpack import Leaf, Unpacked
from receiver.rendering.calendar_view import calendar_body
from receiver.rendering.cleaning import clean_html, text_to_html
from receiver.rendering.page import HeaderBlock, page
from rules.recognition.content import HEAD_OCTETS, sniff

MAX_IMAGE_OCTETS = 8 * 1024**2
CALENDAR = "text/calendar"
MAX_CALENDARS = 3
MAX_CALENDAR_OCTETS = 256 * 1024
CUT = '<div class="text">[…]</div>'


def body_page(unpacked: Unpacked, findings: Findings, language: str) -> bytes:
    """A whole HTML document, UTF-8: header block and cleaned text."""
    images = _images(unpacked)
    shown = [leaf for leaf in unpacked.bodies() if not leaf.shadowed]
    pieces = [
        _fragment(leaf, unpacked.texts[leaf.part], images, f"mail-{number}") for number, leaf in enumerate(shown, 1)
    ]
    pieces += _calendars(unpacked, language)
    reading = findings.reading
    names = (each.filename for each in findings.facts.attachments if not each.is_referenced)
    header = HeaderBlock(
        from_=reading.from_header,
        to=reading.to_header,
        date=reading.date_in_its_zone(),
        subject=reading.subject,
        attachments=tuple(name for name in names if name),
        cc=text_of(unpacked.fields, "cc"),
    )
    return page(header, "\n".join(pieces), language).encode("utf-8", "replace")


def _fragment(leaf: Leaf, text: str, images: dict[str, tuple[str, bytes]], mail: str) -> str:
    rest = CUT if leaf.is_cut else ""
    if leaf.is_html:
        return clean_html(text, images, mail) + rest
    fields = leaf.entity.fields
    is_flowed = (parameter(fields, "content-type", "format") or "").lower() == "flowed"
    deletes_space = (parameter(fields, "content-type", "delsp") or "").lower() == "yes"
    return text_to_html(text, is_flowed=is_flowed, deletes_space=deletes_space) + rest


def _calendars(unpacked: Unpacked, language: str) -> list[str]:
    """The events of the mail's calendar parts; the same part often comes twice, as alternative and as attachment."""
    fragments: dict[str, None] = {}
    for leaf in [leaf for leaf in unpacked.attachments() if leaf.declared_type == CALENDAR][:MAX_CALENDARS]:
        octets = leaf.entity.decoded_head(MAX_CALENDAR_OCTETS)
        # RFC 5545 section 3.1.4: UTF-8 unless the part says otherwise.
        charset = parameter(leaf.entity.fields, "content-type", "charset")
        fragments[calendar_body(decode(octets, charset), language)] = None
    return [each for each in fragments if each]


def _images(unpacked: Unpacked) -> dict[str, tuple[str, bytes]]:
    """The images to which the HTML refers, by Content-ID, up to what a page may hold."""
    images: dict[str, tuple[str, bytes]] = {}
    room = MAX_IMAGE_OCTETS
    for leaf in unpacked.attachments():
        if not unpacked.is_referenced(leaf) or leaf.content_id in images:
            continue
        octets = leaf.entity.decoded()
        media_type = sniff(octets[:HEAD_OCTETS], leaf.declared_type, leaf.filename)
        if media_type.startswith("image/") and len(octets) <= room:
            room -= len(octets)
            images[leaf.content_id] = (media_type, octets)
    return images
