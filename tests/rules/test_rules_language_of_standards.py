"""What each part of a standard does to a decision: laws 19 to 23, the catalogue, and the words that tell it."""

from dataclasses import replace
from typing import Any

import pytest

from rules.asking import StandardList
from rules.conditions import FACTS
from rules.decision import Decision
from rules.engine import decide
from rules.facts import AttachmentFacts, EInvoice, ForwardClaim, MailFacts, TenantPolicy
from rules.judging import judge
from rules.mail_view import MailView
from rules.phrases_of_verdicts import FACT_WORDS
from rules.standard_codec import from_values
from rules.standards import ImportStandard
from rules.wording import describe, words

SHOP = "shop@shop.example"
EVERYONE = TenantPolicy()
PDF = AttachmentFacts("2", "Rechnung 7.pdf", "application/pdf", "application/pdf", 1000, "00" * 32)
LOGO = AttachmentFacts("3", "logo.png", "image/png", "image/png", 900, "11" * 32, is_referenced=True)
PHOTO = AttachmentFacts("4", "Foto.PNG", "image/png", "image/png", 900, "22" * 32)
MAIL = MailFacts(
    from_addresses=(SHOP,),
    subject="Your invoice RE-2026/117",
    reverse_path="bounce+17@mailer.example",
    attachments=(PDF, LOGO, PHOTO),
    has_text=True,
    text="Dear customer, the total is EUR 7.50.",
    sender_field=("agent@platform.example",),
    reply_to=("help@shop.example",),
    label="Office",
    octets=40_000,
    language="en",
    authentication="pass",
)
BARE = MailFacts(from_addresses=(SHOP,), not_fetched=("text", "attachments", "forward"))
FITTING = {
    "sender": "@shop.example",
    "original_sender": "seller@market.example",
    "sender_field": "@platform.example",
    "reply_to": "help@shop.example",
    "reverse_path": "@mailer.example",
    "label": "office",
    "subject": "invoice",
    "subject_pattern": r"RE-\d{4}/\d+",
    "attachment_name": "rechnung*.PDF",
    "body": "total",
    "body_pattern": r"eur \d+\.\d\d",
    "attachment_type": "image/*",
    "language": "en",
    "authentication": "pass",
    "size": ">= 20 KB, < 1 MB",
    "document_type": "Credit_note",
    "seller": "markte",
    "vat_id": "de123.456.789",
    "e_invoice": "xrechnung",
    "currency": "eur",
}
OTHER = {
    **dict.fromkeys(("sender", "original_sender", "sender_field", "reply_to", "reverse_path"), "@else.example"),
    **dict.fromkeys(("label", "subject", "body"), "warehouse"),
    **dict.fromkeys(("subject_pattern", "body_pattern"), r"^Q\d"),
    "attachment_name": "*.xml",
    "attachment_type": "application/zip",
    "language": "de",
    "authentication": "fail",
    "size": "> 1 MB",
    "document_type": "reminder",
    "seller": "markt",
    "vat_id": "ATU62698637",
    "e_invoice": "Factur-X",
    "currency": "CHF",
}
E_INVOICE = EInvoice(
    *("credit_note", "UBL", "7", "2026-11-02", "Märkte GmbH & Co", "DE 123456789", None, "119.00", "EUR"),
    format="XRechnung",
    profile="EN 16931",
)
FORWARDED = replace(MAIL, forward=ForwardClaim("seller@market.example"))
KNOWN = replace(FORWARDED, attachments=(replace(PDF, e_invoice=E_INVOICE), LOGO, PHOTO))


def standard(name: str = "Shop", **values: Any) -> ImportStandard:
    made, faults = from_values({"name": name, **values}, standard_id=name)
    assert faults == []
    return made


def by_catalogue(
    mail: MailFacts, own: list[ImportStandard], *shared: ImportStandard, off: set[str] | None = None
) -> Decision:
    known = StandardList.of_catalogue((replace(each, origin="catalogue") for each in shared), 3)
    return decide(mail, own, EVERYONE, known, off or set())


def told(decision: Decision) -> list[str]:
    return [describe(line) for line in decision.trace]


