"""What a standard's verdict is told as: a line of the trace, and the reason when it decided against a mail.

Codes with parameters only (law 25). Never judges.
"""

from dataclasses import replace

from rules.conditions import Condition
from rules.decision import Reason, TraceLine, told
from rules.facts import MailFacts
from rules.judging import HOLDS, MISTRUSTED, UNKNOWN, Verdict, outcome
from rules.mail_view import MailView

_LONGEST_LIST = 120


def line_of(verdict: Verdict, view: MailView) -> TraceLine:
    """The step that this standard was: that it fits, or the first of its conditions that does not."""
    if verdict.fits:
        return _fitting(verdict, view)
    if verdict.outcome is MISTRUSTED:
        return _mistrusted(verdict, view)
    name, failed = verdict.standard.name, verdict.failed
    if failed is None:
        return TraceLine(name, "word_missing", {"word": ""})
    if verdict.sender is not None:
        return _sender_alone(verdict, verdict.sender, failed)
    return _first_failing(name, verdict, failed)


def _first_failing(name: str, verdict: Verdict, failed: Condition) -> TraceLine:
    fact = {"fact": failed.fact}
    if verdict.outcome is UNKNOWN:
        return TraceLine(name, "condition_unknown", fact)
    if verdict.outcome is HOLDS:
        return TraceLine(name, "condition_excluded", {**fact, "value": _listed(failed)})
    if failed.fact == "sender":
        return TraceLine(name, "sender_differs", {"sender": _listed(failed)})
    if failed.fact == "subject":
        return TraceLine(name, "word_missing", {"word": _listed(failed, '", "')})
    return TraceLine(name, "condition_differs", {**fact, "value": _listed(failed)})


def _fitting(verdict: Verdict, view: MailView) -> TraceLine:
    name = verdict.standard.name
    if verdict.sender is not None:
        return TraceLine(name, "claimed_fits" if verdict.is_claimed else "sender_fits", {"sender": verdict.sender})
    first = verdict.standard.any_of[0]
    value = next((each for each in first.values if outcome(Condition(first.fact, (each,)), view) is HOLDS), "")
    if first.fact == "subject":
        return TraceLine(name, "word_fits", {"word": value})
    return TraceLine(name, "condition_fits", {"fact": first.fact, "value": value})


def _sender_alone(verdict: Verdict, sender: str, failed: Condition) -> TraceLine:
    """The sender fits, the rest does not."""
    name, claimed = verdict.standard.name, verdict.is_claimed
    params = {"sender": sender, "fact": failed.fact}
    if verdict.outcome is UNKNOWN:
        return TraceLine(name, "claimed_fits_rest_unknown" if claimed else "sender_fits_rest_unknown", params)
    params["value"] = _listed(failed)
    if verdict.outcome is HOLDS:
        return TraceLine(name, "claimed_fits_rest_excluded" if claimed else "sender_fits_rest_excluded", params)
    if failed.fact == "subject":
        params = {"sender": sender, "word": _listed(failed, '", "')}
        return TraceLine(name, "claimed_fits_word_missing" if claimed else "sender_fits_word_missing", params)
    return TraceLine(name, "claimed_fits_rest_differs" if claimed else "sender_fits_rest_differs", params)


def _mistrusted(verdict: Verdict, view: MailView) -> TraceLine:
    name = verdict.standard.name
    params = {"claimed": view.claimed.address if view.claimed else "", "forwarder": _forwarder(view)}
    if view.mistrust == "not_registered":
        return TraceLine(name, "claimed_fits_forwarder_not_registered", params)
    if view.mistrust == "not_authenticated":
        return TraceLine(name, "claimed_fits_forwarder_not_authenticated", params)
    return TraceLine(name, "claimed_fits_forwarder_unknown", params)


def reason_of_mistrust(verdict: Verdict, view: MailView) -> Reason:
    """Why a mail that would fit if its claim were believed does not come in."""
    params = {**_mistrusted(verdict, view).params, "standard": verdict.standard.name}
    if view.mistrust == "not_registered":
        return Reason("forwarder_not_registered", params)
    if view.mistrust == "not_authenticated":
        return Reason("forwarder_not_authenticated", params)
    return Reason("forwarder_unknown", params)


def reason_of_naming(verdict: Verdict, view: MailView) -> Reason:
    """Law 19: the tenant has said which of this sender's mails are invoices, and this is none of them."""
    line, claimed = line_of(verdict, view), verdict.is_claimed
    params = {**line.params, "standard": verdict.standard.name}
    if "word" in params:
        return Reason("word_missing_of_claimed" if claimed else "word_missing_of_sender", params)
    if verdict.outcome is UNKNOWN:
        return Reason("rest_unknown_of_claimed" if claimed else "rest_unknown_of_sender", params)
    if verdict.outcome is HOLDS:
        return Reason("rest_excluded_of_claimed" if claimed else "rest_excluded_of_sender", params)
    return Reason("rest_differs_of_claimed" if claimed else "rest_differs_of_sender", params)


_UNREAD = {
    "pdf": TraceLine(None, "unread_pdf"),
    "codes": TraceLine(None, "unread_codes"),
    "files": TraceLine(None, "unread_files"),
    "xml": TraceLine(None, "unread_xml"),
    "packing": TraceLine(None, "unread_packing"),
    "picture": TraceLine(None, "unread_picture"),
}


def lines_of_unread(facts: MailFacts) -> tuple[TraceLine, ...]:
    """What was left unread of a mail, a line each."""
    names = {each.part: told(each.filename or "") for each in facts.attachments}
    return tuple(
        replace(_UNREAD[each.reader], params={"filename": names.get(each.part) or told(each.part)})
        for each in facts.unread
    )


def _listed(condition: Condition, between: str = ", ") -> str:
    text = between.join(condition.values)
    return text if len(text) <= _LONGEST_LIST else text[: _LONGEST_LIST - 1] + "…"


def _forwarder(view: MailView) -> str:
    return told(", ".join(each.address for each in view.senders) or view.facts.from_header)
