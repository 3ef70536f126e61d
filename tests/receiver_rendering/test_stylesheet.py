"""What is left of a mail's style sheets: its layout, and nothing that reaches the page or costs too much."""

import pytest

from receiver.rendering.cleaning import clean_html
from receiver.rendering.media import media_hold
from receiver.rendering.page import HeaderBlock, page, without_styles
from receiver.rendering.stylesheet import MAX_SELECTORS, scoped


def rules(css: str, elements: int = 0) -> str:
    """A style sheet as it stands on the page."""
    return scoped([("", css)], ".mail-1", elements).text


@pytest.mark.parametrize(
    ("css", "written"),
    [
        (".a{color:red}", ".mail-1 .c1{color:red}"),
        ("td.a > #b + p{color:red}", ".mail-1 td.c1>#i2+p{color:red}"),
        ("body{margin:0}", ".mail-1{margin:0}"),
        ("HTML Body.a > P{margin:0}", ".mail-1.c1>p{margin:0}"),
        (":root{color:red}", ".mail-1{color:red}"),
        ("*{color:red}", ".mail-1 *{color:red}"),
        ('[class="a"] b,td[id=x],*[class~=a]{color:red}', ".mail-1 .c1 b,.mail-1 td#i2,.mail-1 *.c1{color:red}"),
        ('table[align=center],td[bgcolor="#fff"]{width:9px}', None),
        ("a:link,p:first-child{color:red}", ".mail-1 a:link,.mail-1 p:first-child{color:red}"),
        ('.sm\\:w,.\\"\\}{color:red}', ".mail-1 .c1,.mail-1 .c2{color:red}"),
        ("p{color:r\\65 d!important}", ".mail-1 p{color:red !important}"),
        ("p{font:12px/1.2 'A B',serif}", ".mail-1 p{font:12px/1.2 'A B',serif}"),
        ("p{width:calc(50% - 2px)}", ".mail-1 p{width:calc(50% - 2px)}"),
        ("<!-- p{color:red} -->", ".mail-1 p{color:red}"),
        ("p{background:#fff url('x;y') no-repeat}", ".mail-1 p{background-color:#fff}"),
        ("p{background:url(x) center, rgb(1, 2, 3)}", ".mail-1 p{background-color:rgb(1, 2, 3)}"),
        ("p{background-image:url(x)}", ""),
    ],
)
def test_a_rule_is_written_anew_below_the_mail(css: str, written: str | None) -> None:
    """Classes and ids get names of ours; body and html are the mail's own element; images leave their colour."""
    expected = '.mail-1 table[align="center"],.mail-1 td[bgcolor="#fff"]{width:9px}' if written is None else written

    assert rules(css) == expected


@pytest.mark.parametrize(
    "css",
    [
        "p:nth-child(2){color:red}",
        "p:not(.a){color:red}",
        "p:has(b){color:red}",
        "p~p{color:red}",
        "p:hover,p::before,a:visited{color:red}",
        "[style*=width]{color:red}",
        'a[href^="x"]{color:red}',
        "b body{color:red}",
        "p >{color:red}",
        "> p{color:red}",
        "b > > p{color:red}",
        "p{width:calc(50% - (2px + 1em))}",
        ",{color:red}",
        "{color:red}",
        "s|p{color:red}",
        " ".join(["p"] * 9) + "{color:red}",
        "@import url(x);",
        "@font-face{font-family:x;src:url(x)}",
        "@page{margin:0}",
        "@supports(color:red){p{color:red}}",
        "@charset 'x';@keyframes x{from{color:red}}",
        "p{position:fixed;transform:none;content:'x';filter:none;z-index:9;top:0;overflow:auto}",
        "p{margin-top:-9px;text-indent:-9px;letter-spacing:-9px;width:9000px;behavior:url(x)}",
        'p{font-family:"a\\"b"}',
        "p{font-family:'</style><script>'}",
        "p{color:<b>}",
    ],
)
def test_what_may_not_stand_on_the_page_is_dropped(css: str) -> None:
    """Fetches, places, what is quadratic, what can never be true on paper, and what needs escaping."""
    assert rules(css) == ""


@pytest.mark.parametrize(
    ("queries", "hold"),
    [
        ("", True),
        ("all", True),
        ("print", True),
        ("screen, tv", True),
        ("only screen and (min-width:480px)", True),
        ("(min-width: 30em)", True),
        ("screen and (min-width:1200px)", False),
        ("only screen and (max-width: 600px)", False),
        ("screen and (max-device-width:480px), (max-width:100px)", False),
        ("(prefers-color-scheme: dark)", False),
        ("(prefers-color-scheme:light)", True),
        ("not print", False),
        ("tv", False),
        ("screen and (-webkit-min-device-pixel-ratio:0)", False),
        ("screen and", True),
        ("(" * 200, False),
    ],
)
def test_media_queries_are_decided_once(queries: str, hold: bool) -> None:
    """Paper and a desk's screen count; phones and dark screens do not."""
    assert media_hold(queries) is hold
    if queries.count("(") < 100:
        assert rules(f"@media {queries}{{p{{color:red}}}}") == (".mail-1 p{color:red}" if hold else "")
    assert bool(scoped([(queries, "p{color:red}")], ".mail-1").text) is hold


def test_a_mail_hides_a_thing_by_its_name_never_all_its_text() -> None:
    """A summary with a class is hidden as in a mail program; `*`, `p` or the body are not."""
    assert rules("#a .b,p,body{display:none;color:red}") == (
        ".mail-1 #i1 .c2{display:none;color:red}\n.mail-1 p,.mail-1{color:red}"
    )


