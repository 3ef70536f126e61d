"""Turn pages into PDFs on this machine: what is installed, proved by a page of ours, and the rungs of the ladder.

Full page, then without the mail's style sheets, then its words as plain text, then a reason: one mail never blocks the
others. Says by itself when what was missing has been installed. Raises NotRendered.
"""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from receiver.config import RenderingSettings
from receiver.rendering import bounded_run, sandbox
from receiver.rendering.bounded_run import Limits
from receiver.rendering.judge import judge
from receiver.rendering.page import HeaderBlock, as_text_page, body_of, page, without_styles
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import Confinement
from receiver.rendering.typesetting import typeset
from receiver.rendering.wkhtmltopdf import OPTIONS, Wkhtmltopdf

PROOF = HeaderBlock("postbus", "postbus", None, "Ä é ß € 請求書")
PROOF_SECONDS = 20.0
RETRY_SECONDS = 2.0
# What each rung but the last may use of the time that is left; a page of words needs little.
SHARE = 0.6
MAX_PLAIN_OCTETS = 4 * 1024**2
TEXT_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "PYTHONDONTWRITEBYTECODE": "1",
}

Rung = Literal["full", "unstyled", "text"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF, how it came about, and its pages."""

    pdf: bytes
    rung: Rung
    pages: int


class Workshop:
    """Everything one renderer process needs; may be used by several threads at once."""

    def __init__(self, settings: RenderingSettings, folder: Path, options: Mapping[str, str] = OPTIONS) -> None:
        """`folder`: an existing one of our own, for the font cache. `options`: those of the program, for tests."""
        self._settings = settings
        self._folder = folder
        self._options = options
        self._lock = threading.Lock()
        self._confinement: Confinement | None = None
        self._refusal: NotRendered | None = None
        self._tried_at = float("-inf")

    def prepare(self) -> Confinement:
        """How to start the program; proved once, and tried again every few seconds while it fails."""
        with self._lock:
            if self._confinement is None:
                if time.monotonic() - self._tried_at > RETRY_SECONDS or self._refusal is None:
                    self._prove()
                if self._confinement is None:
                    raise self._refusal or NotRendered("render_interrupted")
            return self._confinement

    def render(self, document: bytes, seconds: float) -> Rendered:
        """A PDF of a whole HTML document in UTF-8 within `seconds`, on the highest rung that holds."""
        deadline = time.monotonic() + seconds
        confinement = self.prepare()
        faults: list[NotRendered] = []
        for rung, form in _forms(document):
            try:
                return self._on_rung(rung, form, confinement, SHARE * (deadline - time.monotonic()))
            except NotRendered as fault:
                faults.append(fault)
        # What is wrong with the whole page is the better answer: that page is what was asked for.
        return self._as_text(document, confinement, deadline - time.monotonic(), faults[0])

    def _as_text(self, document: bytes, confinement: Confinement, seconds: float, fault: NotRendered) -> Rendered:
        started = time.monotonic()
        try:
            text_page = self._text_page(document, seconds / 2)
            return self._on_rung("text", text_page, confinement, seconds - (time.monotonic() - started))
        except NotRendered:
            self._prove_again()
            raise fault from None

    def _on_rung(self, rung: Rung, document: bytes, confinement: Confinement, seconds: float) -> Rendered:
        limit = self._settings.max_input_octets
        if len(document) > limit:
            raise NotRendered("render_too_large", octets=len(document), limit=limit)
        pdf = Wkhtmltopdf(typeset(document), confinement, self._options).to_pdf(seconds=seconds)
        return Rendered(pdf, rung, judge(pdf, self._settings.max_pages))

    def _text_page(self, document: bytes, seconds: float) -> bytes:
        """The same page with the words only, taken out by a child: the parser works on what may be hostile."""
        whole = document.decode("utf-8", "replace")
        command = [sys.executable, "-P", "-S", "-m", "receiver.rendering.plain"]
        limits = Limits(seconds, MAX_PLAIN_OCTETS)
        outcome = bounded_run.run(command, body_of(whole).encode(), limits, TEXT_ENVIRONMENT)
        if outcome.end != "finished":
            raise NotRendered("render_took_too_long", seconds=round(seconds))
        return as_text_page(whole, outcome.stdout.decode("utf-8", "replace")).encode()

    def _prove_again(self) -> None:
        """After a page that failed on every rung: is it the page, or has the machine changed?"""
        with self._lock:
            self._prove()
            if self._refusal is not None:
                raise self._refusal

    def _prove(self) -> None:
        """Render a page of ours, which fills the font cache as well, and note what came of it."""
        self._tried_at = time.monotonic()
        try:
            program = sandbox.find_program(self._settings.command)
            sandbox.write_font_configuration(self._folder, program)
            if self._settings.sandbox == "bubblewrap":
                self._try_out(sandbox.confine(program, self._folder, fills_font_cache=True))
                self._confinement = sandbox.confine(program, self._folder)
            else:
                self._confinement = sandbox.leave_open(program, self._folder)
                self._try_out(self._confinement)
            self._refusal = None
        except NotRendered as fault:
            self._confinement, self._refusal = None, fault

    def _try_out(self, confinement: Confinement) -> None:
        document = page(PROOF, "<p>postbus</p>").encode()
        try:
            judge(Wkhtmltopdf(document, confinement).to_pdf(seconds=PROOF_SECONDS), self._settings.max_pages)
        except NotRendered as fault:
            detail = "".join(getattr(fault, "__notes__", [])) or fault.reason.code
            raise NotRendered("render_sandbox_refused", detail=detail) from fault


def _forms(document: bytes) -> Iterator[tuple[Rung, bytes]]:
    """The page, and the page without the mail's style sheets where it has some: in most mails they are the fault."""
    yield "full", document
    unstyled = without_styles(document.decode("utf-8", "replace")).encode()
    if len(unstyled) < len(document):
        yield "unstyled", unstyled


def missing(settings: RenderingSettings, find: Callable[[str], str | None] = shutil.which) -> NotRendered | None:
    """What is not installed here, found without starting anything."""
    command = settings.command or "wkhtmltopdf"
    if find(command) is None:
        return NotRendered("render_no_command", command=command)
    if settings.sandbox == "bubblewrap" and find("bwrap") is None:
        return NotRendered("render_no_sandbox", command="bwrap")
    return None
