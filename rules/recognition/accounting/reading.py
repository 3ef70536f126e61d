"""A text as documents are read: lines, cells, and what stands behind, below or in front of a label.

Lines come from the text; cells are parted by two blanks, as the PDF reader and the HTML reader write them.
Reads the beginning and the end of a long text only. Pure; linear in what is read. Raises nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from rules.recognition.accounting.amounts import Amount, amounts_in
from rules.recognition.accounting.lexicon import Found, find, fold

MOST_READ_AHEAD = 24_000
MOST_READ_BEHIND = 8_000
_BLANK_RUN = re.compile(r"[ \t\u00a0\u034f\u00ad\u200b-\u200f\u2060-\u2064\ufeff]{30,}")
_CELL = re.compile(r"\S(?:[^\n\t ]| (?! ))*")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+")
_SAYS = re.compile(r"[^\W_]")
_LINES_BELOW = 3
# Of one line: a table has fewer columns, and a line that has more is none.
_MOST_CELLS = 60
_MOST_AMOUNTS = 60
_MOST_LABELS = 200
_MOST_LABELS_BEHIND = 3
_LONGEST_BEHIND = 80  # characters
_SHORT_WORD = 3  # letters: "EUR", "TTC", "VAT"
_MOST_SHORT_WORDS = 2


_MONEY = re.compile(
    r"(?:[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|PLN|SEK|NOK|DKK|CZK|RON|CAD|AUD)\b) ?\d|\d[.,]\d\d ?(?:[€£$]|[A-Za-z]{2,3}\b)"
)


def holds_money(text: str) -> bool:
    """Whether an amount with a currency seems to stand in a text, or in HTML as it came: a look, not a reading."""
    return _MONEY.search(text) is not None


@dataclass(frozen=True, slots=True)
class Line:
    """Where a line that says something begins and ends."""

    number: int  # among the lines that say something
    start: int
    end: int


@dataclass(slots=True)
class Reading:
    """A text with what is known in it."""

    text: str  # as written
    folded: str
    found: list[Found]
    lines: list[Line]
    _starts: list[int]
    _amounts: dict[int, list[Amount]] = field(default_factory=dict)
    _cells: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> "Reading":
        """Read a text; of a long one, what stands at its two ends."""
        text = _BLANK_RUN.sub("  ", text)
        if len(text) > MOST_READ_AHEAD + MOST_READ_BEHIND:
            text = text[:MOST_READ_AHEAD] + "\n" + text[-MOST_READ_BEHIND:]
        folded = fold(text)
        lines = _lines(folded)
        return cls(text, folded, find(folded), lines, [line.start for line in lines])

    def line_at(self, place: int) -> Line:
        """The line in which something was found."""
        return self.lines[bisect_right(self._starts, place) - 1]

    def amounts_of(self, line: Line) -> list[Amount]:
        """The amounts in a line."""
        known = self._amounts.get(line.number)
        if known is None:
            has_digit = _DIGIT.search(self.folded, line.start, line.end)
            found = amounts_in(self.folded, line.start, line.end) if has_digit else []
            known = self._amounts[line.number] = found[-_MOST_AMOUNTS:]
        return known

    def below(self, line: Line) -> list[Line]:
        """The lines that follow, a few."""
        return self.lines[line.number + 1 : line.number + 1 + _LINES_BELOW]

    def cells_of(self, line: Line) -> list[tuple[int, int]]:
        """Where the cells of a line begin and end."""
        known = self._cells.get(line.number)
        if known is None:
            spans = (match.span() for match in _CELL.finditer(self.folded, line.start, line.end))
            known = self._cells[line.number] = list(islice(spans, _MOST_CELLS))
        return known

    def of_meaning(self, *meanings: str) -> Iterator[Found]:
        """What was found with one of these meanings, in the order of the text; a bounded number."""
        return islice((each for each in self.found if each.meaning in meanings), _MOST_LABELS)

    def places_for(self, label: Found) -> Iterator[tuple[int, int]]:
        """Where the value of a label may stand, the likeliest first: behind it, below it in its column, below it."""
        line = self.line_at(label.start)
        yield label.end, line.end
        below = self.below(line)
        cells = self.cells_of(line)
        column = next((index for index, (start, end) in enumerate(cells) if start <= label.start < end), 0)
        if len(cells) > 1 and below:
            under = self.cells_of(below[0])
            if len(under) == len(cells):
                yield under[column]
        if not self._says_more(label, line):
            yield from ((each.start, each.end) for each in below[:2])

    def _says_more(self, label: Found, line: Line) -> bool:
        """Whether more stands behind a label than the same in another language and short words: "Total / Suma EUR"."""
        if not _SAYS.search(self.folded, label.end, line.end):
            return False
        if line.end - label.end > _LONGEST_BEHIND:
            return True
        said = self.folded[label.end : line.end]
        at = bisect_right(self.found, label.start, key=lambda each: each.start)
        for other in islice(self.found, at, at + _MOST_LABELS_BEHIND):
            if label.end <= other.start and other.end <= line.end and other.meaning.startswith("label."):
                said = said.replace(self.folded[other.start : other.end], " ", 1)
        words = _WORD.findall(said)
        return len(words) > _MOST_SHORT_WORDS or not all(each.isalpha() and len(each) <= _SHORT_WORD for each in words)


def _lines(folded: str) -> list[Line]:
    lines: list[Line] = []
    start = 0
    for text in folded.split("\n"):
        stripped = text.strip()
        if stripped:
            begin = start + text.index(stripped[0])
            lines.append(Line(len(lines), begin, start + len(text.rstrip())))
        start += len(text) + 1
    return lines or [Line(0, 0, 0)]
