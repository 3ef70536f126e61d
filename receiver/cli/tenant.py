"""`postbus tenant …`: customers' accounts, their plans, and how far their forwards are trusted."""

import sys
from typing import Annotated, Any, Literal

import typer

from receiver.cli import forwarder, terminal
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, Yes, given
from receiver.cli.output import Column, column, print_json, say, show, show_change, show_fields, time_column
from receiver.cli.rows import changing, opened, reading
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from storage import tenants
from storage.addresses import list_addresses
from storage.blobs import BlobStore
from storage.database import Session
from storage.directory import bump
from storage.models import Tenant
from storage.texts import nearest

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(forwarder.app, name="forwarder", help="Whose forwards a tenant believes.")

TenantName = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the tenant.", show_default=False)]
Trust = Literal["everyone", "registered", "authenticated"]
ImportScore = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=tenants.MOST_POINTS,
        help="From how many points of 100 on a document imports by itself; 0: the default.",
        show_default=False,
    ),
]
PossibleScore = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=tenants.MOST_POINTS,
        help="From how many points on a mail is named a possible invoice; 0: the default.",
        show_default=False,
    ),
]

_COLUMNS = [
    column("Tenant", "tenant"),
    column("Plan", "plan", may_wrap=False),
    Column("Takes mail", lambda record: record["takes_mail"], may_wrap=False),
    column("Import address", "import_address"),
    time_column("Since", "created_at"),
]
_FIELDS = (
    ("Tenant", "tenant"),
    ("Id", "id"),
    ("Plan", "plan"),
    ("Takes mail", "takes_mail"),
    ("Import addresses", "import_addresses"),
    ("Trusts forwards of", "trust_forwards"),
    ("Forwarders", "forwarders"),
    ("Keeps mail not imported (days)", "keep_not_imported_days"),
    ("Imports from (points)", "import_score"),
    ("Possible invoice from (points)", "possible_score"),
)


