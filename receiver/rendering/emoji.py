"""Pictures for emoji, out of the colour font that is installed here: wkhtmltopdf prints colour glyphs as nothing.

The font's own ligatures say which sequences are one picture: flags, families, skin tones, keycaps. Reads a font of
ours alone, once a process; never draws. Without the font there are no pictures, and the letters of other fonts stand.
Standard: Unicode Technical Standard 51 (emoji sequences), OpenType CBDT, CBLC and GSUB (ligatures).
"""

import re
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from receiver.rendering.fonts import emoji_font

PNG = b"\x89PNG\r\n\x1a\n"

# UTS 51: characters that are emoji by themselves (Emoji_Presentation), and those that are with U+FE0F behind them.
_SYMBOLS = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755"
    "\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
_PICTURES = "\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001faff"
_ON_DEMAND = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f170-\U0001f251"
)
_TONES = "\U0001f3fb-\U0001f3ff"
_ELEMENT = f"(?:[{_SYMBOLS}{_PICTURES}](?!\ufe0e)|[{_ON_DEMAND}](?=\ufe0f))\ufe0f?[{_TONES}]?"
_JOINED = f"\u200d[{_ON_DEMAND}{_PICTURES}]\ufe0f?[{_TONES}]?"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_TAGGED = "\U0001f3f4[\U000e0030-\U000e007a]{1,10}\U000e007f"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
# Whatever an emoji begins with or needs: to tell in one go that a text has none.
HINT = f"[{_SYMBOLS}{_PICTURES}\U0001f1e6-\U0001f1ff\u20e3\ufe0f]"
SEQUENCE = f"{_FLAG}|{_TAGGED}|{_KEYCAP}|{_ELEMENT}(?:{_JOINED}){{0,8}}"
# Every sequence begins with one of these, a keycap (which ends in KEYCAP_END) with one of the latter.
STARTS = f"{_SYMBOLS}{_PICTURES}{_ON_DEMAND}\U0001f1e6-\U0001f1ff"
KEYCAP_STARTS = "0-9#*"
KEYCAP_END = "\u20e3"
ELEMENTS = re.compile(f"{_FLAG}|{_KEYCAP}|{_ELEMENT}|[{_PICTURES}]|[{_ON_DEMAND}](?=\u200d|$)")

_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class EmojiFont:
    """The pictures of one font by glyph, and which glyph stands for which characters."""

    glyphs: dict[int, str] = field(default_factory=dict, repr=False)
    ligatures: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)
    pictures: Any = field(default=None, repr=False)

    def png(self, sequence: str) -> bytes | None:
        """The picture of an emoji sequence as PNG; None when the font has none for it."""
        names = tuple(self.glyphs.get(ord(each), "") for each in sequence if each != "\ufe0f")
        name = names[0] if len(names) == 1 else self.ligatures.get(names, "")
        picture = self.pictures.get(name) if name and self.pictures else None
        octets = bytes(getattr(picture, "imageData", b""))
        return octets if octets.startswith(PNG) else None


def installed() -> EmojiFont:
    """The colour font of this machine; one without pictures when there is none, or it is of another kind."""
    with _LOCK:
        font = emoji_font()
        return _read(font) if font else EmojiFont()


@lru_cache(maxsize=1)
def _read(path: Path) -> EmojiFont:
    # Costs half a second and 40 MB, which most processes never need.
    from fontTools.ttLib import TTFont, TTLibError  # noqa: PLC0415

    try:
        font = TTFont(path, lazy=True)
        strikes = font["CBDT"].strikeData
        return EmojiFont(dict(font.getBestCmap()), _ligatures(font), max(strikes, key=len))
    except (OSError, TTLibError, KeyError, ValueError):
        return EmojiFont()


def _ligatures(font: Any) -> dict[tuple[str, ...], str]:
    if "GSUB" not in font:
        return {}
    found: dict[tuple[str, ...], str] = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            for first, ligatures in getattr(getattr(subtable, "ExtSubTable", subtable), "ligatures", {}).items():
                for each in ligatures:
                    found.setdefault((first, *each.Component), each.LigGlyph)
    return found
