"""Which amount of a text is the total: what was paid or is to be paid, with tax.

Candidates are the amounts behind, below and in front of total labels; net and tax that add up to one confirm it.
Pure. Raises nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from rules.recognition.accounting.amounts import Amount
from rules.recognition.accounting.lexicon import Found
from rules.recognition.accounting.reading import Line, Reading

_CLASSES: Final = {"label.payable": 3.0, "label.paid": 3.0, "label.total": 2.0, "label.card": 1.5}
_ENDS_A_REGION: Final = frozenset({"label.net", "label.total", "label.payable", "label.paid"})
_MOST_AROUND_BARE: Final = 4  # letters and digits beside an amount that stands alone
_MOST_CANDIDATES: Final = 60
# Words between a label and its amount: more of them are a sentence ("total points ... up to $120").
_MOST_BETWEEN: Final = {"label.payable": 6, "label.paid": 6, "label.total": 3, "label.card": 2}
_WORD = re.compile(r"[^\W\d_]+")
# Words behind the label of a row whose amount stands below: more of them are a sentence.
_MOST_BEHIND: Final = 5
_ASIDE = re.compile(r"\([^()\n]{0,60}\)")
# One or two short ones more make no sentence: "Total de l'avoir TTC".
_SHORT_WORD: Final = 3  # letters
_MOST_SHORT: Final = 2


@dataclass(frozen=True, slots=True)
class Total:
    """The total, with what supports it."""

    value: Decimal
    currency: str  # "" when nothing names it
    meaning: str  # of the label
    is_confirmed: bool  # net and tax add up to it


@dataclass(frozen=True, slots=True)
class _Candidate:
    amount: Amount
    meaning: str
    begins: bool  # its label begins a cell: a row of a table, not a sentence


def find_total(reading: Reading) -> Total | None:
    """The likeliest total; None when no label has an amount."""
    candidates = list(_candidates(reading))
    # A balance of zero stands beside what was paid.
    told = [each for each in candidates if each.amount.value] or candidates
    if not told:
        return None
    sums = _sums(reading)
    often = Counter(each.amount.value for each in told)

    def likelihood(candidate: _Candidate) -> tuple[float, Decimal]:
        value = candidate.amount.value
        points = _CLASSES[candidate.meaning] + 0.5 * min(often[value], 3)
        points += 1.0 if value in sums else 0.0
        points += 0.5 if candidate.amount.currency else 0.0
        points += 0.5 if candidate.begins else 0.0
        return points, abs(value)

    best = _before_deposits(reading, max(told, key=likelihood), told)
    currency = best.amount.currency or next(
        (each.amount.currency for each in told if each.amount.value == best.amount.value and each.amount.currency), ""
    )
    return Total(best.amount.value, currency, best.meaning, best.amount.value in sums)


def most_used_currency(reading: Reading) -> str:
    """The currency that stands beside most amounts; "" when none does."""
    used = Counter(amount.currency for line in reading.lines for amount in reading.amounts_of(line) if amount.currency)
    return used.most_common(1)[0][0] if used else ""


def _candidates(reading: Reading) -> Iterator[_Candidate]:
    made = 0
    for index, label in enumerate(reading.found):
        if label.meaning in _CLASSES and made < _MOST_CANDIDATES:
            amount = _amount_of(reading, index, label)
            if amount is not None:
                made += 1
                yield _Candidate(amount, label.meaning, _begins_a_cell(reading, label))


def _before_deposits(reading: Reading, best: _Candidate, told: list[_Candidate]) -> _Candidate:
    """What is left to pay when a deposit is taken off is not the total: the total stands above it."""
    deposits = {abs(each) for each in _values(reading, "label.deposit") if each}
    whole = [each for each in told if each.amount.value - best.amount.value in deposits]
    return max(whole, key=lambda each: each.amount.value, default=best)


def _begins_a_cell(reading: Reading, label: Found) -> bool:
    return any(start == label.start for start, _ in reading.cells_of(reading.line_at(label.start)))


def _amount_of(reading: Reading, index: int, label: Found) -> Amount | None:
    line = reading.line_at(label.start)
    amounts = reading.amounts_of(line)
    region_end = _region_end(reading, index, line)
    behind = [each for each in amounts if each.end > label.end and each.start < region_end]
    behind = _without_asides(reading, behind, label.end, region_end)
    if behind:
        between = _WORD.findall(reading.folded, label.end, max(label.end, behind[0].start))
        short = sum(len(word) <= _SHORT_WORD for word in between)
        many = len(between) - min(short, _MOST_SHORT)
        return _gross(reading, behind, line) if many <= _MOST_BETWEEN[label.meaning] else None
    below = _below(reading, label, line)
    if below is not None:
        return below
    in_front = [each for each in amounts if 0 <= label.start - each.end <= 3]
    return in_front[-1] if in_front else None


def _without_asides(reading: Reading, amounts: list[Amount], start: int, end: int) -> list[Amount]:
    """Without what a bracket tells of the tax: "To pay (incl. 149.80 VAT)"."""
    asides = [match.span() for match in _ASIDE.finditer(reading.folded, start, end)]
    taxes = [each.start for each in reading.of_meaning("label.tax")] if asides else []
    told = [(one, other) for one, other in asides if any(one < tax < other for tax in taxes)]
    return [each for each in amounts if not any(one < each.start and each.end < other for one, other in told)]


def _region_end(reading: Reading, index: int, line: Line) -> int:
    """Where the words of a label end: at the next label of its kind in the line."""
    for each in reading.found[index + 1 : index + 8]:
        if each.start >= line.end:
            break
        if each.meaning in _ENDS_A_REGION:
            return each.start
    return line.end


def _gross(reading: Reading, amounts: list[Amount], line: Line) -> Amount:
    """In a row of net, tax and gross the last one is with tax; a bare number never beats one with cents or currency."""
    sure = [each for each in amounts if each.has_cents] or amounts
    tells_tax = any(sure[0].end <= each.start < line.end for each in reading.of_meaning("label.tax"))
    # "Total 119.00 (includes 19.00 VAT)": what is told behind it is a part of it.
    return max(sure, key=lambda each: abs(each.value)) if tells_tax else sure[-1]


def _below(reading: Reading, label: Found, line: Line) -> Amount | None:
    places = list(reading.places_for(label))[1:]  # behind it was looked at
    if _names_the_row_below(reading, label, line):
        places += [(each.start, each.end) for each in reading.below(line)[:1]]
    for start, end in places:
        within = [
            each for each in reading.amounts_of(reading.line_at(start)) if start <= each.start and each.end <= end
        ]
        if within and _is_bare(reading, start, end, within):
            return within[-1]
    return None


def _names_the_row_below(reading: Reading, label: Found, line: Line) -> bool:
    """A cell of its own, as HTML gives them: "Total to pay by 10 January", and the amount in the next one."""
    if label.meaning == "label.card":
        return _WORD.search(reading.folded, label.end, line.end) is None  # the card's last digits stand between
    return label.start == line.start and len(_WORD.findall(reading.folded, label.end, line.end)) <= _MOST_BEHIND


def _is_bare(reading: Reading, start: int, end: int, amounts: list[Amount]) -> bool:
    around = reading.folded[start : amounts[0].start] + reading.folded[amounts[-1].end : end]
    return sum(map(str.isalnum, around)) <= _MOST_AROUND_BARE


def _sums(reading: Reading) -> set[Decimal]:
    """What net and tax add up to."""
    net = _values(reading, "label.net")
    tax = _values(reading, "label.tax")
    return {one + other for one in net for other in tax if other}


def _values(reading: Reading, meaning: str) -> set[Decimal]:
    values: set[Decimal] = set()
    for label in reading.of_meaning(meaning):
        line = reading.line_at(label.start)
        values |= {each.value for each in reading.amounts_of(line) if each.start >= label.end - 1}
        below = _below(reading, label, line)
        if below is not None:
            values.add(below.value)
        if len(values) > 40:
            break
    return values
