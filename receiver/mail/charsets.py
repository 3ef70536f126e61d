"""Octets of a claimed charset as text that every database and JSON can hold.

Never fails: what the label cannot decode is tried as UTF-8, then as Windows-1252, then with replacement characters.
Standard: RFC 2045 (charset), WHATWG Encoding (labels that mean a superset in practice).
"""

import codecs
import re

# Seen in practice, and so in the WHATWG table: senders name the subset and use the superset.
_SUPERSETS = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
}
# Where HTML says itself which charset it is in.
META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([!-~]{1,40}?)[\"'\s/>;]", re.IGNORECASE)
_WIDE = re.compile(r"utf-?16|utf-?32|ucs-?2|unicode(?!-1-1)")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def decode(octets: bytes, charset: str | None) -> str:
    """The text of `octets`; a label that is missing, unknown or wrong is corrected as well as can be."""
    label = (charset or "utf-8").strip().strip("\"'").lower().partition("*")[0]
    names = [_SUPERSETS.get(label, label), "utf-8"]
    if _WIDE.match(label) and _has_narrow_lines(octets):
        names.reverse()
    for name in names:
        text = _strictly(octets, name)
        if text is not None:
            return storable(text)
    if _is_text_codec(label) and label not in {"utf-8", "us-ascii", "ascii"}:
        return storable(octets.decode(_SUPERSETS.get(label, label), "replace"))
    return storable(octets.decode("cp1252", "replace"))


def encode(text: str, charset: str) -> bytes:
    """The octets of `text` in a claimed charset; UTF-8 where the label is unknown or cannot say it."""
    if text.isascii() or not _is_text_codec(charset):
        return text.encode("utf-8", "replace")
    try:
        return text.encode(_SUPERSETS.get(charset, charset))
    except (UnicodeError, ValueError):
        return text.encode("utf-8", "replace")


def storable(text: str) -> str:
    """`text` without what UTF-8 (lone surrogates) or PostgreSQL (NUL) cannot hold."""
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def one_line(text: str) -> str:
    """`text` with every run of control characters and line ends as one blank: fit for a list, a log, a header field."""
    return _CONTROLS.sub(" ", text).strip()


def _has_narrow_lines(octets: bytes) -> bool:
    """Whether what is called UTF-16 is none: its line ends, or the bracket of its first tag, are single octets.

    Seen in practice: HTML saved as UTF-16 and sent as something else, its label unchanged. WHATWG reads UTF-8 then.
    """
    return b"\0" not in octets and (b"\r\n" in octets or octets.lstrip().startswith(b"<"))


def _strictly(octets: bytes, name: str) -> str | None:
    if not _is_text_codec(name):
        return None
    try:
        return octets.decode(name)
    except (UnicodeError, ValueError):
        return None


def _is_text_codec(name: str) -> bool:
    """Whether Python knows the charset: not one of its octets-to-octets codecs, nor one that only names itself."""
    if not name.isascii() or len(name) > 40 or name in {"idna", "punycode", "undefined", "unicode_escape"}:
        return False
    try:
        return bool(getattr(codecs.lookup(name), "_is_text_encoding", True))
    except (LookupError, ValueError):
        return False
