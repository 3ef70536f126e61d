"""Whether a standard can be taken: every fault at once, each with the field that it is about.

What is empty, fits everything or only excludes is refused, as is a pattern that RE2 does not take. Names in use are
storage's to refuse: it knows the others. Raises nothing.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from rules.addresses import SenderPattern
from rules.conditions import PATTERNS, SENDERS, WORDS, Condition, Fact
from rules.decision import Parameters
from rules.globs import Glob
from rules.patterns import LONGEST_PATTERN, fits_everything, pattern_fault
from rules.recognised import DOCUMENT_TYPES
from rules.recognition.einvoice_codes import NAMES
from rules.sizes import SizeRange
from rules.standards import ImportStandard, tidy
from rules.words import WordPattern, plain

LONGEST_NAME = 100
LONGEST_VALUE = 200
LONGEST_STAMP = 100
MOST_VALUES = 100
# Of one tenant's standards together. A hostile text of 100 KB may cost seconds for each (RE2's worst case), all of them
# are asked about every mail of this tenant, and what one tenant asks for must not hold up the others.
MOST_PATTERNS = 50
LONGEST_SUBJECT_WORD = LONGEST_VALUE

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/(?:[a-z0-9][a-z0-9!#$&^_.+-]{0,126}|\*)")
_LANGUAGE = re.compile(r"[a-z]{2}")
_VAT_ID = re.compile(r"(?=.*[0-9]{4})[A-Z0-9]{6,20}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_KNOWN: dict[Fact, tuple[str, ...]] = {"document_type": DOCUMENT_TYPES, "e_invoice": NAMES}
VERDICTS = ("pass", "fail", "none")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a field cannot be taken; rules.wording says it in words."""

    field: str  # "name", "sender", "any_of.subject", …; "standard": the fields together
    code: str
    params: Parameters = dataclasses.field(default_factory=dict)


def check_fields(
    name: str, sender: str | None, subject_word: str | None, email_text_is_invoice: bool = False
) -> list[Fault]:
    """Every reason why the customer's four fields make no standard; empty when they do. Blank counts as not given."""
    faults = list(check_name(name))
    sender, subject_word = tidy(sender), tidy(subject_word)
    if sender and SenderPattern.parse(sender) is None:
        faults.append(Fault("sender", "sender_is_no_address", {"sender": sender}))
    if subject_word:
        faults += _check_subject_word(subject_word)
    if not sender and not subject_word:
        faults.append(Fault("standard", "keeps_every_text" if email_text_is_invoice else "keeps_every_attachment"))
    return faults


def check_standard(standard: ImportStandard) -> list[Fault]:
    """Every reason why this standard cannot be taken; empty when it can."""
    return [
        *check_name(standard.name),
        *_check_whole(standard),
        *(fault for each in standard.any_of for fault in _check_condition("any_of", each)),
        *(fault for each in standard.none_of for fault in _check_condition("none_of", each)),
        *_check_what_is_kept(standard),
    ]


def check_together(standard: ImportStandard, others: Iterable[ImportStandard]) -> list[Fault]:
    """Every reason why this standard cannot stand beside the tenant's others (itself, as it was, may be among them)."""
    own = _count_patterns(standard)
    count = own + sum(_count_patterns(each) for each in others if each.id != standard.id)
    if not own or count <= MOST_PATTERNS:
        return []
    return [Fault("standard", "too_many_patterns", {"count": count, "most": MOST_PATTERNS})]


def check_name(name: str) -> Iterator[Fault]:
    """What is wrong with a name by itself."""
    tidied = tidy(name)
    if tidied is None:
        yield Fault("name", "name_is_missing")
    elif len(tidied) > LONGEST_NAME:
        yield Fault("name", "name_is_too_long", {"longest": LONGEST_NAME})
    elif not tidied.isprintable():
        yield Fault("name", "name_is_not_printable")


def _count_patterns(standard: ImportStandard) -> int:
    return sum(len(each.values) for each in (*standard.any_of, *standard.none_of) if each.fact in PATTERNS)


def _check_whole(standard: ImportStandard) -> Iterator[Fault]:
    if not standard.any_of and standard.none_of:
        yield Fault("standard", "only_excludes")
    elif not standard.any_of and standard.keep == "ignore":
        yield Fault("standard", "ignores_everything")
    elif not standard.any_of:
        yield Fault("standard", "keeps_every_text" if standard.keep == "text" else "keeps_every_attachment")
    if standard.stop_here and not any(each.fact in SENDERS for each in standard.any_of):
        yield Fault("stop_here", "stops_without_sender")


