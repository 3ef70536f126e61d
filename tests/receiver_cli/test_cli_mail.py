"""Messages and documents by command, on rows and blobs as the pipeline writes them."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import jobs
from storage.blobs import BlobStore
from storage.catalogue import state_of
from storage.database import Database
from storage.documents import add_document
from storage.messages import get_message
from storage.settling import Delivery, NewDocument, Settlement, defer, park, settle
from storage.tenants import find_tenant

RAW = b"From: a@example.com\r\nSubject: Invoice\r\n\r\nbinary \x00\xff\x1b[31m and\r\nlines\r\n"
PDF = b"%PDF-1.4\n\x00\xff octets, exactly \r\n"
TRACE = "Received: from mx.example.com ([192.0.2.1])\r\n\tby here with SMTP\r\n\tid 1; Sun, 22 Nov 2026 10:00:00 +0000"
HOSTILE = "Rechnung \x1b[2J\u202efdp.exe [red]x[/red]"
RECEIVED_AT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
PROMISED = {
    *("id", "tenant", "source", "received_at", "reverse_path", "forward_path", "label", "from", "original_sender"),
    *("subject", "state", "reason", "standard", "documents", "octets"),
}


@dataclass
class Mailroom:
    """Puts mail into a tenant's rows and blobs."""

    data: Path
    tenant: str

    def __post_init__(self) -> None:
        self.database = Database(f"sqlite:///{self.data / 'postbus.db'}")
        self.blobs = BlobStore(self.data / "blobs")

    def delivery(self, key: str) -> dict[str, Any]:
        with self.database.read() as session:
            tenant_id = find_tenant(session, self.tenant).id
        batch = self.blobs.batch()
        raw = batch.put(tenant_id, RAW)
        self.pdf = batch.put(tenant_id, PDF)
        batch.sync()
        return {
            "tenant_id": tenant_id,
            "transport_key": key,
            "source": "smtp",
            "received_at": RECEIVED_AT,
            "peer": "192.0.2.1",
            "helo": "mx.example.com",
            "tls": None,
            "trace": TRACE,
            "reverse_path": "",
            "forward_path": "acme-1+tax@in.example.com",
            "label": "tax",
            "address_id": "0" * 32,
            "raw_sha256": raw.sha256,
            "octets": raw.octets,
        }

    def imported(self, key: str = "a" * 32, filename: str = "rechnung.pdf") -> str:
        delivery = self.delivery(key)
        kept = NewDocument("attachment", "1.2", filename, "application/pdf", self.pdf.octets, self.pdf.sha256)
        with self.database.write() as session:
            settlement = Settlement(
                **delivery,
                content_id=key * 2,
                from_="Supplier <a@example.com>",
                subject=HOSTILE,
                original_sender="b@example.com",
                state="imported",
                reason_code="carries_pdf",
                reason_params={"filename": filename},
                decision_trace=[
                    {"standard": "Tax", "code": "sender_differs", "params": {"sender": "@example.net"}},
                    {"standard": None, "code": "is_pdf", "params": {"filename": filename}},
                ],
                tenant_revision=_revision(session, delivery["tenant_id"]),
                catalogue_version=state_of(session).active_version,
                documents=(kept,),
            )
            return settle(session, settlement).message_id

    def text(self) -> str:
        """A mail whose text was kept, its PDF not made yet."""
        delivery = self.delivery("d" * 32)
        page = b"<!DOCTYPE html><meta charset=utf-8><title>x</title><p>Invoice 7"
        batch = self.blobs.batch()
        ref = batch.put(delivery["tenant_id"], page)
        batch.sync()
        kept = NewDocument("email_html", "text", "Rechnung.html", "text/html", ref.octets, ref.sha256)
        with self.database.write() as session:
            settlement = Settlement(
                **delivery,
                content_id="d" * 64,
                state="imported",
                reason_code="standard_fits",
                reason_params={"standard": "Tax"},
                tenant_revision=_revision(session, delivery["tenant_id"]),
                catalogue_version=state_of(session).active_version,
                documents=(kept,),
                wants_pdf=True,
            )
            return settle(session, settlement).message_id

    def received(self) -> str:
        delivery = self.delivery("b" * 32)
        with self.database.write() as session:
            return defer(session, Delivery(**delivery)).message_id

    def parked(self) -> str:
        delivery = self.delivery("c" * 32)
        with self.database.write() as session:
            return park(session, Delivery(**delivery), ("killed_its_reader", {"attempts": 3})).message_id

    def close(self) -> None:
        self.blobs.close()
        self.database.close()


def _revision(session: Any, tenant_id: str) -> int:
    return find_tenant(session, tenant_id).revision


@pytest.fixture(name="mailroom")
def _mailroom(postbus: Any, acme: str) -> Iterator[Mailroom]:
    mailroom = Mailroom(postbus.data, acme)
    yield mailroom
    mailroom.close()


