"""The page that is kept when the text is the invoice."""

import pytest

from receiver.pipeline.body import body_page
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import MAX_TEXT_OCTETS, unpack
from rules.facts import NOT_ALL_READ

LIMITS = Limits()


def page_of(octets: bytes) -> tuple[str, set[str]]:
    """The page of a mail, and what was wrong with it."""
    unpacked = unpack(octets, len(octets), LIMITS)
    findings = find(unpacked, "", LIMITS.decoded_octets)
    return body_page(unpacked, findings, "en").decode(), set(findings.facts.is_broken)


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize("is_long", [False, True])
def test_a_text_that_is_cut_says_so(kind: str, is_long: bool) -> None:
    """What is longer than is read ends with a mark in the page, and the message is told to be not all read."""
    head = f"From: a@b.example\r\nContent-Type: text/{kind}\r\n\r\nTotal 12,00\r\n".encode()
    text, defects = page_of(head + b"word \r\n" * (MAX_TEXT_OCTETS // 7 + 1 if is_long else 7))

    assert "Total 12,00" in text
    assert ("[…]" in text) is is_long
    assert bool(defects & NOT_ALL_READ) is is_long


def test_the_page_tells_who_else_got_the_mail() -> None:
    """Cc stands in the header block, decoded; a mail without it has no such line."""
    mail = b"From: a@b.example\r\nTo: c@d.example\r\nCc: =?utf-8?q?J=C3=BCrgen?= <j@d.example>\r\n\r\nTotal 12,00\r\n"

    assert "Jürgen &lt;j@d.example&gt;" in page_of(mail)[0]
    assert ">Cc<" not in page_of(b"From: a@b.example\r\n\r\nTotal 12,00\r\n")[0]


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("Sun, 29 Nov 2026 20:15:00 +0100", "2026-11-29 20:15 +01:00"),
        ("Sun, 29 Nov 2026 20:15:00 -0330 (NST)", "2026-11-29 20:15 -03:30"),
        ("Sun, 29 Nov 2026 20:15:00 -0000", "2026-11-29 20:15 +00:00"),
        ("29 Nov 2026 20:15 GMT", "2026-11-29 20:15 +00:00"),
    ],
)
def test_the_date_is_told_as_it_was_written(field: str, shown: str) -> None:
    """A mail of the last evening of a year is of that year, wherever our clock stands."""
    assert f">{shown}<" in page_of(f"From: a@b.example\r\nDate: {field}\r\n\r\nTotal 12,00\r\n".encode())[0]


def test_two_texts_of_a_mail_do_not_share_their_rules() -> None:
    """What one part hides or colours stays its own business."""
    part = b"--x\r\nContent-Type: text/html\r\n\r\n<style>.a{color:%s}</style><p class=a>%s</p>\r\n"
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"

    text, _ = page_of(head + part % (b"red", b"ONE") + part % (b"blue", b"TWO") + b"--x--\r\n")

    assert ".mail-1 .c1{color:red}" in text
    assert ".mail-2 .c1{color:blue}" in text
    assert text.index('<div class="mail-1"') < text.index("ONE") < text.index('<div class="mail-2"') < text.index("TWO")


def test_an_invitation_is_shown_once() -> None:
    """The same calendar part as alternative and as attachment is one table below the text, in the page's language."""
    event = b"BEGIN:VEVENT\r\nSUMMARY:Party\r\nDTSTART:20261122T150400Z\r\nEND:VEVENT\r\n"
    part = b"--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + event
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n"

    text, _ = page_of(head + part + part + b"--x--\r\n")

    assert text.count("Party") == 1
    assert text.index("Hello") < text.index("Party")
    assert "2026-11-22 15:04 UTC" in text
