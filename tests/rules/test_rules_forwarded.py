"""Who an inner message is from; and that a reply is no forward."""

import csv
import email
import email.policy
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.rendering.plain import plain_text
from rules.recognition.forward_labels import FORWARD_LINES
from rules.recognition.forwarded import LONGEST_TEXT, AttachedMessage, find_forward, mark_of

WHOLE_SET = Path(__file__).parents[3] / "shared" / "corpus" / "forwarded"
SENDER = "billing@supplier.example"


def block(*labels: str, mark: str = "") -> str:
    sender, date, to, subject = labels
    fields = [f"{sender} Supplier AG <{SENDER}>", f"{date} 1. Nov. 2026", f"{to} me@acme.example", f"{subject} Bill 7"]
    return "\n".join(mark + field for field in fields) + f"\n{mark}\n{mark}Dear customer"


GERMAN = ("Von:", "Datum:", "An:", "Betreff:")
ENGLISH = ("From:", "Date:", "To:", "Subject:")
DUTCH = ("Van:", "Datum:", "Aan:", "Onderwerp:")
FRENCH = ("De\u00a0:", "Date\u00a0:", "À\u00a0:", "Objet\u00a0:")
GMAIL = "---------- Forwarded message ---------\n"


@pytest.mark.parametrize("labels", [GERMAN, ENGLISH, DUTCH, FRENCH])
@pytest.mark.parametrize(
    ("subject", "above", "mark"),
    [
        ("no mark at all", GMAIL, ""),
        ("Fwd: Bill 7", "please book\n\n" + GMAIL, ""),
        ("Bill", "Anfang der weitergeleiteten Nachricht:\n\n", ""),
        ("Bill", "> Begin forwarded message:\n> \n", "> "),
        ("Bill", "Begin doorgestuurd bericht:\n\n", "> "),
        ("Bill", "Début du message réexpédié\u00a0:\n\n", "> "),
        ("Bill", "-------- Weitergeleitete Nachricht --------\n", ""),
        ("Bill", "-------- Doorgestuurd bericht --------\n", ""),
        ("Bill", "-------- Message transféré --------\n", ""),
        ("WG: Bill 7", "", ""),
        ("FW: Bill 7", "please book\n\n", ""),
        ("TR: Bill 7", "_" * 32 + "\n", ""),
        ("[EXTERN] Fw: Bill 7", "-----Original Message-----\n", ""),
    ],
)
def test_inline_forwards(labels: tuple[str, ...], subject: str, above: str, mark: str) -> None:
    """Gmail, Apple Mail, Thunderbird and Outlook, in four languages: sender, name, subject and date inside."""
    claim = find_forward(subject, above + block(*labels, mark=mark))
    assert claim is not None
    assert (claim.sender, claim.sender_name, claim.subject, claim.date_raw) == (
        SENDER, "Supplier AG", "Bill 7", "1. Nov. 2026",
    )  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        f'Am 28/10/2026, 12:46 schrieb "Supplier AG" <{SENDER}>:',
        f'On 28/10/2026, 12:46, "Supplier AG" <{SENDER}> wrote:',
        f"Op 28/10/2026, 12:46 heeft Supplier AG <{SENDER}> geschreven:",
        f"Le 28/10/2026, 12:46, « Supplier AG » <\n{SENDER}> a écrit\u00a0:",
    ],
)
def test_quote_line_of_outlook(line: str) -> None:
    """Outlook 2019 writes a forward as text under one line, and leaves the subject to the outer mail."""
    claim = find_forward("FW: Bill 7", "\ufeff" + line + "\n\nDear customer")
    assert claim is not None
    assert (claim.sender, claim.subject, claim.date_raw) == (SENDER, "Bill 7", "28/10/2026, 12:46")


def test_a_line_below_a_separator_names_who_wrote() -> None:
    """Yandex writes no header block: a separator, then date, name and address."""
    text = '-------- Пересылаемое сообщение --------\n21.10.2025, 14:44, "Shop" <shop@supplier.example>:\n\nЧек'  # noqa: RUF001
    claim = find_forward("Fwd: Чек", text)
    assert claim is not None
    assert (claim.sender, claim.sender_name, claim.subject) == ("shop@supplier.example", "Shop", "Чек")


