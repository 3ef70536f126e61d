"""A renderer for tests, at the seam of the real one: it remembers what it was asked, and gives what a test says."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage

from receiver.pipeline.render_job import PdfMaker, do_render_job
from receiver.rendering.client import RenderResult
from receiver.rendering.order import RenderFacts, RenderOrder
from receiver.rendering.reasons import Reason
from rules.conditions import in_order
from rules.standards import ImportStandard
from storage import jobs
from storage.blobs import BlobStore
from storage.jobs import Job
from storage.standards import add_whole_standard
from storage.tenants import find_tenant
from tests.pdfs import Rectangle, pdf_of_pages
from tests.receiver_pipeline.house import House

FACTS = RenderFacts("full", 1, 70, "wkhtmltopdf 0.12.6", "1", "bubblewrap", "PDF/A-3b")


@dataclass
class Press:
    """Gives the same PDF for everything, with these facts; pages whose octets hold `refuses` it cannot lay out."""

    pages: list[list[Rectangle]] = field(default_factory=lambda: [[]])
    facts: RenderFacts = FACTS
    refuses: bytes | None = None
    is_fit: bool = True  # otherwise it ends with each page in hand
    meanwhile: Callable[[], None] = lambda: None  # what others do while it works; once
    orders: list[RenderOrder] = field(default_factory=list)

    def __call__(self, order: RenderOrder) -> RenderResult:
        """One page."""
        self.orders.append(order)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if not self.is_fit:
            return RenderResult(reason=Reason("render_interrupted"))
        if self.refuses is not None and self.refuses in order.page:
            return RenderResult(reason=Reason("render_took_too_long", {"seconds": 30}))
        return RenderResult(pdf_of_pages(*self.pages), None, self.facts)


def maker_of(house: House, press: Press, blobs: BlobStore | None = None) -> PdfMaker:
    """What makes PDFs by that renderer."""
    return PdfMaker(house.database, blobs or house.blobs, "en", press)


def claim(house: House, seconds: int = 60) -> Job:
    """The one render job that waits, claimed."""
    with house.database.write() as session:
        (job,) = jobs.claim(session, "test", [jobs.RENDER], 1, timedelta(seconds=seconds))
    return job


def render(house: House, press: Press) -> None:
    """Do the one render job that waits."""
    do_render_job(house.settings, house.database, house.blobs, claim(house), press)


def keep_all_of(house: House, sender: str, tenant: str = "Acme") -> None:
    """From now on the tenant keeps text and attachments of this sender's mail."""
    house.tenant(tenant)
    with house.database.write() as session:
        owner = find_tenant(session, tenant)
        kept = ImportStandard("", "Kept", in_order({"sender": (sender,)}), keep="both")
        add_whole_standard(session, owner, kept)


def xml_mail(*xml: bytes, pdf: bytes | None = None, text: str = "Please find your invoice attached.") -> bytes:
    """A supplier's mail with XML files, and a PDF beside them when there is one."""
    mail = EmailMessage()
    mail["From"] = "Seller <billing@supplier.example>"
    mail["To"] = "office@example.com"
    mail["Bcc"] = "hidden@example.com"
    mail["Subject"] = "Your invoice"
    mail["Date"] = "Mon, 05 Jan 2026 23:30:00 -0500"
    mail["Message-ID"] = f"<{secrets.token_hex(8)}@supplier.example>"
    mail.set_content(text)
    for number, octets in enumerate(xml, 1):
        mail.add_attachment(octets, maintype="application", subtype="xml", filename=f"rechnung {number}.xml")
    if pdf is not None:
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="rechnung.pdf")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
