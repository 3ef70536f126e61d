"""Walk through HTML as a browser's tokeniser does: tags and text, in one go whatever stands there.

The standard library's parser is quadratic in comments without an end (half a megabyte of `<!--` took 84 seconds) and
raises on a character reference of 5,000 digits; every mail without plain text passes here, so neither will do.
Builds no tree, needs nothing but the standard library, never raises.
Standard: WHATWG HTML 13.2.5, as far as words and nesting are concerned.
"""

import html as standard
import re
from collections.abc import Iterator
from dataclasses import dataclass

# What stands between these and their end tag is no markup (WHATWG HTML 13.2.6.2: RCDATA and RAWTEXT).
RAW = frozenset({"script", "style", "title", "textarea", "iframe", "noembed", "noframes"})

_NAME = re.compile(r"[a-zA-Z][^\t\n\f\r />]*")
_COMMENT_END = re.compile(r"--!?>")
# The rest of nearly every tag, in one step: what is odd goes attribute by attribute.
_USUAL_REST = re.compile(r"(?:[ \t\n\f\r]+[^\s\"'<>/=]+=\"[^\"<]*\")*[ \t\n\f\r]*/?>")
_BETWEEN = re.compile(r"[\t\n\f\r /]*")
_ATTRIBUTE_NAME = re.compile(r"[^>][^\t\n\f\r />=]*", re.DOTALL)
_EQUALS = re.compile(r"[\t\n\f\r ]*=[\t\n\f\r ]*")
_UNQUOTED = re.compile(r"[^\t\n\f\r >]*")
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,};?")
_RAW_END = {name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE) for name in RAW}


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag: its name in lower case, and its attributes as they stand."""

    name: str
    is_end: bool
    source: str
    raw: str = ""  # what stands between a start tag of RAW and its end tag

    def attributes(self) -> dict[str, str]:
        """The attributes by name in lower case; of one that is given twice the first counts."""
        found: dict[str, str] = {}
        for name, value in _read_attributes(self.source, 0)[0]:
            found.setdefault(name.lower(), unescape(value))
        return found


def tokens(html: str) -> Iterator[Tag | str]:
    """Tags and runs of text (character references still in them); comments and declarations are left out."""
    position = 0
    while (opening := html.find("<", position)) >= 0:
        if opening > position:
            yield html[position:opening]
        is_end = html.startswith("/", opening + 1)
        name = _NAME.match(html, opening + 1 + is_end)
        if name is None:
            position = _past_no_tag(html, opening)
            if position == opening + 1:
                yield "<"
            continue
        position = _end_of_tag(html, name.end())
        source, after = html[name.end() : position - 1], position
        lowered = name.group().lower()
        if not is_end and lowered in RAW:
            raw_end = _RAW_END[lowered].search(html, position)
            position = raw_end.start() if raw_end else max(len(html), after)
        if after <= len(html):
            yield Tag(lowered, is_end, source, html[after:position])
    if position < len(html):
        yield html[position:]


def unescape(text: str) -> str:
    """`text` with its character references read; one of thousands of digits is none."""
    return standard.unescape(_LONG_REFERENCE.sub(_short_reference, text)) if "&" in text else text


def _short_reference(match: re.Match[str]) -> str:
    digits = match.group().strip("&#;").lstrip("0")
    return f"&#{digits or '0'};" if len(digits) < 8 else "\ufffd"


def _past_no_tag(html: str, opening: int) -> int:
    """Behind a comment, a declaration or `</` without a name; behind the `<` alone where it is text."""
    if html.startswith("<!--", opening):
        return _past_comment(html, opening)
    if html[opening + 1 : opening + 2] in {"!", "?", "/"} and opening + 2 < len(html):
        end = html.find(">", opening + 2)
        return end + 1 if end >= 0 else len(html)
    return opening + 1


def _past_comment(html: str, opening: int) -> int:
    # "<!-->" and "<!--->" are whole comments, "<!--!>" is not.
    end = _COMMENT_END.search(html, opening + 2)
    if end and end.start() < opening + 4 and end.group() == "--!>":
        end = _COMMENT_END.search(html, end.end())
    return end.end() if end else len(html)


def _end_of_tag(html: str, position: int) -> int:
    """Behind the tag's `>`; beyond the end of `html` where there is none."""
    usual = _USUAL_REST.match(html, position)
    return usual.end() if usual else _read_attributes(html, position)[1]


def _read_attributes(html: str, position: int) -> tuple[list[tuple[str, str]], int]:
    """Attributes from `position` to the end of their tag, and where it ends; see `_end_of_tag`."""
    found: list[tuple[str, str]] = []
    while True:
        position = _end(_BETWEEN, html, position)
        if html[position : position + 1] in {">", ""}:
            return found, position + 1
        start, position = position, _end(_ATTRIBUTE_NAME, html, position)
        name, value = html[start:position], ""
        equals = _EQUALS.match(html, position)
        if equals:
            value, position = _read_value(html, equals.end())
        found.append((name, value))


def _read_value(html: str, position: int) -> tuple[str, int]:
    quote = html[position : position + 1]
    if quote not in {'"', "'"}:
        end = _end(_UNQUOTED, html, position)
        return html[position:end], end
    end = html.find(quote, position + 1)
    return (html[position + 1 : end], end + 1) if end >= 0 else (html[position + 1 :], len(html))


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where a pattern that fits everywhere, if only the empty text, ends."""
    match = pattern.match(text, position)
    return match.end() if match else position
