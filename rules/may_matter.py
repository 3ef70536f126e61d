"""Whether a mail of which only the head is known may matter: fetch it, leave it, or read of its text first (law 24).

The promise: what the rules would import, were all of the mail known, is never left. What is unknown satisfies nothing
and fails nothing (law 20); where the octets of attachments are unknown, the best is hoped of each. Never decides what
becomes of a mail. Pure.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from rules.decision import Decision
from rules.facts import NOT_ALL_READ, AttachmentFacts, MailFacts
from rules.recognition.content import may_be_document

Verdict = Literal["fetch", "leave", "unknown"]

DOUBTFUL = "doubtful_head"  # a defect: the head can be read in more ways than one, so nothing follows from it
_UNSURE = NOT_ALL_READ | {DOUBTFUL}
_PDF = "application/pdf"
_ANY = AttachmentFacts("", None, _PDF, _PDF, 1, "")


def may_matter(facts: MailFacts, decide: Callable[[MailFacts], Decision]) -> Verdict:
    """What is to be done about a mail: "unknown" says that its text, or who is forwarded in it, may tell.

    `decide` is by the rules of one tenant (receiver.rulebook: Rules.decide).
    """
    if facts.is_broken and not _UNSURE.isdisjoint(facts.is_broken):
        return "fetch"
    hoped, is_possible = _hoped(facts)
    if not hoped.has_text and not hoped.attachments:
        return "leave"
    reads_on = not is_possible and not {"text", "forward"}.isdisjoint(facts.not_fetched)
    # Most mail forwards nothing, and a sender who may be anyone agrees with every standard: asked second.
    decision = decide(_forwarding_nothing(hoped))
    if decision.state != "imported" and not decision.wants_more and "forward" in facts.not_fetched:
        if reads_on and decision.standard is None:
            return "unknown"
        decision = decide(hoped)
    if decision.state == "imported":
        return "fetch"
    if not decision.wants_more:
        return "leave"
    return "unknown" if reads_on else "fetch"


def _forwarding_nothing(facts: MailFacts) -> MailFacts:
    return replace(facts, not_fetched=tuple(each for each in facts.not_fetched if each != "forward"))


def _hoped(facts: MailFacts) -> tuple[MailFacts, bool]:
    """The best that a mail with this head may be, and whether its structure holds a possible document."""
    # Servers are wrong about sizes: what a standard asks of them is known when the mail is here.
    if "attachments" in facts.not_fetched:
        return replace(facts, attachments=(*facts.attachments, _ANY), has_text=True, octets=None), True
    if "contents" not in facts.not_fetched or not facts.attachments:
        return replace(facts, octets=None), False
    possible = [may_be_document(each.declared_type, each.filename, each.octets) for each in facts.attachments]
    hoped = tuple(map(_best, facts.attachments, possible))
    return replace(facts, attachments=hoped, octets=None), any(possible)


def _best(attachment: AttachmentFacts, is_possible: bool) -> AttachmentFacts:
    media_type = _PDF if is_possible else attachment.media_type
    return replace(
        attachment,
        media_type=media_type,
        octets=max(1, attachment.octets),
        is_referenced=False,
        # If the body shows it after all, a standard that names it does not fit, and keeps nobody from the rest.
        may_be_shown=attachment.is_referenced,
    )
