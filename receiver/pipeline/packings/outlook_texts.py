"""The texts of an Outlook message: as it holds them, and as they stand in its RTF, where it holds none else.

Raises Damaged, NoRoom. Standard: [MS-OXBBODY] 2.1.3.1 (which body is the message's).
"""

from typing import Final

from receiver.pipeline.packings.compressed_rtf import unpack_rtf
from receiver.pipeline.packings.outlook import BODY, OutlookMessage
from receiver.pipeline.packings.room import Room
from receiver.pipeline.packings.rtf import read_rtf

Text = tuple[str, bytes, str]  # media type, octets, charset
MOST_OCTETS: Final = 4 * 1024**2


def texts_of(message: OutlookMessage) -> list[Text]:
    """Its plain text and its HTML, as far as it has them."""
    plain = message.texts.get(BODY, "")
    texts = [_text("text/plain", plain)] if plain.strip() else []
    if message.html.strip():
        texts.append(("text/html", message.html, message.html_charset or "utf-8"))
    return texts


def text_of_rtf(message: OutlookMessage, room: Room) -> list[Text]:
    """What its RTF says besides: the HTML in it where there is none else, its words where there is no text at all."""
    if not message.rtf or message.html.strip():
        return []
    rtf = unpack_rtf(message.rtf, MOST_OCTETS)
    room.take(len(rtf))
    found = read_rtf(rtf)
    if not found.text.strip() or not (found.is_html or not message.texts.get(BODY, "").strip()):
        return []
    return [_text("text/html" if found.is_html else "text/plain", found.text)]


def _text(media_type: str, text: str) -> Text:
    return media_type, text.encode("utf-8", "replace"), "utf-8"
