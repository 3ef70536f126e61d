"""The words of an HTML fragment as plain text, for pages that cannot be laid out.

Needs the standard library alone, so that the renderer can run it (`python -m receiver.rendering.plain`) in a process
with limits: HTML on standard input, text on standard output, both UTF-8. Linear in its input; never raises.
"""

import re
import sys

from receiver.rendering.markup import Tag, tokens, unescape

MAX_CHARACTERS = 400_000
MAX_LINES = 12_000
SHORTENED = "\n[…]\n"

BLOCKS = frozenset(
    """
    address article aside blockquote br center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main
    nav ol p pre section table tr ul
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
SILENT = frozenset(
    "iframe math noembed noframes noscript script select style svg template textarea title".split()  # noqa: SIM905 - reads better than a column of quoted words
)
BLANKS = re.compile(r"\s+")
# QtWebKit breaks a line in quadratic time: a word of 400,000 letters takes it longer than a deadline.
LONG_WORD = re.compile(r"\S{500}(?=\S)")


class _Words:
    """Collects words; a block starts a line, a cell starts after two blanks."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._silent: str | None = None  # the element whose end is waited for
        self._preformatted: str | None = None  # likewise: its lines are kept as they stand

    def take(self, token: Tag | str) -> None:
        """One tag or run of text after the other."""
        if isinstance(token, str):
            if not self._silent:
                text = unescape(token)
                self.pieces.append(text if self._preformatted else BLANKS.sub(" ", text))
        elif token.is_end:
            self._end(token.name)
        elif not self._silent:
            self._start(token)

    def _start(self, tag: Tag) -> None:
        if tag.name in SILENT:
            self._silent = tag.name
        elif tag.name in BLOCKS:
            self.pieces.append("\n")
        elif tag.name in {"td", "th"}:
            self.pieces.append("  ")
        elif tag.name == "img":
            self.pieces.append(tag.attributes().get("alt", ""))
        if tag.name == "pre" or (tag.name == "div" and tag.attributes().get("class") == "text"):
            self._preformatted = tag.name

    def _end(self, name: str) -> None:
        if self._silent:
            if name == self._silent:
                self._silent = None
            return
        if name == self._preformatted:
            self._preformatted = None
        if name in BLOCKS:
            self.pieces.append("\n")


def plain_text(html: str) -> str:
    """The words of `html`, at most MAX_CHARACTERS and MAX_LINES of them; "[…]" stands where it was cut."""
    words = _Words()
    for token in tokens(html):
        words.take(token)
    lines = _without_repeated_blank_lines(LONG_WORD.sub(r"\g<0>\n", "".join(words.pieces)).split("\n"))
    text = "\n".join(lines[:MAX_LINES]).strip("\n")
    is_cut = len(lines) > MAX_LINES or len(text) > MAX_CHARACTERS
    return text[:MAX_CHARACTERS] + SHORTENED if is_cut else text


def _without_repeated_blank_lines(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        shown = line.rstrip()
        if shown or (kept and kept[-1]):
            kept.append(shown)
    return kept


if __name__ == "__main__":
    source = sys.stdin.buffer.read().decode("utf-8", "replace")
    sys.stdout.buffer.write(plain_text(source).encode("utf-8", "replace"))