def test_thunderbird_writes_tabs_and_another_order() -> None:
    """Labels may be followed by a tab, stand in bold, and come in any order."""
    text = f"-------- Forwarded Message --------\nSubject: \tBill 7\n*Date:* \tx\nFrom: \tSupplier <{SENDER}>\n"
    claim = find_forward("x", text)
    assert claim is not None
    assert (claim.sender, claim.subject) == (SENDER, "Bill 7")


@pytest.mark.parametrize(
    "written",
    [
        f"Supplier <{SENDER}>",
        f'"Supplier" <{SENDER}>',
        f"Supplier <{SENDER}<mailto:{SENDER}>>",
        f"Supplier [mailto:{SENDER}]",
        f"Supplier ({SENDER})",
        f"Supplier\n<{SENDER}>",
    ],
)
def test_ways_to_write_a_sender(written: str) -> None:
    """Brackets, mailto: and soft line breaks around an address."""
    claim = find_forward("Fwd: x", f"{GMAIL}From:{'' if chr(10) in written else ' '}{written}\nSubject: x\n")
    assert claim is not None
    assert (claim.sender, claim.sender_name) == (SENDER, "Supplier")


def test_address_in_brackets_counts() -> None:
    """The address is the one in brackets, not one that stands as a name before it."""
    claim = find_forward("Fwd: x", f"{GMAIL}From: boss@bank.example <{SENDER}>\nSubject: x\n")
    assert claim is not None
    assert (claim.sender, claim.sender_name) == (SENDER, None)


@pytest.mark.parametrize(
    "name",
    ['"Bank <boss@bank.example>"', "Bank (boss@bank.example)", "Bank [boss@bank.example]", "<boss@bank.example>"],
)
def test_a_name_that_holds_an_address_is_a_name(name: str) -> None:
    """Law 22: a stranger chooses its name, and whoever forwards the mail passes it on in good faith."""
    for address in (f"<{SENDER}>", f"[mailto:{SENDER}]", f"<{SENDER}<mailto:{SENDER}>>"):
        claim = find_forward("Fwd: x", f"{GMAIL}From: {name} {address}\nSubject: x\n")
        assert claim is not None
        assert claim.sender == SENDER


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("Anna <anna@c.example> on behalf of Bills <bills@c.example>", "anna@c.example"),
        ("Anna<mailto:anna@c.example> im Auftrag von Bills <bills@c.example>", "anna@c.example"),
        ("Bank <boss@bank.example> on behalf of X <x@c.example>", "x@c.example"),
        ("Bank <boss@gmail.com> on behalf of X <x@gmail.com>", "x@gmail.com"),
    ],
)
def test_on_behalf_of_a_colleague_only(written: str, sender: str) -> None:
    """Outlook names both; but a stranger may call itself "Bank <boss@bank.example> on behalf of"."""
    claim = find_forward("Fwd: x", f"{GMAIL}From: {written}\nSubject: x\n")
    assert claim is not None
    assert claim.sender == sender


def test_of_two_addresses_without_brackets_none_is_claimed() -> None:
    """Which one is the name nobody knows: "a@b (c@d)"."""
    claim = find_forward("Fwd: x", f"{GMAIL}From: boss@bank.example ({SENDER})\nSubject: x\n")
    assert claim is not None
    assert claim.sender is None


def test_wrapped_subject_is_read_whole() -> None:
    """A subject that a program wrapped goes on in the next line; a short one does not swallow the text below it."""
    long = "a very long subject that goes on and on and on until it has to be wrapped"
    claim = find_forward("Fwd: x", f"{GMAIL}From: a@b.example\nSubject: {long}\nsomewhere\n\nText")
    assert claim is not None
    assert claim.subject == f"{long} somewhere"
    claim = find_forward("Fwd: x", f"{GMAIL}From: a@b.example\nSubject: short\nDear customer")
    assert claim is not None
    assert claim.subject == "short"