@app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Unused name, 1 to 64 characters.", show_default=False)],
    plan: Annotated[str, typer.Option(help="What the tenant's package includes.")] = "standard",
    as_json: AsJson = False,
) -> None:
    """Add a tenant; it gets its first import address at once."""
    settings = Workplace.of(ctx).settings
    refuse_unknown_plan(settings, plan)
    with changing(ctx) as session:
        tenant, _ = tenants.add_tenant(session, name, plan, settings.addresses.domains)
        record = tenant_record(session, tenant, settings)
    if as_json:
        print_json([record])
    else:
        say(f"{record['tenant']} ({record['plan']}): {record['import_address']}")
        if not record["takes_mail"]:
            say(f"The plan {plan} has no central mailbox: mail to this address is refused.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List all tenants by name."""
    settings = Workplace.of(ctx).settings
    with reading(ctx) as session:
        records = [tenant_record(session, tenant, settings) for tenant in tenants.list_tenants(session)]
    show(records, _COLUMNS, as_json=as_json, when_empty="No tenants yet. Add one: postbus tenant add NAME")


@app.command("show")
def show_(ctx: typer.Context, name: TenantName, as_json: AsJson = False) -> None:
    """Show one tenant."""
    with reading(ctx) as session:
        record = tenant_record(session, tenants.find_tenant(session, name), Workplace.of(ctx).settings)
    if as_json:
        print_json([record])
    else:
        show_fields([(title, _joined(record[key])) for title, key in _FIELDS])


@app.command("set-plan")
def set_plan(
    ctx: typer.Context,
    name: TenantName,
    plan: Annotated[str | None, typer.Argument(metavar="PLAN", help="Name of a plan.", show_default=False)] = None,
    plan_option: Annotated[str | None, typer.Option("--plan", help="The same.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Change the tenant's plan; it holds from the next RCPT on."""
    plan = given(plan, plan_option, "PLAN")
    settings = Workplace.of(ctx).settings
    refuse_unknown_plan(settings, plan)
    with changing(ctx) as session:
        tenant = tenants.find_tenant(session, name)
        tenants.set_plan(session, tenant, plan)
        record = tenant_record(session, tenant, settings)
    show_change(record, f"{record['tenant']} has the plan {plan} from the next mail on.", as_json=as_json)


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    name: TenantName,
    trust_forwards: Annotated[
        Trust | None,
        typer.Option(help="Whose forwards are believed when they name an original sender.", show_default=False),
    ] = None,
    keep_not_imported: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            help="How long mail is kept that is not imported; 0: as configured.",
            show_default=False,
        ),
    ] = None,
    import_score: ImportScore = None,
    possible_score: PossibleScore = None,
    as_json: AsJson = False,
) -> None:
    """Change how the tenant's mail is judged, or kept, as a whole."""
    if all(each is None for each in (trust_forwards, keep_not_imported, import_score, possible_score)):
        raise Refused(
            "nothing to change: give --trust-forwards, --keep-not-imported, --import-score or --possible-score"
        )
    with changing(ctx) as session:
        tenant = tenants.find_tenant(session, name)
        if trust_forwards is not None:
            tenants.set_trust_forwards(session, tenant, trust_forwards)
        if keep_not_imported is not None:
            tenants.set_keep_not_imported(session, tenant, keep_not_imported or None)
        _set_thresholds(session, tenant, import_score, possible_score)
        record = tenant_record(session, tenant, Workplace.of(ctx).settings)
    sentence = (
        f"{record['tenant']} trusts forwards of: {record['trust_forwards']}; "
        f"mail that is not imported is kept for {record['keep_not_imported_days']} days; documents import by "
        f"themselves from {record['import_score']} points on, and may be invoices from {record['possible_score']} on."
    )
    show_change(record, sentence, as_json=as_json)


@app.command()
def remove(ctx: typer.Context, name: TenantName, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a tenant with its mail and documents. Its addresses are never given again."""
    here = Workplace.of(ctx)
    with opened(here) as database:
        with database.read() as session:
            tenant = tenants.find_tenant(session, name)
        if not yes:
            _confirm(f"Remove {terminal.on_one_line(tenant.name)} with all its mail and documents?")
        with database.write(actor="command line") as session:
            tenant = tenants.find_tenant(session, tenant.id)
            record = tenant_record(session, tenant, here.settings)
            tenants.remove_tenant(session, tenant)
        bump(here.settings.data / "run" / "directory.stamp")
    BlobStore(here.settings.blob_folder()).remove_tenant(record["id"])
    show_change(record, f"{record['tenant']} is removed.", as_json=as_json)


def tenant_record(session: Session, tenant: Tenant, settings: Settings) -> dict[str, Any]:
    """A tenant as every command prints it; `import_address` is the oldest one in use."""
    in_use = [each.address for each in list_addresses(session, tenant) if each.revoked_at is None]
    plan = settings.all_plans().get(tenant.plan)
    points = tenants.thresholds(tenant.import_score, tenant.possible_score)
    return {
        "tenant": tenant.name,
        "plan": tenant.plan,
        "import_address": in_use[0] if in_use else None,
        "id": tenant.id,
        "import_addresses": in_use,
        "takes_mail": plan is not None and plan.central_mailbox,
        "trust_forwards": tenant.trust_forwards,
        "forwarders": tenants.list_forwarders(session, tenant),
        "keep_not_imported_days": tenant.keep_not_imported_days or settings.retention.not_imported_days,
        "import_score": points.import_score,
        "possible_score": points.possible_score,
        "created_at": tenant.created_at,
    }


def refuse_unknown_plan(settings: Settings, plan: str) -> None:
    """Raises Refused with the known plans' names."""
    known = settings.all_plans()
    if plan not in known:
        raise Refused(
            f"no plan {plan!r}{nearest(plan, known)}; there are {', '.join(sorted(known))} "
            "(more can be set under `plans` in the configuration)"
        )


def _set_thresholds(session: Session, tenant: Tenant, import_score: int | None, possible_score: int | None) -> None:
    """What is not given stays as it is; 0 is the default."""
    if import_score is None and possible_score is None:
        return
    imports = tenant.import_score if import_score is None else import_score or None
    possible = tenant.possible_score if possible_score is None else possible_score or None
    tenants.set_thresholds(session, tenant, imports, possible)


def _confirm(question: str) -> None:
    """Ask on stderr, so that stdout stays the answer's. Raises Refused for anything but yes, no terminal included."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # nobody has pressed enter
        sys.stderr.write("\n")
    if answer.strip().lower() not in {"y", "yes"}:
        raise Refused("nothing is removed; answer y, or give --yes where nobody can be asked")


def _joined(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value
