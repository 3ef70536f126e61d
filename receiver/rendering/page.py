"""The page that is rendered: a header block that tells who wrote to whom, and the mail below it.

No mail can overlay the block, hide it or write into it: its values are text, and the mail stands in two elements, the
outer of which is cut off above and to the left (with one, a margin of -200px slid a false From over the real one). To
the right it is not: what is wide makes the layout shrink the page, and the total is seen.
"""

import html as markup
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from receiver.rendering.cleaning import STYLE_OF_MAIL, text_to_html

# Raised whenever the same mail gives a page of other octets, or one that is set otherwise: a test holds it.
TEMPLATE = "3"
LABELS = {
    "en": ("From", "To", "Cc", "Date", "Subject", "Attachments"),
    "de": ("Von", "An", "Kopie", "Datum", "Betreff", "Anhänge"),
    "nl": ("Van", "Aan", "Cc", "Datum", "Onderwerp", "Bijlagen"),
}
MAX_VALUE = 1000
# Of a value that is cut, as much of its end: there stands the address, which a long name would put out of sight.
END_OF_VALUE = 330
# No script puts more marks on a letter; hundreds of them pile up over the lines above.
MAX_MARKS = 4
MARKS = {"Mn", "Me"}
MAX_ATTACHMENTS = 50

# Aliases of fontconfig have no effect here, so the names that mails ask for are given to what is installed.
_SUBSTITUTES = {
    "Liberation Sans": ("Arial", "Helvetica", "Helvetica Neue", "Calibri", "Segoe UI", "Roboto", "Open Sans"),
    "Liberation Serif": ("Times", "Times New Roman", "Cambria", "Georgia"),
    "Liberation Mono": ("Courier", "Courier New", "Consolas", "Menlo", "Monaco"),
    "DejaVu Sans": ("Verdana", "Tahoma", "Geneva", "Lucida Grande"),
    # Characters that Chinese and Japanese share have other forms in each; without a name they get the Japanese ones.
    "Noto Sans CJK SC": ("Microsoft YaHei", "微软雅黑", "SimSun", "宋体", "SimHei", "PingFang SC", "Hiragino Sans GB"),
    "Noto Sans CJK TC": ("Microsoft JhengHei", "微軟正黑體", "PMingLiU", "新細明體", "PingFang TC", "Heiti TC"),
}
_STYLE = """
html,body{margin:0;padding:0;background:#fff;color:#111}
body{position:relative;font:14px/1.4 "Liberation Sans","DejaVu Sans",sans-serif}
.postbus{border-bottom:2px solid #5a6675;padding:0 0 10px;margin:0 0 16px;font-size:13px;line-height:1.45}
.postbus table{border-collapse:collapse;width:100%;table-layout:fixed}
.postbus td{padding:1px 0;vertical-align:top;text-align:left;word-wrap:break-word}
.postbus .label{width:96px;color:#5a6675}
.postbus .subject{font-weight:bold;font-size:15px}
.outer{position:absolute;left:0;min-width:100%;z-index:0;clip:rect(0px,99999px,9999999px,0px)}
.mail>[class^=mail-]:before,.mail>[class^=mail-]:after{content:"";display:table}
.mail .text{white-space:pre-wrap;word-break:break-word;font:12px/1.45 "Liberation Mono","DejaVu Sans Mono",monospace}
.mail pre{white-space:pre-wrap;word-wrap:break-word}
.mail .image{display:inline-block;border:1px solid #c4cad2;color:#5a6675;background:#f5f6f8;font-size:12px;
line-height:1.3;padding:3px 6px}
.mail div,.mail table,.mail p,.mail section,.mail center,.mail blockquote,.mail ul,.mail img{max-width:100%}
.mail tr,.mail img{page-break-inside:avoid}
.mail .sheet h1{font-size:20px;margin:0 0 12px}
.mail .sheet table{border-collapse:collapse;width:100%;margin:0 0 18px;font-size:13px;line-height:1.35}
.mail .sheet td,.mail .sheet th{padding:3px 8px 3px 0;vertical-align:top;text-align:left;word-wrap:break-word}
.mail .sheet .fields th{width:30%;font-weight:normal;color:#5a6675}
.mail .sheet .lines th{border-bottom:1px solid #5a6675}
.mail .sheet .lines td{border-bottom:1px solid #dfe3e8}
.mail .sheet td.figure,.mail .sheet th.figure{text-align:right;white-space:nowrap;padding-left:8px}
"""
# A person opens the kept page in a browser: should cleaning ever miss something, nothing is fetched, run or sent all
# the same, and no name of a linked host is looked up before somebody follows the link.
_RULES_FOR_BROWSERS = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
    '<meta name="referrer" content="no-referrer"><meta http-equiv="x-dns-prefetch-control" content="off">'
)
_BEFORE_BODY = '<div class="outer"><div class="mail">'
_AFTER_BODY = "</div></div></body></html>"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """What stands on top of the page, as decoded text; empty values have no line."""

    from_: str
    to: str
    date: datetime | None
    subject: str
    attachments: tuple[str, ...] = ()
    cc: str = ""


