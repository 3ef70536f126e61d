"""`postbus document convert`: PDFs of kept pages now; with --again new ones beside those that are there.

What differs from the PDF that is there is shown before anything is put in its place. Beside a running service: both
may be at the same page, and one of them writes it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from receiver.cli import terminal
from receiver.cli.document_records import document_records
from receiver.cli.document_renewal import Renewal, say_difference
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, Yes
from receiver.cli.output import column, print_json, say, show, show_change
from receiver.cli.parsers import parser, stored_octets
from receiver.cli.rows import opened
from receiver.cli.workplace import Workplace
from receiver.pipeline.job_results import GivenUp, PutOff, TryAgain
from receiver.pipeline.render_job import PdfMaker, renderer_of
from receiver.pipeline.renewing import Renewed, Renewer
from rules.wording import words
from storage import documents, jobs
from storage.database import Database, Session
from storage.failures import NotFound
from storage.messages import find_message, get_message
from storage.models import Document, Message
from storage.pages import rendered_messages
from storage.settlement import PDF_OF
from storage.tenants import find_tenant

ACTOR = "command line"
_COLUMNS = [
    column("File name", "filename"),
    column("Outcome", "words"),
    column("Pages before", "pages_before", may_wrap=False),
    column("Now", "pages_after", may_wrap=False),
    column("Pages that differ", "pages_differing", may_wrap=False),
    column("Document", "document", may_wrap=False),
]

ConvertedId = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="A message, or one of its pages or PDFs.", show_default=False)
]


def convert(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    document: ConvertedId = None,
    again: Annotated[bool, typer.Option("--again", help="Make a new PDF where there is one, and compare.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="All PDFs of --tenant made by another template.")] = False,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Name or id of the tenant, for --all.", show_default=False)
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make the PDF of an e-mail's text or of an e-invoice now; the one that is there stays, unless --again."""
    _refuse_nonsense(document, tenant, again=again, whole=whole)
    here = Workplace.of(ctx)
    with opened(here) as database, stored_octets(here.settings) as blobs:
        maker = PdfMaker(database, blobs, here.settings.language, renderer_of(here.settings), ACTOR)
        if not again:
            _convert_once(here, maker, str(document), as_json=as_json)
            return
        with parser(here.settings) as pool:
            renewal = Renewal(Renewer(maker, pool), here.settings.language)
            try:
                if whole:
                    _renew_all(renewal, str(tenant), yes=yes, as_json=as_json)
                else:
                    _renew_one(renewal, str(document), yes=yes, as_json=as_json)
            except (PutOff, TryAgain) as failure:
                raise Refused(words(*failure.reason, here.settings.language)) from failure


def _refuse_nonsense(document: str | None, tenant: str | None, *, again: bool, whole: bool) -> None:
    if whole != (tenant is not None) or whole != (document is None):
        raise typer.BadParameter("give an ID, or --again --all with --tenant")
    if whole and not again:
        raise typer.BadParameter("--all goes with --again; what has no PDF yet has a job that makes it")


def _convert_once(here: Workplace, maker: PdfMaker, identity: str, *, as_json: bool) -> None:
    message, asked = _found(maker.database, identity)
    pages = _pages_of(maker.database, message)
    try:
        maker.make(message.id, finish=partial(clear_failure, message.id))
    except (PutOff, TryAgain, GivenUp) as failure:
        if isinstance(failure, GivenUp):
            with maker.database.write(ACTOR) as session:
                failure.also(session)
        raise Refused(f"message {message.id}: {words(*failure.reason, here.settings.language)}") from failure
    kinds = {(PDF_OF[each.kind], each.part) for each in pages if asked in (None, each.part)}
    with maker.database.read() as session:
        made = [each for each in _documents_of(session, message) if (each.kind, each.part) in kinds]
        records = document_records(session, made, here.settings.language)
    for record in records:
        line = f"{record['filename']}  {record['id']}\nWrite it: postbus document get {record['id']}"
        show_change(record, line, as_json=as_json)


