"""`postbus tenant forwarder …`: whose forwards a tenant believes when it trusts registered forwarders only (law 22)."""

from typing import Annotated

import typer

from receiver.cli.options import AsJson
from receiver.cli.output import column, show, show_change
from receiver.cli.rows import changing, reading
from storage import tenants

app = typer.Typer(no_args_is_help=True, add_completion=False)

TenantName = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the tenant.", show_default=False)]
Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="From which mail is forwarded to the tenant.", show_default=False)
]
_COLUMNS = [column("Forwarder", "forwarder")]


@app.command()
def add(ctx: typer.Context, name: TenantName, address: Address, as_json: AsJson = False) -> None:
    """Believe what this address forwards, from the next mail on; stored mail is matched again."""
    with changing(ctx) as session:
        tenant = tenants.find_tenant(session, name)
        forwarder = tenants.add_forwarder(session, tenant, address)
    record = {"tenant": tenant.name, "forwarder": forwarder}
    sentence = f"{tenant.name} believes what {forwarder} forwards."
    if tenant.trust_forwards != "registered":
        sentence += f" It counts with --trust-forwards registered; now it is {tenant.trust_forwards}."
    show_change(record, sentence, as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, name: TenantName, as_json: AsJson = False) -> None:
    """List the registered forwarders of a tenant."""
    with reading(ctx) as session:
        tenant = tenants.find_tenant(session, name)
        records = [{"tenant": tenant.name, "forwarder": each} for each in tenants.list_forwarders(session, tenant)]
    empty = f"{tenant.name} has no registered forwarders; it trusts forwards of: {tenant.trust_forwards}"
    show(records, _COLUMNS, as_json=as_json, when_empty=empty)


@app.command()
def remove(ctx: typer.Context, name: TenantName, address: Address, as_json: AsJson = False) -> None:
    """Take an address back; what came in by it stays."""
    with changing(ctx) as session:
        tenant = tenants.find_tenant(session, name)
        forwarder = tenants.remove_forwarder(session, tenant, address)
    record = {"tenant": tenant.name, "forwarder": forwarder}
    show_change(record, f"{forwarder} is no registered forwarder of {tenant.name} any more.", as_json=as_json)