def test_every_fact_has_words() -> None:
    """Law 25: what a condition asks about has a name in every language."""
    assert set(FACT_WORDS) == set(FACTS) == set(FITTING) == set(OTHER)


@pytest.mark.parametrize("fact", FACTS)
def test_a_condition_holds(fact: str) -> None:
    """Each fact is asked: a standard on it alone fits the mail that has it, by one of several values."""
    decision = decide(KNOWN, [standard(any_of={fact: [OTHER[fact], FITTING[fact]]})], EVERYONE)
    assert (decision.state, decision.standard) == ("imported", "Shop")


@pytest.mark.parametrize("fact", FACTS)
def test_a_condition_fails_and_is_told(fact: str) -> None:
    """The first condition that fails stands in the trace, by its name and what it asks for."""
    decision = decide(replace(FORWARDED, attachments=(LOGO,)), [standard(any_of={fact: [OTHER[fact]]})], EVERYONE)
    assert (decision.state, decision.standard) == ("not_imported", None)
    assert OTHER[fact] in told(decision)[0]


@pytest.mark.parametrize(
    "fact", [each for each in FACTS if each not in {"sender", "subject", "subject_pattern", "reverse_path"}]
)
def test_what_was_not_fetched_satisfies_nothing(fact: str) -> None:
    """Law 20: unknown fits neither under any_of nor, turned round, under none_of; to fetch it may decide."""
    wanting = standard(any_of={fact: [FITTING[fact]]})
    excluding = standard(any_of={"sender": [SHOP]}, none_of={fact: [FITTING[fact]]})
    for each in (wanting, excluding):
        assert decide(BARE, [each], EVERYONE).standard is None
        # Verdicts on authenticity are made when a mail comes, or never: no octets tell them.
        assert judge(each, MailView(BARE, EVERYONE)).may_fit is (fact != "authentication")
        assert "not known" in told(decide(BARE, [each], EVERYONE))[0]


def test_what_fails_already_need_not_be_fetched() -> None:
    """Law 20: where a known condition fails, nothing that is fetched changes it."""
    both = standard(any_of={"sender": [SHOP], "subject": ["reminder"], "body": ["total"]})
    assert not judge(both, MailView(BARE, EVERYONE)).may_fit


def test_all_conditions_must_hold() -> None:
    """Every condition, with one of its values; the first that fails is told."""
    wanted = {"sender": [SHOP], "subject": ["receipt", "invoice"], "attachment_type": ["application/pdf"]}
    assert decide(MAIL, [standard(any_of=wanted)], EVERYONE).standard == "Shop"
    decision = decide(MAIL, [standard(any_of={**wanted, "label": ["x"]})], EVERYONE)
    assert words(decision.reason.code, decision.reason.params) == (
        'not imported: the sender shop@shop.example fits "Shop", but not its condition (label: x)'
    )
    assert told(decision)[0] == "Shop: the sender shop@shop.example fits, but label does not: x"


def test_none_of_excludes() -> None:
    """What a standard excludes it does not import, and says so."""
    decision = decide(MAIL, [standard(any_of={"sender": [SHOP]}, none_of={"subject": ["*invoice*"]})], EVERYONE)
    assert decision.standard is None
    assert told(decision)[0] == "Shop: the sender shop@shop.example fits, but it is excluded, subject: *invoice*"
    assert decision.reason.code == "rest_excluded_of_sender"


@pytest.mark.parametrize(
    ("keep", "names", "parts", "text"),
    [
        ("attachments", [], ("2", "4"), False),
        ("attachments", ["*.PDF"], ("2",), False),
        ("text", [], (), True),
        ("both", [], ("2", "4"), True),
        ("both", ["foto.*"], ("4",), True),
        ("both", ["*.xml"], (), True),
    ],
)
def test_what_is_kept(keep: str, names: list[str], parts: tuple[str, ...], text: bool) -> None:
    """Law 21: the attachments, all that can be kept or those named; the text; both; of both, what there is."""
    values = {"attachment_names": names} if names else {}
    decision = decide(MAIL, [standard(keep=keep, any_of={"sender": [SHOP]}, **values)], EVERYONE)
    assert (decision.state, decision.keep_parts, decision.keep_text) == ("imported", parts, text)


