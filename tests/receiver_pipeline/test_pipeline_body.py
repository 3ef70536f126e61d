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
