"""The job that makes the PDF of an e-mail's text: the kept page goes to the renderer, what comes back is a document.

Never starts wkhtmltopdf. While the renderer is away the job waits and no attempt counts; a page that cannot be
rendered keeps its HTML, and the job keeps the reason.
Raises PutOff, GivenUp, and what storage raises (LeaseLost among it).
"""

from collections.abc import Callable

from receiver.config import Settings
from receiver.pipeline.job_results import GivenUp, PutOff
from receiver.pipeline.keep import TEXT_PART, text_name
from receiver.rendering.client import render
from receiver.rendering.order import RenderOrder
from storage import jobs
from storage.blobs import BlobStore
from storage.database import Database, Session
from storage.documents import add_document, list_documents
from storage.failures import Damaged, NotFound
from storage.filenames import distinct
from storage.jobs import Job
from storage.messages import get_message
from storage.models import Document
from storage.settling import NewDocument
from storage.tenants import find_tenant

# How long a job waits when the renderer is away or not fit to work.
RENDERER_AWAY_SECONDS = 30.0


def do_render_job(settings: Settings, database: Database, blobs: BlobStore, job: Job) -> None:
    """Make the PDF and finish the job, in one transaction."""

    def finish(session: Session) -> None:
        jobs.finish(session, job, job.owner)

    try:
        make_pdf(settings, database, blobs, job.subject_id, also=finish)
    except (NotFound, Damaged) as failure:
        raise GivenUp("render_nothing_to_render", {"failure": type(failure).__name__}) from failure


def make_pdf(
    settings: Settings,
    database: Database,
    blobs: BlobStore,
    message_id: str,
    also: Callable[[Session], None] = lambda _session: None,
) -> None:
    """Have the kept text of a message as PDF, once; `also` is done in the same transaction.

    Raises PutOff while the renderer cannot work, GivenUp when the page cannot be rendered, NotFound, Damaged.
    """
    with database.read() as session:
        message = get_message(session, message_id)
        kept = list_documents(session, find_tenant(session, message.tenant_id), message_id)
    page = next((each for each in kept if each.kind == "email_html"), None)
    if page is None:
        raise NotFound(f"message {message_id}: its text was not kept")
    if any(each.kind == "email_pdf" for each in kept):
        with database.write("jobs") as session:
            also(session)
        return
    pdf = _rendered(settings, blobs.read(page.tenant_id, page.sha256))
    batch = blobs.batch()
    ref = batch.put(page.tenant_id, pdf)
    batch.sync()
    name = distinct(_name(page), [each.filename for each in kept])
    with database.write("jobs") as session:
        message = get_message(session, message_id)
        new = NewDocument("email_pdf", TEXT_PART, name, "application/pdf", ref.octets, ref.sha256)
        add_document(session, message, new)
        also(session)


def _rendered(settings: Settings, page: bytes) -> bytes:
    result = render(settings.render_socket(), RenderOrder(page), settings.rendering.seconds)
    if result.pdf is not None:
        return result.pdf
    reason = result.reason
    if reason is None:
        raise PutOff("render_interrupted", {}, RENDERER_AWAY_SECONDS)
    if reason.waits:
        raise PutOff(reason.code, reason.params, RENDERER_AWAY_SECONDS)
    raise GivenUp(reason.code, reason.params)


def _name(page: Document) -> str:
    return text_name(page.filename.removesuffix(".html"), "pdf")
