"""Fonts: which are picked, the folder of ours with its cache, and what is drawn with them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.config import RenderingSettings
from receiver.rendering import fonts, sandbox
from receiver.rendering.font_folder import FontFolder, font_folder
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.workshop import Workshop

ROOT = Path(__file__).parents[2]
NO_LIBRARIES: tuple[Path, ...] = ()
DOCUMENT = page(HeaderBlock("a@x.example", "b@x.example", None, "Invoice"), "<p>Total</p>").encode()
SAMPLES = {
    "Japanese, Chinese, Korean": "請求書 合計 한국어 发票",
    "Hebrew": "שלום",
    "Thai": "ใบแจ้งหนี้",
    "Devanagari": "चालान",
    "Georgian": "ინვოისი",
    "Armenian": "Հաշիվ",
    "arrows, boxes, ticks": "→ ┌─┐ ✓",
}


def installed(folder: Path, *names: str) -> Path:
    """A folder with empty files of these names, each in a folder of its package."""
    for number, name in enumerate(names):
        (folder / f"package{number}").mkdir(parents=True)
        (folder / f"package{number}" / name).touch()
    return folder


def test_few_of_the_installed_fonts_are_picked(tmp_path: Path) -> None:
    """Each font costs time at every start: serif collections and faces that no mail asks for stay out."""
    source = installed(tmp_path, "LiberationSans-Regular.ttf", "NotoSerifCJK-Regular.ttc", "NotoColorEmoji.ttf")

    assert list(fonts.pick(source).files) == ["LiberationSans-Regular.ttf"]


def test_what_is_missing_is_named_by_script_and_package(tmp_path: Path) -> None:
    """So that somebody who reads it knows what to install, and for whom."""
    source = installed(tmp_path, "LiberationSans-Regular.ttf", "DejaVuSans.ttf", "NotoSansThai-Regular.ttf")

    missing = fonts.missing_by_package(fonts.pick(source).missing)

    assert missing["fonts-noto-cjk"] == ["Japanese, Chinese, Korean"]
    assert "Hebrew" in missing["fonts-noto-core"]
    assert "Thai" not in missing["fonts-noto-core"]
    assert not {"fonts-liberation", "fonts-dejavu-core"} & missing.keys()


def test_a_second_choice_stands_in(tmp_path: Path) -> None:
    """A machine with Droid's fallback font draws Japanese too; with both, only Noto's is looked at."""
    droid = installed(tmp_path / "droid", "DroidSansFallbackFull.ttf")
    both = installed(tmp_path / "both", "DroidSansFallbackFull.ttf", "NotoSansCJK-Regular.ttc")

    assert "fonts-noto-cjk" not in fonts.missing_by_package(fonts.pick(droid).missing)
    assert list(fonts.pick(both).files) == ["NotoSansCJK-Regular.ttc"]


def test_a_machine_with_other_fonts_uses_those(tmp_path: Path) -> None:
    """Any font is better than a page without words."""
    source = installed(tmp_path, "Carlito-Regular.ttf", "NotoColorEmoji.ttf", "readme.txt")

    assert list(fonts.pick(source).files) == ["Carlito-Regular.ttf"]


def test_a_link_to_nowhere_is_no_font(tmp_path: Path) -> None:
    """Seen in practice: what a removed package leaves behind."""
    (tmp_path / "LiberationSans-Regular.ttf").symlink_to(tmp_path / "gone.ttf")

    assert fonts.pick(tmp_path).files == {}


def test_the_emoji_font_is_found_but_never_picked(tmp_path: Path) -> None:
    """wkhtmltopdf prints its letters blank; only its bitmaps are of use."""
    source = installed(tmp_path, "NotoColorEmoji.ttf", "DejaVuSans.ttf")

    assert fonts.emoji_font(source) == tmp_path / "package0" / "NotoColorEmoji.ttf"
    assert "NotoColorEmoji.ttf" not in fonts.pick(source).files
    assert fonts.emoji_font(tmp_path / "package1") is None


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    """Nothing has changed: the same folder, with the cache that is in it."""
    source, place = installed(tmp_path / "source", "DejaVuSans.ttf"), tmp_path / "place"

    first = font_folder(fonts.pick(source), [place], NO_LIBRARIES)
    first.note_filled(is_inside=True)
    second = font_folder(fonts.pick(source), [place], NO_LIBRARIES)

    assert second == first
    assert second.is_filled(is_inside=True)
    assert not second.is_filled(is_inside=False)
    assert [entry.name for entry in place.iterdir()] == [first.path.name]


def test_an_upgraded_font_gives_a_new_folder(tmp_path: Path) -> None:
    """A cache that tells of another file would draw wrong widths; whoever uses the old folder keeps it."""
    source, place = installed(tmp_path / "source", "DejaVuSans.ttf"), tmp_path / "place"
    old = font_folder(fonts.pick(source), [place], NO_LIBRARIES)
    (source / "package0" / "DejaVuSans.ttf").write_bytes(b"upgraded")

    new = font_folder(fonts.pick(source), [place], NO_LIBRARIES)

    assert new.path != old.path
    assert (old.path / "files" / "DejaVuSans.ttf").exists()


def test_a_font_that_lies_elsewhere_is_copied(tmp_path: Path) -> None:
    """A link out of the folder that the sandbox shows would lead nowhere."""
    source = installed(tmp_path / "source", "DejaVuSans.ttf")
    (tmp_path / "store.ttf").write_bytes(b"font")
    (source / "LiberationSans-Regular.ttf").symlink_to(tmp_path / "store.ttf")

    files = font_folder(fonts.pick(source), [tmp_path / "place"], NO_LIBRARIES).path / "files"

    assert (files / "DejaVuSans.ttf").is_symlink()
    assert not (files / "LiberationSans-Regular.ttf").is_symlink()
    assert (files / "LiberationSans-Regular.ttf").read_bytes() == b"font"


def test_where_nothing_can_be_written_the_next_place_is_taken(tmp_path: Path) -> None:
    """A renderer whose data folder does not exist keeps its fonts as long as it lives."""
    source = installed(tmp_path / "source", "DejaVuSans.ttf")
    (tmp_path / "temporary").mkdir()

    made = font_folder(fonts.pick(source), [tmp_path / "no-data" / "fonts", tmp_path / "temporary"], NO_LIBRARIES)

    assert made.path.parent == tmp_path / "temporary"


def test_a_second_renderer_finds_the_cache_filled(tmp_path: Path) -> None:
    """The cache is filled by the first one; from then on the folder is read only."""
    for _ in range(2):
        temporary = tmp_path / os.urandom(4).hex()
        temporary.mkdir()
        Workshop(RenderingSettings(), temporary, lasting=tmp_path / "fonts").render(DOCUMENT, 30)
    (folder,) = (tmp_path / "fonts").iterdir()

    assert FontFolder(folder, fonts.INSTALLED).is_filled(is_inside=True)
    assert [entry for entry in (folder / "cache").iterdir() if entry.suffix == ".cache-8"]


def test_no_font_is_opened_that_the_page_does_not_use(tmp_path: Path) -> None:
    """Proof that fontconfig takes the cache: without it, it opens every one of them at every start."""
    program = (
        "import sys; from pathlib import Path; from receiver.config import RenderingSettings;"
        "from receiver.rendering.workshop import Workshop;"
        "Workshop(RenderingSettings(), Path(sys.argv[1]), lasting=Path(sys.argv[1], 'fonts')).render(b'<p>Total', 30)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    trace = tmp_path / "trace"

    subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat", "-o", str(trace), *command], check=True, cwd=ROOT)

    opened = {line.split('"')[1] for line in trace.read_text().splitlines() if '"/fonts/files/' in line}
    assert "/fonts/files/LiberationSans-Bold.ttf" in opened
    assert [path for path in opened if "Italic" in path] == []


@pytest.mark.parametrize("script", [script for script in fonts.SCRIPTS if script.name in SAMPLES], ids=lambda s: s.name)
def test_a_script_is_drawn(script: fonts.Script, look: Any, workshop_of: Callable[..., Any]) -> None:
    """A script that no font inside the sandbox has is blank in the PDF, words and all."""
    if script in fonts.pick().missing:
        pytest.skip(f"{script.package} is not installed")
    sample = SAMPLES[script.name]
    document = page(HeaderBlock("a@x.example", "b@x.example", None, "x"), f"<p>{sample}</p>").encode()

    words = look.words(workshop_of().render(document, 30).pdf)

    assert set(sample) - {" "} <= set(words)


@pytest.mark.parametrize(
    ("family", "font"),
    [("sans-serif", "LiberationSans"), ("Meiryo, serif", "LiberationSerif"), ("monospace", "LiberationMono")],
)
def test_generic_families_are_what_they_say(family: str, font: str, workshop_of: Callable[..., Any]) -> None:
    """Else a table of dashes and bars in <pre> is drawn with a font of varying widths and falls apart."""
    pdf = workshop_of().render(f'<p style="font-family:{family}">Total'.encode(), 30).pdf

    listing = subprocess.run(["pdffonts", "-"], input=pdf, capture_output=True, check=True).stdout.decode()

    assert [line.split()[0] for line in listing.splitlines()[2:]] == [font]


def test_fonts_without_a_sandbox(tmp_path: Path) -> None:
    """The operator who runs without one gets the same fonts, by their real paths."""
    folder = font_folder(fonts.pick(), [tmp_path], NO_LIBRARIES)

    environment = sandbox.leave_open(sandbox.find_program(""), folder, tmp_path).environment

    configuration = Path(environment["FONTCONFIG_FILE"]).read_text()
    assert f"<dir>{folder.path}/files</dir>" in configuration
