"""What turns a mail into a PDF: postbus and the others, each opened, asked some times and closed again."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pdfkit

from bench.peers import NotHere
from bench.rendering.mails import Mail
from bench.rendering.processor import reap_orphans
from receiver.rendering.client import RenderResult, render
from receiver.rendering.order import Original, RenderOrder

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 300.0
_RENDERER = (
    "import sys; from pathlib import Path; from receiver.config import load;"
    "from receiver.rendering.renderer import run_renderer;"
    "run_renderer(load(None, Path(sys.argv[1])), ready=lambda: print('ready', flush=True))"
)


class Engine(Protocol):
    """One way to a PDF. `folder`: an empty one of its own. Raises NotHere when it is not installed."""

    name: str

    def __init__(self, folder: Path) -> None: ...

    def render(self, mails: Iterable[Mail]) -> list[bytes]:
        """One PDF for each, one after the other."""

    def close(self) -> None:
        """End what was started."""


class Postbus:
    """A renderer process as the unit starts it; cleaning and page are made here, as a parsing child does it.

    The PDF has its title, author and dates, and the mail inside.
    """

    name = "postbus"
    is_archival = False

    def __init__(self, folder: Path) -> None:
        settings = {"SECONDS": str(SECONDS), "MAX_PAGES": "5000", "ARCHIVAL": str(self.is_archival)}
        command = [sys.executable, "-c", _RENDERER, str(folder)]
        environment = {f"POSTBUS_RENDERING__{name}": value for name, value in settings.items()}
        self._process = _started(command, folder, None, environment)
        self._socket = folder / "run" / "render.sock"

    def render(self, mails: Iterable[Mail]) -> list[bytes]:
        return [self.pdf(mail) for mail in mails]

    def pdf(self, mail: Mail) -> bytes:
        """The PDF of one mail. Raises RuntimeError with the renderer's reason: a refusal must not count as fast."""
        result = self.result(mail)
        if result.pdf is None:
            raise RuntimeError(f"{mail.name}: {result.reason}")
        return result.pdf

    def render_with(self, clients: int, mails: Iterable[Mail]) -> list[bytes]:
        """The same with several clients at once."""
        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(self.pdf, mails))

    def result(self, mail: Mail) -> RenderResult:
        """The PDF of one mail, with what the renderer says of it."""
        return render(self._socket, self._order(mail), SECONDS)

    def close(self) -> None:
        _ended(self._process)

    @staticmethod
    def _order(mail: Mail) -> RenderOrder:
        original = Original(mail.octets, "message.eml", "message/rfc822")
        title = str(mail.message["Subject"])
        return RenderOrder(
            mail.page(),
            title,
            "Billing <billing@shop.example>",
            datetime(2026, 11, 28, 8, 30, tzinfo=UTC),
            "",
            original,
        )


class PostbusArchival(Postbus):
    """The same as PDF/A, and validated."""

    name = "postbus, PDF/A"
    is_archival = True


class Pdfkit:
    """What one finds first: the HTML into `from_string`, nothing set. (Debian's build needs a platform without X.)"""

    name = "pdfkit.from_string, defaults"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        os.environ["QT_QPA_PLATFORM"] = "offscreen"

    def render(self, mails: Iterable[Mail]) -> list[bytes]:
        return [self._one(mail.html or mail.text) for mail in mails]

    def close(self) -> None:
        """It keeps nothing."""

    def despite_failure(self, mail: Mail) -> bytes:
        """What stands in the file when pdfkit has raised, as it does for good pages with one image that is gone."""
        target = self._folder / "pdfkit.pdf"
        target.unlink(missing_ok=True)
        with suppress(OSError):
            pdfkit.from_string(mail.html or mail.text, str(target))
        return target.read_bytes() if target.exists() else b""

    @staticmethod
    def _one(html: str) -> bytes:
        with suppress(OSError):
            return bytes(pdfkit.from_string(html, False))
        return b""


