"""Whether a standard fits a message, and if not, which of its conditions fails first.

Laws 19 to 23. One standard at a time, condition by condition: every engine asks here, so that they cannot disagree.
Conditions hold, fail or are unknown (law 20); unknown satisfies nothing, neither under any_of nor under none_of.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from rules.conditions import SENDERS, Condition, Fact
from rules.globs import Glob
from rules.mail_view import MailView, Sender
from rules.patterns import pattern_fits
from rules.sizes import SizeRange
from rules.standards import ImportStandard
from rules.words import FoldedText, WordPattern, plain


class Outcome(IntEnum):
    """What a condition says of a message. Numbers, because hashing other members costs more than asking most facts."""

    HOLDS = 1
    FAILS = 2
    UNKNOWN = 3
    MISTRUSTED = 4  # only the claim of a forward fits, and it is not believed (law 22)


HOLDS, FAILS, UNKNOWN, MISTRUSTED = Outcome
_SENDERS = frozenset(SENDERS)
_CLAIMS = frozenset({"sender", "original_sender"})


@dataclass(slots=True)
class Verdict:
    """What a standard says of a message."""

    standard: ImportStandard
    failed: Condition | None = None  # told: the first that fails or is mistrusted, else the first that is unknown
    outcome: Outcome = HOLDS  # of that condition; HOLDS of one of none_of, which excludes the mail
    fits: bool = False
    sender: str | None = None  # the address that its condition on the sender fits
    is_claimed: bool = False  # that address is the original sender of a forward
    is_near: bool = False  # it does not fit, but its first condition does, save perhaps for trust
    is_untrusted: bool = False  # it would fit if the claim were believed
    may_fit: bool = False  # law 20: nothing fails, something was not fetched
    is_hopeless: bool = False  # something is unknown that nobody can fetch
    holds_senders: bool = False  # it names senders of any kind, and each such condition holds

    @property
    def names_sender(self) -> bool:
        """Law 19: it names this sender, and says which of his mails are kept."""
        return self.sender is not None and self.standard.keep != "ignore"

    def tell(self, failed: Condition, outcome: Outcome) -> None:
        """Note a condition that does not let the mail in, unless an earlier one counts more."""
        if self.failed is None or (self.outcome is UNKNOWN and outcome is not UNKNOWN):
            self.failed, self.outcome = failed, outcome


def judge(standard: ImportStandard, view: MailView) -> Verdict:
    """What `standard` says of the message."""
    verdict = Verdict(standard)
    if not standard.any_of:  # refused at saving; were it there, it would fit everything
        return verdict
    outcomes = _ask_all(standard, view, verdict)
    if FAILS not in outcomes:
        outcomes += _ask_exclusions(standard, view, verdict)
    met = set(outcomes)
    verdict.fits = met == {HOLDS}
    verdict.is_near = outcomes[0] in {HOLDS, MISTRUSTED} and not verdict.fits
    verdict.is_untrusted = met <= {HOLDS, MISTRUSTED} and not verdict.fits
    verdict.may_fit = met <= {HOLDS, UNKNOWN} and not verdict.fits and not verdict.is_hopeless
    return verdict


def outcome(condition: Condition, view: MailView) -> Outcome:
    """What a condition says of the message."""
    if condition.fact in _CLAIMS:
        return _ask_sender(condition, view)[0]
    return _OUTCOMES[condition.fact](condition.values, view)


def _ask_all(standard: ImportStandard, view: MailView, verdict: Verdict) -> list[Outcome]:
    """What the conditions say, up to the first that fails; senders come first (conditions.FACTS)."""
    outcomes = []
    verdict.holds_senders = standard.any_of[0].fact in _SENDERS
    for each in standard.any_of:
        if each.fact in _CLAIMS:
            said, found = _ask_sender(each, view)
            if said is HOLDS and found is not None and verdict.sender is None:
                verdict.sender, verdict.is_claimed = found.address, found is view.claimed
        else:
            said = _OUTCOMES[each.fact](each.values, view)
        outcomes.append(said)
        if said is not HOLDS:
            verdict.tell(each, said)
            verdict.is_hopeless = verdict.is_hopeless or (said is UNKNOWN and _is_beyond_octets(each.fact, view))
            verdict.holds_senders = verdict.holds_senders and each.fact not in _SENDERS
            if said is FAILS:
                break
    return outcomes


def _ask_exclusions(standard: ImportStandard, view: MailView, verdict: Verdict) -> list[Outcome]:
    """What none_of says, turned round: a condition that holds lets the standard fail."""
    outcomes = []
    for each in standard.none_of:
        said = outcome(each, view)
        if said is HOLDS:
            verdict.tell(each, HOLDS)
            return [FAILS]
        if said is UNKNOWN or (said is MISTRUSTED and view.mistrust == "unknown"):
            verdict.tell(each, UNKNOWN)
            verdict.is_hopeless = verdict.is_hopeless or said is MISTRUSTED or _is_beyond_octets(each.fact, view)
            outcomes.append(UNKNOWN)
    return outcomes


def _is_beyond_octets(fact: Fact, view: MailView) -> bool:
    """Whether what is unknown stays so when all of the mail is read: verdicts are made when a mail comes, or never."""
    return fact == "authentication" or (fact == "language" and view.is_fetched("text"))


def _ask_sender(condition: Condition, view: MailView) -> tuple[Outcome, Sender | None]:
    if condition.fact == "sender":
        for each in view.senders:
            if not each.texts.isdisjoint(condition.values):
                return HOLDS, each
    claimed = view.claimed
    if claimed is None:
        return (FAILS if view.is_fetched("forward") else UNKNOWN), None
    if claimed.texts.isdisjoint(condition.values):
        return FAILS, None
    return (HOLDS if view.mistrust is None else MISTRUSTED), claimed


def _ask_texts(values: tuple[str, ...], texts: frozenset[str] | None) -> Outcome:
    if texts is None:
        return UNKNOWN
    return FAILS if texts.isdisjoint(values) else HOLDS


def _ask_label(values: tuple[str, ...], view: MailView) -> Outcome:
    if view.label is None:
        return UNKNOWN
    return HOLDS if any(plain(each) == view.label for each in values) else FAILS


def _ask_words(values: tuple[str, ...], text: FoldedText) -> Outcome:
    return HOLDS if any(WordPattern.compile(each).fits(text) for each in values) else FAILS


def _ask_patterns(values: tuple[str, ...], octets: bytes) -> Outcome:
    return HOLDS if any(pattern_fits(each, octets) for each in values) else FAILS


def _ask_body(values: tuple[str, ...], view: MailView) -> Outcome:
    return _ask_words(values, view.body) if view.is_fetched("text") else UNKNOWN


def _ask_body_patterns(values: tuple[str, ...], view: MailView) -> Outcome:
    return _ask_patterns(values, view.body_octets) if view.is_fetched("text") else UNKNOWN


def _ask_names(values: tuple[str, ...], view: MailView) -> Outcome:
    if not view.is_fetched("attachments"):
        return UNKNOWN
    globs = [Glob.compile(each) for each in values]
    if any(glob.fits(name) for glob in globs for name in view.names):
        return HOLDS
    return UNKNOWN if any(glob.fits(name) for glob in globs for name in view.possible_names) else FAILS


def _ask_types(values: tuple[str, ...], view: MailView) -> Outcome:
    return _ask_texts(values, view.types if view.is_type_known else None)


def _ask_value(values: tuple[str, ...], value: str | None) -> Outcome:
    if value is None:
        return UNKNOWN
    return HOLDS if value in values else FAILS


def _ask_recognised(values: Iterable[str], told: frozenset[str], view: MailView) -> Outcome:
    if not told.isdisjoint(values):
        return HOLDS
    return FAILS if view.is_all_recognised else UNKNOWN


def _ask_sellers(values: tuple[str, ...], view: MailView) -> Outcome:
    patterns = [WordPattern.compile(each) for each in values]
    if any(pattern.fits(name) for pattern in patterns for name in view.recognised.sellers):
        return HOLDS
    return FAILS if view.is_all_recognised else UNKNOWN


def _ask_size(values: tuple[str, ...], view: MailView) -> Outcome:
    octets = view.facts.octets
    if octets is None:
        return UNKNOWN
    ranges = (SizeRange.parse(each) for each in values)
    return HOLDS if any(each is not None and each.fits(octets) for each in ranges) else FAILS


_OUTCOMES: dict[Fact, Callable[[tuple[str, ...], MailView], Outcome]] = {
    "sender_field": lambda values, view: _ask_texts(values, view.sender_field),
    "reply_to": lambda values, view: _ask_texts(values, view.reply_to),
    "reverse_path": lambda values, view: _ask_texts(values, view.reverse_path),
    "label": _ask_label,
    "subject": lambda values, view: _ask_words(values, view.subject),
    "subject_pattern": lambda values, view: _ask_patterns(values, view.subject_octets),
    "attachment_name": _ask_names,
    "attachment_type": _ask_types,
    "body": _ask_body,
    "body_pattern": _ask_body_patterns,
    "language": lambda values, view: _ask_value(values, view.facts.language),
    "authentication": lambda values, view: _ask_value(values, view.facts.authentication),
    "size": _ask_size,
    "document_type": lambda values, view: _ask_recognised(values, view.recognised.document_types, view),
    "seller": _ask_sellers,
    "vat_id": lambda values, view: _ask_recognised(values, view.recognised.vat_ids, view),
    "e_invoice": lambda values, view: _ask_recognised(map(plain, values), view.recognised.e_invoices, view),
    "currency": lambda values, view: _ask_recognised(values, view.recognised.currencies, view),
}
