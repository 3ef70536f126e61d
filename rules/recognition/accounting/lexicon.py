"""Find the words of the tables beside this file (words_*) in a text.

One pass over the words of a text, a look-up each; what stands in a script without spaces is found by one pattern.
Folding keeps every character's place, so what is found in the folded text is cut out of the text as written.
Linear in the text; reads no more than it is given. Never weighs anything. Raises nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from rules.recognition.accounting.words_against import AGAINST
from rules.recognition.accounting.words_for import FOR
from rules.recognition.accounting.words_of_amounts import AMOUNTS
from rules.recognition.accounting.words_of_other_documents import OTHER_DOCUMENTS
from rules.recognition.accounting.words_of_payment import PAYMENT
from rules.recognition.accounting.words_of_titles import TITLES
from rules.recognition.accounting.words_of_values import LABELS

_WORD = re.compile(r"[^\W_]+")
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHORTEST_HEAD = 3  # letters in front of a compound's last word ("bonrechnung" has three)
_FILLERS = {
    **dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u2009\u3000\t"), " "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f"), " "),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    ord("ß"): "s",
    ord("ø"): "o",
    ord("ł"): "l",
    ord("đ"): "d",
    ord("\u0131"): "i",
    ord("İ"): "i",
}


class _Folding(dict[int, str]):
    """A str.translate table of one character for one character, learned as they come; bounded."""

    def __missing__(self, point: int) -> str:
        folded = _folded(chr(point))
        if len(self) < 20_000:
            self[point] = folded
        return folded


_FOLDING = _Folding(_FILLERS)


def fold(text: str) -> str:
    """`text` without case, accents and kinds of blanks, every character in its place."""
    return text.translate(_FOLDING)


@dataclass(frozen=True, slots=True)
class Found:
    """A word or phrase of a meaning, and where it stands in the text."""

    meaning: str  # "title.invoice", "label.total", "other.order", "for.announced", "against.denied" ...
    start: int
    end: int


def find(folded: str) -> list[Found]:
    """Everything known that stands in a folded text, in its order; of words that begin together the longest."""
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(folded)]
    found = []
    beyond = 0  # a word inside a phrase that was found says nothing by itself
    for index, (word, start, _) in enumerate(words):
        if start < beyond:
            continue
        for rest, meaning in _phrases_at(word):
            end = _end_of(folded, words, index, rest)
            if end:
                found.append(Found(meaning, start, end))
                beyond = end
                break
    if _SPACELESS.search(folded):
        found.extend(
            Found(_SPACELESS_MEANINGS[m.group()], m.start(), m.end()) for m in _SPACELESS_WORDS.finditer(folded)
        )
        found.sort(key=lambda each: each.start)
    return found


def meaning_of(folded_word: str) -> str | None:
    """What a word means by itself."""
    return next((meaning for rest, meaning in _phrases_at(folded_word) if not rest), None)


def _end_of(folded: str, words: list[tuple[str, int, int]], index: int, rest: tuple[str, ...]) -> int:
    """Where a phrase ends whose first word is words[index]; 0 when it does not stand there on one line."""
    end = words[index][2]
    for offset, wanted in enumerate(rest, index + 1):
        if offset >= len(words) or words[offset][0] != wanted:
            return 0
        between = folded[end : words[offset][1]]
        if len(between) > 3 or "\n" in between:
            return 0
        end = words[offset][2]
    return end


@lru_cache(maxsize=20_000)
def _phrases_at(word: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    known = _BY_FIRST_WORD.get(word)
    if known is not None or len(word) > 40:
        return known or ()
    for length in range(min(_LONGEST_ENDING, len(word) - _SHORTEST_HEAD), 2, -1):
        meaning = _ENDINGS.get(word[-length:])
        if meaning:
            return (((), meaning),)
    return ()


def _folded(character: str) -> str:
    lowered = character.lower()
    base = unicodedata.normalize("NFKD", lowered)
    kept = [each for each in base if not unicodedata.combining(each)]
    if len(kept) == 1:
        return kept[0]
    return lowered if len(lowered) == 1 else character


def _phrases() -> Iterator[tuple[str, str]]:
    """Every phrase, folded, with its meaning."""
    rooms: tuple[tuple[str, Mapping[str, Mapping[str, str]]], ...] = (
        ("title", TITLES),
        ("other", OTHER_DOCUMENTS),
        ("label", {**LABELS, **AMOUNTS, **PAYMENT}),
        ("for", FOR),
        ("against", AGAINST),
    )
    for room, meanings in rooms:
        for name, languages in meanings.items():
            for phrase in chain.from_iterable(row.split("|") for row in languages.values()):
                yield fold(phrase), f"{room}.{name}"


def _compiled() -> tuple[dict[str, tuple[tuple[tuple[str, ...], str], ...]], dict[str, str], dict[str, str]]:
    by_first: dict[str, dict[tuple[str, ...], str]] = {}
    endings: dict[str, str] = {}
    spaceless: dict[str, str] = {}
    for phrase, meaning in _phrases():
        if _SPACELESS.search(phrase):
            spaceless.setdefault(phrase, meaning)
            continue
        words = _WORD.findall(phrase)
        # The first table that knows a phrase keeps it: titles stand before labels.
        by_first.setdefault(words[0], {}).setdefault(tuple(words[1:]), meaning)
        if phrase.startswith("*"):
            endings.setdefault(words[0], meaning)
    longest_first = {
        word: tuple(sorted(rests.items(), key=lambda each: -len(each[0]))) for word, rests in by_first.items()
    }
    return longest_first, endings, spaceless


_BY_FIRST_WORD, _ENDINGS, _SPACELESS_MEANINGS = _compiled()
_LONGEST_ENDING = max(map(len, _ENDINGS))
_SPACELESS_WORDS = re.compile("|".join(map(re.escape, sorted(_SPACELESS_MEANINGS, key=len, reverse=True))))