def test_lost_line_ends() -> None:
    """Yahoo's plain text runs separator and fields together in one line."""
    line = f'----- Weitergeleitete Nachricht ----- Von: Supplier <{SENDER}>An: "m@a.example" <m@a.example>Gesendet: '
    claim = find_forward("Fwd: x", line + "Dienstag, 2. November 2026, 09:26:50 MEZBetreff: Bill 7\nText")
    assert claim is not None
    assert (claim.sender, claim.subject) == (SENDER, "Bill 7")


def test_html_is_asked_when_the_text_says_nothing() -> None:
    """A forward that only the HTML body shows is found there."""
    claim = find_forward("Fwd: x", "see below", html_text=block(*ENGLISH))
    assert claim is not None
    assert claim.sender == SENDER


def test_attached_message() -> None:
    """A message attached as such says who it is from in its header."""
    attached = AttachedMessage(f'"Supplier AG" <{SENDER}>', "Bill 7", "Sun, 1 Nov 2026 10:00:00 +0100")
    claim = find_forward("see attached", "", attached=[attached])
    assert claim is not None
    assert (claim.sender, claim.subject, claim.evidence) == (SENDER, "Bill 7", "attached_message")


def test_attached_messages_of_several_people_claim_nothing() -> None:
    """No one of several senders is the sender."""
    attached = [AttachedMessage("a@b.example"), AttachedMessage("c@b.example")]
    assert find_forward("", "", attached=attached) is None


def test_step_inward_past_ones_own() -> None:
    """Forwarded twice by the same person: the sender is who wrote to that person."""
    inner = GMAIL + block(*ENGLISH)
    text = f"{GMAIL}From: me@acme.example\nSubject: Fwd: Bill 7\n\nand once more\n{inner}"
    claim = find_forward("Fwd: Fwd: Bill 7", text, own={"me@acme.example"})
    assert claim is not None
    assert claim.sender == SENDER
    claim = find_forward("Fwd: Fwd: Bill 7", text)
    assert claim is not None
    assert claim.sender == "me@acme.example"


@pytest.mark.parametrize(
    ("own", "colleague", "expected"),
    [
        ("me@acme.example", "boss@acme.example", SENDER),
        ("me@acme.example", "boss@other.example", "boss@other.example"),
        ("me@gmail.com", "boss@gmail.com", "boss@gmail.com"),
    ],
    ids=["colleague", "stranger", "same provider"],
)
def test_step_inward_past_a_colleague_and_nobody_else(own: str, colleague: str, expected: str) -> None:
    """Law 22: what a stranger's mail quotes is the stranger's word, so a forged forward inside it claims nothing."""
    text = f"{GMAIL}From: {colleague}\nSubject: Fwd: Bill 7\n\nplease pay\n{GMAIL + block(*ENGLISH)}"
    claim = find_forward("Fwd: Fwd: Bill 7", text, own={own})
    assert claim is not None
    assert claim.sender == expected


@pytest.mark.parametrize(
    "reply", ["Re: Bill 7", "AW: Bill 7", "Antw: Bill 7", "SV: Bill 7", "RE: FW: Bill 7", "Re[2]: x"]
)
@pytest.mark.parametrize("above", ["", "_" * 32 + "\n", "-----Original Message-----\n", GMAIL])
def test_replies_are_no_forwards(reply: str, above: str) -> None:
    """The same labels stand above what a reply quotes; the mark of a reply settles it."""
    assert find_forward(reply, "Thanks!\n\n" + above + block(*ENGLISH)) is None


@pytest.mark.parametrize(
    "text",
    [
        block(*ENGLISH),
        f"On 1 Nov 2026, 10:00, Supplier <{SENDER}> wrote:\n> Hello",
        "-----Original Message-----\n" + block(*ENGLISH),
        f"We got a forwarded message\nFrom: {SENDER}\nSubject: x",
    ],
)
def test_without_any_mark_nothing_is_claimed(text: str) -> None:
    """Neither subject nor separator says that this is a forward: labels alone are a quote."""
    assert find_forward("Bill 7", text) is None


