"""`postbus account …`: mailboxes of tenants that are pulled over IMAP.

A password comes from a prompt, a file or standard input, and is sealed before it is stored; nothing here prints one.
"""

import sys
from typing import Annotated, Any

import typer

from receiver.cli import account_fields as fields
from receiver.cli import terminal
from receiver.cli.account_authorize import authorize
from receiver.cli.account_pull import pull
from receiver.cli.account_records import COLUMNS, fields_for_people, record_of, records_of
from receiver.cli.account_secrets import PasswordFile, PasswordStdin, Source, key_ring, read_password
from receiver.cli.account_trial import trial
from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant, Yes
from receiver.cli.output import print_json, show, show_change, show_fields
from receiver.cli.rows import changing, opened, reading
from receiver.cli.workplace import Workplace
from storage import accounts
from storage.account_models import LinkedAccount
from storage.database import Session
from storage.key_rotation import rotate_keys
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("test")(trial)
app.command("authorize")(authorize)
app.command("pull")(pull)

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Address or id of the account.", show_default=False)]
Tenant = Annotated[str | None, typer.Option("--tenant", "-t", help="Only accounts of this tenant.", show_default=False)]
Email = Annotated[str, typer.Option("--email", metavar="ADDRESS", help="Its e-mail address.", show_default=False)]
_ACTOR = "command line"


