"""What a standard that fits keeps of a message, and why nothing when there is nothing to keep.

Law 21: the text where it says so, the attachments only where it says so. Never asks whether it fits.
"""

from dataclasses import dataclass

from rules.decision import Reason, TraceLine
from rules.facts import AttachmentFacts, MailFacts
from rules.globs import Glob
from rules.judging import Verdict
from rules.mail_view import MailView
from rules.recognition.content import is_keepable
from rules.recognition.documents import Role, is_often_seen, is_shown_or_small, roles
from rules.standards import ImportStandard
from rules.words import plain


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept, why, and the steps that say so. Nothing kept is a decision, too."""

    reason: Reason
    lines: tuple[TraceLine, ...]
    parts: tuple[str, ...] = ()
    keeps_text: bool = False
    companions: tuple[str, ...] = ()  # of the parts
    # Law 20: the text was not fetched, and recognition might keep it.
    wants_text: bool = False


def keep_by(verdict: Verdict, view: MailView) -> Kept:
    """What a standard that fits keeps."""
    standard = verdict.standard
    if standard.keep == "ignore":
        return Kept(_ignored(verdict, view), (TraceLine(standard.name, "ignores"),))
    parts = _parts(standard, view.facts)
    keeps_text = standard.keep in {"text", "both"} and view.facts.has_text
    if not parts and not keeps_text:
        return Kept(_nothing(standard), (TraceLine(standard.name, "keeps_nothing"),))
    lines = [TraceLine(standard.name, "keeps_attachments", {"count": len(parts)})] if parts else []
    if keeps_text:
        lines.append(TraceLine(standard.name, "keeps_text"))
    return Kept(_reason(verdict, view), tuple(lines), parts, keeps_text, companions_among(parts, view.facts))


def may_keep(standard: ImportStandard, facts: MailFacts) -> bool:
    """Whether a standard could keep anything of this mail, if it fitted and all of the mail were fetched."""
    if standard.keep == "ignore":
        return False
    if standard.keep != "attachments" and facts.has_text:
        return True
    if "attachments" in facts.not_fetched:
        return standard.keep != "text"
    # Where their contents were not fetched, nothing of them is certain but their names.
    is_open = "contents" in facts.not_fetched and standard.keep != "text"
    return bool(is_open and facts.attachments) or bool(_parts(standard, facts))


def _parts(standard: ImportStandard, facts: MailFacts) -> tuple[str, ...]:
    if standard.keep == "text":
        return ()
    kept = [each for each in facts.attachments if _is_kept(each, standard)]
    fresh = [each for each in kept if not is_often_seen(each)]
    # A picture that comes with every mail is no document of this one. But where nothing else would be kept, it may be
    # the document, sent again and again until a standard was made: the standard has the last word.
    is_enough = bool(fresh) or (standard.keep == "both" and facts.has_text)
    return tuple(each.part for each in (fresh if is_enough else kept))


def companions_among(parts: tuple[str, ...], facts: MailFacts) -> tuple[str, ...]:
    """The kept parts that are terms and conditions beside an invoice."""
    found = roles(facts.attachments)
    return tuple(part for part in parts if found[part] is Role.COMPANION)


def _is_kept(attachment: AttachmentFacts, standard: ImportStandard) -> bool:
    if attachment.opened_as and attachment.octets and not attachment.is_referenced:
        # What is in an archive is kept instead of it, unless the standard asks for the archive by its name.
        return bool(standard.attachment_names) and _is_named(attachment, standard)
    return is_keepable(attachment) and not is_shown_or_small(attachment) and _is_named(attachment, standard)


def _is_named(attachment: AttachmentFacts, standard: ImportStandard) -> bool:
    if not standard.attachment_names:
        return True
    name = plain(attachment.filename or "")
    return any(Glob.compile(each).fits(name) for each in standard.attachment_names)


def _reason(verdict: Verdict, view: MailView) -> Reason:
    if verdict.is_claimed and view.claimed:
        return Reason("standard_fits_claimed", {"standard": verdict.standard.name, "claimed": view.claimed.address})
    return Reason("standard_fits", {"standard": verdict.standard.name})


def _ignored(verdict: Verdict, view: MailView) -> Reason:
    if verdict.is_claimed and view.claimed:
        return Reason("standard_ignores_claimed", {"standard": verdict.standard.name, "claimed": view.claimed.address})
    return Reason("standard_ignores", {"standard": verdict.standard.name})


def _nothing(standard: ImportStandard) -> Reason:
    params = {"standard": standard.name}
    if standard.keep == "text":
        return Reason("standard_without_text", params)
    if standard.keep == "both":
        return Reason("standard_without_anything", params)
    return Reason(
        "standard_without_named_attachments" if standard.attachment_names else "standard_without_attachments", params
    )
