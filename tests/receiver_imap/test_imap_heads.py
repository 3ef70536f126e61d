"""The head of a mail says what the whole mail says, or that it does not know."""

from dataclasses import replace
from pathlib import Path

import pytest

from receiver.imap.heads import facts_of, text_part, with_text
from rules.conditions import condition
from rules.engine import decide
from rules.facts import MailFacts, TenantPolicy
from rules.may_matter import DOUBTFUL, may_matter
from rules.standards import ImportStandard
from tests.receiver_imap.told_heads import found_in, head_of, octets_of
from tests.thorough import some_of

PREFIX = 32 * 1024
TOUR = Path(__file__).parents[1] / "corpus" / "tour"
WHOLE_SET = Path(__file__).parents[3] / "shared" / "corpus"
EVERYONE = TenantPolicy()
AGREED = ("from_addresses", "subject", "message_id", "sender_field", "reply_to")
STANDARDS = (
    ImportStandard("b", "b", (condition("body", "invoice", "Rechnung", "total"),), keep="text"),
    ImportStandard("f", "f", (condition("original_sender", "@*.com", "@*.example", "@*.de"),), keep="both"),
    ImportStandard("n", "n", (condition("attachment_name", "*.pdf", "*.p7m", "*.xml"),)),
    ImportStandard("l", "l", (condition("language", "de"),), keep="text"),
)


def mail(body: str, header: str = "") -> bytes:
    """A mail from a shop; `body` begins with its Content-Type."""
    fields = f"From: Shop <a@shop.example>\nSubject: Hello\nMessage-ID: <1@shop.example>\n{header}"
    return (fields + body).replace("\n", "\r\n").encode()


