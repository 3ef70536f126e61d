"""Where a text says what it is: its titles, and which type of document they make it.

A title is a word of words_of_titles that stands in a short line of its own, or right before a number. In running
text the same word says little. Pure. Raises nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rules.recognition.accounting.lexicon import Found, find, fold, meaning_of
from rules.recognition.accounting.reading import Reading
from rules.recognition.accounting.values import number_behind

# What makes a mail's words speak of an accounting document.
ACCOUNTING: Final = frozenset({"title.invoice", "title.receipt", "title.credit_note", "title.reminder"})
_LONGEST_TITLE_LINE: Final = 70
_MOST_WORDS: Final = 7
_LINES_WITH_TITLES: Final = 45
_WORD = re.compile(r"[^\W\d_]+")
_SPECIFIC: Final = ("credit_note", "reminder", "proforma", "account_statement", "receipt", "invoice")
_STEMS: Final = (
    (
        ("rechnung", "re-n", "rg-n", "invoice", "bill", "factu", "fattur", "fatur", "faktur", "lasku", "szamla"),
        "invoice",
    ),
    (("receipt", "bon", "kvitt", "quittung", "beleg", "recibo", "ricevuta", "kuit", "nyugta"), "receipt"),
    (("gutschrift", "credit note"), "credit_note"),
)
_ANNOUNCED_NUMBER: Final = re.compile(r"(?<![^\W_])(?:inv|rg|rnr|fv|fac|fra)[ _.-]{0,2}\d", re.IGNORECASE)
_WORDS_OF_NAMES: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and the line where it stands."""

    name: str  # "invoice", "receipt" ...
    line: int


def titles_of(reading: Reading) -> list[Title]:
    """The titles of accounting documents, in their order."""
    return _titles(reading, "title.")


def other_titles_of(reading: Reading) -> list[Title]:
    """The titles that make it another document: order, booking, quote, delivery, terms."""
    return _titles(reading, "other.")


def type_of(names: Iterable[str]) -> str | None:
    """The most telling of some types: a credit note is called an invoice as well, never the other way round."""
    known = set(names)
    return next((each for each in _SPECIFIC if each in known), None)


def types_in(meanings: set[str]) -> list[str]:
    """The types of accounting documents among some meanings, in a fixed order."""
    return [each.removeprefix("title.") for each in sorted(meanings) if each.startswith("title.")]


def meanings_in(text: str) -> set[str]:
    """The meanings of all known words of a short text: a subject, a name."""
    return {each.meaning for each in find(fold(text))}


def meanings_in_filename(filename: str) -> set[str]:
    """As meanings_in; words stand there without blanks, and numbers behind a short form ("INV-2024-118.pdf")."""
    stem = filename.rpartition(".")[0] or filename
    meanings = meanings_in(_WORDS_OF_NAMES.sub(" ", stem[:200]))
    return meanings | {"title.invoice"} if _ANNOUNCED_NUMBER.search(stem[:200]) else meanings


def types_of_number_labels(reading: Reading) -> list[str]:
    """What the labels of document numbers call the document: "Rechnungsnummer", "receipt number"."""
    labels = (reading.folded[each.start : each.end] for each in reading.of_meaning("label.number"))
    return [name for label in labels for stems, name in _STEMS if label.startswith(stems)]


def _titles(reading: Reading, room: str) -> list[Title]:
    titles = []
    for found in reading.found:
        if found.meaning == "label.number" and room == "title.":
            # "Facture n° FA-2024-77": title and label at once.
            name = _title_in_label(reading, found)
            if name and _stands_out(reading, found):
                titles.append(Title(name, reading.line_at(found.start).number))
        elif found.meaning.startswith(room) and _stands_out(reading, found):
            titles.append(Title(found.meaning.removeprefix(room), reading.line_at(found.start).number))
    return titles


def _title_in_label(reading: Reading, label: Found) -> str | None:
    first_word = reading.folded[label.start : label.end].partition(" ")[0]
    meaning = meaning_of(first_word) if len(first_word) < label.end - label.start else None
    return meaning.removeprefix("title.") if meaning and meaning.startswith("title.") else None


def _stands_out(reading: Reading, found: Found) -> bool:
    line = reading.line_at(found.start)
    if found.meaning.startswith("title.") and number_behind(reading, found):
        return True
    if line.number >= _LINES_WITH_TITLES:
        return False
    cell = next(((s, e) for s, e in reading.cells_of(line) if s <= found.start < e), (line.start, line.end))
    if cell[1] - cell[0] > _LONGEST_TITLE_LINE:
        return False
    words = _WORD.findall(reading.folded, *cell)
    ends_a_sentence = reading.folded[cell[1] - 1 : cell[1]] in {",", ";"}
    return len(words) <= _MOST_WORDS and not ends_a_sentence
