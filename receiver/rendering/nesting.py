"""Tell in one go, without building a tree, whether cleaning a mail's HTML would take seconds or minutes.

What the walk passes by is noted for the cleaning: the styles of the mail, and what its <html> and <body> say.
nh3 is quadratic in nesting (100,000 divs: 48 s) and in the attributes of one tag, and every block opens the formatting
before it anew. Errs towards more depth: an end tag counts only when what it ends is open and in its scope.
Standard: WHATWG HTML 13.2.4.2 and 13.2.4.3 (open elements and their scope, active formatting elements).
"""

from collections import Counter
from dataclasses import dataclass, field

from receiver.rendering.markup import RAW, Tag, tokens

MAX_DEPTH = 2000
MAX_REPEATS = 2_000_000
MAX_ATTRIBUTES = 2000
# How far up an end tag looks for its element: no mail is mis-nested further, and 4 MB of end tags took 50 s.
REACH = 64

CLOSED_BY_THEMSELVES = frozenset(
    """
    area base br col embed hr img input link meta param source track wbr p li dd dt tr td th tbody thead tfoot option
    html head body
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
# No end tag of what stands around one of these reaches it from inside.
SCOPES = RAW | {"applet", "button", "caption", "marquee", "math", "object", "select", "svg", "table", "template"}


@dataclass(slots=True)
class Survey:
    """What one walk through a mail's HTML finds."""

    elements: int = 0
    styles: list[tuple[str, str]] = field(default_factory=list)  # (media, text) of each <style>
    roots: dict[str, dict[str, str]] = field(default_factory=dict)  # attributes of the first <html> and <body>


def survey(html: str) -> Survey | None:
    """What stands in `html`; None when it is far too deep, or every block would have to repeat its formatting."""
    nesting, found = _Nesting(), Survey()
    for token in tokens(html):
        if not isinstance(token, Tag):
            continue
        if nesting.is_too_much_with(token):
            return None
        found.elements += not token.is_end
        if token.name == "style" and token.raw:
            found.styles.append((token.attributes().get("media", ""), token.raw))
        elif token.name in {"html", "body"} and not token.is_end:
            found.roots.setdefault(token.name, token.attributes())
    return found


class _Nesting:
    """The elements that are open."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._formatting: Counter[str] = Counter()
        self._formatted = 0  # all of them together
        self._repeats = 0

    def is_too_much_with(self, tag: Tag) -> bool:
        """Count one tag more; whether the limits are passed by it."""
        if tag.is_end:
            self._end(tag.name)
            return False
        if tag.name in FORMATTING:
            self._formatting[tag.name] += 1
            self._formatted += 1
        else:
            self._repeats += self._formatted
        if tag.name not in CLOSED_BY_THEMSELVES and tag.name not in FORMATTING:
            self._open.append(tag.name)
        return (
            len(self._open) + self._formatted > MAX_DEPTH
            or self._repeats > MAX_REPEATS
            or (len(tag.source) > 2 * MAX_ATTRIBUTES and len(tag.attributes()) > MAX_ATTRIBUTES)
        )

    def _end(self, name: str) -> None:
        if name in FORMATTING:
            is_open = self._formatting[name] > 0
            self._formatting[name] -= is_open
            self._formatted -= is_open
            return
        for above, each in enumerate(reversed(self._open[-REACH:]), start=1):
            if each == name:
                del self._open[-above:]
                return
            if each in SCOPES:
                return
