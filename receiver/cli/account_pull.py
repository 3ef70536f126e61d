"""`postbus account pull`: pull accounts now, wait, and say what came of it.

Where a service runs, it is asked, and does it; where none runs, this process holds the data folder as the service
would, pulls, and settles what it took. So no two ever pull at once: beside the folder's lock, each account has a lease.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from receiver.cli.account_fields import note
from receiver.cli.account_records import PULL_COLUMNS, records_of
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson
from receiver.cli.output import show
from receiver.cli.rows import opened
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from receiver.imap.sole_pull import pull_now
from receiver.logs import configure
from receiver.pipeline.settle_all import settle_all
from receiver.sole import AlreadyRunning, is_served, sole
from storage.account_models import LinkedAccount
from storage.accounts import find_account, list_accounts, request_pull
from storage.database import Database
from storage.looks import PullOutcome, pull_outcome
from storage.tenants import find_tenant

_ACTOR = "command line"
_POLL_SECONDS = 0.2
# That a service which is started anew may take.
_RESTART_SECONDS = 5.0
# Beyond the time that a pull may take: until the service comes to it, and has settled what it brought.
_MARGIN_SECONDS = 600.0


def pull(
    ctx: typer.Context,
    account: Annotated[
        str | None, typer.Argument(metavar="ACCOUNT", help="Address or id; all unless told.", show_default=False)
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Only accounts of this tenant.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Pull one account, or all, now; wait until what came in is settled."""
    here = Workplace.of(ctx)
    with opened(here) as database:
        chosen = _chosen(database, account, tenant)
        pulls = _pull(here.settings, database, chosen)
        for each in chosen:
            if each.id not in pulls:
                note(f"{each.address}: not pulled, it is paused or was removed")
        records = [_record(here, database, each, pulls[each.id]) for each in chosen if each.id in pulls]
    empty = "No linked accounts yet. Link one: postbus account add --help" if not chosen else "Nothing was pulled."
    show(records, PULL_COLUMNS, as_json=as_json, when_empty=empty)
    ill = [f"{each['account']}: {each['reason']}" for each in records if each["health"] != "ok"]
    if ill or (account is not None and not records):
        raise Refused("\n".join(ill) or f"{account}: was not pulled")


def _chosen(database: Database, account: str | None, tenant: str | None) -> list[LinkedAccount]:
    with database.read() as session:
        owner = None if tenant is None else find_tenant(session, tenant)
        return list_accounts(session, owner) if account is None else [find_account(session, account, owner)]


def _pull(settings: Settings, database: Database, chosen: Sequence[LinkedAccount]) -> dict[str, int]:
    """The number of each account's pull, by account id, once all of them are finished and settled."""
    if not chosen:
        return {}
    try:
        return _pull_here(settings, chosen)
    except AlreadyRunning:
        return _ask_service(settings, database, chosen)


def _pull_here(settings: Settings, chosen: Sequence[LinkedAccount]) -> dict[str, int]:
    """Raises AlreadyRunning."""
    with sole(settings.data), _progress(f"pulling {len(chosen)} accounts"):
        configure(settings.log.model_copy(update={"level": "error"}))
        pulls = pull_now(settings, [each.id for each in chosen])
        settle_all(settings)
        return pulls


def _ask_service(settings: Settings, database: Database, chosen: Sequence[LinkedAccount]) -> dict[str, int]:
    with database.write(actor=_ACTOR) as session:
        pulls = request_pull(session, chosen)
    ends_at = time.monotonic() + settings.accounts.pull_seconds + _MARGIN_SECONDS
    served = _Served(settings.data)
    with _progress("waiting for the service") as progress:
        task = progress.add_task("")
        while pending := _pending(database, pulls):
            if time.monotonic() >= ends_at:
                raise Refused(f"{len(pending)} accounts are not finished; the service goes on, `postbus account list`")
            if not served.is_to_come():
                # It was stopped, or was a command like this one, that pulled what it was asked for and ended.
                with suppress(AlreadyRunning):
                    return pulls | _pull_here(settings, [each for each in chosen if each.id in pending])
            progress.update(task, description=f"{len(pulls) - len(pending)} of {len(pulls)} accounts are finished")
            time.sleep(_POLL_SECONDS)
    return pulls


class _Served:
    """Whether somebody pulls, or will in a moment: between its end and its start a service holds nothing."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._last = time.monotonic()

    def is_to_come(self) -> bool:
        """False once nobody has held the folder for a while."""
        if is_served(self._data):
            self._last = time.monotonic()
        return time.monotonic() - self._last < _RESTART_SECONDS


def _pending(database: Database, pulls: dict[str, int]) -> list[str]:
    with database.read() as session:
        return [each for each, number in pulls.items() if not _is_done(pull_outcome(session, each, number))]


def _is_done(outcome: PullOutcome) -> bool:
    return outcome.is_settled


def _record(here: Workplace, database: Database, account: LinkedAccount, number: int) -> dict[str, Any]:
    with database.read() as session:
        outcome = pull_outcome(session, account.id, number)
        now = records_of(session, [find_account(session, account.id)], here)[0]
    return {
        "account": now["address"],
        "looked_at": outcome.looked_at,
        "fetched": outcome.fetched,
        "imported": outcome.imported,
        "octets": outcome.octets,
        "id": now["id"],
        "tenant": now["tenant"],
        "is_settled": outcome.is_settled,
        "health": now["health"],
        "reason_code": now["reason_code"],
        "reason": now["reason"],
    }


def _progress(what: str) -> Progress:
    """On stderr, and only for people: stdout is the answer's."""
    columns = (SpinnerColumn(), TextColumn(f"{what} {{task.description}}", markup=False))
    return Progress(*columns, console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty())
