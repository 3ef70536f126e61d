"""Turn pages into PDFs on this machine: what is installed, proved by a page of ours, and the rungs of the ladder.

Full page, then without the mail's style sheets, then its words as plain text, then a reason: one mail never blocks the
others. Says by itself when what was missing has been installed. Raises NotRendered.
"""

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from receiver.config import RenderingSettings
from receiver.rendering import bounded_run, fonts, sandbox
from receiver.rendering.bounded_run import MODULE_ENVIRONMENT, Limits
from receiver.rendering.choosing import Confiner, choose
from receiver.rendering.finishing_pool import FinishingPool
from receiver.rendering.finishing_work import Finished, Work
from receiver.rendering.font_folder import FontFolder, font_folder
from receiver.rendering.judge import has_text, judge_frame
from receiver.rendering.order import ARCHIVAL, Particulars, RenderFacts
from receiver.rendering.page import TEMPLATE, HeaderBlock, as_text_page, body_of, page, without_styles
from receiver.rendering.proof import Proof, prove
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import Confinement, Kind, Program
from receiver.rendering.typesetting import typeset
from receiver.rendering.wkhtmltopdf import OPTIONS, Wkhtmltopdf, version_of
from receiver.rendering.xmp import Imprint

PROOF = HeaderBlock("postbus", "postbus", None, "Ä é ß € 請求書")
PROOF_SECONDS = 20.0
RETRY_SECONDS = 2.0
# What each rung but the last may use of the time that is left; a page of words needs little.
SHARE = 0.6
# A busy machine laid out 17,000 a second; a table of 30,000 rows has 5,000 for each of our 30 seconds, and more pages
# than are kept.
ELEMENTS_A_SECOND = 5000
# Whoever is killed from without (there was no memory left) gives nothing, as one that a page has killed: that is seen
# when it is tried again, which a page that takes long is not worth.
QUICK_SECONDS = 5.0
MAX_PLAIN_OCTETS = 4 * 1024**2

NOTHING_SAID = Particulars()
# A page that was laid out in the last moment is finished all the same.
MIN_FINISHING_SECONDS = 2.0

