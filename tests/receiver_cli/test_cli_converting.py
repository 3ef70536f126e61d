"""`document convert --again` and what documents tell of themselves, by command and through the real renderer."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from storage import jobs
from storage.documents import add_document, list_documents
from storage.messages import get_message
from storage.pages import note_not_rendered
from storage.settling import NewDocument
from storage.tenants import find_tenant
from tests.pdfs import pdf_of_pages
from tests.receiver_cli.test_cli_mail import Mailroom, running_renderer

FACTS = {
    "rung": "text",
    "pages": 3,
    "renderer": "wkhtmltopdf 0.12.6",
    "template": "of before",
    "sandbox": "bubblewrap",
    "archival": "",
    "archival_fault": "a gradient",
}
needs_renderer = pytest.mark.skipif(
    not (shutil.which("wkhtmltopdf") and shutil.which("bwrap")), reason="needs wkhtmltopdf and bwrap"
)


@pytest.fixture(name="mailroom")
def _mailroom(postbus: Any, acme: str) -> Iterator[Mailroom]:
    mailroom = Mailroom(postbus.data, acme)
    yield mailroom
    mailroom.close()


def old_pdf(mailroom: Mailroom, message_id: str, **facts: Any) -> tuple[str, bytes]:
    """Give a kept text the PDF of an older template, three pages of it; its id and octets."""
    octets = pdf_of_pages([(100, 100, 300, 300)], [], [])
    with mailroom.database.write() as session:
        message = get_message(session, message_id)
        batch = mailroom.blobs.batch()
        ref = batch.put(message.tenant_id, octets)
        batch.sync()
        new = NewDocument("email_pdf", "text", "Rechnung.pdf", "application/pdf", ref.octets, ref.sha256, FACTS | facts)
        return add_document(session, message, new).id, octets


def octets_of(postbus: Any, document: str) -> bytes:
    """What is kept of a document."""
    written: bytes = postbus.process("document", "get", document, "--output", "-").stdout
    return written


def give_up(mailroom: Mailroom, message_id: str) -> None:
    """The render job could not be done."""
    reason = ("render_took_too_long", {"seconds": 30})
    with mailroom.database.write() as session:
        (job,) = jobs.claim(session, "test", [jobs.RENDER], 1, timedelta(seconds=60))
        jobs.fail(session, job, "test", reason, None)
        (page,) = list_documents(session, find_tenant(session, "Acme"), message_id)
        note_not_rendered(session, page, reason)


def test_why_there_is_no_pdf_is_told_wherever_one_looks(postbus: Any, mailroom: Mailroom) -> None:
    """In the list, with the document, with the message and in the count; in the reader's language."""
    message = mailroom.text()
    assert postbus("document", "list", "--tenant", "Acme", "--json").row["remark_code"] == "render_waits"
    assert postbus("status", "--json").row["not_rendered"] == 0

    give_up(mailroom, message)

    listed = postbus("document", "list", "--tenant", "Acme", "--json").row
    assert (listed["remark_code"], listed["facts"]) == ("render_took_too_long", {})
    for language, words in (
        ("en", "no PDF: it took longer than 30 seconds"),
        ("de", "kein PDF: es dauerte länger als 30 Sekunden"),
        ("nl", "geen pdf: het duurde langer dan 30 seconden"),
    ):
        for command in (("message", "show", message), ("document", "show", listed["id"])):
            assert words in postbus(*command, POSTBUS_LANGUAGE=language).out
        assert words in postbus("document", "list", "--tenant", "Acme", POSTBUS_LANGUAGE=language, COLUMNS="250").out
    assert postbus("status", "--json").row["not_rendered"] == 1
    assert "Mails without their PDF" in postbus("status").out


def test_a_document_is_shown_with_all_that_is_known_of_it(postbus: Any, mailroom: Mailroom) -> None:
    """How it came about in words, what is against its being archival, and what was done to it."""
    document, _ = old_pdf(mailroom, mailroom.text())

    shown = postbus("document", "show", document).out
    record = postbus("document", "show", document, "--json").row

    for words in ("the words alone", "a gradient", "bubblewrap", "wkhtmltopdf 0.12.6", "document_added", "Acme"):
        assert words in shown
    assert (record["facts"], record["remark_code"], record["part"]) == (FACTS, "rung_text", "text")
    assert [line["action"] for line in record["history"]] == ["document_added"]
    (kept,) = (
        each for each in postbus("document", "list", "--tenant", "Acme", "--json").rows if each["id"] == document
    )
    assert kept["facts"] == FACTS
    assert "3 pages, the words alone" in postbus("message", "show", record["message"]).out