def multipart(*parts: str, subtype: str = "mixed") -> str:
    """The rest of a mail from its Content-Type on."""
    cut = "".join(f"--b\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="b"\n\n{cut}--b--\n'


def read(octets: bytes, most: int = PREFIX) -> MailFacts:
    """The facts of a mail whose text's beginning was read."""
    head = head_of(octets)
    part = text_part(head.structure)
    facts = facts_of(head)
    return facts if part is None else with_text(facts, part, octets_of(octets, part.path, most))


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nYour invoice über 12,00\n"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>Your <b>invoice</b> <img src='cid:logo'></p>\n"
PDF = "Content-Type: application/octet-stream\nContent-Disposition: inline; filename*=utf-8''%C3%BC.pdf\n\n%PDF-1.4\n"
LOGO = 'Content-Type: image/png; name="logo.png"\nContent-ID: <logo>\nContent-Transfer-Encoding: base64\n\niVBORw0K\n'
NOTES = "Content-Type: text/plain; name=notes.txt\nContent-Disposition: attachment\n\nnotes\n"
INNER = "Content-Type: message/rfc822\n\nFrom: b@b.example\n" + multipart(PLAIN, PDF).replace("--b", "--i").replace(
    '"b"', '"i"'
)
MAILS = {
    "plain": mail(PLAIN),
    "html": mail(HTML),
    "only a pdf": mail(PDF),
    "alternatives": mail(multipart(PLAIN, HTML, subtype="alternative")),
    "related in mixed": mail(multipart("Content-Type: text/plain\n\nhi\n", LOGO, PDF, NOTES)),
    "attached message": mail(multipart(PLAIN, INNER)),
    "signed": mail(multipart(PLAIN, "Content-Type: application/pkcs7-signature\n\nMII\n", subtype="signed")),
    "encoded words": mail(PLAIN, "Reply-To: =?utf-8?q?J=C3=B6rg?= <j@shop.example>, <k@shop.example>\n"),
}
for path in TOUR.glob("*.eml"):
    MAILS[path.stem] = path.read_bytes()


def agreed(facts: MailFacts) -> tuple[object, ...]:
    """What head and whole mail must say alike. What is packed in a part ("2/1") is seen only when that is opened."""
    direct = [each for each in facts.attachments if "/" not in each.part]
    attachments = [(each.part, each.filename, each.declared_type) for each in direct]
    return (*(getattr(facts, name) for name in AGREED), attachments)


@pytest.mark.parametrize("octets", MAILS.values(), ids=MAILS.keys())
def test_a_head_says_what_the_whole_mail_says(octets: bytes) -> None:
    """Addresses, subject, Message-ID, and of each attachment its number, name and type: the pipeline finds the same."""
    facts, whole = facts_of(head_of(octets)), found_in(octets).facts
    assert DOUBTFUL not in facts.is_broken
    assert agreed(facts) == agreed(whole)
    assert facts.has_text >= whole.has_text


@pytest.mark.parametrize("octets", MAILS.values(), ids=MAILS.keys())
def test_a_text_that_was_read_to_its_end_is_the_text(octets: bytes) -> None:
    """Words, language, and who is forwarded: what is not said to be unknown is as the pipeline finds it."""
    facts, whole = read(octets), found_in(octets).facts
    if "text" not in facts.not_fetched:
        assert facts.text.split() == whole.text.split()
        assert (facts.language, facts.has_text) == (whole.language, whole.has_text)
    if "forward" not in facts.not_fetched:
        assert facts.forward == whole.forward


@pytest.mark.skipif(not WHOLE_SET.exists(), reason="the reference set ../shared/corpus is not on this machine")
def test_no_mail_of_the_reference_set_is_left_behind() -> None:
    """Mails of many programs: none that would be imported is left, and no head that is sure of itself is wrong."""
    wrong = []
    for path in some_of(sorted(WHOLE_SET.rglob("*.eml")), 4):
        octets = path.read_bytes()
        whole = replace(found_in(octets).facts, label="")
        head = facts_of(head_of(octets))
        if DOUBTFUL not in head.is_broken and agreed(head) != agreed(whole):
            wrong.append((path.name, agreed(head), agreed(whole)))
        for standards in ([], STANDARDS, *([each] for each in STANDARDS)):
            if decide(whole, standards, EVERYONE).state == "imported":
                verdicts = [may_matter(each, lambda f: decide(f, standards, EVERYONE)) for each in (head, read(octets))]  # noqa: B023
                wrong += [(path.name, verdict) for verdict in verdicts if verdict == "leave"]
    assert wrong == []


def test_a_subject_in_raw_octets_is_read_in_the_charset_of_its_mail() -> None:
    """Seen in practice: Big5 without encoded words; a standard asks for its characters."""
    octets = (
        "Content-Type: text/plain; charset=big5\r\nSubject: 發票\r\nFrom: a@b.example\r\n\r\n".encode("big5") + b"text"
    )
    assert facts_of(head_of(octets)).subject == "發票"


def test_a_text_that_was_cut_stays_unknown() -> None:
    """A beginning tells what it holds; what it does not say, the rest may."""
    octets = mail("Content-Type: text/plain; charset=utf-8\n\n" + "Grüße und Rechnung\n" * 100)
    facts = read(octets, 200)
    assert "text" in facts.not_fetched
    assert facts.text.startswith("Grüße und Rechnung")
    assert "Ã" not in facts.text


@pytest.mark.parametrize("cut", range(60, 70))
def test_a_character_that_was_cut_spoils_no_others(cut: int) -> None:
    """A prefix ends anywhere, in a character of several octets too."""
    assert "Ã" not in read(mail("Content-Type: text/plain; charset=utf-8\n\n" + "ü€" * 100), cut).text


def test_who_is_forwarded_in_an_attached_message_is_not_known_by_the_head() -> None:
    """Only the message itself tells, and it is not here."""
    assert "forward" in read(MAILS["attached message"]).not_fetched


def test_a_reply_forwards_nothing() -> None:
    """What its subject says is enough: nothing is read for it."""
    facts = facts_of(head_of(MAILS["plain"].replace(b"Subject: Hello", b"Subject: Re: Hello")))
    assert facts.not_fetched == ("text", "contents")


@pytest.mark.parametrize(
    "octets",
    [
        mail("Content-Type: text/plain\n\n%PDF-1.4\n"),
        mail("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n"),
        MAILS["plain"].replace(b"Shop <a@shop.example>", b"Shop, a <b <a@shop.example>"),
        MAILS["plain"].replace(b"From: ", b"X: "),
        MAILS["plain"].replace(b"Subject:", b"From: c@d.example\r\nSubject:"),
    ],
    ids=["a PDF sent as text", "a PDF sent as encoded text", "a From in doubt", "no From", "two Froms"],
)
def test_what_can_be_read_in_two_ways_is_doubtful(octets: bytes) -> None:
    """Then nothing follows from the head, and the mail is fetched."""
    assert DOUBTFUL in read(octets).is_broken
    assert may_matter(read(octets), lambda facts: decide(facts, [], EVERYONE)) == "fetch"


def test_a_structure_that_was_cut_is_doubtful() -> None:
    """What the server did not tell may be the invoice."""
    head = head_of(MAILS["alternatives"])
    first, second = head.structure.children
    for cut in (
        replace(head, is_cut=True),
        replace(head, structure=replace(head.structure, children=())),
        replace(head, structure=replace(head.structure, children=(first, replace(second, is_cut=True)))),
    ):
        assert DOUBTFUL in facts_of(cut).is_broken


def test_a_picture_with_a_content_id_may_be_shown() -> None:
    """Whether the body shows it, only the HTML tells: neither certain nor impossible."""
    (logo, pdf, _) = facts_of(head_of(MAILS["related in mixed"])).attachments
    assert (logo.is_referenced, pdf.is_referenced, pdf.is_inline) == (True, False, True)
