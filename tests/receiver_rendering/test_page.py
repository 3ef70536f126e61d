"""The page: a header block that tells the truth, and the mail below."""

from datetime import datetime, timedelta, timezone

import pytest

from receiver.rendering.page import MAX_ATTACHMENTS, MAX_MARKS, HeaderBlock, as_text_page, body_of, page

ZONE = timezone(timedelta(hours=1))


def test_values_are_text_never_markup() -> None:
    """A subject cannot write into the page."""
    header = HeaderBlock("<script>x</script>", 'a"b', None, "</table><img src=http://x>", ("<b>.pdf",))

    document = page(header, "<p>x</p>")

    assert "<script" not in document
    assert "<img" not in document
    assert "&lt;b&gt;.pdf" in document


@pytest.mark.parametrize("trick", ["\u202e", "\u2066", "\u200f", "\r\n", "\x00", "\x1b", "\u2028", "\ud800", "\u00ad"])
def test_invisible_characters_show_no_other_sender(trick: str) -> None:
    """Controls, line ends and characters that turn the direction of writing are not shown."""
    document = page(HeaderBlock(f"a{trick}b@x.example", "t", None, "s"), "")

    assert trick not in document
    assert document.encode()


def test_a_browser_is_told_to_fetch_run_and_send_nothing() -> None:
    """Before anything of the mail: nothing but data: images, no base, no form, no referrer, no look-up ahead."""
    before_mail = page(HeaderBlock("a", "b", None, "s"), "<p>MAIL</p>").partition("MAIL")[0]

    for rule in ("default-src 'none'; img-src data:;", "base-uri 'none'", "form-action 'none'", "no-referrer"):
        assert rule in before_mail
    assert '"x-dns-prefetch-control" content="off"' in before_mail


def test_labels_speak_the_language() -> None:
    """Law 25: words are made at the edge; an unknown language gets English."""
    header = HeaderBlock("a", "b", datetime(2026, 11, 22, 15, 4, tzinfo=ZONE), "s", ("x.pdf", "y.pdf"), "c@x.example")

    german, dutch, other = (page(header, "", language) for language in ("de", "nl", "xx"))

    assert all(
        word in german for word in ("Von", "An", "Datum", "Betreff", "Kopie", "Anhänge", "2026-11-22 15:04 +01:00")
    )
    assert all(word in dutch for word in ("Van", "Aan", "Onderwerp", "Bijlagen", "x.pdf · y.pdf"))
    assert all(word in other for word in ("From", "To", "Cc", "c@x.example", "Subject", "Attachments"))


def test_empty_values_have_no_line() -> None:
    """A mail without a date shows none."""
    assert "Date" not in page(HeaderBlock("a", "b", None, "s"), "")


def test_long_values_are_cut() -> None:
    """A subject of a megabyte does not push the mail off the page."""
    document = page(HeaderBlock("a" * 10**6, "b", None, "s", ("x",) * 1000), "")

    assert len(document) < 20_000
    assert document.count("x ·") == MAX_ATTACHMENTS


def test_a_long_name_does_not_put_the_address_out_of_sight() -> None:
    """Of a sender that is cut, the end stays: the name is what its writer likes, the address is what counts."""
    document = page(HeaderBlock(f'"ceo@bank.example {"x" * 10**5}" <thief@x.example>', "b", None, "s"), "")

    assert "ceo@bank.example" in document
    assert "xxx&quot; &lt;thief@x.example&gt;</td>" in document


def test_marks_do_not_pile_up_over_the_lines_above() -> None:
    """Hundreds of accents on one letter of a subject were drawn over date and sender; those of real scripts stay."""
    pointed, piled = "שָׁ֑לֹום", "e" + "\u0301\u200d\u030d" * 100

    document = page(HeaderBlock("a", "b", None, f"{pointed} {piled}"), "")

    assert pointed in document
    assert document.count("\u0301") + document.count("\u030d") == MAX_MARKS


def test_the_text_page_keeps_the_header_block() -> None:
    """The lower rung shows the same header, and the words in place of the layout."""
    document = page(HeaderBlock("a@x.example", "b", None, "s"), "<h1>Total</h1>")

    lower = as_text_page(document, "Total <12>")

    assert body_of(document) == "<h1>Total</h1>"
    assert body_of(lower) == '<div class="text">Total &lt;12&gt;</div>'
    assert lower.startswith(document.partition("<h1>")[0])


def test_a_subject_reads_in_its_own_direction_and_a_sender_never_does() -> None:
    """A Hebrew subject is read from right to left; where an address stands, nothing changes the order of signs."""
    document = page(HeaderBlock("שלום <a@x.example>", "b", None, "שלום"), "")

    assert '<td class="subject" dir="auto">' in document
    assert document.count("dir=") == 1
