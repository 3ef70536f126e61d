"""Undo the compression in which Outlook packs the RTF of a message (LZFu). Raises Damaged.

No length is believed, and no checksum asked: what can be read of a text is better than nothing. What comes out is
bounded, and so is the time: one step for each token, of at most 17 octets.
Standard: [MS-OXRTFCP] 2.1.3, 2.2.2 (the dictionary) and 3.1.
"""

import struct
from typing import Final

from receiver.pipeline.packings.room import Damaged

_HEADER: Final = struct.Struct("<II4sI")  # octets that follow, octets unpacked, kind, checksum
_WINDOW: Final = 4096
_DICTIONARY: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def unpack_rtf(packed: bytes, most: int) -> bytes:
    """The RTF, cut to `most` octets."""
    if len(packed) < _HEADER.size:
        raise Damaged("compressed RTF")
    follows, size, kind, _ = _HEADER.unpack_from(packed)
    end, size = min(len(packed), 4 + follows), min(size, most)
    if kind == b"MELA":
        return packed[_HEADER.size : min(end, _HEADER.size + size)]
    if kind != b"LZFu":
        raise Damaged("compressed RTF")
    return _inflated(packed[:end], size)


def _inflated(packed: bytes, size: int) -> bytes:
    # The window is what was written last, the dictionary before it: a place in it is a place in `made`.
    made, at, enough = bytearray(_DICTIONARY), _HEADER.size, len(_DICTIONARY) + size
    while at < len(packed) and len(made) < enough:
        control = packed[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                made += packed[at : at + 1]
                at += 1
                continue
            if at + 2 > len(packed):
                return bytes(made[len(_DICTIONARY) : enough])
            token = packed[at] << 8 | packed[at + 1]
            at += 2
            distance = (len(made) - (token >> 4)) % _WINDOW
            if not distance:  # the mark of the end
                return bytes(made[len(_DICTIONARY) : enough])
            made += _again(made, distance, (token & 15) + 2)
    return bytes(made[len(_DICTIONARY) : enough])


def _again(made: bytearray, distance: int, length: int) -> bytes:
    """Octets that stand `distance` before the end; a reference may reach into what it writes itself."""
    start = len(made) - distance
    if start < 0:  # where nothing was written yet
        return b" " * length
    piece = bytes(made[start : start + length])
    return (piece * (length // len(piece) + 1))[:length]
