"""Attacks on the renderer, through the whole product, and what a mail may do to the page it stands on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.words import text_outside
from receiver.rendering.cleaning import clean_html
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.reasons import NotRendered

HEADER = HeaderBlock(
    "Supplier <billing@supplier.example>",
    "acme-k3f9x2qd@in.example.com",
    datetime(2026, 11, 22, 15, 4, tzinfo=UTC),
    "Invoice 4711",
    ("invoice.pdf",),
)
MOST_OCTETS = 1024**3


def source_of(attack: Path, canary: Any) -> str:
    """The attack, pointed at the canary."""
    return str(canary.aim(attack.read_text(encoding="utf-8", errors="surrogateescape")))


def test_an_attack_through_the_product_gets_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    expected: str,
    attack: Path,
    canary: Any,
    look: Any,
    watch: Any,
    honest_page: Callable[[bytes], bytes],
    workshop_of: Callable[..., Any],
) -> None:
    """No request, no file read or written, no secret in HTML or PDF; the words of the mail below its true header."""
    source = source_of(attack, canary)
    files = canary.files()

    reason, rendered = None, None
    workshop = workshop_of()
    workshop.prepare()
    with watch:
        cleaned = clean_html(source, {})
        try:
            rendered = workshop.render(page(HEADER, cleaned).encode(), seconds=30)
        except NotRendered as fault:
            reason = fault.reason

    assert canary.requests == []
    assert canary.files() == files
    assert look.secrets(cleaned) == []
    assert rendered or (expected == "pdf_or_clean_error" and reason and not reason.waits), reason
    if rendered:
        words = look.words(rendered.pdf)
        assert look.secrets(words) == []
        assert HEADER.from_ in words
        assert "BENIGN-TEXT" in words or expected != "pdf_with_BENIGN-TEXT"
        assert not look.has_magenta(rendered.pdf)
        honest = honest_page(page(HEADER, "<p>x</p>").encode())
        assert look.difference_of_headers(honest, rendered.pdf) < 0.02
    assert watch.octets < MOST_OCTETS


@pytest.mark.parametrize(
    "body",
    [
        '<div style="position:fixed;top:0;left:0;width:100%;height:200px;background:#fff">From: ceo@bank.example</div>',
        '<div style="margin-top:-300px;height:300px;background:#fff">From: ceo@bank.example</div>',
        '</div></div></td></tr></table><div style="margin-top:-999px;background:#fff">From: ceo@bank.example</div>',
        "<style>table:first-child,table,.postbus,body>*:first-child{display:none!important}</style>",
        '<div style="font-size:400px;line-height:0">F</div>',
        '<div style="float:left;margin-top:-400px;background:red;height:900px">From</div>',
        '<table style="margin-top:-400px;background:red;height:900px"><tr><td>From</table>',
        '<div class="postbus" style="text-indent:-900px;letter-spacing:-90px">From: ceo@bank.example</div>',
        "<style>*,p{margin-top:-300px!important;position:fixed!important;top:0}html,body{margin-top:-500px}</style>"
        "<p style='background:red;height:900px'>From: ceo@bank.example",
        "<style>.postbus,.label,.mail,.outer,td{color:#fff!important;display:none}</style>",
        '<div style="display:flex;align-items:flex-end;height:0"><p style="background:red;height:700px">F</p></div>',
        '<div style="display:flex;flex-direction:column;justify-content:flex-end;height:0"><div style="background:red;'
        'flex:0 0 700px">From</div></div>',
        '<span style="font-size:300px;line-height:0;vertical-align:300px">From</span>',
        '<table style="vertical-align:9em"><tr><td style="vertical-align:99px;line-height:0;font-size:400px">F</table>',
        '<div style="width:600px"><div style="width:690px;line-height:0;font-size:500px">F</div></div>',
        "</style></head></html></div></div><style>.postbus{display:none}</style><div class=of-mail>From</div>",
    ],
)
def test_no_mail_overlays_the_header_block(
    body: str, look: Any, honest_page: Callable[[bytes], bytes], workshop_of: Callable[..., Any]
) -> None:
    """The top of page one is the same, pixel by pixel, whatever the mail tries."""
    workshop = workshop_of()
    width, height, honest = look.picture(honest_page(page(HEADER, "<p>x</p>").encode()), 60)

    seen = look.picture(workshop.render(page(HEADER, clean_html(f"<p>x</p>{body}", {})).encode(), 30).pdf, 60)

    block = width * 3 * round(height * 0.13)
    assert len(set(honest[:block])) > 1
    assert seen == (width, height, seen[2])
    assert seen[2][:block] == honest[:block]


@pytest.mark.parametrize(
    "body",
    [
        "<pre>" + "0123456789 " * 60 + "TOTAL</pre>",
        "<table><tr>" + "<td nowrap style='white-space:nowrap'>column of words" * 20 + "<td>TOTAL</table>",
        '<table width="9000"><tr><td>x<td align="right">TOTAL</table>',
        '<div style="padding-left:9000px">TOTAL</div>',
        '<div style="white-space:nowrap">' + "words and words " * 50 + "TOTAL</div>",
        '<div style="width:300px"><table width=1000><tr><td>x<td align="right">TOTAL</table></div>',
        '<div style="width:300px"><div style="min-width:1000px;text-align:right">TOTAL</div></div>',
        '<div style="width:600px"><table><tr>' + "<td style='padding:9px'>Columnword" * 11 + "<td>TOTAL</table></div>",
        '<div style="width:600px"><div style="margin-left:700px">TOTAL</div></div>',
        "<style>.f{display:flex}.f div{flex:0 0 360px}</style><div class=f><div>a</div><div>b</div><div>c</div>"
        "<div>TOTAL",
        '<div style="display:flex;justify-content:flex-end;width:300px"><div style="flex:none;width:900px">TOTAL</div>',
        '<html dir="rtl"><table width=1000><tr><td>x<td align="left">TOTAL</table>',
    ],
)
def test_nothing_is_cut_off_at_the_right(body: str, look: Any, workshop_of: Callable[..., Any]) -> None:
    """What is wide is wrapped or shrunk: the total stands at the right end of many an invoice."""
    pdf = workshop_of().render(page(HEADER, clean_html(body, {})).encode(), 30).pdf

    assert "TOTAL" in look.words(pdf, "-nopgbrk")
    assert text_outside(look.words(pdf, "-bbox")) == []
