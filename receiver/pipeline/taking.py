"""What is kept of a mail that no standard fits, because somebody asked for it. Decides nothing else about it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from rules.decision import Decision, Reason, TraceLine
from rules.facts import MailFacts
from rules.recognition.content import is_keepable

KeptByHand = Literal["attachments", "text", "both"]


def by_hand(facts: MailFacts, decided: Decision, keep: KeptByHand | None) -> Decision:
    """What is kept, and why; not imported when there is nothing of it.

    The steps of the rules stay, since they say why it took a hand.
    """
    parts = tuple(each.part for each in facts.attachments if is_keepable(each))
    chosen = keep or ("attachments" if parts else "text")
    step = TraceLine(None, "taken_by_hand", {"date": datetime.now(UTC).date().isoformat()})
    made = Decision(
        "imported",
        Reason("imported_by_hand"),
        keep_parts=() if chosen == "text" else parts,
        keep_text=chosen != "attachments" and facts.has_text,
        trace=(*decided.trace, step),
        catalogue_version=decided.catalogue_version,
        invoices=decided.invoices,
        seen_before=decided.seen_before,
    )
    return made if made.keep_parts or made.keep_text else replace(made, state="not_imported")
