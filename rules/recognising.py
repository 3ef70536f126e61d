"""What built-in recognition imports of a mail that no standard decides about, and why not the rest.

By content and by rating (recognition.accounting), with the tenant's thresholds: from `import_score` on a document
imports by itself, from `possible_score` on it may be one. A PDF that nobody rated imports, as a PDF always did. Pure.
"""

from rules.decision import Parameters, Reason, TraceLine, told
from rules.facts import NOT_ALL_READ, AttachmentFacts, MailFacts, Special, TenantPolicy
from rules.keeping import Kept, companions_among
from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.rating import LEFT_OPEN, SMALLEST_PICTURE
from rules.recognition.content import imports_by_itself, is_invoice_format, is_keepable
from rules.recognition.documents import carriers, is_left_out, is_picture_of_text, is_terms

_LONGEST_LINK = 2000


def of_machines(facts: MailFacts) -> Reason | None:
    """Why nothing imports a mail, whatever fits: a bounce brings back what was sent, an auto-reply says nothing."""
    if facts.special is None or facts.special.kind not in {"bounce", "auto_reply"}:
        return None
    return Reason("bounce") if facts.special.kind == "bounce" else Reason("auto_reply")


def recognise(facts: MailFacts, policy: TenantPolicy) -> Kept | None:
    """What of this mail imports by itself; None when nothing does."""
    carried = [each for each in facts.attachments if imports_by_itself(each)]
    pictures = [each for each in facts.attachments if _is_rated_picture(each)]
    sure = [each for each in (*carried, *pictures) if _score(each) >= policy.import_score]
    if sure:
        within = carriers(facts.attachments)
        kept = {each.part for each in sure}
        inside = [each for each in facts.attachments if within.get(each.part) in kept and is_keepable(each)]
        enclosed = [each for each in inside if not is_left_out(each)]
        around = dict.fromkeys((*carried, *enclosed))
        return _with_what_stands_beside(sure, [each for each in around if each not in sure], facts)
    of_text = facts.accounting
    if of_text is None or of_text.score < policy.import_score or not facts.has_text:
        return None
    beside = [each for each in carried if _score(each) >= policy.possible_score]
    score: Parameters = {"score": of_text.score}
    lines = (TraceLine(None, "text_rated", score), *(line for each in beside for line in _rated(each)))
    return Kept(Reason("text_is_document", score), lines, tuple(each.part for each in beside), keeps_text=True)


def _with_what_stands_beside(sure: list[AttachmentFacts], beside: list[AttachmentFacts], facts: MailFacts) -> Kept:
    """What stands beside an invoice (terms, tickets, the same as a page) is kept with it; terms decide nothing."""
    parts = tuple(each.part for each in (*sure, *beside))
    companions = companions_among(parts, facts)
    lines = [line for each in (*sure, *beside) for line in _steps(each, is_companion=each.part in companions)]
    first = next((each for each in sure if each.part not in companions), sure[0])
    return Kept(_recognised(first)[0], tuple(lines), parts, companions=companions)


def _steps(attachment: AttachmentFacts, *, is_companion: bool) -> tuple[TraceLine, ...]:
    if is_companion:
        name = told(attachment.filename or "") or told(attachment.part)
        if is_terms(attachment):
            return (TraceLine(None, "is_companion", {"filename": name}),)
        return (TraceLine(None, "is_enclosed", {"filename": name}),)
    return (_recognised(attachment)[1], *_rated(attachment))


def may_be_in_text(facts: MailFacts, policy: TenantPolicy) -> bool:
    """Law 20: whether a text of which not all was read, or a picture, may be a document for all that is known."""
    if "contents" in facts.not_fetched and any(map(_may_be_picture, facts.attachments)):
        return True
    if facts.accounting is not None:
        # Read in a mailbox: its HTML, or what the whole header says, may lift the score from there.
        return "contents" in facts.not_fetched and facts.accounting.score >= min(LEFT_OPEN, policy.possible_score)
    if "text" not in facts.not_fetched:
        return False
    address = next(iter(facts.from_addresses), "")
    return Hints.of(facts.subject, facts.from_header.partition("<")[0], address, {}).may_announce


