"""Octets of a claimed charset as text that every database and JSON can hold.

Never fails: what the label cannot decode is tried as UTF-8, then as Windows-1252, then with replacement characters.
Standard: RFC 2045 (charset), WHATWG Encoding (labels that mean a superset in practice).
"""

import codecs
import re

from receiver.mail import iso2022

# Seen in practice, and so in the WHATWG table: senders name the subset and use the superset.
_SUPERSETS = {
    **dict.fromkeys(("us-ascii", "ascii", "ansi_x3.4-1968", "us", "iso646-us"), "cp1252"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "iso88591", "iso_8859-1", "iso_8859-1:1987", "iso-ir-100"), "cp1252"),
    **dict.fromkeys(("latin1", "latin-1", "l1", "ibm819", "cp819", "ansi", "x-ansi"), "cp1252"),
    **dict.fromkeys(("gb2312", "gb_2312", "gb_2312-80", "csgb2312", "iso-ir-58", "chinese"), "gb18030"),
    **dict.fromkeys(("gbk", "x-gbk", "cp936", "windows-936", "euc-cn", "x-euc-cn"), "gb18030"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601-1989", "ks_c_5601", "ksc5601", "ksc_5601", "iso-ir-149"), "cp949"),
    **dict.fromkeys(("euc-kr", "euc_kr", "cseuckr", "csksc56011987", "korean", "x-windows-949"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "shiftjis", "sjis", "x-sjis", "csshiftjis", "ms_kanji"), "cp932"),
    **dict.fromkeys(("windows-31j", "ms932"), "cp932"),
    **dict.fromkeys(("big5", "big-5", "x-x-big5", "csbig5", "cn-big5"), "cp950"),
    **dict.fromkeys(("iso-8859-9", "iso8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "iso8859-11", "dos-874"), "cp874"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical", "visual"), "iso-8859-8"),
    **dict.fromkeys(("iso-8859-6-i", "iso-8859-6-e"), "iso-8859-6"),
    **dict.fromkeys(("x-euc-jp", "x-eucjp"), "euc-jp"),
    **dict.fromkeys(("x-mac-roman", "x-macroman", "mac"), "mac-roman"),
    "x-mac-cyrillic": "mac-cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    **dict.fromkeys(("utf8", "utf8mb4", "unicode-1-1-utf-8"), "utf-8"),
}
# Tried where the superset above does not know an octet: Hong Kong's characters have another one.
_FURTHER = {"cp950": "big5hkscs"}
# cp-1252, win1251, x-cp1250 and the like.
_CODE_PAGE = re.compile(r"(?:x-)?(?:cp|win|windows|ibm)[-_]?(\d{3,4})")
# Where HTML says itself which charset it is in.
META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([!-~]{1,40}?)[\"'\s/>;]", re.IGNORECASE)
_WIDE = re.compile(r"utf-?16|utf-?32|ucs-?2|unicode(?!-1-1)")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def decode(octets: bytes, charset: str | None) -> str:
    """The text of `octets`; a label that is missing, unknown or wrong is corrected as well as can be."""
    label = (charset or "utf-8").strip().strip("\"'").lower().partition("*")[0].strip()
    if iso2022.is_meant(label, octets):
        return storable(iso2022.decode(octets))
    superset = _superset(label)
    names = [superset, *([_FURTHER[superset]] if superset in _FURTHER else []), "utf-8"]
    if _WIDE.match(label) and _has_narrow_lines(octets):
        names.reverse()
    for name in names:
        text = _strictly(octets, name)
        if text is not None:
            return storable(text)
    if _is_text_codec(superset) and superset not in {"utf-8", "cp1252"}:
        return storable(octets.decode(superset, "replace"))
    return storable(octets.decode("cp1252", "replace"))


def encode(text: str, charset: str) -> bytes:
    """The octets of `text` in a claimed charset; UTF-8 where the label is unknown or cannot say it."""
    name = _superset(charset)
    if text.isascii() or not _is_text_codec(name):
        return text.encode("utf-8", "replace")
    try:
        return text.encode(name)
    except (UnicodeError, ValueError):
        return text.encode("utf-8", "replace")


def storable(text: str) -> str:
    """`text` without what UTF-8 (lone surrogates) or PostgreSQL (NUL) cannot hold."""
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def one_line(text: str) -> str:
    """`text` with every run of control characters and line ends as one blank: fit for a list, a log, a header field."""
    return _CONTROLS.sub(" ", text).strip()


def _superset(label: str) -> str:
    """The name of Python's for what a label (in lower case) means in practice."""
    if label in _SUPERSETS:
        return _SUPERSETS[label]
    page = _CODE_PAGE.fullmatch(label)
    name = f"cp{page[1]}" if page else label
    return _SUPERSETS.get(name, name)


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
