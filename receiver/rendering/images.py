"""Decide which images of a mail may stand in its page, as data: URIs.

Only PNG, JPEG and GIF whose octets are what they claim, within a budget of pixels and octets: a 110 KB PNG can claim
30,000 x 30,000 pixels, which is 3.6 GB once decoded. Reads headers only; never decodes a pixel.
"""

import base64
import binascii
import struct
from collections.abc import Mapping
from urllib.parse import unquote

MAX_PIXELS = 40_000_000
MAX_OCTETS = 5 * 1024**2
MAX_SIDE = 20_000
# A GIF decodes frame by frame, an animation shows its first one; more than this is an attack, not a logo.
MAX_GIF_FRAMES = 500

PNG = b"\x89PNG\r\n\x1a\n"
# JPEG markers that carry the frame's size (ITU T.81 table B.1: SOF0-SOF15 without DHT, JPG and DAC).
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})

Inline = Mapping[str, tuple[str, bytes]]


class ImageBudget:
    """Turns image addresses of one mail into data: URIs until its pixels or octets are used up."""

    def __init__(self, inline: Inline) -> None:
        """`inline`: the mail's own images by Content-ID without angle brackets, as (media type, octets)."""
        self._inline = {key.strip("<>").casefold(): octets for key, (_, octets) in inline.items()}
        self._pixels = 0
        self._octets = 0

    def data_uri(self, address: str) -> str | None:
        """A data: URI for `cid:` and `data:` addresses that may be shown; None for everything else."""
        scheme, _, rest = address.strip().partition(":")
        if scheme.casefold() == "cid":
            octets = self._inline.get(unquote(rest).strip("<>").casefold())
        elif scheme.casefold() == "data":
            octets = _decode_data(rest)
        else:
            octets = None
        return self._admit(octets) if octets else None

    def _admit(self, octets: bytes) -> str | None:
        size = image_size(octets)
        if size is None or max(size[1:]) > MAX_SIDE:
            return None
        media_type, width, height = size
        # Painted again at every use: a picture shown a thousand times costs a thousand times.
        self._pixels += width * height
        self._octets += len(octets)
        if self._pixels > MAX_PIXELS or self._octets > MAX_OCTETS:
            return None
        return f"data:{media_type};base64,{base64.b64encode(octets).decode()}"


def image_size(octets: bytes) -> tuple[str, int, int] | None:
    """(media type, width, height) read from the header; None when it is no sound PNG, JPEG or GIF."""
    if octets.startswith(PNG) and octets[12:16] == b"IHDR" and len(octets) >= 33:
        width, height = struct.unpack_from(">II", octets, 16)
        return _sized("image/png", width, height)
    if octets[:6] in {b"GIF87a", b"GIF89a"} and len(octets) >= 13 and octets.count(b"\x00\x2c") <= MAX_GIF_FRAMES:
        width, height = struct.unpack_from("<HH", octets, 6)
        return _sized("image/gif", width, height)
    if octets.startswith(b"\xff\xd8\xff"):
        return _jpeg_size(octets)
    return None


def _sized(media_type: str, width: int, height: int) -> tuple[str, int, int] | None:
    return (media_type, width, height) if width and height else None


def _jpeg_size(octets: bytes) -> tuple[str, int, int] | None:
    position = 2
    while position + 9 <= len(octets) and octets[position] == 0xFF:
        marker = octets[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in JPEG_BARE:
            position += 2
        elif marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", octets, position + 5)
            return _sized("image/jpeg", width, height)
        else:
            position += 2 + int.from_bytes(octets[position + 2 : position + 4])
    return None


def _decode_data(rest: str) -> bytes | None:
    """The octets of a base64 data: URI (RFC 2397); None for other encodings or damaged ones."""
    header, comma, body = rest.partition(",")
    if not comma or not header.strip().casefold().endswith(";base64"):
        return None
    try:
        return base64.b64decode("".join(unquote(body).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