@pytest.mark.parametrize(
    ("style", "is_hidden"),
    [
        ("max-height:0;overflow:hidden", True),
        ("opacity:0", True),
        ("height:0px;overflow:hidden;padding:0", True),
        ("height:0;overflow:hidden;padding-bottom:56%", False),
        ("max-height:0", False),
        ("opacity:0.5;height:10px;overflow:hidden", False),
    ],
)
def test_what_a_mail_clips_away_does_not_lie_over_its_text(style: str, is_hidden: bool) -> None:
    """Summaries for the list of a mailbox are clipped to nothing, and our page has no boxes that clip."""
    assert ("display:none" in clean_html(f'<div style="{style}">x</div>', {})) is is_hidden


def test_only_names_that_a_rule_asks_for_are_kept() -> None:
    """Classes and ids of the mail stay where they lay something out, under names that are never the page's own."""
    html = '<style>.postbus,#x{color:red}</style><body class="postbus"><p class="postbus label" id="x">a<b id="y">b</b>'

    cleaned = clean_html(html, {}, "mail-7")

    assert cleaned == (
        '<style class="of-mail">.mail-7 .c1,.mail-7 #i2{color:red}</style>'
        '<div class="mail-7 c1"><p class="c1" id="i2">a<b>b</b></p></div>'
    )


def test_the_body_of_a_mail_is_an_element_of_its_own() -> None:
    """Its colours, direction and language stay; what is not sound goes."""
    html = '<html lang="he" dir="RTL"><body bgcolor="112233" text="white" style="margin-top:-9px;width:50%"><p>x'

    assert clean_html(html, {}) == (
        '<div class="mail-1" style="background-color:#112233;color:white;width:50%" dir="rtl" lang="he"><p>x</p></div>'
    )
    assert (
        clean_html('<body bgcolor="red;x:y" lang="&quot;&gt;" dir="up" style="position:fixed"><p>x', {}) == "<p>x</p>"
    )


def test_styles_in_comments_and_in_raw_text_are_no_styles() -> None:
    """What a browser would not apply, such as the rules for Outlook, is not applied here."""
    html = "<!--[if mso]><style>p{color:red}</style><![endif]--><title><style>p{color:red}</style></title><p>x</p>"

    assert clean_html(html, {}) == "<p>x</p>"


@pytest.mark.parametrize(
    "css",
    [
        "p{color:red}" * 100_000,
        "p," * 100_000 + "p{color:red}",
        "p{" + "color:red;" * 100_000 + "}",
        "(" * 200_000,
        "p{color:" + "rgb(" * 100_000,
        "@media print{" * 10_000 + "p{color:red}",
        "p " * 100_000 + "{color:red}",
        "[" * 100_000 + "p{color:red}",
        "/*" * 100_000,
        "'" * 100_000,
        "p{font-family:" + "x," * 50_000 + "x}",
        "." + "a" * 200_000 + "{color:red}",
    ],
    ids=range(12),
)
def test_hostile_style_sheets_are_no_burden(css: str) -> None:
    """Bounded in octets, rules, selectors and nesting; what is written has no more selectors than a page bears."""
    written = rules(css)

    assert written.count(".mail-1") <= MAX_SELECTORS
    assert len(written) < 300_000


def test_a_page_of_many_elements_takes_fewer_rules() -> None:
    """Each element is compared with each rule: 100,000 cells and 3,000 rules would take the layout minutes."""
    css = "".join(f".a{number}{{color:red}}" for number in range(1000))

    assert rules(css, 100_000).count(".mail-1") == 200
    assert rules(css, 1000).count(".mail-1") == 1000


def test_a_page_can_be_had_without_the_mails_styles() -> None:
    """The middle rung: every style sheet of a mail goes, the page's own stays, and so does the text of both mails."""
    header = HeaderBlock("a", "b", None, "s")
    texts = [clean_html(f"<style>.a{{color:red}}</style><p class=a>TEXT-{n}</p>", {}, f"mail-{n}") for n in (1, 2)]

    document = page(header, "\n".join(texts))

    assert document.count("of-mail") == 2
    assert without_styles(document) == document.replace(
        '<style class="of-mail">.mail-1 .c1{color:red}</style>', ""
    ).replace('<style class="of-mail">.mail-2 .c1{color:red}</style>', "")
    assert without_styles(page(header, "<p>x</p>")) == page(header, "<p>x</p>")


@pytest.mark.parametrize(
    ("given", "top", "bottom"),
    [
        ("8px", ("8px", "8px"), ("8px", "8px")),
        ("8px 4px", ("8px", "4px"), ("4px", "8px")),
        ("8px 4px 0", ("8px", "4px"), ("4px", "0")),
        ("8px 4px 2px 0", ("8px", "4px"), ("0", "2px")),
    ],
)
def test_what_stands_in_a_round_corner_is_round(given: str, top: tuple[str, str], bottom: tuple[str, str]) -> None:
    """A box that cuts off its corners is not let cut off anything; the first and last thing in it are round instead."""
    rule, first, last = rules(f".a{{border-radius:{given};overflow:hidden}}").split("\n")

    assert rule == f".mail-1 .c1{{border-radius:{given}}}"
    assert first == (f".mail-1 .c1>:first-child{{border-top-left-radius:{top[0]};border-top-right-radius:{top[1]}}}")
    assert last == (
        f".mail-1 .c1>:last-child{{border-bottom-left-radius:{bottom[0]};border-bottom-right-radius:{bottom[1]}}}"
    )


@pytest.mark.parametrize("also", ["padding:8px", "border-radius:50%", "border-radius:8px/4px", "overflow:visible"])
def test_what_stands_elsewhere_keeps_its_corners(also: str) -> None:
    """Padding lies between a corner and what the box holds; a share of its size is another one of its child's."""
    assert "child" not in rules(f".a{{border-radius:8px;overflow:hidden;{also}}}")
