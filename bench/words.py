"""Every mail with HTML of the corpora through page and renderer: is each word of it on the paper?

For each: a PDF on the full page, or which lower rung, or the reason why there is none; which share of the visible words
of the cleaned HTML the text of the PDF holds; and whether text stands outside the page's own margins, where it is cut
off. Words are compared after Unicode's compatibility decomposition, without case and without what line breaks do to
them; emoji, which are pictures on our page, and what the mail itself hides are not words.

    ./dev bench words [--only TEXT] [--corpus FOLDER] [--pdfs FOLDER]
"""

import argparse
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from receiver.config import RenderingSettings
from receiver.pipeline.body import body_page
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from receiver.rendering.page import body_of
from receiver.rendering.reasons import NotRendered
from receiver.rendering.workshop import Workshop

CORPORA = Path(__file__).parents[2] / "shared" / "corpus"
SETS = ("invoicemail", "mime")
SECONDS = 30.0
WANTED = 0.99
MOST_DECODED = 256 * 1024**2
# The margins of the page, in points, and what a slanted letter or a border may lack.
LEFT, RIGHT = 34.0, 34.0
TOLERANCE = 3.0

VOID = frozenset({"br", "hr", "img", "col", "wbr"})
BLOCKS = frozenset("p div td th tr table li ul ol dl dt dd h1 h2 h3 h4 h5 h6 br hr center blockquote pre".split())  # noqa: SIM905
HIDES = re.compile(r"display:none|visibility:hidden|font-size:0(?![\d.]*[1-9])|line-height:0(?![\d.]*[1-9])")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
BOX = re.compile(r'<word xMin="([-\d.]+)" yMin="[-\d.]+" xMax="([-\d.]+)" yMax="[-\d.]+">([^<]*)</word>')
PAGE = re.compile(r'<page width="([\d.]+)"')


@dataclass(slots=True)
class Finding:
    """What became of one mail."""

    name: str
    rung: str = ""
    reason: str = ""
    words: int = 0
    missing: list[str] = field(default_factory=list)
    hidden: int = 0
    outside: list[str] = field(default_factory=list)
    pages: int = 0

    @property
    def share(self) -> float:
        """The part of the visible words that the PDF holds."""
        return 1 - len(self.missing) / self.words if self.words else 1.0


class VisibleWords(HTMLParser):
    """The words of a cleaned fragment that a reader sees: what style or a rule by class or id hides is left out."""

    def __init__(self, fragment: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.hidden: list[str] = []
        self._hiders = _hiding_names(fragment)
        self._open: list[tuple[str, bool]] = []
        self._in_style = False
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether it hides what stands in it; a picture shows no words."""
        self._in_style = tag == "style"
        self._separate(tag)
        if tag not in VOID:
            given = {name: value or "" for name, value in attrs}
            names = {*(f".{each}" for each in given.get("class", "").split()), f"#{given.get('id', '')}"}
            hides = bool(HIDES.search(given.get("style", "").replace(" ", "").casefold())) or bool(names & self._hiders)
            self._open.append((tag, hides or bool(self._open and self._open[-1][1])))

    def handle_endtag(self, tag: str) -> None:
        """Close the nearest one that is open."""
        self._in_style = False
        self._separate(tag)
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        """Text: seen, or hidden."""
        if not self._in_style:
            (self.hidden if self._open and self._open[-1][1] else self.text).append(data)

    def _separate(self, tag: str) -> None:
        if tag in BLOCKS:
            self.text.append(" ")


def _hiding_names(fragment: str) -> set[str]:
    """Classes and ids (with their sign) that some rule hides."""
    names: set[str] = set()
    for style in re.findall(r"<style[^>]*>([^<]*)</style>", fragment):
        for selectors, declarations in RULE.findall(style):
            if HIDES.search(declarations.replace(" ", "")):
                names |= {
                    name
                    for each in selectors.split(",")
                    for name in re.findall(r"[.#][\w-]+", re.split(r"[\s>+]", each)[-1])
                }
    return names


def bare(text: str) -> str:
    """Text as it is compared: letters and digits only, of one form and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if unicodedata.category(c)[0] in "LN")


def words_of(text: str) -> Counter[str]:
    """The words of a text as they are compared, with how often they stand there."""
    return Counter(filter(None, map(bare, text.split())))


def missing_words(visible: str, printed: str) -> list[str]:
    """Words of the mail that the paper does not hold as often; a word may be broken, or written from right to left."""
    wanted = words_of(visible)
    wanted.subtract(words_of(printed))
    stream = bare(printed)
    lacking = []
    for word, count in wanted.items():
        if count > 0:
            held = max(stream.count(word), stream.count(word[::-1]))
            lacking += [word] * max(0, min(count, words_of(visible)[word] - held))
    return lacking


