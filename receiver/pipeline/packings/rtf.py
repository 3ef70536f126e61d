"""The words of an RTF text, or the HTML that Outlook has wrapped in it.

One pass, token by token: no group is entered deeper than MOST_LEVELS, no more than MOST_TOKENS are read, what is no
RTF ends there. Pictures, objects, fields' instructions and tables of fonts are passed over; nothing is followed.
Raises Damaged for what is no RTF. Standard: RTF 1.9.1, [MS-OXRTFEX] 2.1.3 and 3.1 (\\fromhtml1, \\htmltag, \\htmlrtf).
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from receiver.pipeline.packings.outlook import charset_of
from receiver.pipeline.packings.room import Damaged

MOST_TOKENS: Final = 1_000_000
MOST_LEVELS: Final = 500
MOST_CHARACTERS: Final = 4 * 1024**2
_HEAD_OCTETS: Final = 4096
_TOKEN: Final = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|'([0-9a-fA-F]{2})|([^a-zA-Z]))|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_FROM_HTML: Final = re.compile(rb"\\fromhtml1?(?![0-9])")
# Groups that hold no words of the text; besides all that begin with \*.
_ASIDE: Final = frozenset(
    {
        *(b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"objdata", b"fldinst", b"filetbl"),
        *(b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr", b"footerf", b"nonshppict"),
        *(b"listtable", b"listoverridetable", b"revtbl", b"xe", b"tc", b"private", b"themedata", b"datastore"),
    }
)
_LINES: Final = {b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"cell": "\t", b"tab": "\t"}
_CHARACTERS: Final = {
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"endash": "\u2013",
    b"emdash": "\u2014",
    b"enspace": "\u2002",
    b"emspace": "\u2003",
}
_SYMBOLS: Final = {b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "\u2011", b"\n": "\n", b"\r": "\n"}
_SYMBOLS_OF_HTML: Final = _SYMBOLS | {b"~": "&nbsp;", b"_": "&shy;"}
# \fcharset to code page: RTF 1.9.1, font table.
_CODEPAGES: Final = {
    77: 10000,
    128: 932,
    129: 949,
    130: 1361,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
    254: 437,
    255: 850,
}
_NAMES: Final = {10000: "mac-roman", 1361: "johab"}


@dataclass(frozen=True, slots=True)
class RtfText:
    """What an RTF text says."""

    text: str
    is_html: bool  # what was wrapped in it; else plain words


@dataclass(slots=True)
class _Group:
    """What holds until the group's end."""

    codepage: int | None = None  # of the font; None: of the text
    is_aside: bool = False
    is_tag: bool = False  # HTML as it was written
    is_wrapping: bool = False  # \htmlrtf: what only RTF shows
    is_font_table: bool = False
    substitutes: int = 1  # \uc: characters that stand behind a \u for readers who do not know it


