"""From a standard to the stored facts: no message that it fits is missed."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.facts import AttachmentFacts, ForwardClaim, MailFacts, TenantPolicy
from rules.globs import Glob
from rules.judging import judge
from rules.lookup import LONGEST_KEY, MOST_KEYS, LookupKey, facts_asked, forward_keys, index_keys, lookup_keys
from rules.mail_view import MailView
from rules.standard_codec import stored
from rules.standards import ImportStandard
from rules.words import WordPattern, fold
from tests.rules.some_standards import mails, policies, standards


def standard(**any_of: Any) -> ImportStandard:
    return stored({"name": "N", "any_of": any_of}, standard_id="1")


def finds(one: ImportStandard, mail: MailFacts) -> bool:
    wanted, known = lookup_keys(one), index_keys(mail)
    return wanted is None or any(key.agrees(each) for key in wanted for each in known)


@settings(max_examples=500)
@given(standards, mails, policies)
def test_what_a_standard_fits_is_found(one: ImportStandard, mail: MailFacts, policy: TenantPolicy) -> None:
    """Whatever fits, or may fit once it is fetched (law 20), or would fit if it were believed, shares a key."""
    verdict = judge(one, MailView(mail, policy))
    if verdict.fits or verdict.may_fit or verdict.is_untrusted:
        assert finds(one, mail)
    # Law 19: what it holds back of its sender, and where it has the last word.
    if verdict.names_sender or (one.stop_here and verdict.holds_senders):
        assert finds(one, mail)


@given(mails)
def test_a_change_of_trust_finds_every_forward(mail: MailFacts) -> None:
    """Law 22: what somebody claims to forward is found by the forwarder, and all of it together."""
    if MailView(mail, TenantPolicy()).claimed:
        known = index_keys(mail)
        for forwarders in ([], *([each.address] for each in MailView(mail, TenantPolicy()).senders)):
            assert any(key.agrees(each) for key in forward_keys(forwarders) for each in known)


letters = st.text(alphabet="ab請求ガ \u0301-*Cé7", max_size=12)


@settings(max_examples=500)
@given(letters, letters, letters)
def test_every_word_that_stands_in_a_subject_is_found(before: str, word: str, after: str) -> None:
    """Law 23 and its keys agree, in scripts with and without spaces, with open ends and without."""
    mail = MailFacts(subject=before + word.strip("* ") + after)
    if WordPattern.compile(word).fits(fold(mail.subject)):
        assert finds(standard(subject=[word]), mail)


@settings(max_examples=500)
@example("?a.?", "ba.b")
@example("a?.*b", "aa.bb")
@given(st.text(alphabet="ab.?*-請", max_size=8), st.text(alphabet="ab.-請", max_size=8))
def test_every_name_that_fits_a_glob_is_found(glob: str, name: str) -> None:
    """A glob's keys are runs of letters that the name must hold."""
    pdf = AttachmentFacts("2", name, "application/pdf", "application/pdf", 1, "00")
    if glob.strip() and name and Glob.compile(glob).fits(name):
        assert finds(standard(attachment_name=[glob]), MailFacts(attachments=(pdf,)))


