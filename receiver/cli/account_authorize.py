"""`postbus account authorize`: ask the provider for permission to read a mailbox, and link the account (again) by it.

The person consents at the provider; what it gives is sealed at once. Nothing here prints a token.
"""

from dataclasses import replace
from typing import Annotated

import typer

from receiver.cli.account_consent import Way, consent, provider_of
from receiver.cli.account_records import record_of
from receiver.cli.account_secrets import key_ring
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson
from receiver.cli.output import show_change
from receiver.cli.rows import changing, reading
from receiver.cli.workplace import Workplace
from receiver.imap.stored_tokens import secret_of
from storage.accounts import change_account, fields_of, find_account, set_secret
from storage.tenants import find_tenant


def authorize(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Address or id.", show_default=False)],
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Only accounts of this tenant.", show_default=False)
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="The browser runs elsewhere: paste the address it ends at.")
    ] = False,
    device_code: Annotated[
        bool, typer.Option("--device-code", help="Type a code on any device instead, where the provider lets you.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Link an account (again) by the provider's permission, with a browser here, elsewhere, or a code."""
    if no_browser and device_code:
        raise typer.BadParameter("give --no-browser or --device-code, not both")
    here = Workplace.of(ctx)
    with reading(ctx) as session:
        owner = None if tenant is None else find_tenant(session, tenant)
        row = find_account(session, account, owner)
    way: Way = "device" if device_code else "paste" if no_browser else "browser"
    tokens = consent(here.settings, provider_of(row.host), row.address, way)
    keys = key_ring(here)
    with changing(ctx) as session:
        asked, row = row, find_account(session, row.id)
        if (row.host, row.username) != (asked.host, asked.username):
            # The permission is for the mailbox that was shown, and would be told to another server.
            raise Refused(f"{row.address} was moved to another server or user meanwhile; authorize it again")
        change_account(session, row, replace(fields_of(row), auth="xoauth2"))
        set_secret(session, row, secret_of(tokens), keys)
        record = record_of(session, row, here)
    show_change(record, f"{record['address']} is linked by permission; it is pulled now.", as_json=as_json)
