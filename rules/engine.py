"""Decide what becomes of a message: the tenant's standards, then the catalogue's, then built-in recognition.

Laws 19-22. Pure: the same facts, standards and policy give the same decision, in whatever order the standards come.
Never looks at octets; never words anything (rules.wording does).
"""

from collections.abc import Collection, Iterable

from rules.asking import Asked, RuleSet, StandardList, ask
from rules.decision import Decision, Reason, TraceLine, told
from rules.facts import NOT_ALL_READ, AttachmentFacts, MailFacts, TenantPolicy
from rules.keeping import Kept, keep_by
from rules.mail_view import MailView
from rules.recognising import lines_of_doubt, may_be_in_text, of_machines, recognise, why_nothing
from rules.recognition.documents import is_left_out
from rules.recognition.past import counts_of
from rules.recognition.same_invoice import invoices_of
from rules.standards import ImportStandard
from rules.telling import lines_of_unread, reason_of_mistrust, reason_of_naming

_MOST_TOLD = 20


def decide(
    facts: MailFacts,
    standards: Iterable[ImportStandard] | RuleSet,
    policy: TenantPolicy,
    catalogue: RuleSet | None = None,
    switched_off: Collection[str] = frozenset(),
) -> Decision:
    """The decision about a message, with every step that led to it.

    `standards` are the tenant's own; `catalogue` those that all tenants share, without the ids in `switched_off`.
    """
    special = of_machines(facts)
    if special is not None:
        version = catalogue.version if catalogue is not None else None
        return Decision("not_imported", special, catalogue_version=version, seen_before=counts_of(facts))
    own = StandardList.of_tenant(standards) if isinstance(standards, Iterable) else standards
    view = MailView(facts, policy)
    mine = last = ask(own, view, seeks_names=True)
    if catalogue is not None and not mine.fitting and not mine.stopping:
        last = ask(catalogue, view, switched_off=switched_off)
        last.lines[:0] = mine.lines
    standard = last.fitting.standard if last.fitting else None
    kept = keep_by(last.fitting, view) if last.fitting else _without_standard(view, mine, last)
    notes = (
        *_found_inside(kept.parts, facts),
        *_left_out(kept.parts, facts),
        *_sealed(facts),
        *_not_all_read(facts),
        *lines_of_unread(facts)[:_MOST_TOLD],
    )
    return Decision(
        "imported" if kept.parts or kept.keeps_text else "not_imported",
        kept.reason,
        standard.name if standard else None,
        kept.parts,
        kept.keeps_text,
        (*last.lines, *kept.lines, *notes),
        standard_id=standard.id if standard else None,
        origin=standard.origin if standard else None,
        catalogue_version=catalogue.version if catalogue is not None else None,
        document_type=standard.document_type if standard else None,
        supplier=standard.supplier if standard else None,
        companions=kept.companions,
        invoices=invoices_of(facts, policy.import_score),
        seen_before=counts_of(facts),
        wants_more=mine.may_fit or last.may_fit or kept.wants_text,
    )


def _without_standard(view: MailView, mine: Asked, last: Asked) -> Kept:
    """What becomes of a mail that no standard fits: `mine` are the tenant's own, `last` those asked last."""
    if last.stopping:
        if last.stopping.sender is not None:
            return Kept(reason_of_naming(last.stopping, view), ())
        return Kept(Reason("last_word_differs", {"standard": last.stopping.standard.name}), ())
    if mine.naming:
        line = TraceLine(None, "recognition_held_back", {"standard": mine.naming.standard.name})
        return Kept(reason_of_naming(mine.naming, view), (line,))
    kept = recognise(view.facts, view.policy)
    if kept is not None:
        return kept
    untrusted = mine.untrusted or last.untrusted
    reason = reason_of_mistrust(untrusted, view) if untrusted else why_nothing(view.facts, view.policy)
    return Kept(reason, lines_of_doubt(view.facts, view.policy), wants_text=may_be_in_text(view.facts, view.policy))


def _found_inside(parts: tuple[str, ...], facts: MailFacts) -> tuple[TraceLine, ...]:
    """Of parts that were packed, in which file they came."""
    by_part = {each.part: each for each in facts.attachments}
    inside = [(by_part[part], by_part.get(part.rpartition("/")[0])) for part in parts if "/" in part]
    return tuple(
        TraceLine(None, "found_inside", {**_named(each), "packing": str(_named(packing)["filename"])})
        for each, packing in inside[:_MOST_TOLD]
        if packing is not None
    )


def _left_out(parts: tuple[str, ...], facts: MailFacts) -> tuple[TraceLine, ...]:
    """Of pictures that are not kept because this sender's mail brings them again and again: how often."""
    left = [each for each in facts.attachments if is_left_out(each) and each.part not in parts][:_MOST_TOLD]
    return tuple(TraceLine(None, "picture_left_out", _named(each) | {"count": each.seen_before}) for each in left)


def _sealed(facts: MailFacts) -> tuple[TraceLine, ...]:
    sealed = [each for each in facts.attachments if each.sealed][:_MOST_TOLD]
    return tuple(TraceLine(None, "is_sealed", _named(each)) for each in sealed)


def _not_all_read(facts: MailFacts) -> tuple[TraceLine, ...]:
    return (TraceLine(None, "not_all_read"),) if NOT_ALL_READ & set(facts.is_broken) else ()


def _named(attachment: AttachmentFacts) -> dict[str, str | int]:
    return {"filename": told(attachment.filename or "") or told(attachment.part)}
