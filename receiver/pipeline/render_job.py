"""The job that makes the PDFs of a message's pages: each kept page goes to the renderer, what comes back is a document.

One job makes all that are missing, each written in a transaction of its own: whoever is killed in the midst goes on
with those that are left. Never starts wkhtmltopdf. While the renderer is away the job waits and no attempt counts; a
page that cannot be rendered keeps its HTML and the reason, and holds up no other.
Raises PutOff, TryAgain, GivenUp, and what storage raises (LeaseLost among it).
"""

from collections.abc import Callable
from dataclasses import dataclass

from receiver.config import Settings
from receiver.pipeline.job_results import GivenUp, PutOff, TryAgain
from receiver.pipeline.keep import PDF, text_name
from receiver.pipeline.render_order import KeptMail, facts_of, kept_mail, order_of
from receiver.rendering.client import RenderResult, render
from receiver.rendering.order import RenderOrder
from storage import jobs
from storage.blobs import BlobStore
from storage.database import Database, Session
from storage.documents import add_document
from storage.failures import Damaged, NotFound
from storage.filenames import distinct
from storage.jobs import Job
from storage.messages import get_message
from storage.models import Document
from storage.pages import note_not_rendered, note_rendered, without_pdf
from storage.settlement import PDF_OF
from storage.settling import NewDocument

# How long jobs wait for a renderer that is not fit to work, for one that does not listen (it may be starting again),
# and for one that ended with a page in hand.
RENDERER_UNFIT_SECONDS = 30.0
RENDERER_AWAY_SECONDS = 5.0
RENDERER_ENDED_SECONDS = 5.0

Step = Callable[[Session], None]
Ask = Callable[[RenderOrder], RenderResult]


def nothing(_session: Session) -> None:
    """What is done beside a document where nothing is to be done."""


def do_render_job(settings: Settings, database: Database, blobs: BlobStore, job: Job, ask: Ask | None = None) -> None:
    """Make the PDFs that are missing, and finish the job with the last of them."""

    def hold(session: Session) -> None:
        jobs.note_progress(session, job, job.owner)

    def finish(session: Session) -> None:
        jobs.finish(session, job, job.owner)

    try:
        PdfMaker(database, blobs, settings.language, ask or renderer_of(settings)).make(job.subject_id, hold, finish)
    except (NotFound, Damaged) as failure:
        raise GivenUp("render_nothing_to_render", {"failure": type(failure).__name__}) from failure


def renderer_of(settings: Settings) -> Ask:
    """The renderer's process."""
    return lambda order: render(settings.render_socket(), order, settings.rendering.seconds)


@dataclass(frozen=True, slots=True)
class PdfMaker:
    """Makes PDFs of kept pages. May be used by several threads at once."""

    database: Database
    blobs: BlobStore
    language: str
    ask: Ask
    actor: str = "jobs"

    def make(self, message_id: str, hold: Step = nothing, finish: Step = nothing) -> None:
        """Have every page of a message as PDF, once. `hold` is done in the transaction of each, `finish` of the last.

        Raises PutOff while the renderer cannot work, TryAgain when it ended in the midst, NotFound, Damaged; GivenUp,
        once the others are made, when a page cannot be rendered: its `also` notes so with the page.
        """
        with self.database.read() as session:
            mail = kept_mail(session, message_id)
        if not any(each.kind in PDF_OF for each in mail.documents):
            raise NotFound(f"message {message_id}: its text was not kept")
        missing = without_pdf(mail.documents)
        if not missing:
            with self.database.write(self.actor) as session:
                finish(session)
        failed: list[tuple[Document, GivenUp]] = []
        for page in missing:
            try:
                is_end = page is missing[-1] and not failed
                self._make_one(mail, page, finish if is_end else hold)
            except GivenUp as failure:
                failed.append((page, failure))
        if failed:
            raise _all_of(failed)

    def rendered(self, order: RenderOrder) -> RenderResult:
        """A PDF from the renderer. Raises PutOff, TryAgain, GivenUp."""
        result = self.ask(order)
        if result.pdf is not None:
            return result
        reason = result.reason
        if reason is None or reason.code == "render_interrupted":
            # It may have ended of this very page: such a page must not be tried for ever, nor hold up the others.
            raise TryAgain("render_interrupted", {}, RENDERER_ENDED_SECONDS)
        if reason.waits:
            is_away = reason.code == "render_no_renderer"
            raise PutOff(reason.code, reason.params, RENDERER_AWAY_SECONDS if is_away else RENDERER_UNFIT_SECONDS)
        raise GivenUp(reason.code, reason.params)

    def staged(self, tenant_id: str, result: RenderResult) -> tuple[str, int]:
        """The PDF's octets, durable: their SHA-256 and how many. Raises TemporaryFailure, NoRoom."""
        batch = self.blobs.batch()
        ref = batch.put(tenant_id, result.pdf or b"")
        batch.sync()
        return ref.sha256, ref.octets

    def _make_one(self, mail: KeptMail, page: Document, beside: Step) -> None:
        result = self.rendered(order_of(mail, page, self.blobs, self.language))
        sha256, octets = self.staged(page.tenant_id, result)
        with self.database.write(self.actor) as session:
            message = get_message(session, page.message_id)
            # Asked anew: other PDFs of this message have names by now.
            taken = [each.filename for each in kept_mail(session, message.id).documents]
            name = distinct(text_name(page.filename.removesuffix(".html"), "pdf"), taken)
            made = (PDF_OF[page.kind], page.part, name, PDF, octets, sha256, facts_of(result.facts))
            new = NewDocument(*made, claims=page.claims)
            add_document(session, message, new)
            note_rendered(session, page)
            beside(session)


def _all_of(failed: list[tuple[Document, GivenUp]]) -> GivenUp:
    """One reason for the job, each page's own for the page."""

    def note(session: Session) -> None:
        for page, failure in failed:
            note_not_rendered(session, page, failure.reason)

    return GivenUp(*failed[0][1].reason, also=note)
