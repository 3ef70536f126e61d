"""Documents: what is kept for a tenant, listed, found, and added by jobs (the PDF of a page).

The octets are blobs; here stand their names and places. Raises NotFound: another tenant's document looks the same
as one that is not there (law 16).
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import union
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rules.document_claims import NAMES
from storage import audit
from storage.failures import NotFound
from storage.messages import Words
from storage.models import Document, Message, Tenant
from storage.pages import NOT_RENDERED, Remark, remarks
from storage.settlement import NewDocument, document_values


def list_documents(
    session: Session, tenant: Tenant, message_id: str | None = None, limit: int | None = None
) -> list[Document]:
    """The tenant's documents, newest first; those of one message in the order of its parts."""
    query = select(Document).where(Document.tenant_id == tenant.id)
    if message_id is not None:
        query = query.where(Document.message_id == message_id).order_by(col(Document.part), col(Document.kind))
    else:
        query = query.order_by(col(Document.created_at).desc(), col(Document.id))
    return list(session.exec(query.limit(limit)))


def find_document(session: Session, document_id: str, tenant: Tenant | None = None) -> Document:
    """The document of that id, of this tenant or (for the operator) of any. Raises NotFound."""
    found = session.get(Document, document_id)
    if found is None or (tenant is not None and found.tenant_id != tenant.id):
        raise NotFound(f"no document {document_id[:80]!r}; `postbus document list` names them")
    return found


def add_document(session: Session, message: Message, new: NewDocument) -> Document:
    """Attach a document to its message, once: the one of the same part and kind that is there stays (law 13).

    Raises NotFound when the message is gone.
    """
    session.flush()
    # Whoever makes two groups one waits for us, or we read what it made.
    session.exec(select(Tenant.id).where(Tenant.id == message.tenant_id).with_for_update(read=True)).one_or_none()
    made = Document(**document_values(new, message.tenant_id, message.id, _group_of(session, message, new.part)))
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        same = (Document.message_id == message.id, Document.part == made.part, Document.kind == new.kind)
        there = session.exec(select(Document).where(*same)).one_or_none()
        if there is None:
            raise NotFound(f"message {message.id}: it was removed meanwhile") from error
        return there
    audit.record(session, "document_added", tenant_id=message.tenant_id, subject_id=made.id, params={"kind": made.kind})
    return made


def documents_json(session: Session, documents: Sequence[Document], words: Words) -> list[dict[str, Any]]:
    """The documents as programs read them; `remark` says what is amiss with one, in the caller's words."""
    said = remarks(session, documents)
    return [
        _json(each, said.get(each.id), words)
        | {name: each.claims.get(name) for name in NAMES}
        | {"group": each.group_id}
        for each in documents
    ]


def _group_of(session: Session, message: Message, part: str) -> str:
    """The group of what else was made of that part."""
    own = select(col(Document.group_id)).where(Document.message_id == message.id, Document.part == part)
    of_message = select(col(Message.group_id)).where(Message.id == message.id)
    connection = session.connection()
    return connection.scalar(own.limit(1)) or connection.scalar(of_message) or message.group_id


def _json(document: Document, remark: Remark | None, words: Words) -> dict[str, Any]:
    return {
        "id": document.id,
        "message": document.message_id,
        "kind": document.kind,
        "filename": document.filename,
        "media_type": document.media_type,
        "octets": document.octets,
        "sha256": document.sha256,
        "created_at": document.created_at.isoformat(),
        "facts": {name: value for name, value in document.facts.items() if name != NOT_RENDERED},
        "remark": words(*remark) if remark else None,
        "remark_code": remark[0] if remark else None,
    }


def referenced(session: Session, tenant_id: str, sha256s: Collection[str]) -> set[str]:
    """Those of the hashes that a document or a message of the tenant still names (law 15); an expired one does not."""
    kept = select(col(Document.sha256)).where(col(Document.tenant_id) == tenant_id, col(Document.sha256).in_(sha256s))
    raw = select(col(Message.raw_sha256)).where(
        col(Message.tenant_id) == tenant_id, col(Message.raw_sha256).in_(sha256s), col(Message.state) != "expired"
    )
    return set(session.connection().scalars(union(kept, raw)))
