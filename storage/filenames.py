"""File names that are safe to make on any system, from what a stranger's mail claims.

Pure. Standards: RFC 2183 section 5 (never trust a path or name from a mail), RFC 2231 (the claim arrives decoded);
Microsoft's naming rules for what Windows cannot make; UAX 9 for characters that turn text round and so hide an
extension. A claim is cut down to its last path part, cleaned, and kept readable: umlauts and CJK stay.
"""

import mimetypes
import re
import unicodedata
from collections.abc import Collection

MAX_OCTETS = 255
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/html": ".html",
    "text/plain": ".txt",
    "message/rfc822": ".eml",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "application/zip": ".zip",
}
# Separators on some system, and the look-alikes by which a name pretends to be a path.
_SEPARATORS = re.compile(r"[/\\\u2044\u2215\u29f8\u29f5\uff0f\uff3c]")
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_BLANKS = re.compile(r"\s+")
# An extension has a letter in it: in "Invoice 2026.11" the digits are the name.
_EXTENSION = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,10}\Z")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])\Z", re.IGNORECASE
)
_RUN = re.compile(
    r"\.(?:bat|cmd|com|cpl|exe|hta|html?|jar|jse?|lnk|msi|pif|ps1|reg|scr|svg|url|vb[es]|ws[fh]|xht|xhtml)\Z",
    re.IGNORECASE,
)
# Control, format (bidi and zero-width), surrogate, private, unassigned; line and paragraph separator.
_REMOVED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_filename(claimed: str | None, media_type: str, fallback: str) -> str:
    """A name of at most 255 octets in UTF-8 that names a file in its folder and nothing else.

    The claim's extension is kept; without one, and where it tells a program to run what was kept as a document, the
    media type's is added. `fallback` serves when nothing is left.
    """
    name = _cleaned(claimed or "") or _cleaned(fallback) or "document"
    kind = media_type.partition(";")[0].strip().lower()
    stem, extension = _split(name)
    if _misleads(extension, kind):
        stem, extension = name, ""
    if not extension:
        extension = _EXTENSIONS.get(kind) or mimetypes.guess_extension(kind) or ""
    return _fitted(_no_device(stem), extension)


def distinct(name: str, taken: Collection[str]) -> str:
    """`name`, or "stem (2).ext" and so on: the first that differs from all taken ones without case, as NFC."""
    keys = {_key(other) for other in taken}
    stem, extension = _split(name)
    number, candidate = 2, name
    while _key(candidate) in keys:
        candidate = _fitted(stem, f" ({number}){extension}")
        number += 1
    return candidate


def _cleaned(claimed: str) -> str:
    # NFC may join what stood apart, so it comes first and what it leaves is cleaned.
    text = unicodedata.normalize("NFC", claimed)
    last = next((part for part in reversed(_SEPARATORS.split(text)) if part.strip(". \t\r\n")), "")
    spaced = _BLANKS.sub(" ", last)
    shown = "".join(char for char in spaced if unicodedata.category(char) not in _REMOVED)
    # Removing a character may bring blanks together, or two others that NFC joins.
    plain = _BLANKS.sub(" ", _NOT_ON_WINDOWS.sub("_", shown))
    return unicodedata.normalize("NFC", plain).strip(". ")


def _split(name: str) -> tuple[str, str]:
    found = _EXTENSION.search(name)
    if not found or not found.start():
        return name, ""
    return name[: found.start()], found.group()


def _misleads(extension: str, kind: str) -> bool:
    # Octets can be a PDF or XML and a program at once; opened as "invoice.exe" or "invoice.hta" they are the program.
    if kind == "application/pdf":
        return extension.lower() != ".pdf"
    return kind in {"application/xml", "text/xml"} and _RUN.match(extension) is not None


def _no_device(stem: str) -> str:
    # Windows takes "nul.tar.gz" and "nul .pdf" for the device too: only what stands before the first dot counts.
    first = stem.partition(".")[0].rstrip(" ")
    return f"_{stem}" if _DEVICE.match(first) else stem


def _fitted(stem: str, ending: str) -> str:
    room = MAX_OCTETS - len(ending.encode())
    # A character that is cut in two goes whole.
    short = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return f"{short}{ending}"


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
