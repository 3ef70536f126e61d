"""Propose a standard from a mail that was not imported: its sender, what its subject always says, what is to be kept.

A subject is compared with those of the sender's other mails: what stands in all that are like it is constant; numbers,
dates and names of months never are. Without others to compare with, only a word that means "invoice" is taken.
Pure; never decides whether the proposal is taken. Raises nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.conditions import Fact, in_order
from rules.decision import told
from rules.facts import MailFacts, TenantPolicy
from rules.mail_view import MailView, Mistrust
from rules.recognition.content import is_keepable
from rules.recognition.forward_labels import FORWARD_PREFIXES, REPLY_PREFIXES
from rules.standard_checks import LONGEST_NAME, check_standard
from rules.standards import ImportStandard, Keep, name_key
from rules.words import WordPattern, plain

MOST_COMPARED = 200
_LONGEST_SUBJECT = 400
_LONGEST_PHRASE = 80

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_INVOICE = re.compile(
    r"rechnung|invoice|factuu?r|facture|fattura|faktura|gutschrift|beleg|quittung|receipt|bill|nota|kvitto|kvittering"
    r"|rekening|bonnetje|reçu|recu|recibo|avoir|credit|abrechnung|order|bestellung|bestelling|paragon|szamla|ucet"
)
# Short forms too: a subject says "3 Mar".
_MONTHS_AND_DAYS = """
    january february march april may june july august september october november december
    januar februar marz mai juni juli oktober dezember janner feber
    januari februari maart mei juni juli augustus oktober
    janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre
    jan feb mar mrz mrt apr jun jul aug sep sept oct okt nov dec dez
    monday tuesday wednesday thursday friday saturday sunday
    montag dienstag mittwoch donnerstag freitag samstag sonntag
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    """
_DATED = frozenset(_MONTHS_AND_DAYS.split())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is proposed, and what one must know about it."""

    standard: ImportStandard | None  # None: the mail names no sender, and nothing in its subject says what it is
    compared: int = 0  # other mails of this sender whose subjects were compared
    alike: int = 0  # those of them in which the proposed words stand
    is_claimed: bool = False  # the sender is the original one of a forward (law 22)
    mistrust: Mistrust | None = None  # why the tenant does not believe this claim: nothing would come of it


def subject_of(sender: str, facts: MailFacts) -> str | None:
    """The subject of a mail of this sender (canonical), by header From or as a forward's claim; None of another's."""
    own = facts.from_addresses if facts.forward is None or facts.forward.sender is None else (facts.forward.sender,)
    return facts.subject if sender in own else None


def sender_of(facts: MailFacts) -> str | None:
    """Whose mail it is: the original sender where it was forwarded, else the first address in From."""
    if facts.forward is not None and facts.forward.sender:
        return facts.forward.sender
    return facts.from_addresses[0] if facts.from_addresses else None


def suggest(
    standard_id: str,
    facts: MailFacts,
    other_subjects: Sequence[str],
    policy: TenantPolicy,
    names_in_use: Collection[str] = (),
) -> Suggestion:
    """The standard that this mail suggests, beside the subjects of its sender's other mails (none of them itself)."""
    view = MailView(facts, policy)
    sender = sender_of(facts)
    others = [each[:_LONGEST_SUBJECT] for each in other_subjects[:MOST_COMPARED]]
    phrase = constant_words(facts.subject[:_LONGEST_SUBJECT], others)
    given: dict[Fact, tuple[str, ...]] = {"sender": (sender,) if sender else (), "subject": (phrase,) if phrase else ()}
    name = _unused(_name(facts, sender, phrase), names_in_use)
    standard = ImportStandard(standard_id, name, in_order(given), keep=_keep(facts))
    is_claimed = facts.forward is not None and sender == facts.forward.sender
    alike = sum(WordPattern.compile(phrase).fits(each) for each in others) if phrase else len(others)
    return Suggestion(
        None if check_standard(standard) else standard,
        len(others),
        alike,
        is_claimed,
        view.mistrust if is_claimed else None,
    )


def constant_words(subject: str, others: Sequence[str]) -> str | None:
    """The words of a subject that stand in those like it too, as one phrase; None when nothing surely says what it is.

    Those like it share a word that means "invoice"; where there is none, any word that is no number and no date.
    """
    runs = list(_runs(subject))
    telling = [word for run in runs for word in run if _INVOICE.search(plain(word))]
    if telling:
        alike = [each for each in others if any(_holds(each, word) for word in telling)]
    else:
        alike = [each for each in others if any(_holds(each, word) for run in runs for word in run)]
    if not alike:
        return _phrase(subject, telling[:1]) if telling else None
    found = [phrase for run in runs for phrase in _longest_in_all(subject, run, alike)]
    return max(found, key=lambda each: (bool(_INVOICE.search(plain(each))), len(each)), default=None) or (
        _phrase(subject, telling[:1]) if telling else None
    )


def _runs(subject: str) -> Iterator[list[str]]:
    """Words that follow each other, without what counts, dates or marks a mail as forwarded."""
    run: list[str] = []
    for word in _WORD.findall(_unmarked(subject)):
        if _varies(word):
            if run:
                yield run
            run = []
        else:
            run.append(word)
    if run:
        yield run


def _varies(word: str) -> bool:
    return any(each.isdigit() for each in word) or plain(word) in _DATED


def _unmarked(subject: str) -> str:
    while True:
        head, colon, rest = subject.partition(":")
        if not colon or plain(head) not in FORWARD_PREFIXES | REPLY_PREFIXES:
            return subject
        subject = rest


def _holds(subject: str, word: str) -> bool:
    return WordPattern.compile(word).fits(subject)


def _longest_in_all(subject: str, run: list[str], others: Sequence[str]) -> Iterator[str]:
    """The longest phrase of a run that stands in the subject and in all others; none when no word does."""
    run = run[:20]
    for length in range(len(run), 0, -1):
        found = [
            phrase
            for start in range(len(run) - length + 1)
            if (phrase := _phrase(subject, run[start : start + length]))
            and all(WordPattern.compile(phrase).fits(each) for each in others)
        ]
        if found:
            yield max(found, key=lambda each: (bool(_INVOICE.search(plain(each))), len(each)))
            return


def _phrase(subject: str, words: Sequence[str]) -> str | None:
    """The words as they stand in the subject, with what is between them; None when that is no phrase to ask for."""
    if not words:
        return None
    between = r"[^\w]{1,5}".join(map(re.escape, words))
    found = re.search(rf"(?<!\w){between}(?!\w)", subject)
    text = " ".join(found[0].split()) if found else words[0]
    pattern = WordPattern.compile(text)
    is_asked = len(text) <= _LONGEST_PHRASE and text.isprintable() and not pattern.says_nothing
    return text if is_asked and pattern.fits(subject) else None


def _keep(facts: MailFacts) -> Keep:
    if any(is_keepable(each) for each in facts.attachments) or not facts.has_text:
        return "attachments"
    return "text"


def _name(facts: MailFacts, sender: str | None, phrase: str | None) -> str:
    claimed = facts.forward.sender_name if facts.forward else facts.from_header.partition("<")[0]
    person = told((claimed or "").strip(" \t\"'"), LONGEST_NAME - 10)
    return person if person and "@" not in person else told(sender or phrase or "mail", LONGEST_NAME - 10)


def _unused(name: str, taken: Iterable[str]) -> str:
    keys = {name_key(each) for each in taken}
    number, chosen = 1, name
    while name_key(chosen) in keys:
        number += 1
        chosen = f"{name} {number}"
    return chosen