def page(header: HeaderBlock, body_html: str, language: str = "en") -> str:
    """A whole HTML document of a header block and a cleaned fragment."""
    rows = "".join(_row(label, value, kind) for label, value, kind in _lines(header, language))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8">{_RULES_FOR_BROWSERS}'
        f"<style>{_FONT_FACES}{_STYLE}</style></head><body>"
        f'<div class="postbus"><table>{rows}</table></div>{_BEFORE_BODY}{body_html}{_AFTER_BODY}'
    )


def body_of(document: str) -> str:
    """The mail's fragment of a document that `page` made; of any other document, all of it."""
    before, mark, rest = document.partition(_BEFORE_BODY)
    return rest.removesuffix(_AFTER_BODY) if mark else before


def as_text_page(document: str, text: str) -> str:
    """The same page with `text` in place of the mail's fragment."""
    before, mark, _ = document.partition(_BEFORE_BODY)
    return f"{before if mark else ''}{_BEFORE_BODY}{text_to_html(text)}{_AFTER_BODY}"


def without_styles(document: str) -> str:
    """The same page without the mail's style sheets; what stands in the elements themselves stays."""
    opening, closing = STYLE_OF_MAIL
    first, *others = document.split(opening)
    return first + "".join(each.partition(closing)[2] for each in others)


def _lines(header: HeaderBlock, language: str) -> list[tuple[str, str, str]]:
    from_, to, cc, date, subject, attachments = LABELS.get(language, LABELS["en"])
    names = [_shown(name) for name in header.attachments[:MAX_ATTACHMENTS]]
    names += ["…"] if len(header.attachments) > MAX_ATTACHMENTS else []
    return [
        (from_, _shown(header.from_), "from"),
        (to, _shown(header.to), "to"),
        (cc, _shown(header.cc), "cc"),
        (date, _written(header.date) if header.date else "", "date"),
        (subject, _shown(header.subject), "subject"),
        (attachments, " · ".join(names), "attachments"),
    ]


def _row(label: str, value: str, kind: str) -> str:
    if not value:
        return ""
    # The order of a subject's words is its writer's; what tells who wrote is always read from left to right.
    direction = ' dir="auto"' if kind == "subject" else ""
    return f'<tr><td class="label">{label}</td><td class="{kind}"{direction}>{markup.escape(value)}</td></tr>'


def _shown(value: str) -> str:
    """One line without controls: a character that turns the direction of writing could show another sender."""
    ends = value if len(value) <= 2 * MAX_VALUE else f"{value[:MAX_VALUE]} {value[-MAX_VALUE:]}"
    plain = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in ends)
    visible = "".join(c for c in plain if unicodedata.category(c) not in {"Cf", "Cs"} or c in "\u200c\u200d")
    line = " ".join(_without_piles(visible).split())
    cut = len(line) > MAX_VALUE
    return f"{line[: MAX_VALUE - END_OF_VALUE]}…{line[-END_OF_VALUE:]}" if cut else line


def _without_piles(text: str) -> str:
    """What stands on a letter stays in its own line."""
    kept: list[str] = []
    marks = 0
    for character in text:
        if unicodedata.category(character) in MARKS:
            marks += 1
        elif character not in "\u200c\u200d":  # that stand between marks, unseen
            marks = 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _written(date: datetime) -> str:
    """In the zone that it was written in: the day of an invoice is its writer's."""
    zone = date.strftime("%z")
    return f"{date.replace(tzinfo=None).isoformat(' ', 'minutes')} {zone[:3]}:{zone[3:5]}"


def _font_faces() -> str:
    return "".join(
        f'@font-face{{font-family:"{name}";font-weight:{weight};font-style:{slant};src:local("{font}{suffix}")}}'
        for font, names in _SUBSTITUTES.items()
        for name in names
        for weight, slant, suffix in _faces(font)
    )


def _faces(font: str) -> tuple[tuple[str, str, str], ...]:
    if font.startswith("Noto"):
        return (("normal", "normal", ""), ("bold", "normal", " Bold"))
    italic = "Oblique" if font.startswith("DejaVu") else "Italic"
    return (
        ("normal", "normal", ""),
        ("bold", "normal", " Bold"),
        ("normal", "italic", f" {italic}"),
        ("bold", "italic", f" Bold {italic}"),
    )


_FONT_FACES = _font_faces()
