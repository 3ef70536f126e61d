"""A standard proposed from a mail: whose it is, what its subject always says, what is to be kept."""

import pytest

from rules.facts import AttachmentFacts, ForwardClaim, MailFacts, TenantPolicy
from rules.standard_codec import from_values, to_values
from rules.standard_toml import NoToml, read_toml, to_toml
from rules.standards import ImportStandard
from rules.suggestion import Suggestion, constant_words, subject_of, suggest

SENDER = "mytaxconsultant@nulldomain.de"
PDF = AttachmentFacts("2", "a.pdf", "application/pdf", "application/pdf", 1000, "0" * 64)
ANYONE = TenantPolicy()


def mail(subject: str, sender: str = SENDER, *, text: bool = True, **changes: object) -> MailFacts:
    known: dict[str, object] = {"from_addresses": (sender,), "from_header": f"Tax Adviser <{sender}>"}
    return MailFacts(subject=subject, has_text=text, **known | changes)  # type: ignore[arg-type]


def proposed(facts: MailFacts, *others: str, policy: TenantPolicy = ANYONE, names: tuple[str, ...] = ()) -> Suggestion:
    return suggest("f" * 32, facts, others, policy, names)


@pytest.mark.parametrize(
    ("subject", "others", "phrase"),
    [
        # Numbers and dates vary; what stands in all that are like it is constant.
        ("Ihre Rechnung Nr. 4711 vom 3. März", ["Ihre Rechnung Nr. 12 vom 2. April", "Newsletter"], "Ihre Rechnung Nr"),
        ("Invoice 2026-11 from Acme Cloud", ["Invoice 2026-10 from Acme Cloud"], "Invoice"),
        ("Uw factuur van november", ["Uw factuur van oktober", "Uw factuur van maart"], "Uw factuur van"),
        ("Fwd: WG: Rechnung 7", ["Rechnung 6"], "Rechnung"),
        # Letters within a number are no word of their own.
        ("Rechnung RE4711", ["Rechnung RE4712"], "Rechnung"),
        # Nothing to compare with: only what means an invoice.
        ("Your invoice for our great product", [], "invoice"),
        ("Hello from the team", [], None),
        ("Monatsabschluss November", ["Monatsabschluss Oktober", "Sommerfest"], "Monatsabschluss"),
        ("4711", ["4712"], None),
        ("", [], None),
        # Law 23 holds of what is proposed: it stands between borders, without case and accents.
        ("Reçu n° 5", ["RECU N° 6"], "Reçu n"),
    ],
)
def test_what_a_subject_always_says(subject: str, others: list[str], phrase: str | None) -> None:
    """The longest phrase that stands in this subject and in those like it."""
    assert constant_words(subject, others) == phrase


def test_sender_words_and_text_make_a_standard() -> None:
    """The customer's four fields, filled in; how many of the others it would ask for."""
    found = proposed(mail("Ihre Rechnung 3"), "Ihre Rechnung 2", "Newsletter")

    assert found.standard is not None
    assert found.standard.is_simple
    assert (found.standard.name, found.standard.sender) == ("Tax Adviser", SENDER)
    assert (found.standard.subject_word, found.standard.keep) == ("Ihre Rechnung", "text")
    assert (found.compared, found.alike, found.is_claimed) == (2, 1, False)


def test_attachments_are_kept_where_there_are_any() -> None:
    """Even beside a text; a logo that the text shows is none."""
    logo = AttachmentFacts("3", "l.png", "image/png", "image/png", 9, "1" * 64, is_referenced=True)

    with_pdf, with_logo = proposed(mail("Invoice", attachments=(PDF,))), proposed(mail("Invoice", attachments=(logo,)))

    assert with_pdf.standard is not None
    assert with_logo.standard is not None
    assert (with_pdf.standard.keep, with_logo.standard.keep) == ("attachments", "text")


def test_of_a_forward_the_original_sender_is_proposed() -> None:
    """A claim, said to be one; and why nothing would come of it where the tenant does not believe it."""
    forwarded = mail("Fwd: Rechnung 5", "boss@acme.example", forward=ForwardClaim(SENDER, "Tax Man", "Rechnung 5"))

    trusted = proposed(forwarded)
    mistrusted = proposed(forwarded, policy=TenantPolicy("registered"))

    assert trusted.standard is not None
    assert (trusted.standard.sender, trusted.standard.name) == (SENDER, "Tax Man")
    assert (trusted.is_claimed, trusted.mistrust, mistrusted.mistrust) == (True, None, "not_registered")
    assert subject_of(SENDER, forwarded) == "Fwd: Rechnung 5"
    assert subject_of("boss@acme.example", forwarded) is None


def test_names_in_use_are_not_proposed() -> None:
    """Case does not count, as when it is saved."""
    found = proposed(mail("Rechnung"), names=("tax adviser", "Tax Adviser 2"))

    assert found.standard is not None
    assert found.standard.name == "Tax Adviser 3"


def test_a_mail_that_says_nothing_suggests_nothing() -> None:
    """No sender and no telling word: the standard would fit everything."""
    assert proposed(MailFacts(subject="hello")).standard is None


@pytest.mark.parametrize(
    "hostile", ["\x1b[31m" * 50, "((((" * 100, "a " * 50_000, "\u202einvoice \x00 7", "Rechnung" * 9000]
)
def test_hostile_subjects_make_standards_that_can_be_saved(hostile: str) -> None:
    """Whatever a mail says, the proposal holds nothing that could not be shown or saved."""
    found = proposed(mail(hostile, from_header=f"{hostile} <{SENDER}>"), hostile, hostile[:50])

    assert found.standard is not None
    assert from_values(to_values(found.standard), standard_id="f" * 32)[1] == []
    assert "".join(to_toml(to_values(found.standard)).split("\n")).isprintable()


@pytest.mark.parametrize("name", ['a "quoted" \\ name', "Müller & Söhne", "😀", "line\x7fend"])
def test_toml_is_read_as_it_was_written(name: str) -> None:
    """What the command prints makes the same standard."""
    standard = ImportStandard.simple("f" * 32, name, SENDER, "Rechnung", email_text_is_invoice=True)
    values = to_values(standard)

    assert read_toml(to_toml(values)) == values


def test_what_is_no_toml_is_told() -> None:
    """In words."""
    with pytest.raises(NoToml, match="not valid TOML"):
        read_toml("name = ")
