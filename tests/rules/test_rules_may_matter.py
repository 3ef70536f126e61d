"""No invoice is left behind: what the rules would import, were all of a mail known, is fetched (law 24)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.asking import RuleSet, StandardList
from rules.conditions import condition
from rules.engine import decide
from rules.facts import AttachmentFacts, EInvoice, MailFacts, TenantPolicy
from rules.index import RuleIndex, pack
from rules.may_matter import DOUBTFUL, Verdict, may_matter
from rules.recognition.content import may_be_document
from rules.standards import ImportStandard
from tests.rules.some_standards import mails, policies, standards

SENDER = "billing@acme.example"
EVERYONE = TenantPolicy()
KEYS = ("text", "forward", "contents")
PDF = AttachmentFacts("2", "invoice.pdf", "application/pdf", "application/pdf", 900, "")
LOGO = AttachmentFacts("2", "logo.png", "image/png", "image/png", 900, "", is_referenced=True)
E_INVOICE = EInvoice("invoice", "CII", "7")
DECLARED = ("application/octet-stream", "application/pdf", "image/png", "text/calendar", "text/plain")


@st.composite
def whole_mails(draw: Any) -> MailFacts:
    """Mails of which all is known; what is declared as a picture or a card is no document."""
    facts = replace(draw(mails), not_fetched=(), label="", octets=draw(st.integers(0, 40)))
    attachments = []
    for each in facts.attachments:
        declared = draw(st.sampled_from(DECLARED))
        e_invoice = draw(st.sampled_from((None, None, E_INVOICE)))
        truth = replace(each, declared_type=declared, e_invoice=e_invoice)
        if not may_be_document(declared, each.filename, each.octets):
            truth = replace(truth, media_type=declared, e_invoice=None)
        attachments.append(truth)
    fields = {name: getattr(facts, name) or () for name in ("sender_field", "reply_to")}
    return replace(facts, attachments=tuple(attachments), authentication=None, **fields)


def head(mail: MailFacts, *, is_text_read: bool, size_error: int = 0) -> MailFacts:
    """The same mail as its server tells it: declared types, whether something may be shown, no octets."""
    attachments = tuple(
        replace(each, media_type=each.declared_type, e_invoice=None, accounting=None, sha256="")
        for each in mail.attachments
    )
    told = replace(mail, attachments=attachments, octets=(mail.octets or 0) + size_error)
    if is_text_read:
        return replace(told, not_fetched=("contents",))
    return replace(told, text="", has_text=True, forward=None, language=None, accounting=None, not_fetched=KEYS)


def rule_sets(known: list[ImportStandard]) -> tuple[RuleSet, RuleSet]:
    ordered = StandardList.of_tenant(known)
    return ordered, RuleIndex(pack(known)) if known else ordered


def verdict(facts: MailFacts, known: list[ImportStandard], policy: TenantPolicy = EVERYONE) -> Verdict:
    return may_matter(facts, lambda each: decide(each, known, policy))


@settings(max_examples=600, deadline=None)
@given(
    whole_mails(),
    st.lists(standards, max_size=6, unique_by=lambda each: each.id),
    st.lists(standards, max_size=4, unique_by=lambda each: each.id),
    policies,
    st.booleans(),
    st.sampled_from((0, -3, 7)),
)
def test_no_invoice_is_left_behind(  # noqa: PLR0913, PLR0917 - what one mail and one tenant are made of
    mail: MailFacts,
    own: list[ImportStandard],
    shared: list[ImportStandard],
    policy: TenantPolicy,
    is_text_read: bool,
    size_error: int,
) -> None:
    """THE promise: whatever all of a mail would bring in is never left, by its head alone or with its text."""
    catalogue = [replace(each, origin="catalogue", priority=each.priority + 100) for each in shared]
    for mine, others in zip(rule_sets(own), rule_sets(catalogue), strict=True):
        told = head(mail, is_text_read=is_text_read, size_error=size_error)
        verdict_on_head = may_matter(told, lambda each: decide(each, mine, policy, others))  # noqa: B023
        assert verdict_on_head != "leave" or decide(mail, mine, policy, others).state == "not_imported"


@pytest.mark.parametrize("is_text_read", [False, True])
@pytest.mark.parametrize("octets", [0, 900])
@pytest.mark.parametrize("keep", ["text", "ignore"])
def test_a_part_that_the_body_may_show_keeps_no_pdf_away(keep: Any, octets: int, is_text_read: bool) -> None:
    """A standard that names it fits only where the body does not show it; where it does, the PDF beside it comes in."""
    shown = AttachmentFacts("3", "terms.pdf", "application/pdf", "application/pdf", octets, "", is_referenced=True)
    mail = MailFacts(attachments=(PDF, shown), sender_field=(), reply_to=(), label="")
    naming = ImportStandard("1", "A", (condition("attachment_name", "terms*.pdf"),), keep=keep)
    assert decide(mail, [naming], EVERYONE).state == "imported"
    assert verdict(head(mail, is_text_read=is_text_read), [naming]) == "fetch"


@pytest.mark.parametrize("is_text_read", [False, True])
def test_a_possible_document_is_fetched_at_once(is_text_read: bool) -> None:
    """A PDF by its type or its name is what recognition imports; no text is read first."""
    for each in (PDF, replace(PDF, declared_type="application/octet-stream"), replace(PDF, declared_type="image/png")):
        mail = head(MailFacts(attachments=(each,), sender_field=(), reply_to=()), is_text_read=is_text_read)
        assert verdict(mail, []) == "fetch"


@pytest.mark.parametrize("attachments", [(), (LOGO,), (replace(LOGO, is_referenced=False),)])
def test_a_mail_without_a_possible_document_is_left(attachments: tuple[AttachmentFacts, ...]) -> None:
    """Where no standard may fit, a mail with nothing but text and pictures stays where it is, once its text is read."""
    mail = MailFacts(from_addresses=("friend@home.example",), has_text=True, text="Hello", attachments=attachments)
    assert verdict(head(mail, is_text_read=False), []) == "unknown"
    assert verdict(head(mail, is_text_read=True), []) == "leave"


def test_a_mail_that_has_nothing_is_left() -> None:
    """Without text and attachments there is nothing to import, whoever wrote it."""
    asking = ImportStandard("1", "A", (condition("sender", SENDER),), keep="both")
    assert verdict(MailFacts(from_addresses=(SENDER,), not_fetched=KEYS), [asking]) == "leave"


def test_text_is_read_before_a_mail_without_documents_is_fetched() -> None:
    """Only where the text, or who is forwarded in it, may tell; once it is read, that is enough to leave the mail."""
    asking = ImportStandard("1", "A", (condition("body", "invoice"),), keep="text")
    mail = MailFacts(text="Hello", has_text=True, sender_field=(), reply_to=(), label="")
    assert verdict(head(mail, is_text_read=False), [asking]) == "unknown"
    assert verdict(head(mail, is_text_read=True), [asking]) == "leave"
    assert verdict(head(replace(mail, text="Your invoice"), is_text_read=True), [asking]) == "fetch"


def test_a_text_that_was_cut_may_still_tell() -> None:
    """A prefix that does not say it says nothing of the rest."""
    asking = ImportStandard("1", "A", (condition("body", "invoice"),), keep="text")
    cut = MailFacts(text="Hello", has_text=True, sender_field=(), reply_to=(), not_fetched=("text", "contents"))
    assert verdict(cut, [asking]) == "unknown"


def test_mail_that_a_standard_ignores_is_left_whatever_it_holds() -> None:
    """The tenant has said so: its PDF is not worth an octet."""
    ignoring = ImportStandard("1", "A", (condition("sender", SENDER),), keep="ignore")
    later = ImportStandard("2", "B", (condition("body", "invoice"),), keep="ignore")
    mail = MailFacts(from_addresses=(SENDER,), attachments=(PDF,), sender_field=(), reply_to=())
    assert verdict(head(mail, is_text_read=False), [ignoring, later]) == "leave"


def test_a_type_that_is_only_declared_ignores_nothing() -> None:
    """A declared type is a claim: a PDF that calls itself something else is fetched, and then judged."""
    ignoring = ImportStandard("1", "A", (condition("attachment_type", "application/octet-stream"),), keep="ignore")
    mail = MailFacts(attachments=(replace(PDF, declared_type="application/octet-stream"),), sender_field=())
    assert verdict(head(mail, is_text_read=True), [ignoring]) == "fetch"


@pytest.mark.parametrize("defect", [DOUBTFUL, "too_many_parts"])
def test_a_head_that_leaves_doubt_is_fetched(defect: str) -> None:
    """What was not looked at may be the invoice."""
    assert verdict(MailFacts(is_broken=(defect,)), []) == "fetch"


@pytest.mark.parametrize(
    ("declared_type", "filename", "is_possible"),
    [
        ("application/pdf", None, True),
        ("application/octet-stream", "x", True),
        ("application/x-unheard-of", None, True),
        ("message/rfc822", None, True),
        ("application/ms-tnef", "winmail.dat", True),
        ("application/pkcs7-mime", "smime.p7m", True),
        ("nonsense", None, True),
        ("text/xml", None, True),
        ("text/plain", "Invoice.PDF", True),
        ("image/jpeg", "scan.pdf", True),
        ("image/pdf", None, True),
        ("text/plain", "invoice.txt", True),
        ("text/plain", None, True),
        ("image/png", "logo.png", False),
        ("text/calendar", "invite.ics", False),
        ("application/pkcs7-signature", "smime.p7s", False),
    ],
)
def test_what_may_be_a_document(declared_type: str, filename: str | None, is_possible: bool) -> None:
    """By its declared type or its name: what is not surely something else may be, or hold, an invoice."""
    assert may_be_document(declared_type, filename, 100) is is_possible
    assert not may_be_document(declared_type, filename, 0)