@pytest.mark.parametrize(
    ("subject", "mark"),
    [
        ("Fwd: x", "forward"),
        ("WG: AW: x", "forward"),
        ("RE: x", "reply"),
        ("转发\uff1ax", "forward"),
        ("Note: x", None),
        ("", None),
    ],
)
def test_mark_of_a_subject(subject: str, mark: str | None) -> None:
    """The first mark of a subject is what counts."""
    assert mark_of(subject) == mark


def test_finnish_reply() -> None:
    """ "VS:" marks a forward in Danish and a reply in Finnish: the labels tell which."""
    assert find_forward("VS: x", block("Fra:", "Dato:", "Til:", "Emne:")) is not None
    assert find_forward("VS: x", block("Lähettäjä:", "Päiväys:", "Vastaanottaja:", "Aihe:")) is None


@given(st.text(max_size=60), st.text(max_size=400))
def test_any_text_is_answered(subject: str, text: str) -> None:
    """Whatever stands there, nothing is raised, and what is claimed can be stored."""
    for body in (text, GMAIL + text, GMAIL + "From: " + text, "---- forwarded message ---- From: " + text):
        claim = find_forward(subject, body)
        if claim:
            "".join(filter(None, (claim.sender, claim.sender_name, claim.subject, claim.date_raw))).encode()


@pytest.mark.parametrize(
    "hostile",
    ["a:\n" * 70_000, "From: x\n" * 30_000, "a@b: wrote:\n" * 20_000, "> " * 200_000, ":" * 200_000, "@" * 200_000,
     "-" * 200_000, "From: a\nTo: b\n\n" * 20_000, "---- forwarded message ---- " + "an:" * 70_000, "[x] " * 50_000,
     "-- forwarded message --\n" * 9000, "x" * 5_000_000],
    ids=range(12),
)  # fmt: skip
def test_hostile_texts_are_read_once(hostile: str) -> None:
    """Repeated labels, marks and addresses do not make the reading quadratic; only the beginning is read."""
    find_forward("Fwd: " + hostile[:5000], hostile, html_text=hostile, own={"a@b"})
    assert find_forward("Fwd: x", " " * LONGEST_TEXT + GMAIL + block(*ENGLISH)) is None


def test_separators_are_known_in_many_languages() -> None:
    """The table of separators is folded: each one is found whatever its case and accents."""
    for line in FORWARD_LINES:
        claim = find_forward("x", f"-------- {line.upper()} --------\nFrom: {SENDER}\nSubject: x\n")
        assert claim is not None, line
        assert claim.sender == SENDER, line


def bodies(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return (plain.get_content() if plain else "", plain_text(html.get_content()) if html else "")


@pytest.mark.skipif(
    not WHOLE_SET.exists(), reason="the reference set ../shared/corpus/forwarded is not on this machine"
)
def test_score_on_the_reference_set() -> None:
    """Of a large reference set: sender right in 97 and subject in 97 of 100 forwards, and nothing claimed of others."""
    counts: Counter[str] = Counter()
    for row in csv.DictReader((WHOLE_SET / "manifest.csv").open()):
        message = email.message_from_bytes((WHOLE_SET / row["file"]).read_bytes(), policy=email.policy.default)
        text, html_text = bodies(message)  # type: ignore[arg-type]
        own = {each.addr_spec.lower() for each in message["from"].addresses}
        claim = find_forward(str(message["subject"]), text, html_text, own=own)
        if row["is_forward"] == "no":
            counts["false claims"] += claim is not None
        elif row["expected_subject"]:  # else the key does not say what is right
            counts["forwards"] += 1
            counts["sender"] += claim is not None and (claim.sender or "") == row["expected_from"]
            counts["subject"] += claim is not None and claim.subject == row["expected_subject"]
    assert counts["forwards"] > 100
    assert counts["false claims"] == 0
    assert min(counts["sender"], counts["subject"]) >= 0.97 * counts["forwards"], counts