def test_messages_have_the_promised_keys(postbus: Any, mailroom: Mailroom) -> None:
    """Programs read these keys; ids are texts, times RFC 3339 in UTC, the reason is a sentence."""
    identity = mailroom.imported()

    (message,) = postbus("message", "list", "--tenant", "Acme", "--json").rows

    assert set(message) >= PROMISED
    assert message["id"] == identity
    assert (message["tenant"], message["source"], message["state"]) == ("Acme", "smtp", "imported")
    assert message["received_at"] == "2026-11-22T10:00:00Z"
    assert (message["reverse_path"], message["label"]) == ("", "tax")
    assert message["from"] == "Supplier <a@example.com>"
    assert message["subject"] == HOSTILE
    assert message["reason"] == 'imported: "rechnung.pdf" is a PDF'
    assert (message["documents"], message["octets"]) == (1, len(RAW))


def test_reasons_are_in_the_readers_language(postbus: Any, mailroom: Mailroom) -> None:
    """Law 25: words are made at the edge."""
    mailroom.imported()

    told = postbus("message", "list", "--tenant", "Acme", "--json", POSTBUS_LANGUAGE="de").row["reason"]

    assert told == 'importiert: "rechnung.pdf" ist ein PDF'


def test_messages_are_listed_by_state(postbus: Any, mailroom: Mailroom) -> None:
    """What was accepted and not settled yet is listed too, as received; what could not be read as parked."""
    identities = {"imported": mailroom.imported(), "received": mailroom.received(), "parked": mailroom.parked()}

    for state, identity in identities.items():
        assert postbus("message", "list", "--tenant", "Acme", "--state", state, "--json").row["id"] == identity
    assert postbus("message", "list", "--tenant", "Acme", "--state", "expired", "--json").rows == []
    assert len(postbus("message", "list", "--tenant", "Acme", "--json").rows) == 3
    assert len(postbus("message", "list", "--tenant", "Acme", "--limit", "2", "--json").rows) == 2


def test_nothing_of_a_mail_reaches_a_terminal_raw(postbus: Any, mailroom: Mailroom) -> None:
    """Escape sequences and bidi overrides of a subject are replaced, markup is shown as it stands."""
    identity = mailroom.imported(filename="x[bold]y.pdf")

    for command in (
        ("message", "list", "--tenant", "Acme"),
        ("message", "show", identity),
        ("message", "why", identity),
        ("document", "list", "--tenant", "Acme"),
    ):
        for columns in ("40", "80", "250"):
            shown = postbus(*command, COLUMNS=columns)
            assert shown.status == 0
            assert "\x1b" not in shown.out
            assert "\u202e" not in shown.out
    assert "[red]x[/red]" in postbus("message", "show", identity).out
    assert "x[bold]y.pdf" in postbus("document", "list", "--tenant", "Acme").out


def test_the_trace_is_told_in_words(postbus: Any, mailroom: Mailroom) -> None:
    """`show` and `why` tell every step of the decision, `--json` with codes and words."""
    identity = mailroom.imported()

    told = postbus("message", "why", identity).out
    shown = postbus("message", "show", identity, "--json").row

    assert "1. Tax: the sender is not @example.net" in told
    assert '2. recognition: "rechnung.pdf" is a PDF' in told
    assert [step["code"] for step in shown["trace"]] == ["sender_differs", "is_pdf"]
    assert shown["trace"][0]["words"] == "Tax: the sender is not @example.net"
    assert shown["document_list"][0]["filename"] == "rechnung.pdf"


def test_work_that_waits_is_shown(postbus: Any, mailroom: Mailroom) -> None:
    """A mail that is not settled yet names the job that will do it."""
    identity = mailroom.received()

    assert postbus("message", "show", identity, "--json").row["waiting"][0]["kind"] == "settle"
    assert "waits: settle" in postbus("message", "show", identity).out


def test_raw_gives_the_octets_as_received(postbus: Any, mailroom: Mailroom) -> None:
    """Law 27: octet for octet; `--trace` puts our own field on top and changes nothing below."""
    identity = mailroom.imported()

    plain = postbus.process("message", "raw", identity)
    traced = postbus.process("message", "raw", identity, "--trace")

    assert plain.stdout == RAW
    assert traced.stdout == TRACE.encode() + b"\r\n" + RAW


def test_raw_on_a_terminal_is_harmless(postbus: Any, mailroom: Mailroom) -> None:
    """Whoever types it to have a look gets no escape sequence of the sender's."""
    identity = mailroom.imported()
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "receiver.cli.main", "--data", str(postbus.data), "message", "raw", identity]
    process = subprocess.Popen(command, stdout=slave, stderr=subprocess.PIPE, env={"TERM": "xterm", "PATH": "/bin"})
    os.close(slave)

    shown = _read_all(master)

    process.wait(60)
    assert b"Subject: Invoice" in shown
    assert b"\x1b[31m" not in shown
    assert b"\x00" not in shown