@app.command()
def add(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    email: Email,
    username: fields.Username = None,
    host: fields.Host = None,
    port: fields.Port = None,
    security: fields.SecurityOption = None,
    auth: fields.AuthOption = None,
    provider: fields.Provider = None,
    start_date: fields.StartDate = None,
    mailbox: fields.Mailboxes = None,
    idle: fields.Idle = None,
    interval: fields.Interval = None,
    password_file: PasswordFile = None,
    password_stdin: PasswordStdin = False,
    send_password_in_clear: fields.InClear = False,
    as_json: AsJson = False,
) -> None:
    """Link a mailbox. What is not given is looked up: providers, the domain's own settings, DNS, good guesses."""
    here, source = Workplace.of(ctx), Source(password_file, password_stdin)
    source.check()
    with reading(ctx) as session:
        find_tenant(session, tenant)
    entered = fields.Entered(
        username=username,
        host=host,
        port=port,
        security=security,
        auth=auth,
        provider=provider,
        start_date=start_date,
        mailboxes=mailbox,
        idle=idle,
        interval=interval,
        in_clear=send_password_in_clear,
    )
    wanted, _ = fields.fields_to_add(here, email, entered)
    if wanted.auth == "xoauth2" and source.is_named:
        raise Refused(
            f"{wanted.host} is logged in to by permission, not by password; give --auth password if it is not"
        )
    secret = read_password(source, wanted.address) if wanted.auth == "password" else None
    keys = key_ring(here)
    with changing(ctx) as session:
        account = accounts.add_account(session, find_tenant(session, tenant), wanted, secret, keys)
        record = record_of(session, account, here)
    follow = "Try it: postbus account test" if secret else "Now give permission: postbus account authorize"
    sentence = f"{record['address']} is linked ({record['host']}, mail since {record['start_date']}). {follow} {email}"
    show_change(record, sentence, as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """List linked accounts, and how they do."""
    here = Workplace.of(ctx)
    with reading(ctx) as session:
        owner = None if tenant is None else find_tenant(session, tenant)
        records = records_of(session, accounts.list_accounts(session, owner), here)
    show(records, COLUMNS, as_json=as_json, when_empty="No linked accounts yet. Link one: postbus account add --help")


@app.command("show")
def show_(ctx: typer.Context, account: Account, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Show one account: what was entered, how it does, and what to do."""
    with reading(ctx) as session:
        record = record_of(session, found(session, account, tenant), Workplace.of(ctx))
    if as_json:
        print_json([record])
    else:
        show_fields(fields_for_people(record))


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    account: Account,
    tenant: Tenant = None,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="Its e-mail address.", show_default=False)
    ] = None,
    username: fields.Username = None,
    host: fields.Host = None,
    port: fields.Port = None,
    security: fields.SecurityOption = None,
    auth: fields.AuthOption = None,
    provider: fields.Provider = None,
    start_date: fields.StartDate = None,
    mailbox: fields.Mailboxes = None,
    idle: fields.Idle = None,
    interval: fields.Interval = None,
    ask_password: Annotated[bool, typer.Option("--ask-password", help="Ask for a new password.")] = False,
    password_file: PasswordFile = None,
    password_stdin: PasswordStdin = False,
    send_password_in_clear: fields.InClear = False,
    as_json: AsJson = False,
) -> None:
    """Change what is given; the rest stays. A new password or server is tried at once, an earlier date looks back."""
    here, source = Workplace.of(ctx), Source(password_file, password_stdin)
    source.check()
    entered = fields.Entered(
        username=username,
        host=host,
        port=port,
        security=security,
        auth=auth,
        provider=provider,
        start_date=start_date,
        mailboxes=mailbox,
        idle=idle,
        interval=interval,
        in_clear=send_password_in_clear,
    )
    has_secret = source.is_named or ask_password
    if entered == fields.Entered(in_clear=send_password_in_clear) and email is None and not has_secret:
        raise Refused("nothing to change: `postbus account set --help` names what can be")
    with reading(ctx) as session:
        before = found(session, account, tenant)
    wanted = fields.fields_to_set(here, accounts.fields_of(before), email, entered)
    secret = read_password(source, wanted.address) if has_secret else None
    keys = key_ring(here)
    with changing(ctx) as session:
        row = found(session, before.id, None)
        if accounts.fields_of(row) != accounts.fields_of(before):
            raise Refused(f"{before.address} was changed by somebody else meanwhile; look at it, and try again")
        accounts.change_account(session, row, wanted)
        if secret is not None:
            accounts.set_secret(session, row, secret, keys)
        record = record_of(session, row, here)
    show_change(record, f"{record['address']} is changed; {record['reason'] or 'it is pulled now'}.", as_json=as_json)


@app.command()
def pause(ctx: typer.Context, account: Account, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Pull it no more until it is resumed; nothing is forgotten."""
    with changing(ctx) as session:
        row = found(session, account, tenant)
        accounts.pause(session, row)
        record = record_of(session, row, Workplace.of(ctx))
    show_change(record, f"{record['address']} is paused.", as_json=as_json)


@app.command()
def resume(ctx: typer.Context, account: Account, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Pull it again, from now on."""
    with changing(ctx) as session:
        row = found(session, account, tenant)
        accounts.resume(session, row)
        record = record_of(session, row, Workplace.of(ctx))
    show_change(record, f"{record['address']} is pulled again.", as_json=as_json)


@app.command()
def remove(
    ctx: typer.Context, account: Account, tenant: Tenant = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Unlink an account: its password, and what is known of its mail that was not imported, are deleted."""
    with reading(ctx) as session:
        row = found(session, account, tenant)
    if not yes:
        confirm(
            f"Unlink {terminal.on_one_line(row.address)} ({terminal.on_one_line(row.host)})? Its password or "
            "permission is deleted, and all that is known of its mail that was not imported. What was imported stays; "
            "nothing changes in the mailbox itself."
        )
    with changing(ctx) as session:
        row = found(session, row.id, None)
        record = record_of(session, row, Workplace.of(ctx))
        accounts.remove_account(session, row)
    show_change(record, f"{record['address']} is unlinked.", as_json=as_json)


@app.command("rotate-key")
def rotate_key(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Seal all passwords and permissions with a new key, and take the old one away."""
    here = Workplace.of(ctx)
    with opened(here) as database:
        done = rotate_keys(database, key_ring(here), _ACTOR)
    record: dict[str, Any] = {
        "key": done.key_id,
        "sealed_anew": done.sealed_anew,
        "unreadable": list(done.unreadable),
        "removed": list(done.removed),
    }
    show_change(record, f"{done.sealed_anew} secrets are sealed with key {done.key_id}.", as_json=as_json)
    if done.unreadable:
        raise Refused(f"no key here opens the secrets of: {', '.join(done.unreadable)}; enter them anew")


def found(session: Session, account: str, tenant: str | None) -> LinkedAccount:
    """The account of that address or id. Raises NotFound."""
    owner = None if tenant is None else find_tenant(session, tenant)
    return accounts.find_account(session, account, owner)


def confirm(question: str) -> None:
    """Ask on stderr. Raises Refused for anything but yes."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Refused("nothing is removed; answer y, or give --yes where nobody can be asked")
