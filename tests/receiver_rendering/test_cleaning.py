"""What is left of a mail's HTML: its words and looks, and nothing that runs or fetches."""

import base64
from html.parser import HTMLParser
from pathlib import Path

import pytest

from receiver.rendering.cleaning import clean_html, text_to_html
from receiver.rendering.images import image_size

GIF = base64.b64decode("R0lGODlhAgACAIAAAP8AAP///ywAAAAAAgACAAACAoRRADs=")
PNG_HEADER = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


class Fetches(HTMLParser):
    """Everything in a fragment that a renderer might fetch or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style" and any(sign in data for sign in ("url", "\\", "@", "<", "content:", "position")):
            self.found.append(f"style {data}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            text = (value or "").casefold()
            if tag == "a" and name == "href":
                is_harmless = text.strip().startswith(("http:", "https:", "mailto:", "tel:"))
            elif name == "src":
                is_harmless = text.startswith(("data:image/png;", "data:image/jpeg;", "data:image/gif;"))
            else:
                is_harmless = not (
                    name.startswith("on") or name in {"background", "srcset", "action", "data", "poster"}
                )
                is_harmless &= name != "style" or not ("url" in text or "\\" in text or "@" in text)
            if not is_harmless:
                self.found.append(f"{tag} {name}={value}")
        if tag == "style" and attrs != [("class", "of-mail")]:
            self.found.append(tag)
        if tag in {"script", "iframe", "object", "embed", "link", "meta", "base", "svg", "form", "input"}:
            self.found.append(tag)


def png(width: int, height: int) -> bytes:
    """Octets that claim to be a PNG of this size."""
    return PNG_HEADER + width.to_bytes(4) + height.to_bytes(4) + bytes(9)


def test_nothing_to_fetch_is_left_of_an_attack(expected: str, attack: Path) -> None:
    """Every attack comes out without an address that a renderer would follow."""
    source = attack.read_text(encoding="utf-8", errors="surrogateescape")

    cleaned = clean_html(source, {})

    assert Fetches(cleaned).found == []


def test_the_check_for_fetches_finds_them() -> None:
    """The control of the test above: each way to fetch is found."""
    html = "<img src=http://x><p style='background:url(x)'><a href=javascript:x><link><td background=x><b onclick=x>"
    html += "<style>p{color:red}</style><style class=of-mail>@import 'x'</style>"

    assert len(Fetches(html).found) == 8


def test_an_image_of_the_mail_is_shown() -> None:
    """`cid:` becomes the image's octets, whatever the case of its id and with quoted characters (RFC 2392)."""
    cleaned = clean_html('<img src="CID:Logo%40x" alt="Logo" width="20">', {"logo@X": ("image/gif", GIF)})

    assert cleaned == (f'<img src="data:image/gif;base64,{base64.b64encode(GIF).decode()}" alt="Logo" width="20">')


@pytest.mark.parametrize(
    ("media_type", "octets"),
    [
        ("image/png", SVG),
        ("image/svg+xml", SVG),
        ("image/png", png(30_000, 30_000)),
        ("image/png", png(0, 5)),
        ("image/gif", b"GIF89a"),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/png", b""),
    ],
)
def test_what_is_no_sound_image_becomes_its_words(media_type: str, octets: bytes) -> None:
    """An image that lies about its type or would fill the memory stands as a box with its alt text."""
    cleaned = clean_html('<img src="cid:a" alt="Our <logo>">', {"a": (media_type, octets)})

    assert cleaned == '<span class="image">Our &lt;logo&gt;</span>'


def test_pixels_are_counted_over_all_images() -> None:
    """Twenty images of 8,000 x 8,000 are as harmful as one large one."""
    cleaned = clean_html('<img src="cid:a" alt="x">' * 20, {"a": ("image/png", png(4000, 4000))})

    assert cleaned.count("<img") == 2
    assert cleaned.count('class="image"') == 18


def test_jpeg_size_is_read_behind_other_segments() -> None:
    """A JPEG's frame header may stand behind application data."""
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08\x01\x02\x03\x04" + bytes(20)

    assert image_size(jpeg) == ("image/jpeg", 0x304, 0x102)


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/p.gif" width="1" height="1" alt="x">',
        '<img src="https://t.example/p.gif" style="width:1px;height:1px" alt="x">',
        '<img src="https://t.example/p.gif" style="display: none" alt="x">',
        '<img src="https://t.example/spacer.gif" alt="">',
    ],
)
def test_trackers_vanish(image: str) -> None:
    """An image that nobody was meant to see leaves nothing."""
    assert clean_html(f"<p>a{image}b</p>", {}) == "<p>ab</p>"


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red;background:u\\72l(http://x)", "color:red"),
        ("background:url(data:image/png;base64,AA==);width:50%", "width:50%"),
        ("position:fixed;top:0;Color : #FFF", "color:#FFF"),
        ("font-family:'Segoe UI',Arial;content:'x'", "font-family:'Segoe UI',Arial"),
        ("width:expression(alert(1));height:2px", "height:2px"),
        ("background:linear-gradient(90deg, rgb(1,2,3), #fff)", "background:linear-gradient(90deg, rgb(1,2,3), #fff)"),
        ("margin:0 auto;margin-top:-300px", "margin:0 auto"),
        ("color:red/**/;font:12px/1.2 x", "font:12px/1.2 x"),
        ("width:100000px;min-width:600px", "min-width:600px"),
        ("padding-left:4000pt;border:1px solid #999999", "border:1px solid #999999"),
        ("border-radius:9999px;font-size:250%;width:200%", "border-radius:9999px;font-size:250%;width:200%"),
        ("white-space:nowrap;text-align:right", "text-align:right"),
        ("white-space:PRE", "white-space:pre-wrap"),
    ],
)
def test_styles_keep_looks_only(style: str, kept: str) -> None:
    """A declaration that fetches, escapes or leaves its place goes; its neighbours stay."""
    assert clean_html(f'<p style="{style}">x</p>', {}) == f'<p style="{kept}">x</p>'


