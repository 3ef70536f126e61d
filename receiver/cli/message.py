"""`postbus message …`: the mail that came in, what became of it and why, and its octets.

Texts of mails are printed through receiver/cli/output.py only; `raw` alone gives octets, to whoever asked for them.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

import typer

from receiver.cli.document_records import document_records, in_short
from receiver.cli.failures import Refused
from receiver.cli.message_import import import_
from receiver.cli.options import AsJson, InLanguage, OfTenant
from receiver.cli.output import (
    column,
    local_time,
    octets_column,
    print_json,
    readable_octets,
    say,
    show,
    show_fields,
    time_column,
    write_octets,
)
from receiver.cli.recognition_records import (
    forward_fields,
    lines,
    recognition_record,
    special_fields,
    special_record,
)
from receiver.cli.rows import reading
from receiver.cli.workplace import Workplace
from rules.decision import TraceLine
from rules.wording import Language, describe, words
from storage import jobs, messages
from storage.blobs import BlobStore
from storage.database import Session
from storage.documents import list_documents
from storage.models import Message
from storage.tenants import find_tenant
from storage.trial_mail import stored_mail

app = typer.Typer(no_args_is_help=True, add_completion=False)

State = Literal["received", "imported", "not_imported", "duplicate", "parked", "expired"]
MessageId = Annotated[
    str, typer.Argument(metavar="ID", help="As `message list` or our 250 reply gives it.", show_default=False)
]

_COLUMNS = [
    time_column("Received", "received_at"),
    column("State", "state", may_wrap=False),
    column("From", "from"),
    column("Subject", "subject"),
    column("Why", "reason"),
    column("Documents", "documents", may_wrap=False),
    octets_column("Size", "octets"),
    column("Id", "id", may_wrap=False),
]
_SHOWN = (
    ("Id", "id"),
    ("Tenant", "tenant"),
    ("State", "state"),
    ("Why", "reason"),
    ("Standard", "standard"),
    ("From", "from"),
    ("Original sender (claimed)", "original_sender"),
    ("Subject", "subject"),
    ("Message-ID", "message_id"),
    ("Source", "source"),
    ("Peer", "peer"),
    ("HELO", "helo"),
    ("TLS", "tls"),
    ("Reverse-path", "reverse_path"),
    ("Forward-path", "forward_path"),
    ("Further forward-paths", "other_forward_paths"),
    ("Label", "label"),
    ("Defects", "defects"),
    ("Duplicate of", "duplicate_of"),
)

_WHY = (
    *("id", "state", "reason", "reason_code", "reason_params", "standard", "revision", "catalogue_version"),
    *("settled_at", "trace"),
)


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    state: Annotated[State | None, typer.Option(help="Only those in this state.", show_default=False)] = None,
    possible: Annotated[
        bool, typer.Option("--possible", help="Only what may be an invoice and was not imported.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first ones.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List a tenant's mail, newest first, with what became of it and why; of one state, possible invoices first."""
    if possible and state not in {None, "not_imported"}:
        raise Refused(f"--possible: nothing that is {state} is a possible invoice; leave --state away")
    with reading(ctx) as session:
        owner = find_tenant(session, tenant)
        found = messages.list_messages(session, owner, state, limit, only_possible=possible)
        records = _records(ctx, session, found)
        asking = [] if as_json else messages.list_to_confirm(session, owner, datetime.now(UTC))
    for each in asking:
        show_fields([*special_fields(messages.special_json(each)), ("Message", each.id)])
    empty = (
        f"{owner.name} has no mail that may be an invoice and was not imported."
        if possible
        else f"{owner.name} has no mail in state {state}. All of it: postbus message list --tenant {owner.name!r}"
        if state
        else f"{owner.name} has no mail yet. Where to send it: postbus address list --tenant {owner.name!r}"
    )
    show(records, _COLUMNS, as_json=as_json, when_empty=empty)


@app.command("show")
def show_(ctx: typer.Context, message: MessageId, as_json: AsJson = False) -> None:
    """Show one mail: the delivery, the decision with its trace, its documents, and work that waits."""
    with reading(ctx) as session:
        record = _full_record(ctx, session, messages.find_message(session, message))
    if as_json:
        print_json([record])
        return
    # A forwarding that waits for its confirmation comes before all else.
    fields = special_fields(record["special"])
    fields += [(title, _joined(record[key])) for title, key in _SHOWN if record[key]]
    size = readable_octets(record["octets"]) + ("" if record["is_downloaded"] else ", left in its mailbox")
    found = record["recognition"]
    show_fields([*fields, ("Received", local_time(record["received_at"])), ("Size", size), *_claimed(found)])
    _say_steps(record)
    for line in lines(found, Workplace.of(ctx).settings.language) if found else ():
        say(line)
    for document in record["document_list"]:
        about = in_short(document)
        say(f"document {document['id']}  {document['kind']}  {document['filename']}{f' ({about})' if about else ''}")
    for job in record["waiting"]:
        state = "given up" if job["is_failed"] else "waits"
        say(f"{state}: {job['kind']}{': ' + job['reason'] if job['reason'] else ''}")