def text_outside(boxes: str) -> list[str]:
    """Words of pdftotext -bbox that stand outside the page's margins."""
    found: list[str] = []
    width = 0.0
    for line in boxes.splitlines():
        if page := PAGE.search(line):
            width = float(page[1])
        elif box := BOX.search(line):
            left, right = float(box[1]), float(box[2])
            if left < LEFT - TOLERANCE or right > width - RIGHT + TOLERANCE:
                found.append(f"{box[3]} ({left:.0f}-{right:.0f} of {width:.0f})")
    return found


def page_of(octets: bytes) -> str | None:
    """The page of a mail as the pipeline makes it; None when it has no HTML of its own."""
    unpacked = unpack(octets, len(octets), Limits())
    if not any(leaf.is_html and not leaf.shadowed for leaf in unpacked.bodies()):
        return None
    return body_page(unpacked, find(unpacked, "", MOST_DECODED), "en").decode()


def look_at(workshop: Workshop, name: str, document: str, pdfs: Path | None = None) -> Finding:
    """Render one page and read it again."""
    finding = Finding(name)
    visible = VisibleWords(body_of(document))
    text = "".join(visible.text)
    finding.words, finding.hidden = words_of(text).total(), words_of("".join(visible.hidden)).total()
    try:
        rendered = workshop.render(document.encode(), SECONDS)
    except NotRendered as fault:
        finding.reason = fault.reason.code
        return finding
    finding.rung, finding.pages = rendered.rung, rendered.pages
    printed = _read(rendered.pdf, "-raw")
    finding.missing = missing_words(text, printed)
    finding.outside = text_outside(_read(rendered.pdf, "-bbox"))
    if pdfs is not None:
        (pdfs / f"{name.replace('/', '--')}.pdf").write_bytes(rendered.pdf)
        (pdfs / f"{name.replace('/', '--')}.html").write_text(document)
    return finding


def _read(pdf: bytes, *arguments: str) -> str:
    command = ["pdftotext", *arguments, "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode("utf-8", "replace")


def pages_of(corpora: Path, only: str = "") -> Iterator[tuple[str, str]]:
    """Name and page of every mail with HTML."""
    for path in sorted(path for each in SETS for path in (corpora / each).glob("*")):
        name = f"{path.parent.name}/{path.name}"
        if path.is_file() and path.suffix not in {".csv", ".jsonl"} and only in name:
            document = page_of(path.read_bytes())
            if document is not None:
                yield name, document


def report(findings: list[Finding]) -> bool:
    """Print the misses and the figures; whether all that is promised holds."""
    fallen = [each for each in findings if each.rung != "full"]
    lacking = [each for each in findings if each.rung == "full" and each.share < WANTED]
    outside = [each for each in findings if each.outside]
    for each in fallen:
        print(f"rung     {each.name}: {each.rung or each.reason}")
    for each in lacking:
        print(f"words    {each.name}: {each.share:.3f} of {each.words}, without {' '.join(each.missing[:12])[:150]}")
    for each in outside:
        print(f"outside  {each.name}: {len(each.outside)}, {'; '.join(each.outside[:3])[:150]}")
    words, missing = sum(each.words for each in findings), sum(len(each.missing) for each in findings)
    print(
        f"{len(findings)} mails with HTML, {len(findings) - len(fallen)} on the full page, {len(fallen)} on a lower "
        f"rung or without a PDF; {words} visible words ({sum(each.hidden for each in findings)} hidden by the mails), "
        f"{1 - missing / max(words, 1):.4%} of them on paper, {len(lacking)} mails below {WANTED:.0%}; "
        f"{len(outside)} with text outside the margins"
    )
    return len(fallen) < len(findings) / 100 and not lacking and not outside


def main() -> None:
    """Measure, and end with 1 when a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="mails whose name has this in it")
    parser.add_argument("--corpus", type=Path, default=CORPORA)
    parser.add_argument("--pdfs", type=Path, help="keep pages and PDFs in this folder")
    wishes = parser.parse_args()
    if wishes.pdfs:
        wishes.pdfs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as threads:
        workshop = Workshop(RenderingSettings(), Path(folder))
        found = threads.map(
            lambda item: look_at(workshop, *item, wishes.pdfs), list(pages_of(wishes.corpus, wishes.only))
        )
        findings = list(found)
    if not findings:
        sys.exit("no mail with HTML there")
    sys.exit(0 if report(findings) else 1)


if __name__ == "__main__":
    main()
