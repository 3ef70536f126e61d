"""Tell in one go, without building a tree, whether cleaning a mail's HTML would take seconds or minutes.

nh3 is quadratic in nesting (100,000 divs: 48 s) and in the attributes of one tag, and every block opens the formatting
before it anew. Errs towards more depth: an end tag counts only when what it ends is open and in its scope.
Standard: WHATWG HTML 13.2.4.2 and 13.2.4.3 (open elements and their scope, active formatting elements).
"""

from collections import Counter

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


def nests_beyond_reason(html: str) -> bool:
    """Whether `html` is far too deep, or formatted in a way that every block would have to repeat."""
    nesting = _Nesting()
    return any(isinstance(token, Tag) and nesting.is_too_much_with(token) for token in tokens(html))


class _Nesting:
    """The elements that are open."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._formatting: Counter[str] = Counter()
        self._repeats = 0

    def is_too_much_with(self, tag: Tag) -> bool:
        """Count one tag more; whether the limits are passed by it."""
        if tag.is_end:
            self._end(tag.name)
            return False
        if tag.name in FORMATTING:
            self._formatting[tag.name] += 1
        else:
            self._repeats += self._formatting.total()
        if tag.name not in CLOSED_BY_THEMSELVES and tag.name not in FORMATTING:
            self._open.append(tag.name)
        return (
            len(self._open) + self._formatting.total() > MAX_DEPTH
            or self._repeats > MAX_REPEATS
            or (len(tag.source) > 2 * MAX_ATTRIBUTES and len(tag.attributes()) > MAX_ATTRIBUTES)
        )

    def _end(self, name: str) -> None:
        if name in FORMATTING:
            self._formatting[name] -= self._formatting[name] > 0
            return
        for above, each in enumerate(reversed(self._open[-REACH:]), start=1):
            if each == name:
                del self._open[-above:]
                return
            if each in SCOPES:
                return
