"""A message that was seen by its head: its facts, whether it may matter, and by what it is known again elsewhere.

A head that surprises our reading of it is fetched whole, and read where nothing can happen (law 17): one mail must not
stop the others (law 5). Raises nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from receiver.imap import heads
from receiver.imap.values import Head
from rules.decision import Decision
from rules.facts import MailFacts
from rules.may_matter import DOUBTFUL, Verdict, may_matter
from storage.looks import LookState, UidLook

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is kept of a head until its message is fetched or left. `size` is what its server says."""

    uid: int
    size: int
    received_at: datetime | None
    facts: MailFacts
    fingerprint: str
    gm_msgid: str | None
    text_part: heads.TextPart | None  # whose beginning may be read

    def with_text(self, octets: bytes) -> "Sighting":
        """The same, its text's first octets read (still encoded)."""
        if self.text_part is None:
            return self
        try:
            return replace(self, facts=heads.with_text(self.facts, self.text_part, octets))
        except Exception:  # an edge: hostile octets
            log.exception("head_not_understood", uid=self.uid)
            return replace(self, facts=_doubtful(self.facts))

    def noted(self, state: LookState) -> UidLook:
        """What is noted of it."""
        return UidLook(uid=self.uid, state=state, fingerprint=self.fingerprint, gm_msgid=self.gm_msgid)


def see(head: Head) -> Sighting:
    """A head as it is kept."""
    text_part = None
    try:
        facts = heads.facts_of(head)
        text_part = heads.text_part(head.structure)
    except Exception:  # an edge: hostile octets
        log.exception("head_not_understood", uid=head.uid)
        facts = _doubtful(MailFacts(octets=head.size))
    gm_msgid = None if head.gm_msgid is None else str(head.gm_msgid)
    return Sighting(head.uid, head.size, head.internal_date, facts, fingerprint_of(head), gm_msgid, text_part)


def judge(seen: Sighting, decide: Callable[[MailFacts], Decision]) -> Verdict:
    """Whether it may matter to its tenant."""
    try:
        return may_matter(seen.facts, decide)
    except Exception:  # an edge: facts that no rule was written for
        log.exception("head_not_judged", uid=seen.uid)
        return "fetch"


def fingerprint_of(head: Head) -> str:
    """The same for one mail in two mailboxes, or before and after its UIDs changed: header fields, date and size."""
    received = head.internal_date.isoformat() if head.internal_date else ""
    return hashlib.sha256(b"%d\0%b\0%b" % (head.size, received.encode(), head.header)).hexdigest()


def _doubtful(facts: MailFacts) -> MailFacts:
    return replace(facts, is_broken=(*facts.is_broken, DOUBTFUL))
