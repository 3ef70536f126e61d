"""Decide what becomes of a message: the tenant's standards first, then built-in recognition.

Laws 19-22. Pure: the same facts, standards and policy give the same decision, in whatever order the standards come.
Never looks at octets; never words anything (rules.wording does).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rules.addresses import SenderPattern, canonical
from rules.decision import Decision, Parameters, Reason, TraceLine, told
from rules.facts import NOT_ALL_READ, AttachmentFacts, MailFacts, TenantPolicy
from rules.recognition.content import imports_by_itself, is_invoice_format, is_keepable
from rules.standards import ImportStandard, name_key
from rules.words import FoldedText, WordPattern, fold


@dataclass(frozen=True, slots=True)
class _Mail:
    """The facts as the conditions ask for them, made once a message."""

    facts: MailFacts
    policy: TenantPolicy
    senders: tuple[str, ...]
    claimed: str | None
    subject: FoldedText


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a standard's conditions say. `names_sender` holds only where a sender is set and truly fits (law 20)."""

    standard: ImportStandard
    fits: bool
    line: TraceLine
    names_sender: bool = False
    claimed: str | None = None  # the original sender of a forward, where that is what fitted
    is_untrusted: bool = False  # only the trust in the claim was missing


def decide(facts: MailFacts, standards: Iterable[ImportStandard], policy: TenantPolicy) -> Decision:
    """The decision about a message, with every step that led to it."""
    decision = _decide(facts, standards, policy)
    if NOT_ALL_READ & set(facts.is_broken):
        return replace(decision, trace=(*decision.trace, TraceLine(None, "not_all_read")))
    return decision


def _decide(facts: MailFacts, standards: Iterable[ImportStandard], policy: TenantPolicy) -> Decision:
    mail = _read(facts, policy)
    verdicts: list[_Verdict] = []
    for standard in sorted(standards, key=_order):
        verdict = _judge(standard, mail)
        verdicts.append(verdict)
        if verdict.fits:  # law 21: the first that fits decides
            return _keep_by_standard(verdict, facts, [each.line for each in verdicts])
    return _without_standard(verdicts, facts)


def _order(standard: ImportStandard) -> tuple[int, str, str]:
    return standard.priority, name_key(standard.name), standard.id


def _read(facts: MailFacts, policy: TenantPolicy) -> _Mail:
    claim = facts.forward.sender if facts.forward else None
    return _Mail(
        facts=facts,
        policy=policy,
        senders=tuple(filter(None, map(canonical, facts.from_addresses))),
        claimed=canonical(claim) if claim else None,
        subject=fold(facts.subject),
    )


def _judge(standard: ImportStandard, mail: _Mail) -> _Verdict:
    has_word = not standard.subject_word or WordPattern.compile(standard.subject_word).fits(mail.subject)
    if not standard.sender:
        return _judge_word_alone(standard, has_word)
    pattern = _sender_pattern(standard.sender)
    actual = next((address for address in mail.senders if pattern and pattern.fits(address)), None)
    if actual:
        return _judge_word(standard, has_word, actual, None)
    if pattern and mail.claimed and pattern.fits(mail.claimed):
        mistrust = _mistrust(standard, mail)
        if mistrust:
            return _Verdict(standard, False, mistrust, claimed=mail.claimed, is_untrusted=has_word)
        return _judge_word(standard, has_word, mail.claimed, mail.claimed)
    return _Verdict(standard, False, TraceLine(standard.name, "sender_differs", {"sender": standard.sender}))


def _judge_word_alone(standard: ImportStandard, has_word: bool) -> _Verdict:
    word = standard.subject_word or ""
    if word and has_word:
        return _Verdict(standard, True, TraceLine(standard.name, "word_fits", {"word": word}))
    # Neither sender nor word: refused at saving; were it there, it would fit everything.
    return _Verdict(standard, False, TraceLine(standard.name, "word_missing", {"word": word}))


def _judge_word(standard: ImportStandard, has_word: bool, sender: str, claimed: str | None) -> _Verdict:
    params = {"sender": sender}
    if has_word:
        line = TraceLine(standard.name, "claimed_fits" if claimed else "sender_fits", params)
        return _Verdict(standard, True, line, names_sender=True, claimed=claimed)
    params["word"] = standard.subject_word or ""
    line = TraceLine(standard.name, "claimed_fits_word_missing" if claimed else "sender_fits_word_missing", params)
    return _Verdict(standard, False, line, names_sender=True, claimed=claimed)


