"""The words of an HTML fragment as plain text, for pages that cannot be laid out.

Uses the standard library alone, so that the renderer can run this file by its path in a process with limits:
HTML on standard input, text on standard output, both UTF-8.
"""

import re
import sys
from html.parser import HTMLParser

MAX_CHARACTERS = 400_000
MAX_LINES = 12_000
SHORTENED = "\n[…]\n"

BLOCKS = frozenset(
    """
    address article aside blockquote br center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main
    nav ol p pre section table tr ul
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
SILENT = frozenset({"script", "style", "title", "noscript", "template", "svg", "math", "select", "textarea"})
BLANKS = re.compile(r"\s+")
# QtWebKit breaks a line in quadratic time: a word of 400,000 letters takes it longer than a deadline.
LONG_WORD = re.compile(r"\S{500}(?=\S)")


class _Words(HTMLParser):
    """Collects words; a block starts a line, a cell starts after two blanks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent: str | None = None
        self._kept_lines = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        if tag in SILENT:
            self._silent = tag
        elif tag in BLOCKS:
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append("  ")
        elif tag == "img":
            self.pieces.append(dict(attrs).get("alt") or "")
        if ("class", "text") in attrs or tag == "pre":
            self._kept_lines += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = None
        elif not self._silent and tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data if self._kept_lines else BLANKS.sub(" ", data))


def plain_text(html: str) -> str:
    """The words of `html`, at most MAX_CHARACTERS and MAX_LINES of them; "[…]" stands where it was cut."""
    words = _Words()
    words.feed(html)
    words.close()
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
