"""What becomes of a message: laws 19 to 22 and 25, and the customer's four fields."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.decision import Decision
from rules.engine import decide
from rules.facts import AttachmentFacts, EInvoice, ForwardClaim, MailFacts, TenantPolicy
from rules.standards import ImportStandard
from rules.wording import describe, words

TAX = "mytaxconsultant@nulldomain.de"
EVERYONE = TenantPolicy()


def attachment(part: str = "2", media_type: str = "application/pdf", **more: object) -> AttachmentFacts:
    return AttachmentFacts(part, f"{part}.bin", media_type, media_type, 1000, "00" * 32, **more)  # type: ignore[arg-type]


PDF = attachment()
LETTER = MailFacts(from_addresses=(TAX,), subject="Good morning", attachments=(PDF,), has_text=True, text="Hello")
FORWARD = replace(LETTER, from_addresses=("me@acme.example",), forward=ForwardClaim(TAX))


def standard(
    name: str = "Tax adviser", sender: str | None = TAX, word: str | None = None, **more: object
) -> ImportStandard:
    return ImportStandard.simple(name, name, sender, word, **more)  # type: ignore[arg-type]


def in_words(decision: Decision) -> str:
    return words(decision.reason.code, decision.reason.params)


def test_sender_imports_every_attachment() -> None:
    """A standard with a sender keeps the attachments of its mail, of whatever kind they are."""
    mail = replace(LETTER, attachments=(PDF, attachment("3", "image/png"), attachment("4", "application/zip")))
    decision = decide(mail, [standard()], EVERYONE)
    assert (decision.state, decision.standard, decision.keep_parts) == ("imported", "Tax adviser", ("2", "3", "4"))
    assert not decision.keep_text
    assert in_words(decision) == 'imported: it fits "Tax adviser"'


def test_subject_word_holds_back_the_senders_other_mail() -> None:
    """Law 19: the tenant has said which of this sender's mails are invoices, so recognition imports no other."""
    decision = decide(LETTER, [standard(word="invoice")], EVERYONE)
    assert (decision.state, decision.keep_parts) == ("not_imported", ())
    assert in_words(decision) == 'not imported: the sender fits "Tax adviser", but "invoice" is not in the subject'
    assert [describe(line) for line in decision.trace] == [
        f'Tax adviser: the sender {TAX} fits, but "invoice" is not in the subject',
        'recognition: not asked, because "Tax adviser" names this sender',
    ]


def test_subject_word_lets_its_mail_in() -> None:
    """With a subject word, the mail that carries it comes in."""
    decision = decide(replace(LETTER, subject="Invoice 7"), [standard(word="invoice")], EVERYONE)
    assert (decision.state, decision.keep_parts) == ("imported", ("2",))


def test_another_standard_of_the_sender_still_fits() -> None:
    """Law 19: recognition is held back only where none of the tenant's standards fits."""
    others = [standard(word="invoice"), standard("Letters", word="good morning")]
    assert decide(LETTER, others, EVERYONE).standard == "Letters"


def test_word_alone_names_no_sender() -> None:
    """Law 19: a standard without a sender does not hold recognition back."""
    decision = decide(LETTER, [standard(sender=None, word="invoice")], EVERYONE)
    assert (decision.state, decision.reason.code) == ("imported", "carries_pdf")


def test_text_is_the_invoice() -> None:
    """Law 21: "text" keeps the text, and the attachments not."""
    decision = decide(LETTER, [standard(email_text_is_invoice=True)], EVERYONE)
    assert (decision.state, decision.keep_text, decision.keep_parts) == ("imported", True, ())


@pytest.mark.parametrize(
    ("mail", "text", "reason"),
    [
        (replace(LETTER, attachments=()), False, "standard_without_attachments"),
        (replace(LETTER, attachments=(attachment(is_referenced=True),)), False, "standard_without_attachments"),
        (replace(LETTER, attachments=(attachment(media_type="text/calendar"),)), False, "standard_without_attachments"),
        (replace(LETTER, has_text=False), True, "standard_without_text"),
    ],
)
def test_fitting_standard_with_nothing_to_keep(mail: MailFacts, text: bool, reason: str) -> None:
    """Law 21: the first standard that fits decides; where there is nothing to keep, the reason says so."""
    decision = decide(mail, [standard(email_text_is_invoice=text), standard("Zebra")], EVERYONE)
    assert (decision.state, decision.standard, decision.reason.code) == ("not_imported", "Tax adviser", reason)


