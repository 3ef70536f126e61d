"""Whether a word or phrase stands in a text, as people mean it (law 23).

Without case and accents; at word borders, except where a script writes no spaces; `*` at either end opens that end.
Linear in the text, whatever it holds: one pass that folds, one that marks borders, one search.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_BORDER = "\x00"

# Letters with a stroke or in a ligature have no decomposition in Unicode.
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe", "ð": "d"}
# Quotation marks and dashes, which programs set and people do not type.
_MARKS_OF_PRINT = {
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
}
_PLAIN = _LETTERS | _MARKS_OF_PRINT

# Scripts that write no spaces: Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han with its extensions.
_SPACELESS = (
    r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "".join(chr(point) for point in range(0x300, 0x3100) if unicodedata.category(chr(point)).startswith("M"))
_WORD = rf"(?:[^\W_]|[{_MARKS}])"
_BORDERS = re.compile(
    rf"(?<=[{_SPACELESS}])|(?=[{_SPACELESS}])|(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD})",
)
_SPACELESS_ALONE = re.compile(rf"[{_SPACELESS}]")
_ASCII_WORDS = re.compile(r"([0-9A-Za-z]+)")
_STARTS_WITH_WORD = re.compile(_WORD)
_ENDS_WITH_WORD = re.compile(rf"{_WORD}\Z")
_LONG_RUN_OF_MARKS = re.compile(rf"([{_MARKS}]{{30}})[{_MARKS}]+")
_MOST_REMEMBERED = 20_000


class _Folding(dict[int, str]):
    """str.translate table that learns each character when it is first met; bounded."""

    def __missing__(self, point: int) -> str:
        folded = _fold_character(chr(point))
        if len(self) < _MOST_REMEMBERED:
            self[point] = folded
        return folded


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text folded once, to be asked about by many patterns."""

    marked: str


@dataclass(frozen=True, slots=True)
class WordPattern:
    """A word or phrase that may stand in a text."""

    needle: str  # folded, with its borders marked

    @classmethod
    def compile(cls, text: str) -> "WordPattern":
        """The pattern that a person wrote: `Rechnung`, `*rechnung`, `your invoice`."""
        return _compile(text)

    @property
    def says_nothing(self) -> bool:
        """True for a pattern without a single letter or digit."""
        return _STARTS_WITH_WORD.search(self.needle) is None

    def fits(self, text: str | FoldedText) -> bool:
        """Whether the pattern stands in `text`."""
        folded = text if isinstance(text, FoldedText) else fold(text)
        return self.needle in folded.marked


def fold(text: str) -> FoldedText:
    """`text` without case, accents, invisible characters and superfluous blanks, its word borders marked."""
    return FoldedText(_marked(plain(text)))


def plain(text: str) -> str:
    """`text` without case, accents, invisible characters and superfluous blanks."""
    if text.isascii() and text.isprintable():  # most subjects: the same, in a fifth of the time
        return " ".join(text.lower().split())
    folded = text.translate(_FOLDING)
    # UAX 15 section 13: sorting a run of marks is quadratic, no language has more than 30 of them.
    composed = unicodedata.normalize("NFC", _LONG_RUN_OF_MARKS.sub(r"\1", folded))
    return " ".join(composed.split())


def is_word(piece: str) -> bool:
    """Whether what stands between two borders is a word, not what stands between words."""
    return _STARTS_WITH_WORD.match(piece) is not None


def stands_alone(piece: str) -> bool:
    """Whether this is one character of a script that writes no spaces."""
    return _SPACELESS_ALONE.fullmatch(piece) is not None


def _marked(text: str) -> str:
    if text.isascii():  # the same again: what stands between two words begins and ends at a border
        return _BORDER.join(_ASCII_WORDS.split(text))
    return _BORDERS.sub(_BORDER, text)


@lru_cache(maxsize=16_384)
def _compile(text: str) -> WordPattern:
    text = " ".join(text.split())
    is_open_left, is_open_right = text.startswith("*"), text.endswith("*")
    word = plain(text.strip("*"))
    marked = _marked(word)
    if is_open_left or not _STARTS_WITH_WORD.match(word):
        marked = marked.removeprefix(_BORDER)
    if is_open_right or not _ENDS_WITH_WORD.search(word):
        marked = marked.removesuffix(_BORDER)
    return WordPattern(marked)


def _fold_character(character: str) -> str:
    if unicodedata.category(character) in {"Cf", "Cc", "Cs"}:
        return " " if character.isspace() else ""
    decomposed = unicodedata.normalize("NFKD", character)
    bare = "".join(each for each in decomposed if not _is_accent(each))
    folded = "".join(_PLAIN.get(each, each) for each in bare.casefold())
    return unicodedata.normalize("NFKC", folded)


def _is_accent(character: str) -> bool:
    # Classes 200-240 stand above or below a letter; 10-36 are the vowel points of Hebrew and Arabic, which people
    # leave out. The rest (voiced kana, Indic vowels and viramas) makes another word.
    position = unicodedata.combining(character)
    return 200 <= position <= 240 or 10 <= position <= 36


_FOLDING = _Folding()
