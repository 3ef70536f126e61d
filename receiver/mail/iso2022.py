"""Japanese in seven bits (ISO-2022-JP) as senders write it, not as the standard has it.

They write what Windows can: circled digits, the sign of a company, Roman numerals, half-width katakana. Python's codec
knows none of them and refuses the whole text, which then passes for ASCII, escapes and all. Read here segment by
segment: what two octets mean is asked of code page 932. Never fails, linear.
Standard: RFC 1468; WHATWG Encoding section 12.2 (what is added in practice).
"""

import re

LABELS = frozenset({"iso-2022-jp", "csiso2022jp", "iso2022jp", "iso-2022-jp-ms", "cp50220", "cp50221", "cp50222"})

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJI]|\([A-Z])")
_TWO_OCTETS = frozenset({b"$@", b"$B"})
_KATAKANA = b"(I"
_PAIR = re.compile(rb"([\x21-\x7e])([\x21-\x7e])")


def is_meant(label: str, octets: bytes) -> bool:
    """Whether `octets` under this label (in lower case) are what this module reads."""
    return label in LABELS and b"\x1b" in octets and octets.isascii()


def decode(octets: bytes) -> str:
    """The text of `octets`; what has no meaning becomes a replacement character."""
    pieces = _ESCAPE.split(octets)
    text = [pieces[0].decode("ascii", "replace")]
    for escape, segment in zip(pieces[1::2], pieces[2::2], strict=True):
        text.append(_segment(escape, segment))
    return "".join(text)


def _segment(escape: bytes, segment: bytes) -> str:
    if escape in _TWO_OCTETS:
        return _PAIR.sub(_shifted, segment).decode("cp932", "replace")
    if escape == _KATAKANA:
        return bytes(octet | 0x80 if 0x21 <= octet <= 0x5F else octet for octet in segment).decode("cp932", "replace")
    if escape == b"$(D":
        # JIS X 0212, which EUC-JP has behind a shift of its own.
        return _PAIR.sub(lambda pair: b"\x8f" + bytes(octet | 0x80 for octet in pair[0]), segment).decode(
            "euc-jp", "replace"
        )
    return segment.decode("ascii", "replace")


def _shifted(pair: "re.Match[bytes]") -> bytes:
    """Row and cell of JIS X 0208 as Shift_JIS writes them."""
    row, cell = pair[0]
    first = ((row - 0x21) >> 1) + (0x81 if row < 0x5F else 0xC1)
    second = cell + (0x1F if cell < 0x60 else 0x20) if row & 1 else cell + 0x7E
    return bytes((first, second))
