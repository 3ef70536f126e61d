"""`postbus rematch`: decide again, now and here, about stored mail that was not imported.

Beside a running service: both may be at the same mail, and one of them writes it. Interrupted, it leaves the rest to
the service, or to the next call.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from receiver.cli.options import AsJson
from receiver.cli.output import column, show
from receiver.cli.rows import opened
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from receiver.logs import configure
from receiver.pipeline.parsing import Pool
from receiver.pipeline.rematching import Rematched, Rematcher
from storage.blobs import BlobStore
from storage.database import Database
from storage.models import Tenant
from storage.rematching import add_all, look_up_changes
from storage.tenants import find_tenant, list_tenants

app = typer.Typer(add_completion=False)

_COLUMNS = [
    column("Tenant", "tenant"),
    column("Decided again", "decided", may_wrap=False),
    column("Imported", "imported", may_wrap=False),
    column("Could not be read", "unreadable", may_wrap=False),
    column("Left", "left", may_wrap=False),
]


@app.command()
def rematch(
    ctx: typer.Context,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Only this tenant's mail.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide again about all mail that was not imported, by the standards of now; what fits comes in."""
    here = Workplace.of(ctx)
    with opened(here) as database:
        with database.read() as session:
            chosen = list_tenants(session) if tenant is None else [find_tenant(session, tenant)]
        configure(here.settings.log.model_copy(update={"level": "error"}))
        with _rematcher(here.settings, database) as (rematcher, stop):
            records = [_rematch(database, rematcher, each) for each in chosen if not stop]
    show(records, _COLUMNS, as_json=as_json, when_empty="No tenants yet. Add one: postbus tenant add NAME")


@contextmanager
def _rematcher(settings: Settings, database: Database) -> Iterator[tuple[Rematcher, list[int]]]:
    """What decides, and a list that is empty until somebody interrupts."""
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stop.append(received))
    with ExitStack() as stack:
        blobs = BlobStore(settings.blob_folder())
        stack.callback(blobs.close)
        pool = Pool(settings, children=1)
        stack.callback(pool.close)
        yield Rematcher(database, blobs, pool, lambda: bool(stop)), stop


def _rematch(database: Database, rematcher: Rematcher, tenant: Tenant) -> dict[str, Any]:
    with database.write(actor="command line") as session:
        look_up_changes(session, tenant.id)
        waiting = add_all(session, tenant)
    with _progress() as progress:
        task = progress.add_task(tenant.name, total=waiting)

        def report(done: Rematched) -> None:
            progress.update(task, completed=done.decided + done.unreadable)

        done = rematcher.rematch(tenant.id, lambda _: None, report)
    return {"tenant": tenant.name, **asdict(done), "left": max(0, waiting - done.decided - done.unreadable)}


def _progress() -> Progress:
    """On stderr, and only for people: stdout is the answer's."""
    bar = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*bar, console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty())
