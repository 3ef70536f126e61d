"""`postbus catalogue …`: the import standards that all tenants share.

What is in force is in the database; a running postbus sees a change with its next batch. `update` without a source is
what the daily timer runs.
"""

from datetime import datetime
from typing import Annotated, Any

import typer

from receiver.cataloguing.fetching import Unfetched, fetch
from receiver.cataloguing.index_file import open_index
from receiver.cataloguing.updating import Update, take, weigh
from receiver.cli.catalogue_build import build, key_
from receiver.cli.catalogue_records import (
    CHANGES,
    STANDARDS,
    SWITCHES,
    VERSIONS,
    change_record,
    standard_record,
    version_record,
)
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant
from receiver.cli.output import local_time, print_json, say, show, show_change, show_fields
from receiver.cli.rows import changing, reading
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from receiver.config_catalogue import is_web_address
from receiver.config_catalogue import source as checked_source
from receiver.web import Bounds
from rules.catalogue_package import HIGHEST_VERSION, Package, open_package
from rules.catalogue_package import Refused as PackageRefused
from storage import catalogue, catalogue_switches
from storage.database import Session
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("build")(build)
app.command("key")(key_)

Version = Annotated[
    int | None,
    typer.Argument(metavar="VERSION", min=1, max=HIGHEST_VERSION, help="One that is kept.", show_default=False),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of a standard.", show_default=False)]


@app.command()
def update(
    ctx: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="A file or URL; without it catalogue.source.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When to put it in force, 2026-12-01T06:00; `now` outweighs an earlier TIME."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Verify and tell what would change; keep nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a package, tell what it changes, and put it in force. One that is refused changes nothing."""
    settings = Workplace.of(ctx).settings
    moment = _moment(at)
    source = source or settings.catalogue.source
    if not source:
        say("catalogue.source is not set: nothing to do")
        return
    package = _package(settings, source)
    if not dry_run:
        open_index(settings.data / "run", package.payload)  # compiled here, so that no worker pauses for it
    try:
        with reading(ctx) if dry_run else changing(ctx) as session:
            done = weigh(session, package, moment) if dry_run else take(session, package, moment)
    except PackageRefused as refusal:
        raise Refused(f"{source}: {refusal}") from refusal
    _tell_update(done, is_done=not dry_run, as_json=as_json)


@app.command()
def diff(
    ctx: typer.Context,
    version: Version = None,
    other: Annotated[
        int | None,
        typer.Argument(
            metavar="OTHER", min=1, max=HIGHEST_VERSION, help="Without it the one in force.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what VERSION (without it the newest kept) changes against OTHER."""
    with reading(ctx) as session:
        newest = next(iter(catalogue.list_versions(session)), None)
        wanted = version if version is not None else newest.version if newest else None
        against = other if other is not None else catalogue.state_of(session).active_version
        records = [change_record(each) for each in catalogue.changes_between(session, against, wanted)]
    show(records, CHANGES, as_json=as_json, when_empty=f"Versions {against} and {wanted} hold the same standards.")


@app.command("show")
def show_(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name or id of one standard.", show_default=False)
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Tell what this tenant switched off.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the standards in force, or one of them."""
    with reading(ctx) as session:
        off = catalogue_switches.switched_off(session, find_tenant(session, tenant).id) if tenant else frozenset()
        version, standards = catalogue.standards_in_force(session)
        if name is not None:
            standards = (catalogue_switches.find_shared_standard(session, name),)
    records = [standard_record(each, version, off) for each in standards]
    if name is not None and not as_json:
        _show_one(records[0])
        return
    columns = SWITCHES if tenant else STANDARDS
    show(records, columns, as_json=as_json, when_empty="No catalogue is in force; `postbus init` brings the starter.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the versions that are kept, newest first."""
    with reading(ctx) as session:
        state = catalogue.state_of(session)
        records = [version_record(each, state) for each in catalogue.list_versions(session)]
    show(records, VERSIONS, as_json=as_json, when_empty="No version is kept; `postbus init` brings the starter.")


@app.command()
def rollback(ctx: typer.Context, version: Version = None, as_json: AsJson = False) -> None:
    """Put an earlier version in force and hold it: updates are kept, and wait until `resume`."""
    with changing(ctx) as session:
        wanted = catalogue.roll_back(session, version)
        record = _version(session, wanted)
    said = f"Catalogue version {wanted} is in force and held; `postbus catalogue resume` lets updates in again."
    show_change(record, said, as_json=as_json)


@app.command()
def resume(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Lift a rollback's hold; the next update is put in force as usual."""
    with changing(ctx) as session:
        state = catalogue.lift_hold(session)
        record = _version(session, state.active_version)
    said = f"Catalogue version {state.active_version} is in force and no longer held; the next update comes in."
    show_change(record, said, as_json=as_json)


@app.command("switch-off")
def switch_off(ctx: typer.Context, name: Name, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Let a standard of the catalogue no longer decide about a tenant's mail."""
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        standard = catalogue_switches.switch_off(session, owner, name)
        record = {"tenant": owner.name, "name": standard.name, "id": standard.id, "switched_off": True}
    show_change(record, f"{owner.name}: {standard.name} is switched off.", as_json=as_json)


@app.command("switch-on")
def switch_on(ctx: typer.Context, name: Name, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Let it decide again."""
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        standard = catalogue_switches.switch_on(session, owner, name)
        known = {"name": standard.name, "id": standard.id} if standard else {"name": None, "id": name}
        record = {"tenant": owner.name, **known, "switched_off": False}
    show_change(record, f"{owner.name}: {known['name'] or name} is switched on.", as_json=as_json)


def _moment(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        return datetime.now().astimezone() if at == "now" else datetime.fromisoformat(at).astimezone()
    except ValueError as error:
        raise typer.BadParameter(f"--at {at!r}: expected a time, for example 2026-12-01T06:00 or `now`") from error


def _package(settings: Settings, source: str) -> Package:
    chosen = settings.catalogue
    if not chosen.trusted_keys:
        raise Refused(f"{source}: catalogue.trusted_keys names no key, so no package can be trusted")
    try:
        if is_web_address(source):
            checked_source(source)
        return open_package(fetch(source, Bounds(chosen.max_octets, chosen.seconds)), chosen.trusted_keys)
    except Unfetched as failure:
        raise Refused(str(failure)) from failure
    except (PackageRefused, ValueError) as refusal:
        raise Refused(f"{source}: {refusal}") from refusal


def _tell_update(done: Update, *, is_done: bool, as_json: bool) -> None:
    if as_json:
        print_json([_update_record(done, is_done=is_done)])
        return
    show([change_record(each) for each in done.changes], CHANGES, as_json=False, when_empty="No standard changes.")
    said = {
        "activated": f"Catalogue version {done.version} {'is' if is_done else 'would be'} in force.",
        "scheduled": f"Catalogue version {done.version} {'comes' if is_done else 'would come'} into force at "
        f"{local_time(done.activate_at)}.",
        "held": f"A rollback holds version {done.before.active_version}: version {done.version} "
        f"{'is' if is_done else 'would be'} kept; `postbus catalogue resume` lets the next update in.",
        "current": f"Catalogue version {done.version} is in force already.",
    }
    say(said[done.outcome])


def _update_record(done: Update, *, is_done: bool) -> dict[str, Any]:
    return {
        "outcome": done.outcome,
        "is_done": is_done,
        "version": done.version,
        "from_version": done.before.active_version,
        "activate_at": done.activate_at,
        "changes": [change_record(each) for each in done.changes],
    }


def _show_one(record: dict[str, Any]) -> None:
    conditions = record["standard"]
    fields = [(title, record[key]) for title, key in (("Standard", "name"), ("Id", "id"), ("Supplier", "supplier"))]
    fields += [("Keeps", record["keep"]), ("Document type", record["document_type"])]
    for part, title in (("any_of", "Where"), ("none_of", "Except")):
        fields += [(f"{title} {fact}", " or ".join(values)) for fact, values in conditions.get(part, {}).items()]
    show_fields([*fields, ("Switched off", record["switched_off"]), ("Version", record["version"])])


def _version(session: Session, version: int | None) -> dict[str, Any]:
    state = catalogue.state_of(session)
    return next(version_record(each, state) for each in catalogue.list_versions(session) if each.version == version)
