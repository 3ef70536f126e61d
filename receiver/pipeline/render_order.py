"""What the renderer is asked for, of a page that is kept: its octets, what its PDF says of itself, and the original.

The original is the record that the page is a view of (law 27): of a mail's text the mail, octet for octet as it was
received, without our trace, which stands beside it (law 16: that names other recipients); of an e-invoice its XML.
A mail that was left in its mailbox has none. Raises NotFound, Damaged, TemporaryFailure.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from receiver.rendering.order import Original, RenderFacts, RenderOrder
from storage.blobs import BlobStore
from storage.database import Session
from storage.documents import list_documents
from storage.filenames import safe_filename
from storage.messages import get_message
from storage.models import Document, Message
from storage.tenants import find_tenant
from storage.trial_mail import stored_mail

EMAIL = "message/rfc822"


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A message, its documents, and when it says it was written."""

    message: Message
    documents: Sequence[Document]
    date: datetime | None  # in UTC


def kept_mail(session: Session, message_id: str) -> KeptMail:
    """What the database has of a message that is to be rendered. Raises NotFound."""
    message = get_message(session, message_id)
    documents = list_documents(session, find_tenant(session, message.tenant_id), message_id)
    facts = stored_mail(session, message).facts
    return KeptMail(message, documents, _in_utc(facts.date) if facts else None)


def order_of(
    mail: KeptMail, page: Document, blobs: BlobStore, language: str, octets: bytes | None = None
) -> RenderOrder:
    """The whole order for a page of that mail; `octets`: a page that is to be rendered instead of the kept one."""
    return RenderOrder(
        page=blobs.read(page.tenant_id, page.sha256) if octets is None else octets,
        title=mail.message.subject,
        author=mail.message.from_,
        date=mail.date,
        language=language,
        original=_original(mail, page, blobs),
    )


def facts_of(facts: RenderFacts) -> dict[str, Any]:
    """What is stored of how a PDF came about: all but the time it took, which is never the same."""
    return {name: value for name, value in asdict(facts).items() if name != "milliseconds"}


def _original(mail: KeptMail, page: Document, blobs: BlobStore) -> Original | None:
    if page.kind == "invoice_html":
        of_part = (each for each in mail.documents if each.kind == "attachment" and each.part == page.part)
        xml = next(of_part, None)  # or EDIFACT
        return Original(blobs.read(xml.tenant_id, xml.sha256), xml.filename, xml.media_type) if xml else None
    message = mail.message
    if not message.raw_sha256:
        return None
    stem = page.filename.removesuffix(".html")
    name = safe_filename(f"{stem}.eml", EMAIL, "message.eml")
    return Original(blobs.read(message.tenant_id, message.raw_sha256), name, EMAIL)


def _in_utc(date: datetime | None) -> datetime | None:
    try:
        return date.astimezone(UTC) if date else None
    except OverflowError:  # the first or the last day that there is, in another zone
        return None