@app.command()
def why(ctx: typer.Context, message: MessageId, language: InLanguage = None, as_json: AsJson = False) -> None:
    """Tell step by step why a mail was imported or not."""
    with reading(ctx) as session:
        record = _full_record(ctx, session, messages.find_message(session, message), language)
    if as_json:
        print_json([{key: record[key] for key in _WHY}])
        return
    say(record["reason"])
    _say_steps(record)
    say(record["decided_with"])


app.command("import")(import_)


@app.command()
def raw(
    ctx: typer.Context,
    message: MessageId,
    trace: Annotated[bool, typer.Option("--trace", help="Put our Received field on top.")] = False,
) -> None:
    """Write the octets as received to standard output (made harmless when that is a terminal)."""
    with reading(ctx) as session:
        found = messages.find_message(session, message)
    if found.state == "expired":
        raise Refused(f"message {found.id}: its octets are gone; mail that is not imported is not kept for ever")
    if not found.raw_sha256:
        raise Refused(
            f"message {found.id}: it was left in its mailbox, never downloaded; "
            f"`postbus message import {found.id}` has it fetched"
        )
    octets = BlobStore(Workplace.of(ctx).settings.blob_folder()).read(found.tenant_id, found.raw_sha256)
    write_octets(_trace_field(found) + octets if trace else octets)


def _records(
    ctx: typer.Context, session: Session, found: list[Message], language: Language | None = None
) -> list[dict[str, Any]]:
    in_words = partial(words, language=language or Workplace.of(ctx).settings.language)
    records = messages.messages_json(session, found, in_words)
    return [record | {"received_at": message.received_at} for record, message in zip(records, found, strict=True)]


def _full_record(
    ctx: typer.Context, session: Session, found: Message, language: Language | None = None
) -> dict[str, Any]:
    language = language or Workplace.of(ctx).settings.language
    owner = find_tenant(session, found.tenant_id)
    steps = [TraceLine(step.get("standard"), step["code"], step.get("params", {})) for step in found.decision_trace]
    waiting = jobs.of_subject(session, found.id)
    facts = stored_mail(session, found).facts
    record = _records(ctx, session, [found], language)[0]
    return record | {
        "special": (special_record(facts.special) if facts else None) or record["special"],
        "recognition": recognition_record(facts, language) if facts else None,
        "peer": found.peer,
        "helo": found.helo,
        "tls": found.tls,
        "message_id": found.rfc_message_id,
        "is_downloaded": found.raw_sha256 != "",
        "defects": found.defects,
        "settled_at": found.settled_at,
        "group": found.group_id,
        "reason_params": found.reason_params,
        "decided_with": _decided_with(found, language),
        "revision": found.tenant_revision,
        "catalogue_version": found.catalogue_version,
        "trace": [step.to_json() | {"words": describe(step, language)} for step in steps],
        "document_list": document_records(session, list_documents(session, owner, found.id), language),
        "waiting": [
            {
                "kind": job.kind,
                "is_failed": job.failed_at is not None,
                "reason": words(job.error_code, job.error_params, language) if job.error_code else None,
                "run_at": job.run_at,
            }
            for job in waiting
        ],
    }


def _claimed(found: dict[str, Any] | None) -> list[tuple[str, object]]:
    return forward_fields(found["forward"]) if found else []


def _decided_with(message: Message, language: Language) -> str:
    revision, version = message.tenant_revision, message.catalogue_version
    if version is None:
        return words("decided_without_catalogue", {"revision": revision}, language)
    return words("decided_with_catalogue", {"revision": revision, "version": version}, language)


def _trace_field(message: Message) -> bytes:
    return (message.trace.rstrip("\r\n") + "\r\n").encode("utf-8", "replace")


def _say_steps(record: dict[str, Any]) -> None:
    for number, step in enumerate(record["trace"], 1):
        say(f"{number}. {step['words']}")


def _joined(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value