def _read_all(descriptor: int) -> bytes:
    shown = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux: the other end of the terminal is closed
            break
        if not piece:
            break
        shown += piece
    os.close(descriptor)
    return shown


def test_documents_have_the_promised_keys(postbus: Any, mailroom: Mailroom) -> None:
    """Programs read {id, message, kind, filename, media_type, octets, sha256, created_at}."""
    identity = mailroom.imported()

    (document,) = postbus("document", "list", "--tenant", "Acme", "--json").rows
    (same,) = postbus("document", "list", "--tenant", "Acme", "--message", identity, "--json").rows

    assert set(document) >= {"id", "message", "kind", "filename", "media_type", "octets", "sha256", "created_at"}
    assert document == same
    assert (document["message"], document["kind"]) == (identity, "attachment")
    assert (document["octets"], document["sha256"]) == (len(PDF), mailroom.pdf.sha256)
    assert document["created_at"].endswith("Z")


def test_a_document_is_written_whole_into_the_file_that_is_named(
    postbus: Any, mailroom: Mailroom, tmp_path: Path
) -> None:
    """`get --output FILE` replaces what is there (a program's temporary file) and keeps its rights; no draft stays."""
    mailroom.imported()
    document = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "kept.pdf"

    assert postbus("document", "get", document, "--output", str(target)).status == 0
    assert target.read_bytes() == PDF
    target.write_bytes(b"longer than the document, and of another time")
    target.chmod(0o600)
    assert postbus("document", "get", document, "--output", str(target)).status == 0
    assert target.read_bytes() == PDF
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [target]


def test_a_name_from_a_mail_replaces_nothing(
    postbus: Any, mailroom: Mailroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_with: Callable[..., None]
) -> None:
    """Without --output the sender has chosen the name: a file of that name stays, unless `--force` is given."""
    mailroom.imported(filename="report.pdf")
    document = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]
    mine = tmp_path / "report.pdf"
    mine.write_bytes(b"mine")
    monkeypatch.chdir(tmp_path)

    fails_with(postbus("document", "get", document), "report.pdf", "--force")
    assert mine.read_bytes() == b"mine"
    assert postbus("document", "get", document, "--force").status == 0
    assert mine.read_bytes() == PDF


def test_what_is_no_file_is_written_into_not_replaced(postbus: Any, mailroom: Mailroom, tmp_path: Path) -> None:
    """A pipe (or /dev/null) that --output names gets the octets and stays what it is."""
    mailroom.imported()
    document = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    got = postbus("document", "get", document, "--output", str(pipe), "--force")

    assert os.read(reading, 1000) == PDF
    os.close(reading)
    assert pipe.is_fifo()
    assert (got.status, got.out) == (0, "")


def test_a_mail_is_found_by_the_id_of_our_reply(postbus: Any, mailroom: Mailroom) -> None:
    """A supplier knows the id of `250 2.0.0 accepted as …` only, and so does our log: it names the message too."""
    identity = mailroom.imported(key="e" * 32)

    assert postbus("message", "show", "e" * 32, "--json").row["id"] == identity
    assert postbus("message", "why", "e" * 32, "--json").row["id"] == identity
    assert postbus.process("message", "raw", "e" * 32).stdout == RAW
    assert postbus("document", "list", "--tenant", "Acme", "--message", "e" * 32, "--json").row["message"] == identity


def test_times_are_written_alike_everywhere(postbus: Any, mailroom: Mailroom) -> None:
    """RFC 3339 in UTC, with Z, in lists and in what `message show` nests."""
    shown = postbus("message", "show", mailroom.imported(), "--json").row

    times = [shown["received_at"], shown["settled_at"], shown["document_list"][0]["created_at"]]
    assert [time[-1] for time in times] == ["Z", "Z", "Z"]


def test_a_document_goes_to_standard_output(postbus: Any, mailroom: Mailroom) -> None:
    """`--output -` gives the octets and nothing else."""
    mailroom.imported()
    document = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]

    assert postbus.process("document", "get", document, "--output", "-").stdout == PDF


def test_a_document_that_cannot_be_written_is_told(
    postbus: Any, mailroom: Mailroom, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """A folder that is not there, or that is named in place of a file, fails in words."""
    mailroom.imported()
    document = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]

    fails_with(postbus("document", "get", document, "--output", str(tmp_path / "no" / "x.pdf")), "cannot be written")
    fails_with(postbus("document", "get", document, "--output", str(tmp_path)), "is a folder")


