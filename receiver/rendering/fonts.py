"""Which fonts pages are drawn with, and which scripts stay blank because none is installed for them.

Few, on purpose: every further font is looked at whenever the program starts. Looks at names of files only, opens no
font, installs nothing. The colour font for emoji is never among them: wkhtmltopdf prints its letters blank.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

INSTALLED = Path("/usr/share/fonts")
FONT_SUFFIXES = (".ttf", ".otf", ".ttc")
COLOUR_EMOJI = "NotoColorEmoji.ttf"
EMOJI_PACKAGE = "fonts-noto-color-emoji"


@dataclass(frozen=True, slots=True)
class Script:
    """What people write with, the files that draw it, and the Debian package that brings them.

    `otherwise`: files that draw most of it where the package is not installed.
    """

    name: str
    package: str
    files: tuple[str, ...]
    otherwise: tuple[str, ...] = ()


def _noto(name: str, stem: str) -> Script:
    return Script(name, "fonts-noto-core", (f"NotoSans{stem}-Regular.ttf", f"NotoSans{stem}-Bold.ttf"))


# Serif faces, thin and condensed ones and slanted ones of scripts that do not slant are left out: a mail that asks for
# them is readable all the same, and each costs time at every start.
SCRIPTS = (
    # The widths of Arial, Times New Roman and Courier New, which nearly every mail is designed with.
    Script(
        "Latin, Greek, Cyrillic",
        "fonts-liberation",
        tuple(
            f"Liberation{family}-{face}.ttf"
            for family in ("Sans", "Serif", "Mono")
            for face in ("Regular", "Bold", "Italic", "BoldItalic")
        ),
    ),
    # Verdana's widths, and the arrows, boxes and ticks that Liberation lacks.
    Script(
        "arrows, boxes, ticks",
        "fonts-dejavu-core",
        ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
    ),
    # One file for five countries' shapes; the serif collection is larger, and mail asks for sans.
    Script(
        "Japanese, Chinese, Korean",
        "fonts-noto-cjk",
        ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
        otherwise=("DroidSansFallbackFull.ttf", "DroidSansFallback.ttf"),
    ),
    _noto("Arabic", "Arabic"),
    _noto("Hebrew", "Hebrew"),
    _noto("Thai", "Thai"),
    _noto("Devanagari", "Devanagari"),
    _noto("Bengali", "Bengali"),
    _noto("Gurmukhi", "Gurmukhi"),
    _noto("Gujarati", "Gujarati"),
    _noto("Oriya", "Oriya"),
    _noto("Tamil", "Tamil"),
    _noto("Telugu", "Telugu"),
    _noto("Kannada", "Kannada"),
    _noto("Malayalam", "Malayalam"),
    _noto("Sinhala", "Sinhala"),
    _noto("Myanmar", "Myanmar"),
    _noto("Khmer", "Khmer"),
    _noto("Lao", "Lao"),
    _noto("Georgian", "Georgian"),
    _noto("Armenian", "Armenian"),
    _noto("Ethiopic", "Ethiopic"),
    # Pictographs in black and white, wherever no bitmap of an emoji stands in.
    Script("symbols and pictographs", "fonts-symbola", ("Symbola_hint.ttf",), otherwise=("Symbola.ttf",)),
)


@dataclass(frozen=True, slots=True)
class Pick:
    """The fonts of one machine: by file name, where they are; and the scripts for which there is none."""

    source: Path
    files: dict[str, Path]
    missing: tuple[Script, ...]


def pick(source: Path = INSTALLED) -> Pick:
    """Our fonts among those below `source`; where none of ours is, every font there that is not of colours."""
    installed = _installed(source)
    chosen: dict[str, Path] = {}
    missing = []
    for script in SCRIPTS:
        found = _found(script.files, installed) or _found(script.otherwise, installed)
        chosen |= found
        if not found:
            missing.append(script)
    others = {name: path for name, path in installed.items() if "ColorEmoji" not in name}
    return Pick(source, dict(sorted((chosen or others).items())), tuple(missing))


def missing_by_package(missing: Iterable[Script]) -> dict[str, list[str]]:
    """The names of scripts without a font, by the Debian package that brings one."""
    names: dict[str, list[str]] = {}
    for script in missing:
        names.setdefault(script.package, []).append(script.name)
    return names


def emoji_font(source: Path = INSTALLED) -> Path | None:
    """Noto Color Emoji, whose bitmaps are set into pages as images; None where it is not installed."""
    return _installed(source).get(COLOUR_EMOJI)


def _found(names: Iterable[str], installed: dict[str, Path]) -> dict[str, Path]:
    return {name: installed[name] for name in names if name in installed}


def _installed(source: Path) -> dict[str, Path]:
    """Every font file below `source` by its name; of two with the same name the one whose path sorts first."""
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            font = Path(folder, name)
            if name.endswith(FONT_SUFFIXES) and font.is_file():
                found.setdefault(name, font)
    return found