def test_first_by_priority_then_name() -> None:
    """Law 19: the tenant's standards are asked by priority, then by name."""
    standards = [standard("B"), standard("a"), standard("Z", priority=1)]
    assert decide(LETTER, standards, EVERYONE).standard == "Z"
    assert decide(LETTER, standards[:2], EVERYONE).standard == "a"


def test_every_address_in_from_is_a_sender() -> None:
    """Law 22: sender means every address in header From, without case."""
    mail = replace(LETTER, from_addresses=("office@acme.example", TAX.upper()))
    assert decide(mail, [standard()], EVERYONE).standard == "Tax adviser"


def test_reverse_path_is_no_sender() -> None:
    """Law 22: the envelope's sender does not count."""
    mail = replace(LETTER, from_addresses=("office@acme.example",), reverse_path=TAX)
    assert decide(mail, [standard()], EVERYONE).standard is None


@pytest.mark.parametrize(
    ("sender", "fits"), [("@nulldomain.de", True), ("@*.nulldomain.de", False), ("@domain.de", False)]
)
def test_whole_domain(sender: str, fits: bool) -> None:
    """`@domain` means that whole domain, and no other."""
    assert (decide(LETTER, [standard(sender=sender)], EVERYONE).standard is not None) is fits


def test_claim_of_a_forward_fits_everyone() -> None:
    """Law 22: by default the original sender of a forward counts, and everything that is said calls it a claim."""
    decision = decide(FORWARD, [standard()], EVERYONE)
    assert (decision.state, decision.standard) == ("imported", "Tax adviser")
    assert "claimed" in in_words(decision)
    assert "claimed" in describe(decision.trace[0])


def test_claim_holds_recognition_back() -> None:
    """Laws 19 and 22: a forward of a mail that the tenant's standard does not want is not imported either."""
    decision = decide(FORWARD, [standard(word="invoice")], EVERYONE)
    assert (decision.state, decision.reason.code) == ("not_imported", "word_missing_of_claimed")
    assert "claimed" in in_words(decision)


def test_registered_forwarders_are_believed() -> None:
    """Law 22: under "registered" only the tenant's own people are believed."""
    policy = TenantPolicy("registered", frozenset({"me@acme.example"}))
    assert decide(FORWARD, [standard()], policy).standard == "Tax adviser"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (TenantPolicy("registered", frozenset({"you@acme.example"})), "forwarder_not_registered"),
        (TenantPolicy("registered"), "forwarder_not_registered"),
        (TenantPolicy("authenticated"), "forwarder_unknown"),
    ],
)
def test_untrusted_claim_fits_nothing(policy: TenantPolicy, reason: str) -> None:
    """Laws 20 and 22: a claim that is not, or not known to be, trusted satisfies nothing; the reason says so."""
    decision = decide(replace(FORWARD, attachments=()), [standard()], policy)
    assert (decision.state, decision.standard, decision.reason.code) == ("not_imported", None, reason)
    assert "claimed" in in_words(decision)


def test_one_stranger_among_the_senders_is_not_registered() -> None:
    """Law 22: a forwarder's address beside a stranger's does not make the stranger registered."""
    mail = replace(FORWARD, from_addresses=("me@acme.example", "stranger@elsewhere.example"))
    policy = TenantPolicy("registered", frozenset({"me@acme.example"}))
    assert decide(mail, [standard()], policy).standard is None


@pytest.mark.parametrize(
    "found",
    [PDF, attachment(media_type="application/xml", e_invoice=EInvoice("invoice", "UBL")), attachment(is_inline=True)],
)
def test_recognition_imports_by_itself(found: AttachmentFacts) -> None:
    """A PDF or an XML e-invoice that the body does not refer to imports by itself, and only that."""
    mail = replace(LETTER, attachments=(attachment("3", "image/png"), found))
    decision = decide(mail, [], EVERYONE)
    assert (decision.state, decision.standard, decision.keep_parts) == ("imported", None, ("2",))