class ChromiumEach:
    """One headless Chromium for each mail."""

    name = "Chromium, a process each"

    def __init__(self, folder: Path) -> None:
        if shutil.which(CHROMIUM) is None:
            raise NotHere("chromium is not installed")
        self._folder = folder

    def render(self, mails: Iterable[Mail]) -> list[bytes]:
        return [self._one(mail) for mail in mails]

    def close(self) -> None:
        """It keeps nothing."""

    def _one(self, mail: Mail) -> bytes:
        html, pdf = _placed(self._folder, mail)
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as profile:
            subprocess.run(
                [
                    CHROMIUM,
                    *QUIET,
                    f"--user-data-dir={profile}",
                    "--no-pdf-header-footer",
                    f"--print-to-pdf={pdf}",
                    f"file://{html}",
                ],
                capture_output=True,
                timeout=SECONDS,
                check=False,
                env={**os.environ, "HOME": profile},
            )
            reap_orphans()
        return pdf.read_bytes() if pdf.exists() else b""


class _Kept:
    """A program that stays: a line for each page, a line back."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self._folder = folder
        self._process = _started(command, folder, stdin=subprocess.PIPE)

    def render(self, mails: Iterable[Mail]) -> list[bytes]:
        return [self._one(mail) for mail in mails]

    def close(self) -> None:
        _ended(self._process)

    def _one(self, mail: Mail) -> bytes:
        html, pdf = _placed(self._folder, mail)
        if self._process.stdin is None or self._process.stdout is None:
            raise NotHere("it has no pipes")
        self._process.stdin.write(f"{html}\t{pdf}\n".encode())
        self._process.stdin.flush()
        return pdf.read_bytes() if self._process.stdout.readline() else b""


class ChromiumKept(_Kept):
    """One headless Chromium for all mails, a new context for each, so that none sees what another left."""

    name = "Chromium kept, a context each"

    def __init__(self, folder: Path) -> None:
        modules = TOOLS / "node" / "node_modules"
        if shutil.which(CHROMIUM) is None or shutil.which("node") is None or not modules.is_dir():
            raise NotHere("chromium, node or playwright-core is not installed")
        script = str(Path(__file__).with_name("chromium.mjs"))
        super().__init__(folder, ["node", script, str(modules), str(folder), *QUIET])


class WeasyPrint(_Kept):
    """WeasyPrint in a process that has it loaded."""

    name = "WeasyPrint kept"

    def __init__(self, folder: Path) -> None:
        python = TOOLS / "weasyprint" / "bin" / "python"
        if not python.exists():
            raise NotHere("weasyprint is not installed")
        super().__init__(folder, [str(python), str(Path(__file__).with_name("weasyprint_kept.py"))])


ENGINES: tuple[Callable[[Path], Engine], ...] = (
    Postbus,
    PostbusArchival,
    Pdfkit,
    ChromiumEach,
    ChromiumKept,
    WeasyPrint,
)


def _placed(folder: Path, mail: Mail) -> tuple[Path, Path]:
    """The HTML as a file, and where its PDF is to stand."""
    html, pdf = folder / f"{mail.name}.html", folder / f"{mail.name}.pdf"
    html.write_text(mail.html or f"<pre>{mail.text}</pre>", encoding="utf-8")
    pdf.unlink(missing_ok=True)
    return html, pdf


def _started(
    command: list[str], folder: Path, stdin: int | None, also: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.Popen[bytes]":
    """A program that says "ready" when it is; `also`: what stands in its environment besides ours."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(folder), **also}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=log, cwd=ROOT, env=environment)
    while process.stdout and (line := process.stdout.readline()):
        if line == b"ready\n":
            return process
    raise NotHere((folder / "log").read_text(errors="replace").strip().rpartition("\n")[2] or "it did not start")


def _ended(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
    reap_orphans()
