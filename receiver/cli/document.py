"""`postbus document …`: what was kept for a tenant, and PDFs of e-mail text on demand."""

import contextlib
import os
import stat
import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant
from receiver.cli.output import column, octets_column, say, show, show_change, time_column, write_octets
from receiver.cli.rows import opened, reading
from receiver.cli.workplace import Workplace
from receiver.pipeline.job_results import GivenUp, PutOff
from receiver.pipeline.render_job import make_pdf
from rules.wording import words
from storage import documents, jobs
from storage.blobs import BlobStore
from storage.database import Database, Session
from storage.failures import NotFound
from storage.messages import find_message, get_message
from storage.models import Document, Message
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True, add_completion=False)

ConvertedId = Annotated[
    str, typer.Argument(metavar="ID", help="A message, or its document of kind email_html.", show_default=False)
]
DocumentId = Annotated[str, typer.Argument(metavar="ID", help="As `document list` gives it.", show_default=False)]

_COLUMNS = [
    time_column("Kept", "created_at"),
    column("Kind", "kind", may_wrap=False),
    column("File name", "filename"),
    column("Type", "media_type", may_wrap=False),
    octets_column("Size", "octets"),
    column("Id", "id", may_wrap=False),
    column("Message", "message", may_wrap=False),
]


@app.command("list")
def list_(
    ctx: typer.Context,
    tenant: OfTenant,
    message: Annotated[str | None, typer.Option(help="Only those of this message.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List a tenant's documents, newest first."""
    with reading(ctx) as session:
        owner = find_tenant(session, tenant)
        if message is not None:
            # A wrong id is an error, not an empty list.
            message = get_message(session, find_message(session, message).id, owner).id
        records = [document_record(each) for each in documents.list_documents(session, owner, message)]
    empty = f"No documents. Why not: postbus message list --tenant {owner.name!r}"
    show(records, _COLUMNS, as_json=as_json, when_empty=empty)


@app.command()
def get(
    ctx: typer.Context,
    document: DocumentId,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="File to write, - for stdout; else its own name.", show_default=False
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", "-f", help="Replace a file of its own name; one that --output names is replaced anyway."
        ),
    ] = False,
) -> None:
    """Write a document's octets into a file, whole or not at all."""
    with reading(ctx) as session:
        found = documents.find_document(session, document)
    octets = BlobStore(Workplace.of(ctx).settings.blob_folder()).read(found.tenant_id, found.sha256)
    if output == "-":
        write_octets(octets)
        return
    if output == "":
        raise Refused("--output: expected the name of a file, got nothing")
    target = Path(output or found.filename)
    if target.exists() and not target.is_file() and not target.is_dir():
        write_through(octets, target)
        return
    # Whoever names a file means it; a name that came with the mail must not replace anything.
    save(octets, target, replaces=force or output is not None)
    say(f"{target}: {len(octets)} octets")


@app.command()
def convert(ctx: typer.Context, document: ConvertedId, as_json: AsJson = False) -> None:
    """Make the PDF of an e-mail's text now; the one that is there already stays."""
    here = Workplace.of(ctx)
    with opened(here) as database, closing(BlobStore(here.settings.blob_folder())) as blobs:
        with database.read() as session:
            message = _message_of(session, document)
        _refuse_without_text(database, message)
        try:
            make_pdf(here.settings, database, blobs, message.id, also=partial(_clear_failure, message.id))
        except (PutOff, GivenUp) as failure:
            raise Refused(f"message {message.id}: {words(*failure.reason, here.settings.language)}") from failure
        with database.read() as session:
            made = next(each for each in _documents_of(session, message) if each.kind == "email_pdf")
    record = document_record(made)
    show_change(record, f"{made.filename}  {made.id}\nWrite it: postbus document get {made.id}", as_json=as_json)


def write_through(octets: bytes, target: Path) -> None:
    """Write into what is no file of a disk: a pipe, /dev/stdout. Replacing it by a file would take it from others."""
    try:
        target.write_bytes(octets)
    except OSError as error:
        raise Refused(f"{target}: cannot be written ({error.strerror})") from error


def save(octets: bytes, target: Path, *, replaces: bool) -> None:
    """Write a file whole or not at all. Raises Refused when it is there already, unless `replaces`."""
    if target.is_dir():
        raise Refused(f"{target}: is a folder; give the name of a file with --output")
    try:
        target = target.resolve() if target.is_symlink() and replaces else target
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:40]}.", delete=False) as draft:
            draft.write(octets)
        _place(Path(draft.name), target, replaces=replaces)
    except FileExistsError as error:
        raise Refused(f"{target}: there already; give --force to replace it, or another name with --output") from error
    except OSError as error:
        raise Refused(f"{target}: cannot be written ({error.strerror})") from error


def _place(draft: Path, target: Path, *, replaces: bool) -> None:
    try:
        draft.chmod(_rights(target))
        if not replaces:
            target.touch(exist_ok=False)  # takes the name, or fails when somebody has it
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _rights(target: Path) -> int:
    """Those of the file that is replaced, or else those that any new file of the caller has."""
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _message_of(session: Session, identity: str) -> Message:
    """The message of that id, or the one whose e-mail text is that document."""
    try:
        found = documents.find_document(session, identity)
    except NotFound:
        return find_message(session, identity)
    if found.kind in {"attachment", "companion"}:
        raise Refused(f"document {identity} is an attachment, not an e-mail's text: there is nothing to convert")
    return get_message(session, found.message_id)


def _documents_of(session: Session, message: Message) -> list[Document]:
    return documents.list_documents(session, find_tenant(session, message.tenant_id), message.id)


def _refuse_without_text(database: Database, message: Message) -> None:
    with database.read() as session:
        kinds = {each.kind for each in _documents_of(session, message)}
    if "email_html" not in kinds:
        raise Refused(
            f"message {message.id} ({message.state}): its text was not kept as a document, so there is nothing to "
            "convert; a standard with --email-text-is-invoice keeps the text of mail to come"
        )


def _clear_failure(message_id: str, session: Session) -> None:
    # A job that was given up starts anew, finds the PDF and ends: `status` then no longer counts it as failed.
    if any(job.failed_at is not None and job.kind == jobs.RENDER for job in jobs.of_subject(session, message_id)):
        jobs.queue(session, jobs.RENDER, message_id)


def document_record(document: Document) -> dict[str, Any]:
    """A document as every command prints it."""
    return documents.document_json(document) | {"created_at": document.created_at}
