"""Pictures as PNG (RFC 2083), with nothing but zlib: RGB lines in, octets out; and pages without their empty end."""

import struct
import zlib

_MARGIN = 24  # lines left below what is drawn


def as_png(width: int, height: int, lines: bytes) -> bytes:
    """`lines`: for each a filter octet (0) and RGB pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def drawn_part(ppm: bytes) -> bytes:
    """A page as PNG, cut off below the last line that is not white."""
    _, size, _, pixels = ppm.split(b"\n", 3)
    width, height = map(int, size.split())
    stride = 3 * width
    white = b"\xff" * stride
    last = max((y for y in range(height) if pixels[y * stride : (y + 1) * stride] != white), default=0)
    kept = min(height, last + _MARGIN)
    lines = b"".join(b"\0" + pixels[y * stride : (y + 1) * stride] for y in range(kept))
    return as_png(width, kept, lines)
