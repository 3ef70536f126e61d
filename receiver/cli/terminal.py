"""Make text from mails harmless for a terminal.

A subject may hold escape sequences that retitle a window, clear the screen or answer on the reader's behalf, and bidi
overrides that show `fdp.exe` as `exe.pdf`. Pure: text in, text out. Never shortens; never interprets markup.
Standard: ECMA-48 (control functions), Unicode Annex 9 (explicit directional formatting).
"""

import unicodedata

_SHOWN_INSTEAD = "\N{REPLACEMENT CHARACTER}"
_BLANKS = frozenset("\t\n\v\f\r\x85\u2028\u2029")
# Joiners are part of words (Persian) and of emoji; every other invisible format character is replaced.
_JOINERS = frozenset("\u200c\u200d")
_HARMFUL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def on_one_line(text: str) -> str:
    """Replace line breaks and tabs by blanks and everything that steers a terminal or reorders text by U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_harmless(character) for character in text)


def on_many_lines(text: str) -> str:
    """Like `on_one_line`, but keep the line feeds between lines."""
    return "\n".join(on_one_line(line) for line in text.split("\n"))


def _harmless(character: str) -> str:
    if character in _BLANKS:
        return " "
    if character in _JOINERS or unicodedata.category(character) not in _HARMFUL_CATEGORIES:
        return character
    return _SHOWN_INSTEAD
