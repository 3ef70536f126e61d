"""A listener that must never be asked, files that must never be read, and what the tests see of a PDF."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from receiver.config import RenderingSettings
from receiver.rendering.wkhtmltopdf import OPTIONS
from receiver.rendering.workshop import Workshop

CANARY = "CANARY-7f3a9b"
HERE = Path(__file__).parent
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "render_attacks"
IS_LONG = bool(os.environ.get("POSTBUS_LONG")) and CORPUS.is_dir()
MAGENTA_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000001149444154789c63f8cff01f2b62"
    "185a1200d1a77f8177f0a0630000000049454e44ae426082"
)


@dataclass
class Canary:
    """Where attacks point to, and what became of it."""

    port: int
    folder: Path
    requests: list[str] = field(default_factory=list)

    def aim(self, html: str) -> str:
        """An attack of the corpus, pointed at this canary."""
        return html.replace(":18099", f":{self.port}").replace("/tmp/postbus-canary", str(self.folder))

    def files(self) -> dict[str, bytes]:
        """Every file of the canary folder."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """A listener on loopback that notes every connection, and files with a secret, readable by everybody."""
    folder = tmp_path / "canary"
    folder.mkdir()
    (folder / "canary.txt").write_text(CANARY)
    (folder / "canary.css").write_text(f"body::before{{content:'{CANARY}'}}")
    (folder / "canary.js").write_text(f"document.write('{CANARY}')")
    (folder / "canary.png").write_bytes(MAGENTA_PNG)
    found = Canary(0, folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.requests.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<b>SSRFBODY-SECRET</b>")

        do_POST = do_GET  # noqa: N815 - the name that http.server asks for

        def log_message(self, *_: object) -> None:
            """Silent: the list is what counts."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def workshop_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Workshop]]:
    """A workshop for these settings (by keyword) and options of wkhtmltopdf, the same one for the same wishes."""
    made: dict[str, Workshop] = {}

    def make(options: Mapping[str, str] = OPTIONS, **settings: object) -> Workshop:
        key = repr((sorted(options.items()), sorted(settings.items())))
        if key not in made:
            chosen = RenderingSettings.model_validate(settings)
            made[key] = Workshop(chosen, tmp_path_factory.mktemp("fonts"), options)
        return made[key]

    yield make
    for workshop in made.values():
        workshop.close()


@lru_cache(maxsize=32)
def _seen_by(program: str, pdf: bytes, *arguments: str) -> bytes:
    """What a tool of poppler's says of a PDF; of the honest page, to which others are compared, it is asked once."""
    command = [program, *arguments]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout


class Look:
    """What a reader sees of a PDF, through poppler's tools."""

    forbidden = (CANARY, "SSRFBODY-SECRET", "SSRFCSS", "root:x:0:0")

    def words(self, pdf: bytes, *arguments: str) -> str:
        """The text of a PDF."""
        return _seen_by("pdftotext", pdf, *arguments, "-", "-").decode()

    def info(self, pdf: bytes) -> str:
        """What a PDF says of itself."""
        return _seen_by("pdfinfo", pdf, "-").decode()

    def picture(self, pdf: bytes, resolution: int = 30) -> tuple[int, int, bytes]:
        """Page one as (width, height, RGB octets)."""
        ppm = _seen_by("pdftoppm", pdf, "-r", str(resolution), "-f", "1", "-l", "1", "-")
        _, size, _, pixels = ppm.split(b"\n", 3)
        width, height = map(int, size.split())
        return width, height, pixels

    def difference_of_headers(self, honest: bytes, other: bytes, resolution: int = 60) -> float:
        """The share of the header block's pixels that differ, at the top of page one; 0.0 when all are the same.

        A page that is wider than the paper is shrunk as a whole: it is looked at as much closer.
        """
        shrunk = self._width_of_first_word(other) / self._width_of_first_word(honest)
        seen = self._header(other, round(resolution / shrunk))
        pairs = list(zip(self._header(honest, resolution), seen, strict=True))
        return sum(abs(one - two) > 128 for one, two in pairs) / len(pairs)

    def _header(self, pdf: bytes, resolution: int) -> bytes:
        """400 times 60 pixels inside the margins of 12 mm, which are not shrunk."""
        width, _, pixels = self.picture(pdf, resolution)
        edge = round(12 / 25.4 * resolution)
        rows = ((row * width + edge) * 3 for row in range(edge, edge + 60))
        return b"".join(pixels[start : start + 400 * 3] for start in rows)

    def _width_of_first_word(self, pdf: bytes) -> float:
        first = re.search(r'xMin="([0-9.]+)" .* xMax="([0-9.]+)"', self.words(pdf, "-bbox", "-l", "1"))
        assert first
        return float(first[2]) - float(first[1])

    def has_magenta(self, pdf: bytes) -> bool:
        """Whether page one shows the colour of the secret image."""
        pixels = self.picture(pdf)[2]
        return any(
            red > 244 and green < 11 and blue > 244
            for red, green, blue in zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
        )

    def secrets(self, text: str) -> list[str]:
        """Those of the forbidden words that stand in `text`."""
        return [word for word in self.forbidden if word in text]


