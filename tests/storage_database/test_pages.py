"""Pages and their PDFs on both databases: what is missing and why, and what takes the place of what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from storage import jobs
from storage.audit import lines_about
from storage.database import Database, Session
from storage.documents import add_document, documents_json, find_document, list_documents
from storage.failures import NotFound
from storage.messages import get_message
from storage.models import Document, ImportAddress, Tenant
from storage.pages import (
    Overtaken,
    note_not_rendered,
    note_rendered,
    rendered_messages,
    replace,
    without_pdf,
)
from storage.settling import NewDocument, settle
from storage.tenants import find_tenant, remove_tenant
from tests.storage_database.settlements import attachment, digest, imported

Owner: TypeAlias = tuple[Tenant, ImportAddress]
TEXT = NewDocument("email_html", "text", "Receipt.html", "text/html", 100, digest("text"))
INVOICE = NewDocument("invoice_html", "2", "invoice.html", "text/html", 100, digest("invoice"))
REASON = ("render_took_too_long", {"seconds": 30})


def pdf_of(page: NewDocument, name: str = "pdf", **facts: Any) -> NewDocument:
    """A PDF of a page."""
    kind: Any = page.kind.replace("_html", "_pdf")
    return NewDocument(kind, page.part, f"{name}.pdf", "application/pdf", 500, digest(name), facts)


def kept(session: Session, owner: Owner, key: str = "k1", **changes: Any) -> str:
    """A message with a page of its text and one of its e-invoice, whose PDFs are wanted; its id."""
    documents = (TEXT, attachment("x", "2"), INVOICE)
    return settle(session, imported(owner, key, documents=documents, wants_pdf=True, **changes)).message_id


def add(session: Session, message_id: str, new: NewDocument) -> Document:
    """Add a document to a message."""
    return add_document(session, get_message(session, message_id), new)


def pages_of(session: Session, owner: Owner) -> list[Document]:
    """The pages without a PDF."""
    return without_pdf(list_documents(session, owner[0]))


def told(session: Session, owner: Owner) -> dict[str, str | None]:
    """The remark of each document, by its name."""

    def words(code: str, params: Mapping[str, Any]) -> str:
        return f"{code} {dict(params)}"

    return {
        each["filename"]: each["remark"] for each in documents_json(session, list_documents(session, owner[0]), words)
    }


def test_each_page_has_a_pdf_of_its_own(database: Database, acme: Owner) -> None:
    """By part: the PDF of the text is not that of an e-invoice beside it."""
    with database.write() as session:
        message_id = kept(session, acme)
        assert {each.kind for each in pages_of(session, acme)} == {"email_html", "invoice_html"}
        add(session, message_id, pdf_of(TEXT))
        assert [each.kind for each in pages_of(session, acme)] == ["invoice_html"]
        add(session, message_id, pdf_of(INVOICE, "other"))
        assert pages_of(session, acme) == []


def test_why_a_page_has_no_pdf_is_told_with_it(database: Database, acme: Owner) -> None:
    """First that it is to be made, then what its job waits for, then what is against it for good; then nothing."""
    with database.write() as session:
        message_id = kept(session, acme)
        assert told(session, acme)["Receipt.html"] == "render_waits {}"
    with database.write() as session:
        (job,) = jobs.claim(session, "test", [jobs.RENDER], 1, timedelta(seconds=60))
        jobs.put_off(session, job, job.lease_until, ("render_no_renderer", {"socket": "/run/x"}))
    with database.write() as session:
        assert told(session, acme)["Receipt.html"] == "render_no_renderer {'socket': '/run/x'}"
        page = next(each for each in pages_of(session, acme) if each.part == "text")
        note_not_rendered(session, page, REASON)
    with database.write() as session:
        page = next(each for each in pages_of(session, acme) if each.part == "text")
        assert told(session, acme)["Receipt.html"] == "render_took_too_long {'seconds': 30}"
        assert told(session, acme)["x.pdf"] is None
        note_rendered(session, page)
        add(session, message_id, pdf_of(TEXT))
    with database.read() as session:
        assert told(session, acme)["Receipt.html"] is None
        assert find_document(session, page.id).facts == {}


def test_a_pdf_that_is_less_than_its_page_says_so(database: Database, acme: Owner) -> None:
    """A lower rung is remarked on with the document, the whole page is not."""
    with database.write() as session:
        message_id = kept(session, acme)
        add(session, message_id, pdf_of(TEXT, "a", rung="text", pages=2))
        add(session, message_id, pdf_of(INVOICE, "b", rung="full"))
        assert {name: told(session, acme)[name] for name in ("a.pdf", "b.pdf")} == {
            "a.pdf": "rung_text {}",
            "b.pdf": None,
        }


def test_what_is_replaced_keeps_its_id_and_is_told_of(database: Database, acme: Owner) -> None:
    """GoBD: which octets were there before stands in the audit; nothing else of the document changes."""
    with database.write() as session:
        before = add(session, kept(session, acme), pdf_of(TEXT, "old", template="1"))
    new = pdf_of(TEXT, "new", template="2", rung="full")
    with database.write("somebody") as session:
        replace(session, before, new)
    with database.read() as session:
        after = find_document(session, before.id)
        line = lines_about(session, acme[0].id, before.id)[-1]
    assert (after.sha256, after.facts) == (digest("new"), new.facts)
    assert (after.filename, after.created_at, after.kind) == (before.filename, before.created_at, "email_pdf")
    assert (line.action, line.actor) == ("document_replaced", "somebody")
    assert (line.params["from"], line.params["to"]) == (digest("old"), digest("new"))
    assert (line.params["template_before"], line.params["template"]) == ("1", "2")


def test_of_two_who_replace_the_same_one_the_second_is_told(database: Database, acme: Owner) -> None:
    """Both had looked at the same octets: one of them writes, the other one writes nothing at all."""
    with database.write() as session:
        before = add(session, kept(session, acme), pdf_of(TEXT, "old"))
    with database.write() as session:
        replace(session, before, pdf_of(TEXT, "first"))

    def write_both() -> None:
        with database.write() as session:
            add(session, before.message_id, pdf_of(INVOICE))
            replace(session, before, pdf_of(TEXT, "second"))

    with pytest.raises(Overtaken):
        write_both()
    with database.read() as session:
        assert find_document(session, before.id).sha256 == digest("first")
        assert [each.part for each in pages_of(session, acme)] == ["2"]


def test_nothing_takes_the_place_of_what_was_removed(database: Database, acme: Owner) -> None:
    """The tenant was removed while its PDF was made: no document and no blob is referred to again."""
    with database.write() as session:
        message_id = kept(session, acme)
        message, before = get_message(session, message_id), add(session, message_id, pdf_of(TEXT))
    with database.write() as session:
        remove_tenant(session, find_tenant(session, "Acme"))
    with pytest.raises(NotFound), database.write() as session:
        replace(session, before, pdf_of(TEXT, "new"))
    with pytest.raises(NotFound), database.write() as session:
        add_document(session, message, pdf_of(TEXT, "new"))


def test_messages_are_found_by_the_template_of_their_pdfs(database: Database, acme: Owner) -> None:
    """One of before templates were told has none; a message with PDFs of two is found by both."""
    with database.write() as session:
        first, second = kept(session, acme, "k1"), kept(session, acme, "k2")
        kept(session, acme, "k3")
        add(session, first, pdf_of(TEXT))
        add(session, second, pdf_of(TEXT, template="1"))
        add(session, second, pdf_of(INVOICE, template="2"))
        assert rendered_messages(session, acme[0].id) == {first: {None}, second: {"1", "2"}}
