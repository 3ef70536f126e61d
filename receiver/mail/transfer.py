"""Undo a Content-Transfer-Encoding; broken encodings give what can be read.

Standard: RFC 2045 6.7 and 6.8; uuencode as POSIX has it.
"""

import binascii
import re
from contextlib import suppress

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
MAX_PIECES = 10_000  # padded pieces of one body that are told apart
_BLANKS = b" \t\r\n\f\v"
_UUENCODE_LABELS = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_NAME = re.compile(r"[a-z0-9-]+")
_UUENCODE_BEGIN = re.compile(rb"^begin [0-7]{3,4} ", re.MULTILINE)


def undo(source: bytes, start: int, end: int, label: str) -> bytes:
    """The octets from `start` to `end`, decoded; an unknown label means 8bit (RFC 2045 6.4: leave the part alone)."""
    name = _NAME.match(label.strip().lower())
    encoding = name.group() if name else "8bit"
    if encoding == "base64" and _is_one_piece(source, start, end):
        # The usual case, from the map of a large file without a copy.
        with memoryview(source) as whole, whole[start:end] as encoded, suppress(binascii.Error):
            return binascii.a2b_base64(encoded)
    octets = source[start:end]
    if encoding == "base64":
        return from_base64(octets)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(octets)
    if encoding in _UUENCODE_LABELS:
        return from_uuencode(octets)
    return octets


def _is_one_piece(source: bytes, start: int, end: int) -> bool:
    padding = source.find(b"=", start, end)
    return padding < 0 or not source[padding : min(end, padding + 64)].strip(b"=" + _BLANKS)


def from_base64(octets: bytes) -> bytes:
    """Base64 with foreign characters, missing padding, or several padded pieces one after the other."""
    padding = octets.find(b"=")
    rest = octets[padding:].lstrip(b"=" + _BLANKS) if padding >= 0 else b""
    if not rest:
        return _one_piece(octets)
    first = _one_piece(octets[:padding])
    # Behind the padding stands another piece, or a footer that a mailing list added as plain text.
    if rest.translate(None, _ALPHABET + b"=" + _BLANKS):
        return first
    return first + b"".join(_one_piece(piece) for piece in rest.split(b"=", MAX_PIECES) if piece.strip())


def _one_piece(octets: bytes) -> bytes:
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        pure = octets.translate(_IDENTITY, _NOT_ALPHABET)
        whole = pure[: len(pure) - 1] if len(pure) % 4 == 1 else pure
        return binascii.a2b_base64(whole + b"==")


def from_uuencode(octets: bytes) -> bytes:
    """The first uuencoded file of the octets; lines that are damaged end where they stop making sense."""
    begin = _UUENCODE_BEGIN.search(octets)
    if begin is None:
        return octets
    lines = octets[begin.start() :].splitlines()[1:]
    decoded = bytearray()
    for line in lines:
        if line.rstrip() in {b"end", b"`", b""}:
            break
        decoded += _uuencoded_line(line)
    return bytes(decoded)


def _uuencoded_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Seen in practice: encoders that write more characters than the length octet announces.
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""


_IDENTITY = bytes(range(256))
_NOT_ALPHABET = bytes(set(range(256)) - set(_ALPHABET))