def _mistrust(standard: ImportStandard, mail: _Mail) -> TraceLine | None:
    """Why the original sender of this forward is not believed; None when it is (law 22)."""
    params = {"claimed": mail.claimed or "", "forwarder": _forwarder(mail)}
    if mail.policy.trust_forwards == "everyone":
        return None
    if mail.policy.trust_forwards == "registered":
        if mail.senders and all(each in mail.policy.registered_forwarders for each in mail.senders):
            return None
        return TraceLine(standard.name, "claimed_fits_forwarder_not_registered", params)
    # Law 20: nothing makes authentication verdicts yet, and what is unknown satisfies nothing.
    return TraceLine(standard.name, "claimed_fits_forwarder_unknown", params)


def _forwarder(mail: _Mail) -> str:
    return told(", ".join(mail.senders) or mail.facts.from_header)


def _keep_by_standard(verdict: _Verdict, facts: MailFacts, trace: Sequence[TraceLine]) -> Decision:
    standard = verdict.standard
    if standard.email_text_is_invoice:
        parts: tuple[str, ...] = ()
        missing = None if facts.has_text else Reason("standard_without_text", {"standard": standard.name})
        line = TraceLine(standard.name, "keeps_text")
    else:
        parts = tuple(each.part for each in facts.attachments if is_keepable(each))
        missing = None if parts else Reason("standard_without_attachments", {"standard": standard.name})
        line = TraceLine(standard.name, "keeps_attachments", {"count": len(parts)})
    if missing:
        line = TraceLine(standard.name, "keeps_nothing")
        return Decision("not_imported", missing, standard.name, trace=(*trace, line))
    reason = Reason("standard_fits", {"standard": standard.name})
    if verdict.claimed:
        reason = Reason("standard_fits_claimed", {"standard": standard.name, "claimed": verdict.claimed})
    return Decision("imported", reason, standard.name, parts, standard.email_text_is_invoice, (*trace, line))


def _without_standard(verdicts: Sequence[_Verdict], facts: MailFacts) -> Decision:
    trace = tuple(each.line for each in verdicts)
    naming = next((each for each in verdicts if each.names_sender), None)
    if naming:
        return _held_back(naming, trace)
    found = [each for each in facts.attachments if imports_by_itself(each)]
    if found:
        recognised = [_recognised(each) for each in found]
        kept = tuple(each.part for each in found)
        lines = (line for _, line in recognised)
        return Decision("imported", recognised[0][0], keep_parts=kept, trace=(*trace, *lines))
    untrusted = next((each for each in verdicts if each.is_untrusted), None)
    reason = _untrusted(untrusted) if untrusted else _why_nothing(facts)
    return Decision("not_imported", reason, trace=(*trace, TraceLine(None, "nothing_recognised")))


def _untrusted(verdict: _Verdict) -> Reason:
    params = {**verdict.line.params, "standard": verdict.standard.name}
    is_unknown = verdict.line.code == "claimed_fits_forwarder_unknown"
    return Reason("forwarder_unknown", params) if is_unknown else Reason("forwarder_not_registered", params)


def _held_back(naming: _Verdict, trace: Sequence[TraceLine]) -> Decision:
    """Law 19: the tenant has said which of this sender's mails are invoices, and this is none of them."""
    standard = naming.standard.name
    params = {**naming.line.params, "standard": standard}
    reason = Reason("word_missing_of_claimed", params) if naming.claimed else Reason("word_missing_of_sender", params)
    line = TraceLine(None, "recognition_held_back", {"standard": standard})
    return Decision("not_imported", reason, trace=(*trace, line))


def _recognised(attachment: AttachmentFacts) -> tuple[Reason, TraceLine]:
    """What recognition says of an attachment that it imports: as the reason, and as a step."""
    name = told(attachment.filename or "")
    if not name:
        part: Parameters = {"part": told(attachment.part)}
        if attachment.e_invoice:
            return Reason("carries_unnamed_e_invoice", part), TraceLine(None, "is_unnamed_e_invoice", part)
        return Reason("carries_unnamed_pdf", part), TraceLine(None, "is_unnamed_pdf", part)
    named: Parameters = {"filename": name}
    if attachment.e_invoice:
        return Reason("carries_e_invoice", named), TraceLine(None, "is_e_invoice", named)
    return Reason("carries_pdf", named), TraceLine(None, "is_pdf", named)


def _why_nothing(facts: MailFacts) -> Reason:
    if any(is_invoice_format(each) for each in facts.attachments):
        return Reason("nothing_fits_shown_by_body")
    if NOT_ALL_READ & set(facts.is_broken):
        return Reason("nothing_fits_in_what_was_read")
    if facts.attachments:
        return Reason("nothing_fits", {"count": len(facts.attachments)})
    return Reason("nothing_fits_no_attachment")


@lru_cache(maxsize=4096)
def _sender_pattern(text: str) -> SenderPattern | None:
    return SenderPattern.parse(text)
