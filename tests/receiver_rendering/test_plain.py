"""The words of HTML, and the tokeniser below: every mail without plain text passes here before anything is decided."""

import pytest

from receiver.rendering.markup import Tag, tokens
from receiver.rendering.plain import MAX_CHARACTERS, MAX_LINES, SHORTENED, plain_text

MANY_OCTETS = 2 * 1024**2


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Total 12,00&#x20AC;</p><p>due &lt;now&gt;", "Total 12,00€\n\ndue <now>"),
        ("<table><tr><td>a<td>b<tr><th>c</table>", "  a  b\n  c"),
        ("a\nb<pre>c\n d</pre>e\nf", "a b\nc\n d\ne f"),
        ('<div class="text">a\nb</div>c\nd', "a\nb\nc d"),
        ('<img alt="Our logo"><img src=x>', "Our logo"),
        ("a<script>b</p></script >c<style>d</style>e<svg><g>f</g></svg>g", "aceg"),
        ("a<!-- b --><!-->c<!--->d<!--!>e-->f", "acdf"),
        ("<a title=\"x>y\" href='>'>a</a><br/>b", "a\nb"),
        ("3 < 4 & 5 <3", "3 < 4 & 5 <3"),
        ("a<!doctype html>b<?php c?>d</>e", "abde"),
    ],
)
def test_words_are_what_a_reader_sees(html: str, text: str) -> None:
    """Blocks and cells stand apart; comments, scripts and styles are not words."""
    assert plain_text(html) == text


@pytest.mark.parametrize("html", ["a<!-- b", "a<p title='b", "a<script>b", "a<!b", "a</p"])
def test_what_never_ends_is_no_text(html: str) -> None:
    """As in a browser: a comment, tag or script without an end reaches to the end of the mail."""
    assert plain_text(html) == "a"


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<![CDATA[",
        "<!",
        "<a ",
        '<a b="',
        "<a b='",
        "</a ",
        "<script>",
        "<script></",
        "<textarea>",
        "--!>",
        "<?",
    ],
)
def test_markup_without_an_end_is_read_in_one_go(piece: str) -> None:
    """Half a megabyte of it took the standard library 84 seconds (and two, 16 times as long); a parser has 30."""
    assert len(plain_text(piece * (MANY_OCTETS // len(piece)))) <= MAX_CHARACTERS + len(SHORTENED)


@pytest.mark.parametrize(
    ("reference", "text"),
    [("&#" + "1" * 5000 + ";", "\ufffd"), ("&#" + "0" * 5000 + "65;", "A"), ("&#x" + "f" * 5000 + ";", "\ufffd")],
)
def test_a_reference_of_thousands_of_digits_is_no_error(reference: str, text: str) -> None:
    """int() refuses more than 4,300 digits, and the message was parked for it."""
    assert plain_text(f"a{reference}b") == f"a{text}b"
    assert plain_text(f'<img alt="{reference}">') == text


def test_attributes_are_read_as_a_browser_does() -> None:
    """Any quotes, none, no value, twice the same: the first counts."""
    (tag,) = tokens("<IMG a=1 B='2' c=\"&lt;3\" d a=9 =e=5/>")

    assert isinstance(tag, Tag)
    assert (tag.name, tag.is_end) == ("img", False)
    assert tag.attributes() == {"a": "1", "b": "2", "c": "<3", "d": "", "=e": "5/"}


def test_what_is_cut_says_so() -> None:
    """Neither a flood of lines nor of letters passes the limits."""
    lines, letters = plain_text("x<br>" * 100_000), plain_text("x " * 1_000_000)

    assert lines.count("\n") < MAX_LINES + SHORTENED.count("\n")
    assert len(letters) <= MAX_CHARACTERS + len(SHORTENED)
    assert lines.endswith(SHORTENED)
    assert letters.endswith(SHORTENED)
