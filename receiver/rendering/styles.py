"""Keep of a mail's declarations what changes looks, and nothing that fetches, runs, or leaves its place.

Every declaration of a style attribute or a rule is judged by itself: a property from the list, a value without escapes,
comments or addresses, and no function but colours, sums and gradients. Linear in their length.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

PROPERTIES = frozenset(
    """
    background background-color border border-bottom border-bottom-color border-bottom-left-radius
    border-bottom-right-radius border-bottom-style border-bottom-width border-collapse border-color border-left
    border-left-color border-left-style border-left-width border-radius border-right border-right-color
    border-right-style border-right-width border-spacing border-style border-top border-top-color
    border-top-left-radius border-top-right-radius border-top-style border-top-width border-width box-sizing clear
    color direction display empty-cells flex flex-basis flex-direction flex-grow flex-wrap float font
    font-family font-size font-style font-variant font-weight height justify-content align-items align-content
    align-self letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right margin-top
    max-height max-width min-height min-width overflow-wrap padding padding-bottom padding-left padding-right
    padding-top page-break-after page-break-before page-break-inside table-layout text-align text-decoration
    text-indent text-transform unicode-bidi vertical-align visibility white-space width word-break word-spacing
    word-wrap
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc", "linear-gradient"})
# No backslash (u\72l is url), no comment, no at-rule, no markup.
PLAIN_VALUE = re.compile(r"[\w\s.,%#()'\"+*/!-]{1,500}")
FUNCTION = re.compile(r"([\w-]*)\s*\(")
# An image behind the text is left out, and the colour that stands under it is kept: the text may be white.
ADDRESS = re.compile(r"url\(\s*(?:\"[^\"]*\"|'[^']*'|[^\"'()\s]*)\s*\)", re.IGNORECASE)
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([\d\s.,%]{1,60}\)|(?<![\w(-])[a-z]{3,20}(?![\w(-])", re.IGNORECASE
)
NO_COLOUR = frozenset(
    """
    repeat no round space scroll fixed local border content padding box top bottom left right center cover contain auto
    none inherit initial unset important
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
# A box that slides upwards covers what stands above it, or shrinks the whole mail to nothing.
NEVER_NEGATIVE = frozenset({"margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "text-indent"})
# The layout shrinks a page to half its size and no further: what is wider would be cut off, and with it the total.
MAX_PIXELS = 1400
# Neither the digits of a colour nor of a name.
LENGTH = re.compile(r"(?<![\w#.])(\d+(?:\.\d+)?)(px|pt|pc|in|cm|mm|em|rem|ex|ch|%|vw|vh|)", re.ASCII)
PIXELS = {"pt": 1.33, "pc": 16, "in": 96, "cm": 38, "mm": 3.8, "em": 16, "rem": 16, "ex": 8, "ch": 8}
PIXELS |= {"%": 4, "vw": 7, "vh": 10}
HAS_LENGTH = re.compile(r"width|height|margin|padding|spacing|indent|border(?!.*radius)|flex|font|vertical-align")
# Items that may not shrink stand beside the page, where they are cut off; they shrink only when there is no room.
RIGID_FLEX = re.compile(r"(none|(\d*\.?\d+)\s+0(?:\.0*)?(\s+\S.*)?)(\s*!important)?", re.IGNORECASE)
UNBROKEN = frozenset({"nowrap", "pre"})
# Letters that are drawn over each other, or to the left of the page.
SPACING = frozenset({"letter-spacing", "word-spacing"})
MIN_SPACING = re.compile(r"-(?:0?\.[01]\d*em|[012]?(?:\.\d+)?p[xt])(?:\s*!important)?")
# How mails hide their summary for the list of a mailbox. We have no boxes that clip, so it would lie over the text.
NOTHING_HIGH = re.compile(r"0(?:\.0+)?(?:px|pt|em|%)?(?:\s*!important)?")
NOTHING_SEEN = re.compile(r"0(?:\.0+)?(?:\s*!important)?")
MAX_OCTETS = 10_000


@lru_cache(maxsize=4096)
def filter_style(style: str) -> str:
    """The harmless declarations of a style attribute, joined anew; empty when none is left."""
    if len(style) > MAX_OCTETS:
        return ""
    pieces = (piece.partition(":") for piece in ADDRESS.sub("url()", style).split(";"))
    return harmless((name.strip().casefold(), value.strip()) for name, colon, value in pieces if colon)


def harmless(declarations: Iterable[tuple[str, str]]) -> str:
    """Those of (name in lower case, value) that may stand on the page, joined by semicolons."""
    given = list(declarations)
    kept = [written for name, value in given if (written := _declaration(name, value))]
    if _hides(dict(given)):
        kept.append("display:none")
    return ";".join(kept)


def length_fits(value: str) -> bool:
    """Whether no length in `value` (without a unit: pixels) makes a page so wide that its right side is cut off."""
    return all(
        float(number[:9]) * PIXELS.get(unit, 1) <= MAX_PIXELS for number, unit in LENGTH.findall(value.casefold())
    )


def _declaration(name: str, value: str) -> str | None:
    if name in {"background", "background-image"} and "url()" in value:
        return _colour_under_image(value)
    if name not in PROPERTIES or not _is_harmless(value) or _leaves_its_place(name, value):
        return None
    if name == "white-space" and value.casefold() in UNBROKEN:
        # A line that may not break leaves the page; where there is room, none is broken.
        return "white-space:pre-wrap" if value.casefold() == "pre" else None
    if name == "flex" and (rigid := RIGID_FLEX.fullmatch(value)):
        value = f"{rigid[2] or 0} 1{rigid[3] or (' auto' if rigid[2] is None else '')}{rigid[4] or ''}"
    return f"{name}:{value}"


def _leaves_its_place(name: str, value: str) -> bool:
    if (name in NEVER_NEGATIVE and "-" in value) or (HAS_LENGTH.search(name) and not length_fits(value)):
        return True
    return name in SPACING and value.startswith("-") and not MIN_SPACING.fullmatch(value)


def _colour_under_image(value: str) -> str | None:
    found = (match.group() for match in COLOUR.finditer(value.replace("url()", " ")))
    colour = next((each for each in found if each.casefold() not in NO_COLOUR), None)
    return f"background-color:{colour}" if colour else None


def _hides(given: dict[str, str]) -> bool:
    """Whether a box is clipped to nothing, or its content cannot be seen."""
    clips = given.get("overflow", given.get("overflow-y", "")).casefold().startswith("hidden")
    is_flat = any(NOTHING_HIGH.fullmatch(given.get(name, "")) for name in ("max-height", "height", "max-width"))
    # A box that is all padding keeps the proportions of what stands in it.
    is_padded = any(name.startswith("padding") and value.strip("0px %") for name, value in given.items())
    return (clips and is_flat and not is_padded) or bool(NOTHING_SEEN.fullmatch(given.get("opacity", "")))


def _is_harmless(value: str) -> bool:
    if not PLAIN_VALUE.fullmatch(value) or "/*" in value or "//" in value:
        return False
    is_closed = value.count("(") == value.count(")") and value.count("'") % 2 == 0 and value.count('"') % 2 == 0
    return is_closed and all(name.casefold() in FUNCTIONS for name in FUNCTION.findall(value))