@dataclass(slots=True)
class _Reader:
    is_html: bool
    group: _Group = field(default_factory=_Group)
    outer: list[_Group] = field(default_factory=list)
    codepage: int = 1252
    fonts: dict[int, int] = field(default_factory=dict)  # code pages
    font: int = 0  # that the table tells about
    to_skip: int = 0
    octets: bytearray = field(default_factory=bytearray)  # that are not decoded yet: a character may take two
    said: list[str] = field(default_factory=list)
    characters: int = 0

    def read(self, rtf: bytes) -> str:
        """All words, in their order."""
        at, is_star = 0, False
        for _ in range(MOST_TOKENS):
            token = _TOKEN.match(rtf, at)
            if token is None or len(self.outer) > MOST_LEVELS or self.characters > MOST_CHARACTERS:
                break
            at = token.end()
            word, number, code, symbol, brace, text = token.groups()
            if brace:
                if not self._brace(brace):
                    break
            elif word:
                value = int(number) if number else None
                if word == b"bin":
                    at += max(0, value or 0)
                self._word(word, value, is_star=is_star)
            elif code:
                self._octets(bytes.fromhex(code.decode("ascii")))
            elif symbol:
                self._symbol(symbol)
            elif text:
                self._octets(text)
            is_star = symbol == b"*"
        self._flush()
        # Halves of a pair come as two \u.
        return "".join(self.said).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _brace(self, brace: bytes) -> bool:
        """Into a group, or out of one; False at the end of the text."""
        self._flush()
        self.to_skip = 0
        if brace == b"{":
            self.outer.append(self.group)
            self.group = replace(self.group)
            return True
        if self.outer:
            self.group = self.outer.pop()
        return bool(self.outer)

    def _word(self, word: bytes, value: int | None, *, is_star: bool) -> None:
        self.to_skip = 0
        if is_star:
            self._begin_aside(word)
        elif word in _ASIDE or (self.is_html and word == b"pntext"):
            self._flush()
            self.group.is_aside, self.group.is_font_table = True, word == b"fonttbl"
        elif word == b"htmlrtf" and self.is_html:
            self._flush()
            self.group.is_wrapping = value != 0
        elif word in _LINES or word in _CHARACTERS:
            self._say(_LINES.get(word) or _CHARACTERS[word])
        elif word == b"u" and value is not None:
            self._say(chr(value & 0xFFFF))
            self.to_skip = self.group.substitutes
        else:
            self._set(word, value)

    def _begin_aside(self, word: bytes) -> None:
        self._flush()
        self.group.is_tag = self.is_html and word == b"htmltag"
        self.group.is_aside = not self.group.is_tag

    def _set(self, word: bytes, value: int | None) -> None:
        """What a word says of the text behind it."""
        if word == b"uc":
            self.group.substitutes = min(max(value or 0, 0), 20)
        elif word == b"f":
            self._flush()
            self.font = value or 0
            self.group.codepage = self.fonts.get(self.font)
        elif word == b"fcharset" and self.group.is_font_table and value in _CODEPAGES:
            if len(self.fonts) < MOST_LEVELS:
                self.fonts[self.font] = _CODEPAGES[value]
        elif word == b"plain":
            self._flush()
            self.group.codepage = None
        elif word == b"ansicpg" and value:
            self.codepage = value
        elif word in {b"mac", b"pc"}:
            self.codepage = 10000 if word == b"mac" else 437

    def _symbol(self, symbol: bytes) -> None:
        known = (_SYMBOLS_OF_HTML if self.is_html else _SYMBOLS).get(symbol)
        if known:
            self._say(known)

    @property
    def _is_silent(self) -> bool:
        return self.group.is_aside or (self.group.is_wrapping and not self.group.is_tag)

    def _octets(self, octets: bytes) -> None:
        if self.to_skip:
            skipped = min(self.to_skip, len(octets))
            self.to_skip -= skipped
            octets = octets[skipped:]
        if not self._is_silent:
            self.octets += octets
            self.characters += len(octets)

    def _say(self, text: str) -> None:
        if not self._is_silent:
            self._flush()
            self.said.append(text)
            self.characters += len(text)

    def _flush(self) -> None:
        if not self.octets:
            return
        # [MS-OXRTFEX] 2.1.3.1.2: a tag is written in the code page of the text, whatever font stands before it.
        codepage = self.codepage if self.group.is_tag else self.group.codepage or self.codepage
        try:
            self.said.append(self.octets.decode(_NAMES.get(codepage) or charset_of(codepage), "replace"))
        except LookupError:
            self.said.append(self.octets.decode("cp1252", "replace"))
        self.octets.clear()


def read_rtf(rtf: bytes) -> RtfText:
    """The words of an RTF text, or the HTML in it."""
    if not rtf.lstrip().startswith(b"{\\rtf"):
        raise Damaged("RTF")
    is_html = _FROM_HTML.search(rtf, 0, _HEAD_OCTETS) is not None
    return RtfText(_Reader(is_html).read(rtf[rtf.index(b"{") :]), is_html)