Rung = Literal["full", "unstyled", "text"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF, and how it came about."""

    pdf: bytes
    facts: RenderFacts

    @property
    def rung(self) -> str:
        """Of the ladder, on which it was made."""
        return self.facts.rung

    @property
    def pages(self) -> int:
        """How many it has."""
        return self.facts.pages


class Workshop:
    """Everything one renderer process needs; may be used by several threads at once."""

    def __init__(
        self,
        settings: RenderingSettings,
        folder: Path,
        options: Mapping[str, str] = OPTIONS,
        lasting: Path | None = None,
    ) -> None:
        """`folder`: an existing one of our own, gone when we end. `options`: those of the program, for tests.

        `lasting`: where the font folder may outlive us, so that the next one need not fill its cache.
        """
        self._settings = settings
        self._folder = folder
        self._font_places = (lasting, folder) if lasting else (folder,)
        self._options = options
        self._lock = threading.Lock()
        self._confinement: Confinement | None = None
        self._confiner: Confiner | None = None
        self._refusal: NotRendered | None = None
        self._tried_at = float("-inf")
        self._version = ""
        self._finishing = FinishingPool(settings)

    def close(self) -> None:
        """End what runs beside; nothing can be rendered afterwards."""
        self._finishing.close()

    def prepare(self) -> Confinement:
        """How to start the program; proved once, and tried again every few seconds while it fails."""
        with self._lock:
            if self._confinement is None:
                if time.monotonic() - self._tried_at > RETRY_SECONDS or self._refusal is None:
                    self._prove()
                if self._confinement is None:
                    raise self._refusal or NotRendered("render_interrupted")
            return self._confinement

    def prove_sandbox(self, port: int | None) -> Proof:
        """What can be done from behind the sandbox in force; `port` as in proof.prove."""
        kind, confiner = self.prepare().kind, self._confiner
        if confiner is None:
            raise NotRendered("render_interrupted")
        return prove(lambda program: confiner.confine(kind, program), port)

    def render(self, document: bytes, seconds: float, particulars: Particulars = NOTHING_SAID) -> Rendered:
        """A PDF of a whole HTML document in UTF-8 within `seconds`, on the highest rung that holds."""
        try:
            return self._on_a_rung(document, seconds, particulars)
        except OSError as error:
            raise _no_room(error) from error

    def _on_a_rung(self, document: bytes, seconds: float, particulars: Particulars) -> Rendered:
        deadline = time.monotonic() + seconds
        self.prepare()
        faults: list[NotRendered] = []
        for rung, form in _forms(document, seconds):
            try:
                return self._tried(rung, form, particulars, deadline)
            except NotRendered as fault:
                if fault.reason.waits:  # nothing is wrong with the page: later it is made whole
                    self._prove_again()
                    raise
                faults.append(fault)
        try:
            return self._as_text(document, particulars, deadline - time.monotonic())
        except NotRendered as fault:
            self._prove_again()
            # What is wrong with the whole page is the better answer: that page is what was asked for.
            raise (fault if fault.reason.waits or not faults else faults[0]) from None

    def _tried(self, rung: Rung, form: bytes, particulars: Particulars, deadline: float) -> Rendered:
        """On this rung; once more where nothing at all came out in no time."""
        started = time.monotonic()
        try:
            return self._on_rung(rung, form, particulars, SHARE * (deadline - started))
        except NotRendered as fault:
            if fault.reason.code != "render_gave_no_pdf" or time.monotonic() - started > QUICK_SECONDS:
                raise
        return self._on_rung(rung, form, particulars, SHARE * (deadline - time.monotonic()))

    def _as_text(self, document: bytes, particulars: Particulars, seconds: float) -> Rendered:
        started = time.monotonic()
        text_page = self._text_page(document, seconds / 2)
        return self._on_rung("text", text_page, particulars, seconds - (time.monotonic() - started))

    def _on_rung(self, rung: Rung, document: bytes, particulars: Particulars, seconds: float) -> Rendered:
        started = time.monotonic()
        limit = self._settings.max_input_octets
        if len(document) > limit:
            raise NotRendered("render_too_large", octets=len(document), limit=limit)
        confinement = self.prepare()
        pdf = Wkhtmltopdf(typeset(document), confinement, self._options).to_pdf(seconds=seconds)
        left = max(MIN_FINISHING_SECONDS, seconds - (time.monotonic() - started))
        finished = self._finished(pdf, document, particulars, left)
        facts = RenderFacts(
            rung=rung,
            pages=finished.pages,
            renderer=self._version,
            template=TEMPLATE,
            sandbox=confinement.kind,
            archival="" if finished.archival_fault else ARCHIVAL,
            archival_fault=finished.archival_fault,
        )
        return Rendered(finished.pdf, facts)

    def _finished(self, pdf: bytes, document: bytes, particulars: Particulars, seconds: float) -> Finished:
        judge_frame(pdf)
        work = Work(
            pdf,
            Imprint.of(particulars.title, particulars.author, particulars.language, particulars.date),
            particulars.original,
            max_pages=self._settings.max_pages,
            needs_text=has_text(document),
            archival=self._settings.archival,
        )
        return self._finishing.finish(work, seconds)

    def _text_page(self, document: bytes, seconds: float) -> bytes:
        """The same page with the words only, taken out by a child: the parser works on what may be hostile."""
        whole = document.decode("utf-8", "replace")
        command = [sys.executable, "-P", "-S", "-m", "receiver.rendering.plain"]
        limits = Limits(seconds, MAX_PLAIN_OCTETS)
        outcome = bounded_run.run(command, body_of(whole).encode(), limits, MODULE_ENVIRONMENT)
        if outcome.end != "finished":
            raise NotRendered("render_took_too_long", seconds=round(seconds))
        return as_text_page(whole, outcome.stdout.decode("utf-8", "replace")).encode()

    def _prove_again(self) -> None:
        """After a page that failed on every rung: is it the page, or has the machine changed?"""
        with self._lock:
            before = self._confinement
            self._prove()
            if self._refusal is not None:
                raise self._refusal
            if before is None or self._confinement is None or before.kind != self._confinement.kind:
                # What held it is gone, and another kind has taken its place: behind that it was not tried.
                raise NotRendered("render_interrupted")

    def _prove(self) -> None:
        """Render a page of ours, which fills the font cache as well, and note what came of it."""
        self._tried_at = time.monotonic()
        try:
            self._finishing.warm()
            program = sandbox.find_program(self._settings.command)
            confiner = Confiner(self._folder, self._fonts(program))
            prove_kind = partial(self._prove_kind, program, confiner)
            self._confinement, self._confiner = choose(self._settings.sandbox, prove_kind), confiner
            self._version = version_of(self._confinement)
            self._refusal = None
        except NotRendered as fault:
            self._confinement, self._refusal = None, fault
        except OSError as error:
            self._confinement, self._refusal = None, _no_room(error)

    def _prove_kind(self, program: Program, confiner: Confiner, kind: Kind) -> Confinement:
        self._try_out(confiner.confine(kind, program, fills_font_cache=not confiner.has_font_cache(kind)))
        confiner.note_font_cache(kind)
        return confiner.confine(kind, program)

    def _fonts(self, program: Program) -> FontFolder:
        chosen = fonts.pick(Path(self._settings.fonts))
        try:
            return font_folder(chosen, self._font_places, program.library_folders)
        except OSError as error:
            raise NotRendered("render_sandbox_refused", detail=f"font folder: {error.strerror}") from error

    def _try_out(self, confinement: Confinement) -> None:
        document = page(PROOF, "<p>postbus</p>").encode()
        try:
            pdf = Wkhtmltopdf(document, confinement).to_pdf(seconds=PROOF_SECONDS)
            self._finished(pdf, document, NOTHING_SAID, PROOF_SECONDS)
        except NotRendered as fault:
            detail = fault.reason.params.get("detail") or "".join(getattr(fault, "__notes__", [])) or fault.reason.code
            raise NotRendered("render_sandbox_refused", detail=detail) from fault


def _no_room(error: OSError) -> NotRendered:
    """Nothing can be written where pages in hand stand, or nothing can be started: no fault of the page's."""
    return NotRendered("render_sandbox_refused", detail=f"{error.filename or 'rendering'}: {error.strerror}")


def _forms(document: bytes, seconds: float) -> Iterator[tuple[Rung, bytes]]:
    """The page, and the page without the mail's style sheets where it has some: in most mails they are the fault.

    Neither, when it has so many elements that both would only use up the time.
    """
    if document.count(b"<") - document.count(b"</") > ELEMENTS_A_SECOND * seconds:
        return
    yield "full", document
    unstyled = without_styles(document.decode("utf-8", "replace")).encode()
    if len(unstyled) < len(document):
        yield "unstyled", unstyled
