"""`postbus document …`: what was kept for a tenant: listed, shown, written into files; PDFs of pages on demand."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from receiver.cli.document_convert import convert
from receiver.cli.document_records import COLUMNS, document_records, fields_of, full_record, told_params
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant
from receiver.cli.output import local_time, print_json, say, show, show_fields, write_octets
from receiver.cli.rows import reading
from receiver.cli.workplace import Workplace
from storage import documents
from storage.blobs import BlobStore
from storage.messages import find_message, get_message
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True, add_completion=False)

DocumentId = Annotated[str, typer.Argument(metavar="ID", help="As `document list` gives it.", show_default=False)]


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
        found = documents.list_documents(session, owner, message)
        records = document_records(session, found, Workplace.of(ctx).settings.language)
    empty = f"No documents. Why not: postbus message list --tenant {owner.name!r}"
    show(records, COLUMNS, as_json=as_json, when_empty=empty)


@app.command("show")
def show_(ctx: typer.Context, document: DocumentId, as_json: AsJson = False) -> None:
    """Show one document: what it is, how it came about, what is amiss with it, and what was done to it."""
    with reading(ctx) as session:
        found = documents.find_document(session, document)
        record = full_record(session, found, Workplace.of(ctx).settings.language)
    if as_json:
        print_json([record])
        return
    show_fields(fields_of(record))
    for line in record["history"]:
        say(f"{local_time(line['at'])}  {line['actor']}: {line['action']}{told_params(line['params'])}")


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


app.command()(convert)


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
