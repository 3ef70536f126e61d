"""Texts as rows can hold them: names of people's choosing, and whatever stood in a mail.

Pure. Raises Invalid for a name that cannot be taken.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from storage.failures import Invalid

LONGEST_TENANT_NAME = 64
LONGEST_SLUG = 40
_ID = re.compile(r"[0-9a-f]{32}")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
# Letters that Unicode does not take apart, and the umlauts as German addresses write them.
_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th"}
)


def storable(text: str) -> str:
    """`text` as every database takes it: PostgreSQL refuses NUL, and UTF-8 has no lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def tenant_name(name: str) -> str:
    """The name as it is stored: blanks collapsed, NFC. Raises Invalid."""
    tidied = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(tidied) <= LONGEST_TENANT_NAME:
        raise Invalid(f"tenant name {name[:80]!r}: expected 1 to {LONGEST_TENANT_NAME} characters")
    if not tidied.isprintable() or not any(character.isalnum() for character in tidied):
        raise Invalid(f"tenant name {name[:80]!r}: expected readable text with at least one letter or digit")
    if _ID.fullmatch(tidied):
        raise Invalid(f"tenant name {name!r} looks like an id; choose a name that people can tell apart")
    return tidied


def fold(name: str) -> str:
    """What makes two names the same: neither case nor width counts."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def slug(name: str) -> str:
    """The readable half of an import address: "Müller & Söhne" gives "mueller-soehne"."""
    spelled = unicodedata.normalize("NFC", name).lower().translate(_SPELLED_OUT)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return _NOT_IN_SLUG.sub("-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "mail"


def nearest(name: str, known: Iterable[str]) -> str:
    """A half sentence that names the nearest known name, or nothing."""
    by_key = {fold(each): each for each in known}
    near = difflib.get_close_matches(fold(name), by_key, n=1, cutoff=0.5)
    return f"; did you mean {by_key[near[0]]!r}?" if near else ""