@needs_renderer
def test_what_looks_different_is_replaced_once_people_agree(
    postbus: Any, mailroom: Mailroom, fails_with: Callable[..., None]
) -> None:
    """Shown page by page first; no, and nobody to ask, leave it; yes replaces it under the same id."""
    message = mailroom.text()
    document, before = old_pdf(mailroom, message)
    with running_renderer(postbus.data):
        asked = postbus("document", "convert", "--again", message, typed="n\n")
        unasked = postbus("document", "convert", "--again", document, "--json").row
        between = octets_of(postbus, document)
        agreed = postbus("document", "convert", "--again", document, typed="y\n")
        again = postbus("document", "convert", "--again", document, "--json").row

    assert (asked.status, between) == (1, before)
    for words in ("3 pages before and 1 now", "Pixels that differ", "100.00 %"):
        assert words in asked.out
    assert "stays as it was" in asked.err
    assert (unasked["outcome"], unasked["octets_equal"], unasked["looks_the_same"]) == ("kept", False, False)
    assert (unasked["pages_before"], unasked["pages_after"], unasked["document"]) == (3, 1, document)
    assert [each["share"] for each in unasked["differing"]][1:] == [1.0, 1.0]
    assert (agreed.status, "replaced" in agreed.out) == (0, True)
    after = octets_of(postbus, document)
    assert after.startswith(b"%PDF-")
    assert after != before
    assert (again["looks_the_same"], again["outcome"] in {"unchanged", "replaced"}) == (True, True)
    (replaced,) = [
        line["params"]
        for line in postbus("document", "show", document, "--json").row["history"]
        if line["actor"] == "command line" and line["params"]["from"] == unasked["sha256_before"]
    ]
    assert replaced["template_before"] == "of before"


@needs_renderer
def test_a_whole_tenants_pdfs_are_made_again(postbus: Any, mailroom: Mailroom) -> None:
    """Without --yes what looks different is named and stays; with it, all are of the template of now."""
    document, before = old_pdf(mailroom, mailroom.text())
    with running_renderer(postbus.data):
        kept = postbus("document", "convert", "--again", "--all", "--tenant", "Acme", "--json").row
        between = octets_of(postbus, document)
        replaced = postbus("document", "convert", "--again", "--all", "--tenant", "Acme", "--yes")

    assert (kept["outcome"], between) == ("kept", before)
    assert "replaced" in replaced.out
    assert octets_of(postbus, document) != before


@needs_renderer
def test_a_page_without_a_pdf_gets_one_and_its_job_is_no_longer_given_up(postbus: Any, mailroom: Mailroom) -> None:
    """`jobs_failed` does not count what was put right by hand."""
    message = mailroom.text()
    give_up(mailroom, message)
    with running_renderer(postbus.data):
        made = postbus("document", "convert", "--again", message, "--json").row

    assert (made["outcome"], made["sha256_before"]) == ("made", None)
    assert postbus("document", "show", made["document"], "--json").row["kind"] == "email_pdf"
    assert postbus("status", "--json").row["not_rendered"] == 0
    assert postbus("status", "--json").row["jobs_pending"] == 1  # finds the PDF there, and ends


def test_without_a_renderer_nothing_is_made_again(
    postbus: Any, mailroom: Mailroom, fails_with: Callable[..., None]
) -> None:
    """The error says what does not run."""
    document, before = old_pdf(mailroom, mailroom.text())

    fails_with(postbus("document", "convert", "--again", document, "--yes"), "postbus serve")
    fails_with(postbus("document", "convert", "--again", "--all", "--tenant", "Acme"), "postbus serve")
    assert octets_of(postbus, document) == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--again",),
        ("--all", "--tenant", "Acme"),
        ("--again", "--all"),
        ("x", "--again", "--all", "--tenant", "Acme"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(postbus: Any, acme: str, arguments: tuple[str, ...]) -> None:
    """One document, or all of a tenant; and all only again."""
    assert postbus("document", "convert", *arguments).status == 2