def why_nothing(facts: MailFacts, policy: TenantPolicy) -> Reason:
    """Why recognition imports nothing of a mail: the likeliest invoice in it, or that there is none."""
    carried = [each for each in facts.attachments if imports_by_itself(each) or _is_rated_picture(each)]
    best = max([*map(_score, carried), facts.accounting.score if facts.accounting else 0], default=0)
    if facts.special is not None and not carried:
        if facts.special.kind == "forwarding_confirmation":
            return Reason("forwarding_confirmation", _where(facts.special))
        return Reason("link_only", _where(facts.special))
    if policy.possible_score <= best < policy.import_score:
        return Reason("possible_invoice", {"score": best})
    left_out = _left_out(facts, policy)
    if left_out is not None:
        name = told(left_out.filename or "") or told(left_out.part)
        return Reason("possible_picture", {"filename": name, "count": left_out.seen_before})
    if any(map(imports_by_itself, carried)):
        return Reason("no_accounting_document", {"score": best})
    return _nothing_there(facts)


def _left_out(facts: MailFacts, policy: TenantPolicy) -> AttachmentFacts | None:
    """A picture that would have come in, had it not come so often: mostly a logo, yet a person decides.

    Whoever sends the same page again because nobody took it must not lose it for that.
    """
    rated = [each for each in facts.attachments if each.accounting is not None and is_left_out(each)]
    return next((each for each in rated if _score(each) >= policy.import_score), None)


def _where(special: Special) -> Parameters:
    """What a person needs to confirm, or to fetch: told at once, wherever the reason is."""
    said = {"domain": told(special.domain or ""), "link": told(special.link or "", _LONGEST_LINK)}
    return said | ({"code": told(special.code)} if special.code else {})


def _nothing_there(facts: MailFacts) -> Reason:
    if any(is_invoice_format(each) for each in facts.attachments):
        return Reason("nothing_fits_shown_by_body")
    if NOT_ALL_READ & set(facts.is_broken):
        return Reason("nothing_fits_in_what_was_read")
    if facts.unread:
        return Reason("nothing_fits_left_unread")
    sealed = next((each for each in facts.attachments if each.sealed), None)
    if sealed:
        return Reason("nothing_fits_sealed", {"filename": told(sealed.filename or "") or told(sealed.part)})
    if facts.attachments:
        return Reason("nothing_fits", {"count": len(facts.attachments)})
    return Reason("nothing_fits_no_attachment")


def lines_of_doubt(facts: MailFacts, policy: TenantPolicy) -> tuple[TraceLine, ...]:
    """What recognition says, step by step, of a mail of which it imports nothing."""
    lines = [line for each in facts.attachments for line in _rated(each)]
    if facts.accounting is not None and facts.accounting.score >= policy.possible_score:
        lines.append(TraceLine(None, "text_rated", {"score": facts.accounting.score}))
    return (*lines, TraceLine(None, "nothing_recognised"))


def _score(attachment: AttachmentFacts) -> int:
    if attachment.e_invoice is not None or attachment.accounting is None:
        return 100
    return attachment.accounting.score


def _is_rated_picture(attachment: AttachmentFacts) -> bool:
    rated = attachment.accounting is not None and attachment.accounting.reading == "picture"
    return rated and not is_picture_of_text(attachment)


def _may_be_picture(attachment: AttachmentFacts) -> bool:
    """Whether a part of which only the head is known may be a page that was photographed."""
    return attachment.media_type.startswith("image/") and attachment.octets >= SMALLEST_PICTURE * 2 // 3


def _rated(attachment: AttachmentFacts) -> tuple[TraceLine, ...]:
    if attachment.accounting is None or attachment.e_invoice is not None:
        return ()
    name = told(attachment.filename or "") or told(attachment.part)
    return (TraceLine(None, "file_rated", {"filename": name, "score": attachment.accounting.score}),)


def _recognised(attachment: AttachmentFacts) -> tuple[Reason, TraceLine]:
    """What recognition says of an attachment that it imports: as the reason, and as a step."""
    name = told(attachment.filename or "")
    named: Parameters = {"filename": name or told(attachment.part)}
    if _is_rated_picture(attachment):
        return Reason("carries_picture", named), TraceLine(None, "is_picture", named)
    if not name:
        part: Parameters = {"part": told(attachment.part)}
        if attachment.e_invoice:
            return Reason("carries_unnamed_e_invoice", part), TraceLine(None, "is_unnamed_e_invoice", part)
        return Reason("carries_unnamed_pdf", part), TraceLine(None, "is_unnamed_pdf", part)
    if attachment.e_invoice:
        return Reason("carries_e_invoice", named), TraceLine(None, "is_e_invoice", named)
    return Reason("carries_pdf", named), TraceLine(None, "is_pdf", named)
