"""`postbus document …`: what was kept for a tenant, and PDFs of e-mail text on demand."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant
from receiver.cli.output import column, octets_column, say, show, time_column, write_octets
from receiver.cli.rows import reading
from receiver.cli.workplace import Workplace
from storage import documents
from storage.blobs import BlobStore
from storage.messages import get_message
from storage.models import Document
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True)

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
            get_message(session, message, owner)  # a wrong id is an error, not an empty list
        records = [document_record(each) for each in documents.list_documents(session, owner, message)]
    empty = f"No documents. Why not: postbus message list --tenant {owner.name!r}"
    show(records, _COLUMNS, as_json=as_json, when_empty=empty)


@app.command()
def get(
    ctx: typer.Context,
    document: DocumentId,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="File to write, - for stdout; else its own name.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a file that is there.")] = False,
) -> None:
    """Write a document's octets into a file, whole or not at all."""
    with reading(ctx) as session:
        found = documents.find_document(session, document)
    octets = BlobStore(Workplace.of(ctx).settings.blob_folder()).read(found.tenant_id, found.sha256)
    if output == "-":
        write_octets(octets)
        return
    target = Path(output or found.filename)
    save(octets, target, force=force)
    say(f"{target}: {len(octets)} octets")


def save(octets: bytes, target: Path, *, force: bool) -> None:
    """Write a file whole or not at all. Raises Refused when it is there already, unless `force`."""
    if target.is_dir():
        raise Refused(f"{target}: is a folder; give the name of a file with --output")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:40]}.", delete=False) as draft:
            draft.write(octets)
        _place(Path(draft.name), target, force=force)
    except FileExistsError as error:
        raise Refused(f"{target}: there already; give --force to replace it, or another name with --output") from error
    except OSError as error:
        raise Refused(f"{target}: cannot be written ({error.strerror})") from error


def _place(draft: Path, target: Path, *, force: bool) -> None:
    try:
        # The file is the caller's, made with the rights that any new file of theirs has.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        if not force:
            target.touch(exist_ok=False)  # takes the name, or fails when somebody has it
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def document_record(document: Document) -> dict[str, Any]:
    """A document as every command prints it."""
    return documents.document_json(document) | {"created_at": document.created_at}
