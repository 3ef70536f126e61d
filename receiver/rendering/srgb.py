"""The colour profile that an archived PDF names for its colours: sRGB, built here from its published numbers.

Pure and always the same octets. Standards: ICC.1:2001-04 (version 2 profiles: display, matrix and curves),
IEC 61966-2-1 (sRGB), its primaries adapted to the white D50.
"""

import struct
from functools import cache

CURVE_POINTS = 1024
WHITE_D50 = (0.9642, 1.0, 0.8249)
PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
DESCRIPTION = b"sRGB IEC61966-2.1\0"
COPYRIGHT = b"No copyright, use freely\0"
HEADER_OCTETS = 128


@cache
def srgb_profile() -> bytes:
    """The whole profile, some 2.5 KB."""
    shared = _curve()
    tags = {
        # textDescriptionType: ASCII, then no Unicode and no ScriptCode (67 octets of room all the same).
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(DESCRIPTION)) + DESCRIPTION + bytes(8 + 3 + 67),
        b"cprt": b"text\0\0\0\0" + COPYRIGHT,
        b"wtpt": _xyz(WHITE_D50),
        **{name: _xyz(value) for name, value in PRIMARIES.items()},
        b"rTRC": shared,
        b"gTRC": shared,
        b"bTRC": shared,
    }
    return _assembled(tags)


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    table = struct.pack(">I", len(tags))
    body = bytearray()
    start = HEADER_OCTETS + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    for name, data in tags.items():
        if data not in places:  # three curves, one copy
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(WHITE_D50)
    return header.ljust(HEADER_OCTETS, b"\0") + table + bytes(body)


def _curve() -> bytes:
    points = (_linear(step / (CURVE_POINTS - 1)) for step in range(CURVE_POINTS))
    return struct.pack(">4sII", b"curv", 0, CURVE_POINTS) + b"".join(
        struct.pack(">H", round(65535 * point)) for point in points
    )


def _linear(value: float) -> float:
    """IEC 61966-2-1 5.2."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(value)


def _fixed(value: tuple[float, float, float]) -> bytes:
    """Three numbers as s15Fixed16."""
    return struct.pack(">3i", *(round(65536 * part) for part in value))