@pytest.mark.parametrize(
    ("keep", "names", "reason"),
    [
        ("attachments", ["*.xml"], "standard_without_named_attachments"),
        ("both", ["*.xml"], "standard_without_anything"),
    ],
)
def test_nothing_to_keep(keep: str, names: list[str], reason: str) -> None:
    """Law 21: the first that fits decides, even if it then keeps nothing."""
    known = [
        standard(keep=keep, attachment_names=names, any_of={"sender": [SHOP]}),
        standard("Z", any_of={"sender": [SHOP]}),
    ]
    decision = decide(replace(MAIL, has_text=False), known, EVERYONE)
    assert (decision.state, decision.standard, decision.reason.code) == ("not_imported", "Shop", reason)


def test_what_is_stamped() -> None:
    """Law 12: a decision says which standard of whom decided, with which catalogue, and what it stamps."""
    decision = by_catalogue(MAIL, [], standard(document_type="invoice", supplier="Shop BV", any_of={"sender": [SHOP]}))
    assert (decision.standard_id, decision.origin, decision.catalogue_version) == ("Shop", "catalogue", 3)
    assert (decision.document_type, decision.supplier) == ("invoice", "Shop BV")
    assert Decision.from_json(decision.to_json()) == decision
    assert decide(MAIL, [], EVERYONE).catalogue_version is None


def test_ignoring_comes_first() -> None:
    """Law 19: what the tenant ignores is asked before whatever he imports, whatever the priority."""
    ignoring = standard("No news", keep="ignore", priority=900, any_of={"sender": [SHOP], "subject": ["invoice"]})
    decision = decide(MAIL, [standard(any_of={"sender": [SHOP]}), ignoring], EVERYONE)
    assert (decision.state, decision.standard, decision.reason.code) == ("not_imported", "No news", "standard_ignores")
    assert decision.keep_parts == ()


def test_ignoring_some_of_a_senders_mail_says_nothing_of_the_rest() -> None:
    """Law 19: an ignore says which mails are none, not which are invoices: recognition still imports the others."""
    ignoring = standard("No news", keep="ignore", any_of={"sender": [SHOP], "subject": ["newsletter"]})
    assert decide(MAIL, [ignoring], EVERYONE).reason.code == "carries_pdf"


def test_the_tenants_own_come_before_the_catalogue() -> None:
    """Law 19: a standard of the tenant decides, though one of the catalogue with a smaller priority would, too."""
    shared = standard("Catalogue", priority=1, keep="ignore", any_of={"sender": [SHOP]})
    own = standard("Mine", priority=500, any_of={"sender": [SHOP]})
    assert by_catalogue(MAIL, [own], shared).standard == "Mine"
    assert by_catalogue(MAIL, [], shared).reason.code == "standard_ignores"


def test_the_catalogue_is_asked_where_the_tenants_own_do_not_fit() -> None:
    """Law 19: an own standard that names the sender holds recognition back, not the catalogue."""
    own = standard("Mine", any_of={"sender": [SHOP], "subject": ["receipt"]})
    shared = standard("Catalogue", any_of={"sender": [SHOP]})
    assert by_catalogue(MAIL, [own], shared).standard == "Catalogue"
    assert by_catalogue(MAIL, [own]).reason.code == "word_missing_of_sender"


def test_the_catalogue_holds_recognition_not_back() -> None:
    """Law 19: that the catalogue names a sender says nothing about what this tenant wants of him."""
    shared = standard("Catalogue", any_of={"sender": [SHOP], "subject": ["receipt"]})
    decision = by_catalogue(MAIL, [], shared)
    assert decision.reason.code == "carries_pdf"
    assert 'Catalogue: the sender shop@shop.example fits, but "receipt" is not in the subject' in told(decision)


def test_a_tenant_switches_one_of_the_catalogue_off() -> None:
    """It is as if it were not there: the next one decides, and nothing of it is told."""
    first, second = (standard(name, any_of={"sender": [SHOP]}) for name in "AB")
    decision = by_catalogue(MAIL, [], first, second, off={"A"})
    assert decision.standard == "B"
    assert {line.standard for line in decision.trace} == {"B"}


