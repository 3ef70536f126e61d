"""Make the PDFs of a message anew, compare them with those that are there, and put them in their place.

The page is made again from the octets as received, by a parsing child, so that what has been learnt about pages since
takes effect; where those are gone or cannot be read, the page that is kept is rendered once more. The document keeps
its id: it is the same view of the same mail, and whoever refers to it finds it. What it was before stands in the audit
(GoBD: changes are traceable). The old octets stay until the new row is committed, and longer (law 15).
Never puts a lesser PDF (a lower rung) in the place of a better one. Raises PutOff, TryAgain, NotFound,
TemporaryFailure (Overtaken among it).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from receiver.pipeline.job_results import GivenUp
from receiver.pipeline.keep import HTML, PDF, text_name
from receiver.pipeline.parsing import AttemptFailed, Mail, Pool, Wanted
from receiver.pipeline.render_job import PdfMaker
from receiver.pipeline.render_order import KeptMail, facts_of, kept_mail, order_of
from receiver.rendering.client import RenderResult
from receiver.rendering.comparing import Comparison, compare
from receiver.rendering.reasons import Reason
from rules.decision import TEXT_PART
from rules.facts import MailFacts
from storage.database import Session
from storage.documents import add_document
from storage.failures import Damaged, NotFound
from storage.filenames import distinct
from storage.messages import get_message
from storage.models import Document, Message
from storage.pages import Overtaken, note_rendered, replace
from storage.settlement import PDF_OF, DocumentKind
from storage.settling import NewDocument
from storage.trial_mail import unread_of

RUNGS = ("full", "unstyled", "text")
Pages = Mapping[tuple[str, str], bytes]  # by kind and part


@dataclass(frozen=True, slots=True)
class Renewed:
    """A PDF made anew and not stored yet, with the page that it is of, beside those that are there."""

    mail: KeptMail
    page: Document
    page_octets: bytes | None  # None: the page that is kept
    before: Document | None  # the PDF that is there
    result: RenderResult  # without a PDF: the reason why there is none
    comparison: Comparison | None  # None: there is no PDF, or its octets are damaged

    @property
    def is_lesser(self) -> bool:
        """Whether less of the page is in it than in the one that is there."""
        return self.before is not None and _rung(self.result.facts.rung) > _rung(self.before.facts.get("rung", ""))

    @property
    def is_unchanged(self) -> bool:
        """Whether there is nothing to store: the PDF, what is known of it and its page are what is there."""
        before, found = self.before, self.comparison
        if before is None or found is None or not found.has_same_octets:
            return False
        is_same_page = self.page_octets is None or sha256(self.page_octets).hexdigest() == self.page.sha256
        return is_same_page and before.facts == facts_of(self.result.facts)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the PDF that is there has and the new one has not: "original", "archival"; no picture shows it."""
        if self.before is None or self.result.pdf is None:
            return ()
        before, now = self.before.facts, self.result.facts
        lost_original = before.get("original") == "embedded" != now.original
        lost = {"original": lost_original, "archival": before.get("archival") and not now.archival}
        return tuple(name for name, is_lost in lost.items() if is_lost)

    @property
    def looks_the_same(self) -> bool:
        """Whether nobody could tell it from the one that is there, and nothing of that is lost."""
        return self.comparison is not None and self.comparison.looks_the_same and not self.lacks


