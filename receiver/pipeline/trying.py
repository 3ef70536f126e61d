"""Try standards before they are saved: what would become of stored mail, and of a mail in a file. Writes nothing.

Decides from stored facts by the same rules that would decide then; where those do not hold what a standard asks for
(law 20), the octets are read again by a parsing child, as re-matching does. Raises TemporaryFailure, AttemptFailed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from receiver.pipeline.judging import own_facts
from receiver.pipeline.left_mail import GONE, WAITING, WAITS, as_gone, decide_left, is_left
from receiver.pipeline.parsing import AttemptFailed, Mail, Parsed, Pool, Wanted
from receiver.pipeline.past import Past
from receiver.rulebook import Rules
from rules.decision import Decision
from rules.facts import MailFacts
from rules.index import rule_set_of
from rules.lookup import LookupKey, index_keys, lookup_keys
from rules.recognition.identity import marks_differ
from rules.standard_changes import changed_standards
from rules.standards import ImportStandard
from storage.blobs import BlobStore
from storage.failures import NotFound
from storage.trial_mail import StoredMail

READ_TOGETHER = 32

# comes_in: is not imported, and would come in by saving. changes: would be kept otherwise, or stay for another reason.
# is_fetched: was left in its mailbox, is fetched from there, and decided when all of it is known.
# stops: was imported, and the next one like it would not be; what was imported stays. unreadable: nobody can tell.
Effect = Literal["comes_in", "is_fetched", "changes", "stops", "unreadable"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What standards that are not saved yet would do to one stored mail."""

    mail: StoredMail
    effect: Effect
    decision: Decision | None  # None: it could not be read
    becomes: str  # the state it would have: "imported", "duplicate" or "not_imported"


@dataclass(frozen=True, slots=True)
class _Both:
    """What is decided by the rules of now, and by those that are tried."""

    now: Decision
    then: Decision

    @property
    def wants_more(self) -> bool:
        """Whether the octets may tell otherwise."""
        return self.now.wants_more or self.then.wants_more


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a tenant's standards: what decides now, what would decide then, and which mail it can concern."""

    now: Rules
    then: Rules
    keys: frozenset[LookupKey] | None  # None: any mail

    @classmethod
    def of(cls, rules: Rules, before: Sequence[ImportStandard], after: Sequence[ImportStandard]) -> "Change":
        """The change from one list to another; `rules` are those of now."""
        changed = {each for pair in changed_standards(before, after) for each in pair if each is not None}
        found = [lookup_keys(each) for each in changed]
        keys = None if None in found else frozenset(key for each in found if each for key in each)
        now = replace(rules, standards=rule_set_of(before))
        return cls(now, replace(rules, standards=rule_set_of(after)), keys)

    def concerns(self, facts: MailFacts) -> bool:
        """Whether re-matching would look at this mail."""
        if self.keys is None:
            return True
        stored = index_keys(facts)
        return any(key.agrees(each) for key in self.keys for each in stored)


class Trier:
    """Tries a change of one tenant's standards. One thread only."""

    def __init__(self, blobs: BlobStore, pool: Pool, past: Past, change: Change) -> None:
        self._blobs = blobs
        self._pool = pool
        self._past = past
        self._change = change

    def try_on(self, mails: Iterable[StoredMail], invoices: Mapping[str, str]) -> Iterator[Trial]:
        """Every mail that they would concern, in the order given; `invoices` are known_invoices."""
        known = dict(invoices)
        waiting = iter(mails)
        while piece := list(islice(waiting, READ_TOGETHER)):
            for mail, both in self._decide(piece):
                trial = _trial(mail, both, known)
                if trial is not None:
                    yield trial

    def _decide(self, piece: Sequence[StoredMail]) -> Iterator[tuple[StoredMail, _Both | None]]:
        known = [(mail, self._both(mail.facts) if mail.facts else None) for mail in piece if self._is_concerned(mail)]
        reads = [
            self._read(mail) if (both is None or both.wants_more) and mail.message.raw_sha256 else None
            for mail, both in known
        ]
        for (mail, both), read in zip(known, reads, strict=True):
            if read is None:
                yield mail, both
                continue
            yield mail, _judged(read)

    def _read(self, mail: StoredMail) -> Future[Parsed]:
        message = mail.message

        def choose(parsed: Parsed) -> tuple[_Both, Wanted]:
            counts = self._past.of_tenant(parsed, message.tenant_id, mail.facts)
            return self._both(own_facts(parsed.facts, message.label, counts)), Wanted()

        raw = self._blobs.path(message.tenant_id, message.raw_sha256)
        unread = frozenset(mail.facts.unread if mail.facts else ())
        return self._pool.submit(Mail(None, raw, message.octets, message.reverse_path, unread), choose)

    def _both(self, facts: MailFacts) -> _Both:
        if is_left(facts):
            return _Both(*(decide_left(facts, rules) for rules in (self._change.now, self._change.then)))
        return _Both(self._change.now.decide(facts), self._change.then.decide(facts))

    def _is_concerned(self, mail: StoredMail) -> bool:
        return mail.facts is None or self._change.concerns(mail.facts)