@pytest.mark.parametrize(
    ("any_of", "keys"),
    [
        ({"sender": ["a@x.example"], "subject": ["x"]}, {("sender", "whole", "a@x.example")}),
        ({"subject": ["your invoice"]}, {("word", "whole", "invoice")}),
        ({"subject": ["*rechnung"]}, {("word", "ends", "rechnung")}),
        ({"subject": ["Rechnung*"]}, {("word", "starts", "rechnung")}),
        ({"subject": ["*nvoi*"]}, {("word", "holds", "nvoi")}),
        ({"subject": ["請求書"]}, {("word", "whole", "請求")}),
        ({"subject_pattern": [r"\binvoice\s+no"]}, {("word", "holds", "invoice")}),
        ({"attachment_name": ["*.pdf"]}, {("name", "whole", "pdf")}),
        ({"attachment_name": ["rechnung*.pdf"]}, {("name", "starts", "rechnung")}),
        ({"label": ["Büro"], "size": ["> 5"]}, {("label", "whole", "buro")}),
        ({"attachment_type": ["image/*"], "size": ["> 5"]}, {("type", "starts", "image/")}),
    ],
)  # fmt: skip
def test_the_keys_of_a_standard(any_of: Any, keys: set[tuple[str, str, str]]) -> None:
    """The first condition that has keys leads to the mails; what is unknown of a mail is asked for, too."""
    found = lookup_keys(standard(**any_of))
    assert found is not None
    assert {(key.kind, key.how, key.text) for key in found if key.kind != "unknown"} == keys
    assert any(key.kind == "unknown" for key in found)


@pytest.mark.parametrize("any_of", [{"body": ["invoice"]}, {"size": ["> 5"]}, {"subject_pattern": [r"\d+"]}])
def test_no_key_leads_to_what_is_not_stored(any_of: Any) -> None:
    """A standard on the text alone, or on nothing that can be looked up, asks every message."""
    assert lookup_keys(standard(**any_of)) is None


def test_what_must_be_known_to_judge() -> None:
    """Conditions and exclusions both count."""
    asked = stored({"name": "N", "any_of": {"sender": ["a@x.example"]}, "none_of": {"body": ["x"]}}, standard_id="1")
    assert facts_asked(asked) == {"sender", "body"}


def test_the_keys_of_a_message() -> None:
    """Its addresses with their domains, the words of its subject, names and types of its attachments."""
    pdf = AttachmentFacts("2", "Rechnung 7.PDF", "x/y", "application/pdf", 1, "00")
    mail = MailFacts(
        ("a@sub.x.example",), subject="Ihre Rechnung 請求", attachments=(pdf,), forward=ForwardClaim("b@y.example"),
        sender_field=(), reply_to=(), label="Office",
    )  # fmt: skip
    assert {(key.kind, key.text) for key in index_keys(mail)} == {
        *(
            ("sender", each)
            for each in ("a@sub.x.example", "@sub.x.example", "@*.x.example", "b@y.example", "@y.example")
        ),
        *(("word", each) for each in ("ihre", "rechnung", "請", "求", "請求")),
        *(("name", each) for each in ("rechnung", "7", "pdf")),
        *(("type", "application/pdf"), ("label", "office"), ("forward", ""), ("forward", "a@sub.x.example")),
    }
    assert ("unknown", "sender") in {(key.kind, key.text) for key in index_keys(MailFacts())}


def test_agreeing() -> None:
    """What a query must do for each way of asking."""
    (known,) = (
        each for each in index_keys(MailFacts(subject="Monatsrechnung", sender_field=(), reply_to=(), label=""))
    )
    ways = [("whole", "rechnung"), ("starts", "monat"), ("ends", "rechnung"), ("holds", "srech")]
    assert [LookupKey("word", how, text).agrees(known) for how, text in ways] == [False, True, True, True]  # type: ignore[arg-type]


@pytest.mark.parametrize("subject", ["".join(chr(0x4E00 + each) for each in range(900)), "a" * 2000, "請" * 2000])
def test_a_hostile_mail_has_few_keys_and_is_found(subject: str) -> None:
    """Keys are rows of a database: a mail has only so many, and one that would have more is always asked."""
    names = tuple(AttachmentFacts(f"{each}", f"n{each}", "a/b", "a/b", 1, "") for each in range(900))
    mail = MailFacts(from_addresses=("a@x.example",), subject=subject, attachments=names)
    keys = index_keys(mail)
    assert len(keys) <= 4 * MOST_KEYS
    assert max(len(each.text) for each in keys) <= LONGEST_KEY
    assert finds(standard(subject=[subject[100:200]]), mail)
    assert finds(standard(attachment_name=["n77"]), mail)
