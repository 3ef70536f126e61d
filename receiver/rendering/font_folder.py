"""A folder of our own that holds the picked fonts as links, fontconfig's configuration and its cache.

Without a cache every start of the program reads every font. fontconfig finds a cache by the path of the fonts as the
program sees it, so inside the sandbox the folder always stands at INSIDE, and the cache is filled from in there. A
folder is named after all it was made of and never changed again: fonts that are installed or upgraded give a new one,
and programs that run keep theirs.
Raises OSError when it can neither be found nor made.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from receiver.rendering.fonts import Pick

INSIDE = Path("/fonts")
# The one for a program that sees the folder where it really is.
_CONFIGURATIONS = {True: "fonts.conf", False: "open.conf"}
_FORMAT = "3"
# The names that CSS and HTML have for whatever font there is (of <pre>, of a list of families none of which is there):
# without these, all of them are the first font that fontconfig comes upon. After each stand the fonts of other scripts.
_GENERIC = {
    "sans-serif": ("Liberation Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans CJK JP", "DejaVu Sans"),
    "serif": ("Liberation Serif", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans CJK JP", "DejaVu Sans"),
    "monospace": ("Liberation Mono", "DejaVu Sans Mono", "Noto Sans Mono CJK JP"),
}
# Hinting fits letters to the dots of a screen: in a PDF it only spaces them unevenly, and takes time for each letter.
_UNHINTED = (
    '<match target="pattern"><edit name="hinting" mode="assign"><bool>false</bool></edit>'
    '<edit name="hintstyle" mode="assign"><const>hintnone</const></edit></match>'
)


@dataclass(frozen=True, slots=True)
class FontFolder:
    """The folder, and where the fonts that it links to are installed: a program must see both."""

    path: Path
    source: Path

    def configuration(self, *, is_inside: bool) -> Path:
        """The path of fontconfig's file for a program inside the sandbox, or outside."""
        return (INSIDE if is_inside else self.path) / _CONFIGURATIONS[is_inside]

    def is_filled(self, *, is_inside: bool) -> bool:
        """Whether the cache has been filled from there."""
        return self._mark(is_inside=is_inside).exists()

    def note_filled(self, *, is_inside: bool) -> None:
        """Remember that a program has filled the cache from there."""
        with suppress(OSError):  # then the next start fills it again
            self._mark(is_inside=is_inside).touch()

    def _mark(self, *, is_inside: bool) -> Path:
        return self.path / f"{_CONFIGURATIONS[is_inside]}.filled"


def font_folder(pick: Pick, places: Iterable[Path], libraries: Iterable[Path]) -> FontFolder:
    """The folder for `pick` in the first of `places` that has it or where it can be made.

    `libraries`: folders of the program's shared objects; another fontconfig wants a cache of another form.
    """
    name = _name(pick, libraries)
    fault = OSError("no place for a font folder")
    for place in places:
        try:
            return FontFolder(_made(pick, place, name), pick.source)
        except OSError as error:
            fault = error
    raise fault


def _made(pick: Pick, place: Path, name: str) -> Path:
    folder = place / name
    if (folder / _CONFIGURATIONS[True]).exists():
        return folder
    place.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=place) as temporary:
        new = Path(temporary, name)
        (new / "files").mkdir(parents=True)
        (new / "cache").mkdir()
        for file_name, font in pick.files.items():
            _shelve(font, new / "files" / file_name, pick.source)
        for is_inside, configuration in _CONFIGURATIONS.items():
            seen_at = INSIDE if is_inside else folder
            (new / configuration).write_text(_configuration(seen_at), encoding="utf-8")
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another renderer was faster
                raise
    return folder


def _shelve(font: Path, link: Path, source: Path) -> None:
    """A link takes no room, but only what lies below `source` can be seen inside the sandbox."""
    real = font.resolve()
    if real.is_relative_to(source.resolve()):
        link.symlink_to(real)
    else:
        shutil.copyfile(real, link)


def _configuration(seen_at: Path) -> str:
    where = escape(str(seen_at))
    aliases = "".join(
        f'<alias binding="strong"><family>{name}</family>'
        f"<prefer>{''.join(f'<family>{font}</family>' for font in fonts)}</prefer></alias>"
        for name, fonts in _GENERIC.items()
    )
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{where}/files</dir><cachedir>{where}/cache</cachedir>{aliases}{_UNHINTED}</fontconfig>"
    )


def _name(pick: Pick, libraries: Iterable[Path]) -> str:
    """A digest of all that the cache depends on."""
    made_of = hashlib.sha256(f"{_FORMAT}\0{pick.source.resolve()}".encode())
    for library in sorted(found for folder in libraries for found in folder.glob("libfontconfig.so*")):
        made_of.update(f"\0{library.resolve()}".encode())
    for name, font in pick.files.items():
        about = font.stat()
        made_of.update(f"\0{name}\0{font.resolve()}\0{about.st_size}\0{about.st_mtime_ns}".encode())
    return made_of.hexdigest()[:32]