@dataclass
class Watch:
    """The most memory that one rendering's processes held together while it looked, and how long that was.

    Of the children that were there before, which finish PDFs for this workshop and for those of other tests, one works
    for it: the largest is counted.
    """

    octets: int = 0
    seconds: float = 0.0

    def __enter__(self) -> "Watch":
        self._started = time.monotonic()
        self._before = frozenset(_descendants(os.getpid()))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.seconds = time.monotonic() - self._started

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            # Each with the most it ever had: the sum is no less than what they held at any time.
            held = {pid: _most_octets(pid) for pid in _descendants(os.getpid())}
            mine = sum(octets for pid, octets in held.items() if pid not in self._before)
            beside = max((octets for pid, octets in held.items() if pid in self._before), default=0)
            self.octets = max(self.octets, mine + beside)


def _descendants(pid: int) -> list[int]:
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _most_octets(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0


WATCHED = pytest.StashKey[dict[str, Watch]]()


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Watch:
    """Watches our children between its beginning and its end; the run's last lines tell the most of all."""
    watched = request.config.stash.setdefault(WATCHED, {})
    return watched.setdefault(request.node.name, Watch())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures of the attacks: what is promised is 30 seconds and 1 GB for each."""
    watched = config.stash.get(WATCHED, {})
    if watched:
        slowest = max(watched, key=lambda name: watched[name].seconds)
        largest = max(watched, key=lambda name: watched[name].octets)
        terminalreporter.write_line(
            f"{len(watched)} attacks: at most {watched[slowest].seconds:.1f} s ({slowest}), "
            f"{watched[largest].octets / 1024**2:.0f} MiB ({largest})"
        )


@pytest.fixture(scope="session")
def honest_page(workshop_of: Callable[..., Workshop]) -> Callable[[bytes], bytes]:
    """The PDF of a page that attacks nobody, made once."""
    made: dict[bytes, bytes] = {}

    def make(document: bytes) -> bytes:
        if document not in made:
            made[document] = workshop_of().render(document, 30).pdf
        return made[document]

    return make


@pytest.fixture
def look() -> Look:
    """Eyes for PDFs."""
    return Look()


@pytest.fixture
def start_renderer(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts renderer processes (data folder, environment by keyword) that serve when it returns; ends them all."""
    program = (
        "import sys; from pathlib import Path; from receiver.config import load;"
        "from receiver.rendering.renderer import run_renderer;"
        "run_renderer(load(None, Path(sys.argv[1])), ready=lambda: print('ready', flush=True))"
    )
    started: list[subprocess.Popen[bytes]] = []

    def start(data: Path, **environment: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(tmp_path), **environment},
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        assert process.stdout
        while line := process.stdout.readline():
            if line == b"ready\n":
                return process
        raise AssertionError("the renderer ended before it was ready")

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait()
        if process.stdout:
            process.stdout.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`attack` with `expected` or `kind`: the small attacks; with POSTBUS_LONG=1 every one of the corpus.

    `kind`: of sandbox. In the short run every third attack meets landlock and the others bubblewrap, in the long one
    each meets both.
    """
    if "attack" not in metafunc.fixturenames:
        return
    folder = CORPUS if IS_LONG else HERE / "attacks"
    cases = json.loads((folder / "manifest.json").read_text())["cases"]
    attacks = [folder / case["file"] for case in cases]
    if "kind" in metafunc.fixturenames:
        chosen = [
            (kind, path)
            for kind in ("bubblewrap", "landlock")
            for number, path in enumerate(attacks)
            if IS_LONG or (number % 3 == 0) is (kind == "landlock")
        ]
        metafunc.parametrize(("kind", "attack"), chosen, ids=[f"{path.stem}-{kind}" for kind, path in chosen])
    else:
        expected = [(case["expect"]["result"], path) for case, path in zip(cases, attacks, strict=True)]
        metafunc.parametrize(("expected", "attack"), expected, ids=[path.stem for path in attacks])