def _renew_one(renewal: Renewal, identity: str, *, yes: bool, as_json: bool) -> None:
    database = renewal.renewer.maker.database
    message, asked = _found(database, identity)
    _pages_of(database, message)
    records = []
    for renewed in renewal.renewer.renew(message.id, asked):
        if not as_json:
            say_difference(renewed)
        may = yes or (not as_json and _agreed(renewal, renewed))
        records.append(renewal.finish(renewed, may_differ=may))
        if as_json:
            print_json(records[-1:])
        else:
            say(records[-1]["words"])
    if all(record["outcome"] in {"replaced", "made", "unchanged"} for record in records):
        with database.write(ACTOR) as session:
            clear_failure(message.id, session)
    elif not as_json:
        raise Refused(f"message {message.id}: what is told above stays as it was; answer y, or give --yes")


def _renew_all(renewal: Renewal, tenant: str, *, yes: bool, as_json: bool) -> None:
    database = renewal.renewer.maker.database
    with database.read() as session:
        owner = find_tenant(session, tenant)
        waiting = rendered_messages(session, owner.id)
    records: list[dict[str, Any]] = []
    try:
        with _progress() as progress:
            task = progress.add_task(owner.name, total=len(waiting))
            for message_id, templates in waiting.items():
                # What the renderer says of its first PDF is the template of now.
                if not (renewal.template is not None and templates == {renewal.template}):
                    records += _renewed(renewal, message_id, yes=yes)
                progress.advance(task)
    except BaseException:  # a full disk, the renderer away, whoever called it: what was done is told all the same
        if _changed(records):
            show(_changed(records), _COLUMNS, as_json=as_json, when_empty="")
        raise
    nothing = f"{owner.name}: no PDF differs from what would be made now."
    show(_changed(records), _COLUMNS, as_json=as_json, when_empty=nothing)
    if any(record["outcome"] == "kept" for record in records) and not as_json:
        say("What differs stays until it is agreed to: give --yes, or postbus document convert --again DOCUMENT")


def _changed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record["outcome"] != "unchanged"]


def _renewed(renewal: Renewal, message_id: str, *, yes: bool) -> Iterator[dict[str, Any]]:
    try:
        for renewed in renewal.renewer.renew(message_id):
            yield renewal.finish(renewed, may_differ=yes)
    except NotFound:  # removed meanwhile
        return


def _agreed(renewal: Renewal, renewed: Renewed) -> bool:
    """Whether people want it in the place of the one that is there; asked only where that is a question."""
    if not renewal.is_question(renewed):
        return True
    name = terminal.on_one_line(renewed.page.filename)
    sys.stderr.write(f"Put the new PDF of {name} in the place of the old one? [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # nobody has pressed enter
        sys.stderr.write("\n")
    return answer.strip().lower() in {"y", "yes"}


def _found(database: Database, identity: str) -> tuple[Message, str | None]:
    """The message of that id, or that of a page or PDF, with the part that it is of."""
    with database.read() as session:
        try:
            document = documents.find_document(session, identity)
        except NotFound:
            return find_message(session, identity), None
        if document.kind in {"attachment", "companion"}:
            raise Refused(f"document {identity} is an attachment, no page of ours: there is nothing to convert")
        return get_message(session, document.message_id), document.part


def _documents_of(session: Session, message: Message) -> list[Document]:
    return documents.list_documents(session, find_tenant(session, message.tenant_id), message.id)


def _pages_of(database: Database, message: Message) -> list[Document]:
    with database.read() as session:
        pages = [each for each in _documents_of(session, message) if each.kind in PDF_OF]
    if not pages:
        raise Refused(
            f"message {message.id} ({message.state}): its text was not kept as a document, so there is nothing to "
            "convert; a standard with --email-text-is-invoice keeps the text of mail to come"
        )
    return pages


def clear_failure(message_id: str, session: Session) -> None:
    """A job that was given up starts anew, finds the PDF and ends: `status` then no longer counts it as failed."""
    if any(job.failed_at is not None and job.kind == jobs.RENDER for job in jobs.of_subject(session, message_id)):
        jobs.queue(session, jobs.RENDER, message_id)


@contextmanager
def _progress() -> Iterator[Progress]:
    """On stderr, and only for people: stdout is the answer's."""
    bar = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*bar, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield progress
