"""`postbus message import`: bring in a mail that no standard fits: this one only, or with the standard it suggests.

Beside a running service: both may be at the same mail, and one of them writes it (law 13).
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson
from receiver.cli.output import show_change
from receiver.cli.parsers import parser, stored_octets
from receiver.cli.rows import changing, opened
from receiver.cli.standard_records import warn_of_hiding
from receiver.cli.standard_suggest import adapted, added, refuse_unless_not_imported, suggestion_for
from receiver.cli.standard_trial import ACTOR
from receiver.cli.workplace import Workplace
from receiver.pipeline.by_hand import ByHand, NothingToKeep
from receiver.pipeline.parsing import AttemptFailed
from receiver.pipeline.taking import KeptByHand
from rules.standards import ImportStandard
from rules.wording import words
from storage.database import Database
from storage.left_mail import wish
from storage.messages import find_message
from storage.models import Message
from storage.tenants import find_tenant

WhatToKeep = Annotated[
    Literal["attachments", "text", "both"] | None,
    typer.Option(
        "--keep", help="What becomes documents; attachments where there are any, unless told.", show_default=False
    ),
]


@dataclass(frozen=True, slots=True)
class _Outcome:
    message: Message  # as it is now
    was_ours: bool  # False: the service was faster, by the standard


def import_(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    message: Annotated[str, typer.Argument(metavar="ID", help="A mail that was not imported.", show_default=False)],
    once: Annotated[bool, typer.Option("--once", help="Only this mail (the default).")] = False,
    always: Annotated[bool, typer.Option("--always", help="Make the standard that it suggests, too.")] = False,
    keep: WhatToKeep = None,
    as_json: AsJson = False,
) -> None:
    """Import a mail although no standard fits it."""
    if once and always:
        raise typer.BadParameter("give --once or --always")
    here = Workplace.of(ctx)
    with opened(here) as database:
        with database.read() as session:
            found = find_message(session, message)
        refuse_unless_not_imported(found)
        wanted = adapted(suggestion_for(here, database, found), found, None, keep) if always else None
        outcome = _take(here, database, found, keep)
        standard = _add(ctx, found, wanted) if wanted else None
    record = _record(outcome, standard, here)
    show_change(record, _sentence(record), as_json=as_json)
    if standard is not None:
        warn_of_hiding(standard)


def _add(ctx: typer.Context, found: Message, standard: ImportStandard) -> dict[str, Any]:
    with changing(ctx) as session:
        return added(session, find_tenant(session, found.tenant_id), standard)


def _ask_for(database: Database, found: Message, keep: KeptByHand | None) -> _Outcome:
    """A mail that was left in its mailbox is fetched, and imported when it is here."""
    with database.write(ACTOR) as session:
        is_wanted = wish(session, find_message(session, found.id), keep)
    if not is_wanted:
        raise Refused(f"message {found.id}: it is no longer in its mailbox; forward it to an import address")
    with database.read() as session:
        return _Outcome(find_message(session, found.id), was_ours=True)


def _take(here: Workplace, database: Database, found: Message, keep: KeptByHand | None) -> _Outcome:
    if not found.raw_sha256:
        return _ask_for(database, found, keep)
    with stored_octets(here.settings) as blobs, parser(here.settings) as pool:
        try:
            settled = ByHand(database, blobs, pool, ACTOR).take(found, keep)
        except NothingToKeep as nothing:
            what = {"text": "text", "attachments": "attachment"}.get(keep or "", "text or attachment")
            raise Refused(f"message {found.id}: it has no {what} that could be kept") from nothing
        except AttemptFailed as failed:
            raise Refused(f"message {found.id}: {words(failed.code, failed.params)}") from failed
    with database.read() as session:
        now = find_message(session, found.id)
    if settled is None and now.state not in {"imported", "duplicate"}:
        refuse_unless_not_imported(now)
    return _Outcome(now, settled is not None)


def _record(outcome: _Outcome, standard: dict[str, Any] | None, here: Workplace) -> dict[str, Any]:
    message = outcome.message
    return {
        "id": message.id,
        "state": message.state,
        "reason": words(message.reason_code, message.reason_params, here.settings.language),
        "reason_code": message.reason_code,
        "duplicate_of": message.duplicate_of,
        "by_hand": outcome.was_ours,
        "standard": standard,
    }


def _sentence(record: dict[str, Any]) -> str:
    said = f"{record['id']}: {record['state']}; {record['reason']}."
    if record["standard"] is not None:
        said += f" Standard {record['standard']['name']} is added, for the next ones and those that are stored."
    return said
