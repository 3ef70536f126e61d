"""`postbus address …`: a tenant's import addresses."""

from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant, given
from receiver.cli.output import Column, column, show, show_change, time_column
from receiver.cli.rows import changing, reading
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from storage import addresses
from storage.models import ImportAddress, Tenant
from storage.tenants import find_tenant
from storage.texts import nearest

app = typer.Typer(no_args_is_help=True, add_completion=False)

Address = Annotated[
    str | None, typer.Argument(metavar="ADDRESS", help="One of the tenant's addresses.", show_default=False)
]
AddressOption = Annotated[str | None, typer.Option("--address", help="The same.", show_default=False)]

_COLUMNS = [
    column("Import address", "import_address"),
    column("Label", "label"),
    time_column("Since", "created_at"),
    Column("", lambda record: "revoked" if record["revoked_at"] else "in use", may_wrap=False),
]


@app.command()
def add(
    ctx: typer.Context,
    tenant: OfTenant,
    label: Annotated[str | None, typer.Option(help="What people call it.", show_default=False)] = None,
    domain: Annotated[
        str | None, typer.Option(help="One of addresses.domains; else the first.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a further import address."""
    settings = Workplace.of(ctx).settings
    chosen = _own_domain(settings, domain)
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        record = address_record(addresses.add_address(session, owner, chosen, label), owner)
    show_change(record, f"{record['tenant']}: {record['import_address']}", as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, tenant: OfTenant, as_json: AsJson = False) -> None:
    """List the tenant's import addresses, with those that were revoked."""
    with reading(ctx) as session:
        owner = find_tenant(session, tenant)
        records = [address_record(each, owner) for each in addresses.list_addresses(session, owner)]
    empty = f"{owner.name} has no import address. Make one: postbus address add --tenant {owner.name!r}"
    show(records, _COLUMNS, as_json=as_json, when_empty=empty)


@app.command()
def revoke(
    ctx: typer.Context,
    tenant: OfTenant,
    address: Address = None,
    address_option: AddressOption = None,
    as_json: AsJson = False,
) -> None:
    """Take an address out of use for good; mail to it is refused from the next RCPT on."""
    address = given(address, address_option, "ADDRESS")
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        record = address_record(addresses.revoke_address(session, owner, address), owner)
    show_change(record, f"{record['import_address']} is revoked; mail to it is refused.", as_json=as_json)


@app.command()
def rotate(
    ctx: typer.Context,
    tenant: OfTenant,
    address: Address = None,
    address_option: AddressOption = None,
    as_json: AsJson = False,
) -> None:
    """Put a new address in the place of one that became known to the wrong people; the old one is revoked."""
    address = given(address, address_option, "ADDRESS")
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        record = address_record(addresses.rotate_address(session, owner, address), owner)
    show_change(record, f"{record['tenant']}: {record['import_address']} in the place of {address}", as_json=as_json)


def address_record(address: ImportAddress, owner: Tenant) -> dict[str, Any]:
    """An import address as every command prints it."""
    return {
        "import_address": address.address,
        "tenant": owner.name,
        "label": address.label,
        "created_at": address.created_at,
        "revoked_at": address.revoked_at,
        "id": address.id,
    }


def _own_domain(settings: Settings, domain: str | None) -> str:
    known = settings.addresses.domains
    if domain is None:
        return known[0]
    if domain.lower() not in known:
        raise Refused(
            f"domain {domain!r} is none of ours{nearest(domain, known)}; "
            f"addresses.domains in the configuration has {', '.join(known)}"
        )
    return domain.lower()
