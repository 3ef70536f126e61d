"""Which standard another one always hides: whatever fits the later one fits the earlier one first (law 21).

Says so only where it is sure; a standard that is hidden by several together, or by luck, is not found. Warns, never
refuses: whether that is meant, the tenant knows.
"""

from collections.abc import Callable, Iterable

from rules.conditions import SENDERS, WORDS, Condition, Fact
from rules.globs import Glob
from rules.sizes import SizeRange
from rules.standards import ImportStandard, order
from rules.words import WordPattern, plain


def hiding(standard: ImportStandard, others: Iterable[ImportStandard]) -> ImportStandard | None:
    """The first of `others` that always decides before `standard` could; None when none surely does."""
    for other in sorted(others, key=order):
        if other.id != standard.id and order(other) < order(standard) and hides(other, standard):
            return other
    return None


def hides(earlier: ImportStandard, later: ImportStandard) -> bool:
    """Whether `earlier`, asked first, has the last word about every mail that fits `later`."""
    if not earlier.any_of or not later.any_of:
        return False
    asked = earlier.any_of
    if earlier.stop_here:  # its senders alone are enough to stop everything after it
        asked = tuple(each for each in asked if each.fact in SENDERS)
        excluded: tuple[Condition, ...] = ()
    else:
        excluded = earlier.none_of
    return all(any(_implies(has, wanted) for has in later.any_of) for wanted in asked) and all(
        any(_implies(unwanted, has) for has in later.none_of) for unwanted in excluded
    )


def _implies(narrow: Condition, wide: Condition) -> bool:
    """Whether `wide` holds (and is known) of every mail of which `narrow` holds."""
    is_comparable = narrow.fact == wide.fact or (narrow.fact, wide.fact) == ("original_sender", "sender")
    return is_comparable and all(
        any(_is_within(wide.fact, one, other) for other in wide.values) for one in narrow.values
    )


def _is_within(fact: Fact, narrow: str, wide: str) -> bool:
    within = _WITHIN.get(fact)
    return narrow == wide or (within is not None and within(narrow, wide))


def _is_sender_within(narrow: str, wide: str) -> bool:
    domain = narrow.rpartition("@")[2]
    if wide.startswith("@*."):
        return domain.removeprefix("*.").endswith(wide[2:])
    return wide.startswith("@") and "*" not in domain and domain == wide[1:]


def _is_size_within(narrow: SizeRange | None, wide: SizeRange | None) -> bool:
    if narrow is None or wide is None:
        return False
    most = narrow.most if narrow.most is not None else float("inf")
    return (wide.least or 0) <= (narrow.least or 0) and (wide.most is None or most <= wide.most)


def _is_size_text_within(narrow: str, wide: str) -> bool:
    return _is_size_within(SizeRange.parse(narrow), SizeRange.parse(wide))


def _is_word_within(narrow: str, wide: str) -> bool:
    return WordPattern.compile(wide).needle in WordPattern.compile(narrow).needle


def _is_name_within(narrow: str, wide: str) -> bool:
    # The narrow glob's stars stand for themselves here, and only a star of the wide one can take them in.
    return "?" not in wide and Glob.compile(wide).fits(plain(narrow))


def _is_type_within(narrow: str, wide: str) -> bool:
    return wide.endswith("/*") and narrow.startswith(wide[:-1])


_WITHIN: dict[Fact, Callable[[str, str], bool]] = {
    **dict.fromkeys(SENDERS, _is_sender_within),
    **dict.fromkeys(sorted(WORDS), _is_word_within),
    "attachment_name": _is_name_within,
    "attachment_type": _is_type_within,
    "size": _is_size_text_within,
}