def _check_what_is_kept(standard: ImportStandard) -> Iterator[Fault]:
    if standard.attachment_names and standard.keep in {"text", "ignore"}:
        yield Fault("attachment_names", "keeps_no_attachments", {"keep": standard.keep})
    if len(standard.attachment_names) > MOST_VALUES:
        yield Fault("attachment_names", "too_many_values", {"most": MOST_VALUES})
    for each in standard.attachment_names:
        if len(each) > LONGEST_VALUE:
            yield Fault("attachment_names", "value_is_too_long", {"longest": LONGEST_VALUE})
    for name, stamp in (("document_type", standard.document_type), ("supplier", standard.supplier)):
        if stamp is not None and (len(stamp) > LONGEST_STAMP or not stamp.isprintable()):
            yield Fault(name, "stamp_cannot_be_shown", {"longest": LONGEST_STAMP})


def _check_condition(part: str, condition: Condition) -> Iterator[Fault]:
    where = f"{part}.{condition.fact}"
    if not condition.values:
        yield Fault(where, "value_is_missing")
    if len(condition.values) > MOST_VALUES:
        yield Fault(where, "too_many_values", {"most": MOST_VALUES})
    for value in condition.values[:MOST_VALUES]:
        longest = LONGEST_PATTERN if condition.fact in PATTERNS else LONGEST_VALUE
        if len(value) > (330 if condition.fact in SENDERS else longest):
            yield Fault(where, "value_is_too_long", {"longest": longest})
        else:
            yield from _check_value(where, condition.fact, value)


def _check_value(where: str, fact: Fact, value: str) -> Iterator[Fault]:
    if fact in SENDERS:
        if SenderPattern.parse(value) is None:
            yield Fault(where, "sender_is_no_address", {"sender": value})
    elif fact in WORDS:
        if WordPattern.compile(value).says_nothing:
            yield Fault(where, "value_says_nothing", {"value": value})
    elif fact in PATTERNS:
        yield from _check_pattern(where, value)
    elif fact == "attachment_name":
        if Glob.compile(value).says_nothing:
            yield Fault(where, "value_says_nothing", {"value": value})
    elif fact == "size":
        yield from _check_size(where, value)
    else:
        yield from _check_kind(where, fact, value)


def _check_pattern(where: str, value: str) -> Iterator[Fault]:
    detail = pattern_fault(value)
    if detail is not None:
        yield Fault(where, "pattern_is_not_taken", {"value": value, "detail": detail})
    elif fits_everything(value):
        yield Fault(where, "value_says_nothing", {"value": value})


def _check_size(where: str, value: str) -> Iterator[Fault]:
    sizes = SizeRange.parse(value)
    if sizes is None or sizes.is_empty:
        yield Fault(where, "value_is_no_size", {"value": value})
    elif sizes.says_nothing:
        yield Fault(where, "value_says_nothing", {"value": value})


def _check_kind(where: str, fact: Fact, value: str) -> Iterator[Fault]:
    if fact in _KNOWN:
        yield from _check_known(where, fact, value)
    elif not _is_one_of_its_kind(fact, value):
        yield Fault(where, "value_is_unknown", {"fact": fact, "value": value})


def _check_known(where: str, fact: Fact, value: str) -> Iterator[Fault]:
    known = _KNOWN[fact]
    # A profile that has no name is told by its identifier.
    is_known = plain(value) in map(plain, known) or (fact == "e_invoice" and ":" in value)
    if not is_known:
        near = get_close_matches(value.lower(), [each.lower() for each in known], 1, 0.5)
        offered = [each for each in known if each.lower() in near] or list(known[:8])
        yield Fault(where, "value_is_not_known", {"fact": fact, "value": value, "known": ", ".join(offered)})


def _is_one_of_its_kind(fact: Fact, value: str) -> bool:
    if fact == "attachment_type":
        return _TYPE.fullmatch(value) is not None
    if fact == "language":
        return _LANGUAGE.fullmatch(value) is not None
    if fact in {"vat_id", "currency"}:
        return (_VAT_ID if fact == "vat_id" else _CURRENCY).fullmatch(value) is not None
    return value in VERDICTS if fact == "authentication" else bool(value)


def _check_subject_word(subject_word: str) -> Iterator[Fault]:
    if len(subject_word) > LONGEST_SUBJECT_WORD:
        yield Fault("subject_word", "subject_word_is_too_long", {"longest": LONGEST_SUBJECT_WORD})
    elif WordPattern.compile(subject_word).says_nothing:
        yield Fault("subject_word", "subject_word_says_nothing", {"word": subject_word})
