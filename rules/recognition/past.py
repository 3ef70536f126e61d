"""What recognition is told of the past: how often a sender's pictures came before (law 26), as counts among the facts.

Which pictures are worth counting, by whose mail they count, and facts with the counts in their places. Who counts is
storage; nobody here asks it. Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rules.facts import AttachmentFacts, MailFacts
from rules.recognition.documents import SMALLEST_PICTURE
from rules.recognition.pictures import may_be_page

# In how many earlier mails a picture came, by its sha256. What is missing came in none.
Counts = Mapping[str, int]

NOTHING_SEEN: Final[Counts] = {}
MOST_COUNTED: Final = 20  # pictures of one mail: whoever sends thousands has no thousands of rows


def sender_of(facts: MailFacts) -> str | None:
    """By whose mail a mail's pictures count: the first address in From; None of a mail that names nobody.

    Of a forward that is who forwarded it, since it is his mail program that adds his logo; who is claimed is not asked.
    """
    return next(iter(facts.from_addresses), None)


def countable(facts: MailFacts) -> tuple[str, ...]:
    """The sha256 of a mail's pictures that are large enough for a page, shown by its text or not; at most MOST_COUNTED.

    A logo that a text shows today is attached tomorrow, when the same sender writes without HTML.
    """
    found = dict.fromkeys(each.sha256 for each in facts.attachments if _may_count(each))
    return tuple(found)[:MOST_COUNTED]


def asks_past(facts: MailFacts) -> bool:
    """Whether any count could change what is decided: a picture is attached that no text shows."""
    return any(_may_count(each) and not each.is_referenced for each in facts.attachments)


def with_past(facts: MailFacts, counts: Counts) -> MailFacts:
    """The facts with these counts, and with no others."""
    if not counts and all(not each.seen_before for each in facts.attachments):
        return facts
    return replace(facts, attachments=tuple(_counted(each, counts) for each in facts.attachments))


def counts_of(facts: MailFacts) -> Counts:
    """The counts that these facts hold."""
    return {each.sha256: each.seen_before for each in facts.attachments if each.seen_before}


def _counted(attachment: AttachmentFacts, counts: Counts) -> AttachmentFacts:
    is_asked = _may_count(attachment) and not attachment.is_referenced
    return replace(attachment, seen_before=counts.get(attachment.sha256, 0) if is_asked else 0)


def _may_count(attachment: AttachmentFacts) -> bool:
    if not attachment.sha256 or not attachment.media_type.startswith("image/"):
        return False
    if attachment.media_type == "image/svg+xml" or attachment.octets < SMALLEST_PICTURE:
        return False
    return may_be_page(attachment.width, attachment.height)
