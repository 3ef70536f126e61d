"""Make of a mail's HTML a fragment in which nothing runs and nothing is fetched.

Images stand as data: URIs or as a box with their words; trackers vanish; of addresses only the ones a reader may
follow by a click are left. Of the mail's own <style> stay the rules that lay it out, and they reach nothing else.
nh3 is quadratic in nesting, so what nests beyond all reason is shown as plain text, and all of this is called in a
process with limits.
"""

import html as markup
import re
from collections.abc import Mapping

import nh3

from receiver.rendering.flowed import unflow
from receiver.rendering.images import ImageBudget
from receiver.rendering.nesting import survey
from receiver.rendering.plain import plain_text
from receiver.rendering.roots import root_attributes
from receiver.rendering.selectors import Names
from receiver.rendering.styles import filter_style, length_fits
from receiver.rendering.stylesheet import scoped

TAGS = set(
    """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn
    div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s
    samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
# Dropped with their content: what they hold is program, style or a control, never words of the invoice.
SILENT_TAGS = set(
    "script style title noscript template svg math iframe object applet audio video canvas select".split()  # noqa: SIM905 - reads better than a column of quoted words
)
LOOKS = {"align", "valign", "bgcolor", "color", "width", "height", "dir", "lang", "title", "style", "class", "id"}
ATTRIBUTES = {
    "*": LOOKS,
    "a": {"href"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "table": {"border", "cellpadding", "cellspacing", "rules", "frame"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
}
SCHEMES_TO_FOLLOW = ("http:", "https:", "mailto:", "tel:")
MAX_SPAN = 1000

# What nh3 writes is regular: one blank before each attribute, every value quoted, every quote inside escaped.
# A tag, or the first letters of a word that is longer than any.
TAG_OR_LONG_WORD = re.compile(r'<([a-z][a-z0-9]*)((?: [^\s=">]+="[^"]*")*)>|((?:[^\s<>&]|&[a-z]{2,6};){40})(?=[^\s<])')
ATTRIBUTE = re.compile(r' ([^\s=">]+)="([^"]*)"')
TINY = re.compile(r"\s*0*[01](?:\.\d*)?\s*(?:px)?\s*")
TINY_STYLE = re.compile(r"(?:^|;)(?:max-)?(?:width|height):0*[01](?:px)?(?:$|;)|(?:^|;)display:none|visibility:hidden")

# Around what is left of the mail's <style>; what stands between has no "<".
STYLE_OF_MAIL = ('<style class="of-mail">', "</style>")

# Bounded and anchored at the start of a word: linear even on five megabytes without a blank.
LINK = re.compile(
    r"(?<![\w@])https?://[^\s<>\"'\x00-\x1f]{1,2000}"
    r"|(?<![\w.+@-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@])"
)
LETTER = re.compile(r"[^\W\d_]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# QtWebKit takes time by the square of a word: 20,000 letters without a place to break take it five seconds.
LONG_WORD = re.compile(r"\S{100}(?=\S)")
# html5ever moves what follows a character reference once for each of them: 2 million "&#" take it 50 seconds.
MOST_REFERENCE_WORK = 500_000_000_000


def clean_html(html: str, inline: Mapping[str, tuple[str, bytes]], mail: str = "mail-1") -> str:
    """A harmless HTML fragment of a mail's HTML.

    `inline`: the mail's own images by Content-ID, as (media type, octets). `mail`: the class of the element that the
    mail's rules hold in, another one for each text of a page. Never raises on hostile input.
    """
    text = _encodable(html)
    found = survey(text)
    if found is None or text.count("&") * len(text) > MOST_REFERENCE_WORK:
        return text_to_html(plain_text(text))
    sheet = scoped(found.styles, f".{mail}", found.elements)
    attributes = _Attributes(ImageBudget(inline), sheet.names)
    cleaned = nh3.clean(
        text,
        tags=TAGS,
        clean_content_tags=SILENT_TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=attributes,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
    shown = TAG_OR_LONG_WORD.sub(_finish, cleaned)
    said = root_attributes(found.roots, sheet.names)
    if not sheet.text and not said:
        return shown
    style = f"{STYLE_OF_MAIL[0]}{sheet.text}{STYLE_OF_MAIL[1]}" if sheet.text else ""
    said = {"class": f"{mail} {said.pop('class', '')}".rstrip(), **said}
    written = "".join(f' {name}="{markup.escape(value)}"' for name, value in said.items())
    return f"{style}<div{written}>{shown}</div>"


def text_to_html(text: str, *, is_flowed: bool = False, deletes_space: bool = False) -> str:
    """Plain text as an HTML fragment that keeps its lines; http(s) and mail addresses become links.

    `is_flowed`, `deletes_space`: the parameters format=flowed and delsp=yes of its Content-Type (RFC 3676).
    """
    shown = _encodable(text).replace("\r\n", "\n").replace("\r", "\n")
    if is_flowed:
        shown = unflow(shown, deletes_space=deletes_space)
    parts = by_direction(shown) if RIGHT_TO_LEFT.search(shown) else [(False, shown)]
    return f'<div class="text">{"".join(_in_direction(_linked(part), is_rtl=is_rtl) for is_rtl, part in parts)}</div>'


def by_direction(text: str) -> list[tuple[bool, str]]:
    """Runs of lines that are written from right to left, or are not: their first letter decides (UAX 9, P2 and P3)."""
    runs: list[tuple[bool, list[str]]] = []
    for line in text.split("\n"):
        letter = LETTER.search(line)
        is_rtl = (
            bool(RIGHT_TO_LEFT.match(letter.group())) if letter else bool(not line.strip() and runs and runs[-1][0])
        )
        if not runs or runs[-1][0] != is_rtl:
            runs.append((is_rtl, []))
        runs[-1][1].append(line)
    # The line end before a block is not seen: a blank line there needs one more.
    return [(is_rtl, "\n".join([*lines, *([""] if lines[-1] == "" else [])])) for is_rtl, lines in runs]


def _in_direction(fragment: str, *, is_rtl: bool) -> str:
    return f'<div dir="rtl">{fragment}</div>' if is_rtl else fragment


def _linked(text: str) -> str:
    pieces, position = [], 0
    for match in LINK.finditer(text):
        address = match.group().rstrip(".,;:!?)]}")
        pieces += [_escaped(text[position : match.start()]), _link(address)]
        position = match.start() + len(address)
    pieces.append(_escaped(text[position:]))
    return "".join(pieces)


class _Attributes:
    """The attribute filter of one mail: it knows its classes, and how much its images have used already."""

    def __init__(self, images: ImageBudget, names: Names) -> None:
        self._images = images
        self._names = names

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        if name in {"class", "id"}:
            return self._names.known(name, value) or None
        match name:
            case "src":
                return self._images.data_uri(value) if tag == "img" else None
            case "style":
                return filter_style(value) or None
            case _:
                return value if _may_stand(name, value) else None


def _may_stand(name: str, value: str) -> bool:
    match name:
        case "href":
            return value.strip().casefold().startswith(SCHEMES_TO_FOLLOW)
        case "colspan" | "rowspan" | "span":
            return value.isascii() and value.isdigit() and int(value[:9]) <= MAX_SPAN
        case "width" | "height" | "border" | "cellpadding" | "cellspacing" | "hspace" | "vspace":
            return length_fits(value)
        case _:
            return True


def _finish(match: re.Match[str]) -> str:
    """Images as they may stand, and a place to break in long words: one address of 300 letters shrinks a whole page."""
    if match[3]:
        return f"{match[0]}<wbr>"
    return _show_image(match[0], dict(ATTRIBUTE.findall(match[2]))) if match[1] == "img" else match[0]


def _show_image(tag: str, attributes: dict[str, str]) -> str:
    """An <img> with its data, a box with its words, or nothing when it is a tracker or decoration."""
    if "src" in attributes:
        return tag
    if _is_tracker(attributes):
        return ""
    words = (attributes.get("alt") or attributes.get("title") or "").strip()
    return f'<span class="image">{words.replace("<", "&lt;")}</span>' if words else ""


def _is_tracker(attributes: dict[str, str]) -> bool:
    sides = (attributes.get("width", ""), attributes.get("height", ""))
    return any(TINY.fullmatch(side) for side in sides) or bool(TINY_STYLE.search(attributes.get("style", "")))


def _link(address: str) -> str:
    target = address if "://" in address[:8] else f"mailto:{address}"
    return f'<a href="{markup.escape(target)}" rel="noopener noreferrer nofollow">{_escaped(address)}</a>'


def _escaped(text: str) -> str:
    return markup.escape(LONG_WORD.sub("\\g<0>\0", text)).replace("\0", "<wbr>")


def _encodable(text: str) -> str:
    """Without NUL and lone surrogates, which no UTF-8 document can hold."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