def read_facts(pool: Pool, past: Past, tenant_id: str, mail: Mail, label: str | None) -> MailFacts:
    """The facts of a mail as this tenant would have them, read by a child.

    Raises AttemptFailed, NotFound, TemporaryFailure.
    """
    parsed = pool.submit(mail, lambda _: (None, Wanted())).result()
    parsed.discard()
    return own_facts(parsed.facts, label, past.of_tenant(parsed, tenant_id))


def mail_in_file(file: Path, octets: int, reverse_path: str) -> Mail:
    """A mail that nobody delivered."""
    return Mail(None, file, octets, reverse_path)


def _judged(read: Future[Parsed]) -> _Both | None:
    try:
        parsed = read.result()
    except (AttemptFailed, NotFound):
        return None
    parsed.discard()
    both: _Both = parsed.judged
    return both


def _trial(mail: StoredMail, both: _Both | None, invoices: dict[str, str]) -> Trial | None:
    message = mail.message
    if both is None:
        return Trial(mail, "unreadable", None, message.state)
    if message.state != "not_imported":
        effect = _effect_on_imported(both)
        return None if effect is None else Trial(mail, effect, both.then, both.then.state)
    if not message.raw_sha256:
        return _trial_of_left(mail, both)
    if both.then.state == "imported":
        return Trial(mail, "comes_in", both.then, _state_beside(invoices, both.then))
    stays = (both.now.reason, both.now.standard) == (both.then.reason, both.then.standard)
    return None if stays else Trial(mail, "changes", both.then, "not_imported")


def _trial_of_left(mail: StoredMail, both: _Both) -> Trial | None:
    """What becomes of a mail that is in its mailbox, or was there."""
    then = as_gone(both.then) if mail.message.reason_code in GONE else both.then
    if then.reason.code in WAITING and then.reason != both.now.reason:
        is_sure = then.reason.code == WAITS
        return Trial(mail, "comes_in" if is_sure else "is_fetched", then, "imported" if is_sure else "not_imported")
    stays = (both.now.reason, both.now.standard) == (both.then.reason, both.then.standard)
    return None if stays else Trial(mail, "changes", then, "not_imported")


def _effect_on_imported(both: _Both) -> Effect | None:
    """What would become of the next mail like this one."""
    if both.then.state != "imported":
        return "stops" if both.now.state == "imported" else None
    return None if _kept(both.now) == _kept(both.then) else "changes"


def _kept(decision: Decision) -> tuple[object, ...]:
    stamps = (decision.document_type, decision.supplier)
    return decision.standard, decision.keep_parts, decision.keep_text, *stamps


def _state_beside(invoices: dict[str, str], decision: Decision) -> str:
    """What the mail becomes beside these invoices, which are joined by its own."""
    brought = decision.kept_invoices
    are_there = [
        any(each in invoices and not marks_differ(invoices[each], invoice.seller) for each in invoice.ids)
        for invoice in brought
    ]
    for invoice in brought:
        for each in invoice.ids:
            invoices.setdefault(each, invoice.seller)
    return "duplicate" if are_there and all(are_there) else "imported"
