"""Pages that were made of a mail, and their PDFs: which are missing and why, how each came about, and its replacement.

A page is a document (kinds that end in _html); its PDF has the same part and the kind that PDF_OF names. Why there is
none stands in the page's facts once it is known for good, until then with the job that will make it.
Reads and writes rows only; the octets are blobs, synced before. Raises NotFound, Overtaken.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlmodel import Session, col

from storage import audit
from storage.failures import NotFound, TemporaryFailure
from storage.jobs import RENDER
from storage.models import Document, Job
from storage.settlement import PDF_OF, NewDocument

NOT_RENDERED = "not_rendered"  # in a page's facts: why there is no PDF of it, as code and params
WAITS = ("render_waits", dict[str, Any]())
_LOWER_RUNGS = ("unstyled", "text")
# SQLite takes 32,766 parameters in a statement.
_IDS_PER_QUERY = 5_000

Remark = tuple[str, Mapping[str, Any]]  # a code with its parameters


class Overtaken(TemporaryFailure):
    """The document was replaced by somebody else since it was looked at: look again."""


def without_pdf(documents: Iterable[Document]) -> list[Document]:
    """The pages among a message's documents that have no PDF beside them."""
    kept = list(documents)
    there = {(each.part, each.kind) for each in kept}
    return [each for each in kept if each.kind in PDF_OF and (each.part, PDF_OF[each.kind]) not in there]


def note_not_rendered(session: Session, page: Document, reason: Remark) -> None:
    """There is no PDF of this page, for this reason. That the page is gone by now is no matter."""
    code, params = reason
    _write_facts(session, page.id, {**page.facts, NOT_RENDERED: {"code": code, "params": dict(params)}})


def note_rendered(session: Session, page: Document) -> None:
    """There is one now: what was against it does not hold any more."""
    if NOT_RENDERED in page.facts:
        _write_facts(session, page.id, {name: page.facts[name] for name in page.facts if name != NOT_RENDERED})


def replace(session: Session, document: Document, new: NewDocument) -> None:
    """Give a document other octets and facts; its id and name stay, and the audit says what it was before.

    Raises Overtaken when it no longer is what `document` says, NotFound when it is gone.
    """
    session.flush()
    values = {"octets": new.octets, "sha256": new.sha256, "facts": dict(new.facts)}
    seen = (col(Document.id) == document.id, col(Document.sha256) == document.sha256)
    changed: CursorResult[Any] = session.connection().execute(update(Document).where(*seen).values(values))
    if changed.rowcount != 1:
        if session.connection().scalar(select(col(Document.id)).where(col(Document.id) == document.id)) is None:
            raise NotFound(f"document {document.id}: it was removed meanwhile")
        raise Overtaken(f"document {document.id}: it was replaced meanwhile; look at it again")
    params = {
        "kind": document.kind,
        "from": document.sha256,
        "to": new.sha256,
        "octets_before": document.octets,
        "template_before": document.facts.get("template", ""),
        "template": new.facts.get("template", ""),
    }
    audit.record(session, "document_replaced", tenant_id=document.tenant_id, subject_id=document.id, params=params)


def rendered_messages(session: Session, tenant_id: str) -> dict[str, set[str | None]]:
    """The tenant's messages that have PDFs of pages, newest first, with the templates of those; None: not known."""
    made = select(col(Document.message_id), col(Document.facts)).where(
        col(Document.tenant_id) == tenant_id, col(Document.kind).in_(PDF_OF.values())
    )
    found: dict[str, set[str | None]] = {}
    newest_first = made.order_by(col(Document.created_at).desc(), col(Document.id))
    for message_id, facts in session.connection().execute(newest_first):
        found.setdefault(message_id, set()).add(facts.get("template"))
    return found


def remarks(session: Session, documents: Sequence[Document]) -> dict[str, Remark]:
    """What is to be said of these documents, by id: why a page has no PDF, or that a PDF is not the whole page."""
    found: dict[str, Remark] = {}
    pages = [each for each in documents if each.kind in PDF_OF]
    messages = sorted({each.message_id for each in pages})
    rendered, reasons = _rendered(session, messages), _reasons_of_jobs(session, messages)
    for each in pages:
        if (each.message_id, each.part, PDF_OF[each.kind]) in rendered:
            continue
        reason = each.facts.get(NOT_RENDERED)
        if reason:
            found[each.id] = (reason["code"], reason["params"])
        elif each.message_id in reasons:
            found[each.id] = reasons[each.message_id]
    for each in documents:
        if each.facts.get("rung") in _LOWER_RUNGS:
            found[each.id] = (f"rung_{each.facts['rung']}", {})
    return found


def _write_facts(session: Session, document_id: str, facts: Mapping[str, Any]) -> None:
    session.flush()
    changed = update(Document).where(col(Document.id) == document_id).values(facts=dict(facts))
    session.connection().execute(changed)


def _rendered(session: Session, messages: Sequence[str]) -> set[tuple[str, str, str]]:
    columns = (col(Document.message_id), col(Document.part), col(Document.kind))
    found = set()
    for some in _pieces(messages):
        query = select(*columns).where(col(Document.message_id).in_(some), col(Document.kind).in_(PDF_OF.values()))
        found |= {(message_id, part, kind) for message_id, part, kind in session.connection().execute(query)}
    return found


def _reasons_of_jobs(session: Session, messages: Sequence[str]) -> dict[str, Remark]:
    columns = (col(Job.subject_id), col(Job.error_code), col(Job.error_params))
    found: dict[str, Remark] = {}
    for some in _pieces(messages):
        query = select(*columns).where(col(Job.kind) == RENDER, col(Job.subject_id).in_(some))
        for message_id, code, params in session.connection().execute(query):
            found[message_id] = (code, params) if code else WAITS
    return found


def _pieces(ids: Collection[str]) -> Iterator[list[str]]:
    listed = list(ids)
    for start in range(0, len(listed), _IDS_PER_QUERY):
        yield listed[start : start + _IDS_PER_QUERY]
