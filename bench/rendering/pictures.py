"""Ten mails before and after: as pdfkit's `from_string` draws them with its defaults, and as postbus does.

Writes page one of each as a small picture into docs/pictures and their table into docs/rendering.md, between its marks.
"""

import shutil
import subprocess
from pathlib import Path

from bench.peers import NotHere
from bench.rendering import mails
from bench.rendering.engines import ROOT, Engine, Pdfkit, Postbus
from bench.rendering.mails import Mail
from bench.rendering.png import drawn_part

PICTURES = ROOT / "docs" / "pictures"
PAGE = ROOT / "docs" / "rendering.md"
BEGIN, END = "<!-- pictures: made by ./dev bench render --pictures -->", "<!-- end of pictures -->"
DOTS = 80
MOST_OCTETS = 60 * 1024


def draw(folder: Path) -> int:
    """Draw all, tell what each holds, and write their table; 0 when every mail has its picture."""
    for tool in ("pdftoppm", "pngquant", "pdftotext"):
        if shutil.which(tool) is None:
            raise NotHere(f"{tool} is not installed")
    PICTURES.mkdir(exist_ok=True)
    rows, missing = [], 0
    engines: list[tuple[str, Engine]] = [("before", Pdfkit(folder)), ("after", Postbus(folder / "postbus"))]
    try:
        for mail in mails.pictured():
            cells = [_drawn(mail, when, engine) for when, engine in engines]
            missing += cells.count("(none)")
            rows.append(f"| {mail.title} | {' | '.join(cells)} |")
    finally:
        for _, engine in engines:
            engine.close()
    table = "\n".join(["| mail | pdfkit, defaults | postbus |", "| --- | --- | --- |", *rows])
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
    return 1 if missing else 0


def _drawn(mail: Mail, when: str, engine: Engine) -> str:
    """The Markdown of one picture."""
    pdf = engine.render([mail])[0] or _despite_its_exit_code(mail, engine)
    picture = PICTURES / f"{mail.name}-{when}.png"
    picture.unlink(missing_ok=True)
    if not pdf:
        print(f"{mail.name:14s} {when:7s} no PDF")
        return "(none)"
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    command = ["pdftoppm", "-r", str(DOTS), "-f", "1", "-l", "1", "-"]
    png = drawn_part(subprocess.run(command, input=pdf, capture_output=True, check=True).stdout)
    for colours in (64, 32, 16, 8):
        small = subprocess.run(
            ["pngquant", "--speed", "1", str(colours), "-"], input=png, capture_output=True, check=True
        ).stdout
        if len(small) <= MOST_OCTETS:
            break
    picture.write_bytes(small)
    print(
        f"{mail.name:14s} {when:7s} {len(pdf):7d} octets, {len(text.split()):4d} words, picture {len(small):6d} octets"
    )
    return f"![{mail.title}, {when}](pictures/{picture.name})"


def _despite_its_exit_code(mail: Mail, engine: Engine) -> bytes:
    return engine.despite_failure(mail) if isinstance(engine, Pdfkit) else b""