@pytest.mark.parametrize(
    ("attachments", "reason"),
    [
        ((), "nothing_fits_no_attachment"),
        ((attachment(media_type="image/png"),), "nothing_fits"),
        ((attachment(media_type="application/xml"),), "nothing_fits"),
        ((attachment(is_referenced=True),), "nothing_fits_shown_by_body"),
    ],
)
def test_everything_else_needs_a_standard(attachments: tuple[AttachmentFacts, ...], reason: str) -> None:
    """What is neither stays out, with the reason."""
    decision = decide(replace(LETTER, attachments=attachments), [], EVERYONE)
    assert (decision.state, decision.reason.code, decision.keep_parts) == ("not_imported", reason, ())


def test_an_attachment_without_a_name_is_told_as_such() -> None:
    """Law 25: a reason never calls a part's number its name."""
    decision = decide(replace(LETTER, attachments=(replace(PDF, filename=None),)), [], EVERYONE)
    assert in_words(decision) == "imported: an attachment without a name (part 2) is a PDF"
    invoice = replace(PDF, filename="\u202e", media_type="application/xml", e_invoice=EInvoice("invoice", "UBL"))
    decision = decide(replace(LETTER, attachments=(invoice,)), [], EVERYONE)
    assert in_words(decision) == "imported: an attachment without a name (part 2) is an e-invoice"


@pytest.mark.parametrize("defect", ["too_deep", "too_many_parts", "too_large", "too_many_fields"])
def test_what_was_not_read_is_told(defect: str) -> None:
    """Where a mail was not read to its end, nobody claims that it has no attachment, and the trace says so."""
    empty = decide(replace(LETTER, attachments=(), is_broken=(defect,)), [], EVERYONE)
    full = decide(replace(LETTER, is_broken=("broken_date", defect)), [], EVERYONE)
    assert (empty.reason.code, full.reason.code) == ("nothing_fits_in_what_was_read", "carries_pdf")
    assert empty.trace[-1].code == full.trace[-1].code == "not_all_read"


def test_standard_without_conditions_fits_nothing() -> None:
    """A standard that ought never to have been saved does not import every mail."""
    assert decide(LETTER, [standard(sender=None)], EVERYONE).standard is None


def test_hostile_names_are_told_safely() -> None:
    """Law 25: parameters can be stored and shown, whatever the mail called its files."""
    mail = replace(LETTER, attachments=(replace(PDF, filename="a\u202efdp.\x00\ud800\r\nx" + "y" * 9999),))
    decision = decide(mail, [], EVERYONE)
    assert in_words(decision).isprintable()
    assert len(in_words(decision)) < 200


senders = st.sampled_from([None, TAX, "@nulldomain.de", "@*.nulldomain.de", "me@acme.example", "broken"])
some_words = st.sampled_from([None, "invoice", "good", "*ning"])
some_standards = st.lists(
    st.builds(standard, st.sampled_from("abcd"), senders, some_words, priority=st.integers(1, 2)), max_size=4,
    unique_by=lambda each: each.name,
)  # fmt: skip
mails = st.sampled_from([LETTER, FORWARD, replace(LETTER, subject="Invoice"), replace(FORWARD, attachments=())])
policies = st.sampled_from([EVERYONE, TenantPolicy("registered"), TenantPolicy("authenticated")])


@given(mails, some_standards, policies)
def test_order_of_insertion_never_matters(
    mail: MailFacts, standards: list[ImportStandard], policy: TenantPolicy
) -> None:
    """The same standards give the same decision, in whatever order they come."""
    decisions = [decide(mail, order, policy) for order in itertools.permutations(standards)]
    assert all(decision == decisions[0] for decision in decisions)


@given(mails, some_standards, policies)
def test_decision_keeps_something_or_says_why_not(
    mail: MailFacts, standards: list[ImportStandard], policy: TenantPolicy
) -> None:
    """Imported means that something is kept; kept parts exist; every standard asked has its line in the trace."""
    decision = decide(mail, standards, policy)
    assert (decision.state == "imported") == bool(decision.keep_parts or decision.keep_text)
    assert set(decision.keep_parts) <= {each.part for each in mail.attachments}
    if decision.standard is None:
        assert {each.name for each in standards} <= {line.standard for line in decision.trace}