def test_a_damaged_document_is_not_given_out(
    postbus: Any, mailroom: Mailroom, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Octets that are no longer what was stored are refused, and no file is made."""
    mailroom.imported()
    (document,) = postbus("document", "list", "--tenant", "Acme", "--json").rows
    (blob,) = (postbus.data / "blobs").rglob(document["sha256"])
    blob.chmod(0o600)
    blob.write_bytes(b"%PDF-1.4 another")
    target = tmp_path / "x.pdf"

    fails_with(postbus("document", "get", document["id"], "--output", str(target)), "changed on disk")
    assert not target.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("message", "show"),
        ("message", "why"),
        ("message", "raw"),
        ("document", "get"),
        ("document", "convert"),
    ],
)
def test_an_unknown_id_is_named(postbus: Any, command: tuple[str, str], fails_with: Callable[..., None]) -> None:
    """The error repeats the id and names the command that lists them."""
    fails_with(postbus(*command, "0" * 32), "0" * 32, "list")


def test_another_tenants_message_is_not_there(
    postbus: Any, mailroom: Mailroom, fails_with: Callable[..., None]
) -> None:
    """Law 16: another tenant's message looks the same as one that does not exist."""
    identity = mailroom.imported()
    postbus("tenant", "add", "Other")

    fails_with(postbus("document", "list", "--tenant", "Other", "--message", identity), "no message")
    assert postbus("message", "list", "--tenant", "Other", "--json").rows == []


def test_without_a_renderer_nothing_is_converted(
    postbus: Any, mailroom: Mailroom, fails_with: Callable[..., None]
) -> None:
    """The error says what does not run; the HTML stays, the job still waits."""
    identity = mailroom.text()

    fails_with(postbus("document", "convert", identity), identity, "postbus serve")
    assert [each["kind"] for each in postbus("document", "list", "--tenant", "Acme", "--json").rows] == ["email_html"]
    assert postbus("status", "--json").row["jobs_pending"] == 1


def test_what_is_no_text_is_not_converted(postbus: Any, mailroom: Mailroom, fails_with: Callable[..., None]) -> None:
    """An attachment, and a mail of which only attachments were kept, say so."""
    identity = mailroom.imported()
    document = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]

    fails_with(postbus("document", "convert", document), "is an attachment")
    fails_with(postbus("document", "convert", identity), "its text was not kept", "--email-text-is-invoice")


@pytest.mark.skipif(not (shutil.which("wkhtmltopdf") and shutil.which("bwrap")), reason="needs wkhtmltopdf and bwrap")
def test_text_is_converted_on_demand(postbus: Any, mailroom: Mailroom) -> None:
    """By the message's id or the HTML's, once: the PDF that is there stays."""
    identity = mailroom.text()
    html = postbus("document", "list", "--tenant", "Acme", "--json").row["id"]
    with running_renderer(postbus.data):
        made = postbus("document", "convert", identity, "--json").row
        again = postbus("document", "convert", html, "--json").row

    assert again["id"] == made["id"]
    assert (made["kind"], made["filename"], made["message"]) == ("email_pdf", "Rechnung.pdf", identity)
    assert postbus.process("document", "get", made["id"], "--output", "-").stdout.startswith(b"%PDF-")


def test_a_job_that_was_given_up_is_tried_again_once_its_pdf_is_there(postbus: Any, mailroom: Mailroom) -> None:
    """`jobs_failed` must not count for ever what a person has put right by hand."""
    identity = mailroom.text()
    with mailroom.database.write() as session:
        (job,) = jobs.claim(session, "test", [jobs.RENDER], 1, timedelta(seconds=60))
        jobs.fail(session, job, "test", ("render_took_too_long", {"seconds": 30}), None)
        message = get_message(session, identity)
        add_document(session, message, NewDocument("email_pdf", "text", "Rechnung.pdf", "application/pdf", 1, "0" * 64))
    assert postbus("status", "--json").row["jobs_failed"] == 1

    assert postbus("document", "convert", identity).status == 0

    assert postbus("status", "--json").row["jobs_failed"] == 0


@contextmanager
def running_renderer(data: Path) -> Iterator[None]:
    """The renderer's own process on this folder, until the end of the block."""
    script = (
        "from pathlib import Path; from receiver import logs; from receiver.config import load; "
        "from receiver.rendering.renderer import run_renderer; "
        f"settings = load(None, Path({str(data)!r}), {{}}); logs.configure(settings.log); "
        "run_renderer(settings, ready=lambda: print('ready', flush=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def test_removing_a_tenant_removes_its_octets(postbus: Any, mailroom: Mailroom) -> None:
    """Its raw mail and documents are gone from the disk."""
    mailroom.imported()

    assert postbus("tenant", "remove", "Acme", "--yes").status == 0

    assert [path for path in (postbus.data / "blobs").rglob("*") if path.is_file()] == []
