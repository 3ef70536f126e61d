"""A page says which template made it, and the template's version is raised when what it makes changes."""

from datetime import UTC, datetime
from hashlib import sha256

from receiver.rendering.calendar_view import calendar_body
from receiver.rendering.cleaning import clean_html, text_to_html
from receiver.rendering.emoji import PNG, EmojiFont
from receiver.rendering.invoice_view import invoice_body
from receiver.rendering.page import TEMPLATE, HeaderBlock, page
from receiver.rendering.typesetting import Setter

# The digest of what a version makes of the mails below. When this test fails, pages come out with other octets than
# those that were kept: raise TEMPLATE in receiver/rendering/page.py and write the digest of the new version here.
DIGESTS = {"3": "2e54895c65b23067"}

HEADER = HeaderBlock(
    "Supplier <billing@supplier.example>",
    "acme@in.example.com",
    datetime(2026, 11, 22, 15, 4, tzinfo=UTC),
    "Invoice 4711 فاتورة",
    ("invoice.pdf", "terms.pdf"),
    "office@example.com",
)
HTML = """<html lang="en" dir="ltr"><head><style>
body{margin:0;background:#eee} .a > td{width:50%;position:fixed} @media (max-width:600px){.a{color:red}}
@media only screen and (min-width:480px){.b{display:flex}}
.c{background:#123 url(x) no-repeat} p:nth-child(2){color:red} .d{border-radius:8px;overflow:hidden}
</style></head><body bgcolor="#ffffff" class="b"><table width="600" class="a"><tr class="a">
<td style="color:red;top:0">Total
<td align="right" nowrap><b>12,00 EUR</b></table><img src="https://x.example/a.png" alt="Logo" width="100">
<img src="https://x.example/p.gif" width="1" height="1"><div style="max-height:0;overflow:hidden">hidden</div>
<a href="https://x.example/?a=1&b=2">pay</a> <a href="javascript:x">no</a>
<p class="c" id="d">{long} رقم</body></html>"""
TEXT = "Total 12,00\nשלם\n\n> quoted https://x.example/a, me@x.example\n-- \nsig"
EVENT = "BEGIN:VEVENT\nSUMMARY:Party\nDTSTART:20261122T150400Z\nORGANIZER;CN=Eva:mailto:eva@x.example\nEND:VEVENT\n"


class Picture:
    """What fontTools gives for a glyph."""

    imageData = PNG  # noqa: N815 - fontTools' name


def everything() -> str:
    """Pages that meet every part of template and cleaning."""
    long = "x" * 300
    bodies = [
        clean_html(HTML.replace("{long}", long), {}),
        text_to_html(TEXT),
        text_to_html("soft \nbreak", is_flowed=True),
        calendar_body(EVENT, "de"),
        invoice_body("Invoice", [("Number", "4711")], [(["Text", "Sum"], [["x", "12,00"]])]),
    ]
    documents = [page(HEADER, body, language) for body in bodies for language in ("en", "de", "nl")]
    font = EmojiFont({0x1F600: "face"}, {}, {"face": Picture()})
    return "\n".join([*documents, Setter(font).set(page(HEADER, "<p>رقم 😀 1</p>"))])


def test_a_changed_template_has_another_version() -> None:
    """Whoever converts a document again must know whether octets may differ by the template."""
    assert {TEMPLATE: sha256(everything().encode()).hexdigest()[:16]} == DIGESTS
