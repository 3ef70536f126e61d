"""How large a picture is, by the header of its file, and whether it can be a page that somebody scanned.

Reads a few hundred octets of each format; never decodes a picture. Raises nothing.
Standard: PNG 11.2.2, GIF89a 18, JPEG (ITU T.81 B.2.2), BMP, WebP (RFC 9649), TIFF 6.0.
"""

import struct

Pixels = tuple[int, int]

# A4 at 75 dpi is 620 x 877; logos, banners and the pictures of social networks in signatures stay below.
SHORT_SIDE = 400
AREA = 400_000
# A receipt is a long strip; a picture that is much wider than high is a banner.
WIDEST = 2.5
_MAX_SEGMENTS = 200
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # start of frame, not a table
_MAX_TAGS = 200


def pixels(octets: bytes) -> Pixels:
    """Width and height; (0, 0) where the file does not say."""
    try:
        return _pixels(octets)
    except (struct.error, IndexError):
        return (0, 0)


def may_be_page(width: int, height: int) -> bool:
    """Whether a picture of this size can be a page or a receipt; one of unknown size can."""
    if not width or not height:
        return True
    return min(width, height) >= SHORT_SIDE and width * height >= AREA and width / height <= WIDEST


def _pixels(octets: bytes) -> Pixels:
    if octets.startswith(b"\x89PNG"):
        return _two(">II", octets, 16)
    if octets.startswith(b"GIF8"):
        return _two("<HH", octets, 6)
    if octets.startswith(b"\xff\xd8"):
        return _jpeg(octets)
    if octets.startswith(b"BM"):
        width, height = _two("<ii", octets, 18)
        return abs(width), abs(height)
    if octets.startswith((b"II*\0", b"MM\0*")):
        return _tiff(octets)
    return _webp(octets) if octets[8:12] == b"WEBP" else (0, 0)


def _two(form: str, octets: bytes, at: int) -> Pixels:
    first, second = struct.unpack_from(form, octets, at)
    return int(first), int(second)


def _jpeg(octets: bytes) -> Pixels:
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if octets[at] != 0xFF:
            return (0, 0)
        marker = octets[at + 1]
        if marker == 0xFF:  # a fill octet
            at += 1
            continue
        if marker in _FRAMES:
            height, width = _two(">HH", octets, at + 5)
            return width, height
        at += 2 + struct.unpack_from(">H", octets, at + 2)[0]
    return (0, 0)


def _tiff(octets: bytes) -> Pixels:
    order = "<" if octets[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", octets, 4)
    (count,) = struct.unpack_from(order + "H", octets, at)
    found = {}
    for entry in range(min(count, _MAX_TAGS)):
        tag, kind = struct.unpack_from(order + "HH", octets, at + 2 + 12 * entry)
        form = "H" if kind == 3 else "I"
        (found[tag],) = struct.unpack_from(order + form, octets, at + 10 + 12 * entry)
    return found.get(256, 0), found.get(257, 0)


def _webp(octets: bytes) -> Pixels:
    kind = octets[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(octets[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", octets, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = _two("<HH", octets, 26)
    return width & 0x3FFF, height & 0x3FFF
