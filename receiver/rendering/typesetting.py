"""Write a page so that wkhtmltopdf draws it right: where the program errs, what is kept stays as it was.

Words of Arabic, and of all scripts from right to left whose letters join or carry marks, are drawn over each other or
beside the page when they stand in one run with anything else: each gets an element of its own. Emoji of the colour font
are drawn as nothing: each becomes a picture, with its characters beneath for whoever searches the PDF. Bounded, linear;
touches text alone, never a tag or a style. For pages as `page` writes them: every attribute in double quotes.
"""

import base64
import re

from receiver.rendering.emoji import (
    ELEMENTS,
    HINT,
    KEYCAP_END,
    KEYCAP_STARTS,
    SEQUENCE,
    STARTS,
    EmojiFont,
    installed,
)

MAX_WORDS = 100_000
MAX_EMOJI = 2000
MAX_PICTURES = 150
MAX_PICTURE_OCTETS = 1024**2

# Letters and marks; what stands between them (digits, punctuation, U+200C, which only keeps letters apart) is no part
# of a word: with an Arabic comma in it, the word is drawn as wrongly as before.
_LETTERS = (
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u05d0-\u05ea\u0610-\u061a\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc"
    "\u06df-\u06e8\u06ea-\u06ef\u06fa-\u06ff\u0710-\u07bf\u07ca-\u07f5\u0800-\u082d\u0840-\u085b\u0860-\u086a\u08a0-\u08ff"
    "\ufb1d-\ufdfb\ufe70-\ufefc\U0001e900-\U0001e94b"
)
_PLAIN_HEBREW = re.compile("[\u05d0-\u05ea]+")
_ASCII = bytes(range(128))
_NEEDED = re.compile(f"[{_LETTERS}]|{HINT}")


def _pieces(starts: str) -> "re.Pattern[str]":
    """A style sheet or a tag, taken whole; text in which nothing is to be done; a word; an emoji."""
    return re.compile(
        r'(?P<kept><style[^<>]*>[^<]*</style>|<[^<>"]*(?:"[^"]*"[^<>"]*)*>?'
        f"|[^<{_LETTERS}{starts}]+)|(?P<word>[{_LETTERS}][{_LETTERS}\u200d]*)|(?P<emoji>{SEQUENCE})"
    )


# Digits begin a keycap and stand everywhere: a page without keycaps takes a third of the time.
_PIECES = _pieces(STARTS)
_PIECES_AND_KEYCAPS = _pieces(STARTS + KEYCAP_STARTS)
_STYLE = (
    'x-w{font-family:"Noto Sans Arabic","Noto Sans Hebrew","Noto Sans Syriac","Noto Sans Thaana","DejaVu Sans",'
    "sans-serif}"
    "x-e{display:inline-block;width:1.17em;height:1.1em;line-height:1.1em;vertical-align:.06em;overflow:hidden;"
    "white-space:nowrap;text-indent:0;letter-spacing:0;color:transparent;background:no-repeat center;"
    "background-size:100% 100%}"
)
_HEAD_END = "</head>"


def typeset(document: bytes) -> bytes:
    """A whole page in UTF-8, as wkhtmltopdf is to get it."""
    # Nothing that is needed is ASCII: most of a page, its images above all, is passed over in one step.
    if not _NEEDED.search(document.translate(None, _ASCII).decode("utf-8", "replace")):
        return document
    return Setter(installed()).set(document.decode("utf-8", "replace")).encode("utf-8", "replace")


class Setter:
    """The writing of one page: it knows how many elements and pictures that has taken so far."""

    def __init__(self, font: EmojiFont) -> None:
        self._font = font
        self._classes: dict[str, str] = {}  # by emoji; "" when there is no picture
        self._rules: list[str] = []
        self._octets = 0
        self._words = 0
        self._emoji = 0

    def set(self, document: str) -> str:
        """The page with its words and emoji set; the rules they need stand at the end of its head."""
        before, end, after = document.partition(_HEAD_END)
        body = (_PIECES_AND_KEYCAPS if KEYCAP_END in after else _PIECES).sub(self._piece, after)
        return f"{before}<style>{_STYLE}{''.join(self._rules)}</style>{end}{body}" if end else document

    def _piece(self, match: "re.Match[str]") -> str:
        if match["kept"]:
            return match[0]
        return self._word(match[0]) if match["word"] else self._pictured(match[0])

    def _word(self, word: str) -> str:
        if self._words >= MAX_WORDS or _PLAIN_HEBREW.fullmatch(word):
            return word
        self._words += 1
        return f"<x-w>{word}</x-w>"

    def _pictured(self, sequence: str) -> str:
        """A picture of the whole; of a sequence that the font does not know, of its parts as far as it knows those."""
        if self._emoji >= MAX_EMOJI:
            return sequence
        self._emoji += 1
        if name := self._class_of(sequence):
            return f'<x-e class="{name}">{sequence}</x-e>'
        parts = ELEMENTS.findall(sequence)
        if len(parts) < 2 or not all(map(self._class_of, parts)):
            return sequence
        return "".join(f'<x-e class="{self._class_of(part)}">{part}</x-e>' for part in parts)

    def _class_of(self, sequence: str) -> str:
        name = self._classes.get(sequence)
        if name is None:
            name = self._classes[sequence] = self._add(sequence)
        return name

    def _add(self, sequence: str) -> str:
        png = self._font.png(sequence) if len(self._rules) < MAX_PICTURES else None
        if png is None or self._octets + len(png) > MAX_PICTURE_OCTETS:
            return ""
        self._octets += len(png)
        name = f"x{len(self._rules)}"
        data = base64.b64encode(png).decode()
        self._rules.append(f"x-e.{name}{{background-image:url(data:image/png;base64,{data})}}")
        return name
