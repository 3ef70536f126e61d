"""Promises of storage.messages and storage.documents: what lists show, and who may see it."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import pytest

from rules.document_claims import NAMES
from storage.database import Database
from storage.documents import add_document, documents_json, find_document, list_documents, referenced
from storage.failures import Invalid, NotFound
from storage.messages import count_messages, get_message, list_messages, message_json, messages_json
from storage.models import ImportAddress, Tenant
from storage.settling import NewDocument, settle, settle_many
from storage.tenants import add_tenant
from tests.storage_database.settlements import attachment, digest, imported, later, left

Owner: TypeAlias = tuple[Tenant, ImportAddress]
PDF = NewDocument("email_pdf", "text", "Rechnung.pdf", "application/pdf", 5, digest("pdf"))


def _words(code: str, params: Mapping[str, Any]) -> str:
    return f"{code} in words"


def test_messages_are_listed_newest_first(database: Database, acme: Owner) -> None:
    """All, one state, or the newest few; a state there is not names the nearest."""
    with database.write() as session:
        mails = [imported(acme, f"k{minute}", received_at=later(minute)) for minute in (1, 3, 2)]
        settle_many(session, [*mails, left(acme, "k4", received_at=later(4))])
    with database.read() as session:
        assert [row.received_at for row in list_messages(session, acme[0])] == [later(m) for m in (4, 3, 2, 1)]
        assert [row.received_at for row in list_messages(session, acme[0], limit=2)] == [later(4), later(3)]
        assert [row.state for row in list_messages(session, acme[0], "not_imported")] == ["not_imported"]
        assert count_messages(session) == count_messages(session, acme[0])
        assert {state: n for state, n in count_messages(session).items() if n} == {"imported": 3, "not_imported": 1}
        with pytest.raises(Invalid, match="did you mean 'imported'"):
            list_messages(session, acme[0], "importd")


def test_a_message_as_programs_read_it(database: Database, acme: Owner) -> None:
    """The keys that the command line promises, with the reason in the words that were brought."""
    documents = (attachment("a", "2"), attachment("b", "3"))
    with database.write() as session:
        outcome = settle(session, imported(acme, label="Büro", original_sender="x@y.example", documents=documents))
    with database.read() as session:
        shown = message_json(session, get_message(session, outcome.message_id, acme[0]), _words)
    promised = {
        "id": outcome.message_id,
        "tenant": "Acme",
        "source": "smtp",
        "received_at": "2026-11-02T12:00:00+00:00",
        "reverse_path": "billing@supplier.example",
        "forward_path": acme[1].address,
        "label": "Büro",
        "from": "Supplier <billing@supplier.example>",
        "original_sender": "x@y.example",
        "subject": "Rechnung 4711",
        "state": "imported",
        "reason": "carries_pdf in words",
        "standard": None,
        "documents": 2,
        "octets": 2000,
    }
    assert {key: shown[key] for key in promised} == promised


def test_lists_without_messages_are_empty(database: Database, acme: Owner) -> None:
    """Nothing received, nothing shown."""
    with database.read() as session:
        assert messages_json(session, list_messages(session, acme[0]), _words) == []
        assert list_documents(session, acme[0]) == []


def test_documents_are_listed_and_found(database: Database, acme: Owner) -> None:
    """By tenant newest first, by message in the order of parts, with the keys the command line promises."""
    with database.write() as session:
        first = settle(session, imported(acme, "k1", documents=(attachment("b", "3"), attachment("a", "2"))))
        settle(session, imported(acme, "k2"))
    with database.read() as session:
        assert len(list_documents(session, acme[0])) == 3
        assert len(list_documents(session, acme[0], limit=1)) == 1
        rows = list_documents(session, acme[0], first.message_id)
        shown = documents_json(session, [find_document(session, rows[0].id, acme[0])], _words)[0]
    assert [row.filename for row in rows] == ["a.pdf", "b.pdf"]
    assert shown == {
        "id": rows[0].id,
        "message": first.message_id,
        "kind": "attachment",
        "filename": "a.pdf",
        "media_type": "application/pdf",
        "octets": 1000,
        "sha256": digest("a"),
        "created_at": rows[0].created_at.isoformat(),
        "facts": {},
        "remark": None,
        "remark_code": None,
        **dict.fromkeys(NAMES),
        "group": first.message_id,
    }


def test_a_document_is_added_once(database: Database, acme: Owner) -> None:
    """Law 13: the PDF of an e-mail's text, made twice, is one document: the first."""
    with database.write() as session:
        outcome = settle(session, imported(acme))
        message = get_message(session, outcome.message_id)
        first = add_document(session, message, PDF)
        second = add_document(session, message, PDF)
    assert first.id == second.id
    with database.read() as session:
        assert [row.kind for row in list_documents(session, acme[0], message.id)] == ["attachment", "email_pdf"]


def test_others_see_nothing(database: Database, acme: Owner) -> None:
    """Law 16: another tenant's message or document is answered like one that does not exist."""
    with database.write() as session:
        other, _ = add_tenant(session, "Other", "standard", ["in.example.com"])
        message = settle(session, imported(acme))
        [document] = list_documents(session, acme[0])
        with pytest.raises(NotFound) as foreign:
            find_document(session, document.id, other)
        with pytest.raises(NotFound) as missing:
            find_document(session, "nothing", other)
        with pytest.raises(NotFound):
            get_message(session, message.message_id, other)
        assert list_documents(session, other, message.message_id) == []
        assert referenced(session, other.id, {digest("a")}) == set()
    assert str(foreign.value).replace(document.id, "nothing") == str(missing.value)


def test_blobs_that_rows_name_are_referenced(database: Database, acme: Owner) -> None:
    """Law 15: raw mail and documents are kept from collection, what nobody names is not."""
    with database.write() as session:
        settle(session, imported(acme))
    with database.read() as session:
        asked = {digest("raw k1"), digest("a"), digest("b")}
        assert referenced(session, acme[0].id, asked) == {digest("raw k1"), digest("a")}