@pytest.mark.parametrize("whose", ["tenant", "catalogue"])
def test_the_last_word_about_a_sender(whose: str) -> None:
    """Stop here: where its sender fits and the rest does not, neither later standards nor recognition are asked."""
    stopping = standard("A", stop_here=True, any_of={"sender": [SHOP], "subject": ["receipt"]})
    later = standard("B", any_of={"sender": [SHOP]})
    known = ([stopping, later], []) if whose == "tenant" else ([], [stopping, later])
    decision = by_catalogue(MAIL, known[0], *known[1])
    assert (decision.state, decision.standard, decision.reason.code) == ("not_imported", None, "word_missing_of_sender")
    assert told(decision)[-1] == "A: has the last word about this sender: nothing else was asked"
    assert (
        by_catalogue(replace(MAIL, from_addresses=("x@else.example",)), known[0], *known[1]).reason.code
        == "carries_pdf"
    )


def test_the_last_word_about_any_kind_of_sender() -> None:
    """Whoever is named by Reply-To is a sender for "stop here", too."""
    stopping = standard("A", stop_here=True, any_of={"reply_to": ["@shop.example"], "subject": ["receipt"]})
    assert decide(MAIL, [stopping], EVERYONE).reason.code == "last_word_differs"


def test_the_last_word_is_not_had_on_a_claim_that_is_not_believed() -> None:
    """Law 22: what is not trusted satisfies nothing, so it stops nothing."""
    stopping = standard("A", stop_here=True, any_of={"sender": ["seller@market.example"], "subject": ["receipt"]})
    assert decide(FORWARDED, [stopping], TenantPolicy("registered")).reason.code == "carries_pdf"


@pytest.mark.parametrize(
    ("verdict", "reason"), [("pass", None), ("fail", "forwarder_not_authenticated"), (None, "forwarder_unknown")]
)
def test_forwards_believed_by_authentication(verdict: str | None, reason: str | None) -> None:
    """Law 22: under "authenticated" the claim counts when the forwarder's mail is proven; else the reason says so."""
    mail = replace(FORWARDED, attachments=(LOGO,), authentication=verdict)
    decision = decide(
        mail, [standard(keep="text", any_of={"original_sender": ["@market.example"]})], TenantPolicy("authenticated")
    )
    assert (decision.state == "imported") == (reason is None)
    assert decision.reason.code == (reason or "standard_fits_claimed")


def test_the_original_sender_is_no_other_sender() -> None:
    """A condition on the original sender looks at the claim alone, one on the sender at both."""
    assert decide(FORWARDED, [standard(any_of={"original_sender": [SHOP]})], EVERYONE).standard is None
    assert decide(FORWARDED, [standard(any_of={"sender": ["seller@market.example"]})], EVERYONE).standard == "Shop"


def test_the_claim_of_a_forward_is_excluded_only_as_far_as_it_is_believed() -> None:
    """Laws 20 and 22: a claim that nobody proved is unknown to an exclusion; one of a stranger is no sender."""
    one = standard(any_of={"subject": ["invoice"]}, none_of={"sender": ["seller@market.example"]})
    policies = [EVERYONE, TenantPolicy("registered"), TenantPolicy("authenticated")]
    mail = replace(FORWARDED, authentication=None)
    assert [decide(mail, [one], policy).standard for policy in policies] == [None, "Shop", None]


def test_what_the_text_shows_is_no_attachment() -> None:
    """A logo is neither an image nor a name for conditions."""
    mail = replace(MAIL, attachments=(LOGO,))
    assert decide(mail, [standard(any_of={"attachment_type": ["image/*"]})], EVERYONE).standard is None
    assert decide(mail, [standard(any_of={"attachment_name": ["*.png"]})], EVERYONE).standard is None


@pytest.mark.parametrize("language", ["en", "de", "nl"])
def test_conditions_in_the_reader_s_language(language: Any) -> None:
    """Law 25: the fact is named as the reader calls it."""
    line = decide(MAIL, [standard(any_of={"size": ["> 1 MB"]})], EVERYONE).trace[0]
    assert {"en": "size does", "de": "Größe passt", "nl": "grootte past"}[language] in describe(line, language)