@dataclass(frozen=True, slots=True)
class Renewer:
    """Makes PDFs anew. One thread only."""

    maker: PdfMaker
    pool: Pool

    def renew(self, message_id: str, part: str | None = None) -> Iterator[Renewed]:
        """The PDFs of all pages of a message (or of that part's), made anew one by one; nothing is written yet."""
        with self.maker.database.read() as session:
            mail = kept_mail(session, message_id)
        pages = [each for each in mail.documents if each.kind in PDF_OF and part in {None, each.part}]
        made = self._pages(mail)
        for page in pages:
            yield self._renew_one(mail, page, made.get((page.kind, page.part)))

    def put_in_place(self, renewed: Renewed) -> str:
        """Store it, page and PDF in one transaction; the id of the PDF. Raises Overtaken, NotFound, NoRoom."""
        page, result = renewed.page, renewed.result
        batch = self.maker.blobs.batch()
        pdf = batch.put(page.tenant_id, result.pdf or b"")
        html = None if renewed.page_octets is None else batch.put(page.tenant_id, renewed.page_octets)
        batch.sync()
        with self.maker.database.write(self.maker.actor) as session:
            if html and html.sha256 != page.sha256:
                kind: DocumentKind = "email_html" if page.kind == "email_html" else "invoice_html"
                replace(session, page, NewDocument(kind, page.part, page.filename, HTML, html.octets, html.sha256))
            made = NewDocument(PDF_OF[page.kind], page.part, "", PDF, pdf.octets, pdf.sha256, facts_of(result.facts))
            note_rendered(session, page)
            return _put_pdf(session, renewed, made)

    def _pages(self, mail: KeptMail) -> Pages:
        """The pages made again from the mail as it was received; none where that cannot be."""
        message = mail.message
        if not message.raw_sha256:
            return {}
        try:
            raw = self.maker.blobs.path(message.tenant_id, message.raw_sha256)
            self.maker.blobs.read(message.tenant_id, message.raw_sha256)  # damaged octets make another page
            with self.maker.database.read() as session:
                unread = unread_of(session, message.id)
            again = Mail(None, raw, message.octets, message.reverse_path, unread)
            parsed = self.pool.submit(again, lambda read: (None, _pages_wanted(mail, read.facts))).result()
        except (AttemptFailed, NotFound, Damaged):
            return {}
        parsed.discard()
        made = {("invoice_html", part): octets for part, octets in parsed.invoices.items()}
        return made | ({("email_html", TEXT_PART): parsed.body} if parsed.body else {})

    def _renew_one(self, mail: KeptMail, page: Document, octets: bytes | None) -> Renewed:
        kind = PDF_OF[page.kind]
        before = next((each for each in mail.documents if (each.kind, each.part) == (kind, page.part)), None)
        try:
            result = self.maker.rendered(order_of(mail, page, self.maker.blobs, self.maker.language, octets))
        except GivenUp as failure:
            return Renewed(mail, page, octets, before, RenderResult(reason=Reason(*failure.reason)), None)
        except (NotFound, Damaged) as failure:
            reason = Reason("render_nothing_to_render", {"failure": type(failure).__name__})
            return Renewed(mail, page, octets, before, RenderResult(reason=reason), None)
        return Renewed(mail, page, octets, before, result, self._compared(before, result.pdf or b""))

    def _compared(self, before: Document | None, pdf: bytes) -> Comparison | None:
        if before is None:
            return None
        try:
            return compare(self.maker.blobs.read(before.tenant_id, before.sha256), pdf)
        except (NotFound, Damaged):
            return None


def _pages_wanted(mail: KeptMail, facts: MailFacts) -> Wanted:
    kinds = {(each.kind, each.part) for each in mail.documents}
    invoices = {each.part for each in facts.attachments if each.e_invoice and ("invoice_html", each.part) in kinds}
    return Wanted(body=("email_html", TEXT_PART) in kinds, invoices=frozenset(invoices))


def _put_pdf(session: Session, renewed: Renewed, made: NewDocument) -> str:
    before = renewed.before
    if before is not None:
        if (before.sha256, before.facts) != (made.sha256, made.facts):
            replace(session, before, made)
        return before.id
    message: Message = get_message(session, renewed.page.message_id)
    taken = [each.filename for each in kept_mail(session, message.id).documents]
    name = distinct(text_name(renewed.page.filename.removesuffix(".html"), "pdf"), taken)
    named = NewDocument(made.kind, made.part, name, PDF, made.octets, made.sha256, made.facts, renewed.page.claims)
    there = add_document(session, message, named)
    if there.sha256 != made.sha256:
        raise Overtaken(f"message {message.id}: its PDF was made by another process meanwhile; look at it again")
    return there.id


def _rung(name: str) -> int:
    """How far down the ladder; of a PDF of which that is not known, the top."""
    return RUNGS.index(name) if name in RUNGS else 0