@pytest.mark.parametrize(
    "table", ['<table width="20000">', '<table cellpadding="9000">', '<table style="width:9000px">']
)
def test_no_width_cuts_the_page(table: str) -> None:
    """The layout shrinks a page to half its size and cuts off what is wider still."""
    assert clean_html(f"{table}<tr><td nowrap>x</table>", {}).startswith("<table><tbody><tr><td>x")


def test_links_stay_unless_they_run() -> None:
    """A reader may follow a link by a click; script and local files are no links."""
    html = (
        '<a href="https://a.example/?x=1&amp;y=2">a</a><a href=" JavaScript:x">b</a><a href="file:///etc/passwd">c</a>'
    )

    cleaned = clean_html(html, {})

    assert 'href="https://a.example/?x=1&amp;y=2"' in cleaned
    assert cleaned.count("href") == 1


def test_long_words_may_break() -> None:
    """One address of 300 letters would shrink the whole page; entities count as one letter."""
    cleaned = clean_html(f"<p title='{'t' * 90}'>{'q' * 90} {'&amp;' * 50} {'k' * 40}</p>", {})

    assert cleaned.count("<wbr>") == 3
    assert f'title="{"t" * 90}"' in cleaned
    assert "&<wbr>" not in cleaned


def test_millions_of_broken_references_are_shown_as_text() -> None:
    """What the cleaner would take by the square of its length keeps its words and loses its layout."""
    cleaned = clean_html("<p>Total <b>5 EUR</b></p>" + "&#" * 1_000_000, {})

    assert "Total 5 EUR" in cleaned
    assert "<b>" not in cleaned
    assert "<b>5 EUR</b>" in clean_html("<p>Total <b>5 EUR</b></p>" + "&nbsp;" * 1000, {})


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<b><i id=1>" * 50_000 + "<p>x" * 50_000,
        "<font color=red>" * 3000,
        "<o:p>" * 100_000,
        "<div></span>" * 300_000,
        '<div title="</div>">' * 200_000,
        "<div><!--</div>-->" * 200_000,
        "<div><textarea></div></textarea>" * 100_000,
        "<div><table></div></table>" * 100_000,
        "<p " + " ".join(f"a{number}" for number in range(300_000)) + ">",
    ],
    ids=range(10),
)
def test_nesting_beyond_reason_is_shown_as_text(html: str) -> None:
    """What would take the cleaner minutes or gigabytes keeps its words."""
    cleaned = clean_html(f"<p>Total 12,00</p>{html}", {})

    assert cleaned.startswith('<div class="text">Total 12,00')


def test_nul_and_lone_surrogates_do_not_stop_it() -> None:
    """Decoders leave them behind; no UTF-8 document can hold them."""
    cleaned = clean_html("<p>a\x00b\udc80c</p>", {})

    assert cleaned.encode()
    assert cleaned.startswith("<p>a")


def test_text_keeps_its_lines_and_gets_links() -> None:
    """Plain text is escaped, its addresses become links, the punctuation behind them does not."""
    html = text_to_html("a <b> & c\r\nsee https://x.example/a?b=1&c=2, or (me@x.example).")

    assert html == (
        '<div class="text">a &lt;b&gt; &amp; c\nsee '
        '<a href="https://x.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">'
        "https://x.example/a?b=1&amp;c=2</a>, or "
        '(<a href="mailto:me@x.example" rel="noopener noreferrer nofollow">me@x.example</a>).</div>'
    )


def test_long_words_of_plain_text_may_break() -> None:
    """A word of 20,000 letters took the layout five seconds; its characters count, not their escapes."""
    html = text_to_html("x" * 250 + " " + "&" * 150 + " https://x.example/" + "y" * 150)

    assert html.count("<wbr>") == 4
    assert html.count("&amp;") == 150
    assert f'href="https://x.example/{"y" * 150}"' in html


def test_flowed_text_is_joined() -> None:
    """RFC 3676: soft breaks go, quotes keep their depth, stuffing goes, the signature line stays a line."""
    html = text_to_html("one \ntwo\n> q \n> r\n>> s\n stuffed\n-- \nsig", is_flowed=True)

    assert html == '<div class="text">one two\n&gt; q r\n&gt;&gt; s\nstuffed\n-- \nsig</div>'


def test_flowed_text_may_lose_the_blank() -> None:
    """RFC 3676 delsp=yes: scripts without blanks are broken with one that was never there."""
    assert text_to_html("請求 \n書", is_flowed=True, deletes_space=True) == '<div class="text">請求書</div>'


@pytest.mark.parametrize(
    "text", ["x" * 2_000_000, "a." * 500_000, "a@" * 500_000, "https://" * 200_000, "<" * 1_000_000]
)
def test_hostile_text_is_no_burden(text: str) -> None:
    """Megabytes without a blank are searched for links in one go."""
    assert text_to_html(text).endswith("</div>")


def test_cleaning_twice_changes_nothing() -> None:
    """What is clean stays as it is: nothing was hidden in a layer that a second parser would open."""
    html = '<p style="color:red">a<b>c</p>d</b><table><tr><td width=5>x<a href="https://x.example">y</a></table>'

    once = clean_html(html, {})

    assert clean_html(once, {}) == once
