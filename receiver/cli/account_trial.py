"""`postbus account test`: try an account step by step, and say at the step that failed what to do.

Changes nothing in the mailbox; the user name that worked is remembered. Works beside a running service.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from receiver.cli import terminal
from receiver.cli.account_fields import note
from receiver.cli.options import AsJson
from receiver.cli.output import print_json, say
from receiver.cli.rows import changing, opened
from receiver.cli.workplace import Workplace
from receiver.guarded import leave_no_dump
from receiver.imap.failures import ImapFailure
from receiver.imap.login import place_of, usernames_of, who_we_are
from receiver.imap.stored_tokens import StoredTokens
from receiver.imap.tokens import fresh_token
from receiver.imap.values import Limits, Login, PasswordLogin, TokenLogin
from receiver.linking.presets import preset_named
from receiver.linking.steps import Outcome, Step, Trial, try_account
from rules.wording import words
from storage.account_models import LinkedAccount
from storage.accounts import fields_of, find_account, note_worked_username
from storage.database import Database
from storage.failures import Damaged
from storage.secrets import KeyMissing, KeyRing
from storage.tenants import find_tenant

_TITLES = {
    "name": "Server name",
    "connection": "Connection",
    "certificate": "Certificate",
    "login": "Login",
    "mailboxes": "Mailboxes",
    "start_date": "Start date",
}


def trial(
    ctx: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Address or id.", show_default=False)],
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Only accounts of this tenant.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try an account step by step; nothing in the mailbox changes, nothing is fetched."""
    here = Workplace.of(ctx)
    leave_no_dump()

    def report(step: Step) -> None:
        record = _record(row, step, here)
        if as_json:
            print_json([record])
        else:
            # It may name mailboxes as their server does: no line of theirs is to look like one of ours.
            say(terminal.on_one_line(f"{_TITLES[step.name]:<12} {step.result:<8} {record['what']}"))

    with opened(here) as database:
        with database.read() as session:
            owner = None if tenant is None else find_tenant(session, tenant)
            row = find_account(session, account, owner)
        outcome = _try(here, database, row, report)
    if outcome.username is not None and outcome.username != row.username:
        with changing(ctx) as session:
            note_worked_username(session, find_account(session, row.id), outcome.username)
    failed = next((step for step in outcome.steps if step.result == "failed"), None)
    if failed is not None:
        _advise(row, failed, here)
        raise typer.Exit(1)


def _try(here: Workplace, database: Database, row: LinkedAccount, report: Callable[[Step], None]) -> Outcome:
    accounts, fields = here.settings.accounts, fields_of(row)
    limits = Limits(
        connect_seconds=accounts.connect_seconds,
        silence_seconds=accounts.silence_seconds,
        command_seconds=accounts.command_seconds,
        line_octets=accounts.max_line_octets,
        literal_octets=accounts.max_literal_octets,
    )
    wanted = Trial(
        place=place_of(fields, accounts),
        limits=limits,
        usernames=usernames_of(fields, row.worked_username) if fields.auth == "password" else [fields.username],
        login=_login_of(here, database, row),
        start_date=fields.start_date,
        mailboxes=fields.mailboxes,
        identity=who_we_are(accounts.contact),
    )
    return asyncio.run(try_account(wanted, report))


def _login_of(here: Workplace, database: Database, row: LinkedAccount) -> Callable[[str], Awaitable[Login]]:
    keys = KeyRing.open(here.settings.data)

    async def password(username: str) -> Login:
        if row.secret is None:
            raise ImapFailure("no_password")
        try:
            return PasswordLogin(username, keys.unseal(row.secret, row.id).values.get("password", ""))
        except (KeyMissing, Damaged) as failure:
            note(str(failure))  # which key, and where it is looked for
            raise ImapFailure("secret_unreadable") from failure

    async def token(username: str) -> Login:
        oauth, tokens = here.settings.accounts.oauth, StoredTokens(database, keys, row.id)
        return TokenLogin(username, await asyncio.to_thread(fresh_token, oauth, tokens), row.host, row.port)

    return token if row.auth == "xoauth2" else password


def _record(row: LinkedAccount, step: Step, here: Workplace) -> dict[str, Any]:
    return {
        "account": row.address,
        "step": step.name,
        "result": step.result,
        "reason_code": step.code,
        "what": words(step.code, step.params, here.settings.language),
    }


def _advise(row: LinkedAccount, failed: Step, here: Workplace) -> None:
    """What the provider wants of a tenant whose login failed."""
    preset = preset_named(row.provider) if row.provider else None
    if failed.name == "login" and preset is not None:
        code, params = preset.advice
        note(words(code, params, here.settings.language))
