"""What is entered of a linked account: options, and what they become together with what providers publish.

Asks the network for what was not given, in the order of receiver/linking/choosing.py, and says on stderr who answered.
Refuses a server with an internal address unless the operator allows them, and passwords in clear beyond this machine.
Raises Refused.
"""

import asyncio
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Literal

import typer

from receiver.cli import terminal
from receiver.cli.account_records import advice, told
from receiver.cli.failures import Refused
from receiver.cli.workplace import Workplace
from receiver.config_catalogue import is_loopback
from receiver.doctor.resolver import Resolver
from receiver.imap.destinations import resolve
from receiver.imap.failures import ImapFailure
from receiver.linking.autoconfig import Web
from receiver.linking.choosing import Choice, Sources, choose, greets, needs_consent, proposal_of
from receiver.linking.presets import Preset, names, preset_named, preset_of_domain
from receiver.linking.proposal import Auth, Proposal, Security
from rules.addresses import canonical
from storage.account_fields import AccountFields
from storage.texts import nearest

Username = Annotated[
    str | None, typer.Option(metavar="NAME", help="What logs in; the address unless told.", show_default=False)
]
Host = Annotated[str | None, typer.Option(metavar="HOST", help="Name of the IMAP server.", show_default=False)]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="993 with tls, 143 otherwise, unless told.", show_default=False)
]
SecurityOption = Annotated[
    Security | None, typer.Option("--security", help="How the connection is protected.", show_default=False)
]
AuthOption = Annotated[
    Auth | None,
    typer.Option("--auth", help="Log in by password, or by the provider's permission.", show_default=False),
]
Provider = Annotated[
    str | None, typer.Option(metavar="NAME", help="gmail, icloud, microsoft365, exchange, …", show_default=False)
]
StartDate = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="Mail that came in before it (UTC) is left alone; today unless told.",
        show_default=False,
    ),
]
Mailboxes = Annotated[
    list[str] | None,
    typer.Option("--mailbox", metavar="NAME", help="What is watched; may be repeated.", show_default=False),
]
Idle = Annotated[
    bool | None, typer.Option("--idle/--no-idle", help="Stay connected, to hear of new mail.", show_default=False)
]
Interval = Annotated[
    int | None,
    typer.Option(metavar="SECONDS", min=0, help="From one pull to the next; 0: as configured.", show_default=False),
]
InClear = Annotated[bool, typer.Option("--send-password-in-clear", help="Allow --security none beyond this machine.")]

_PORTS: dict[Security, int] = {"tls": 993, "starttls": 143, "none": 143}
_RESOLVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The options as they were typed; None: not given."""

    username: str | None = None
    host: str | None = None
    port: int | None = None
    security: Literal["tls", "starttls", "none"] | None = None
    auth: Literal["password", "xoauth2"] | None = None
    provider: str | None = None
    start_date: datetime | None = None
    mailboxes: list[str] | None = None
    idle: bool | None = None
    interval: int | None = None
    in_clear: bool = False


def fields_to_add(here: Workplace, address: str, entered: Entered) -> tuple[AccountFields, Proposal]:
    """A new account's fields, and the proposal they came from."""
    known = canonical(address)
    if known is None:
        raise Refused(f"e-mail address {address[:80]!r}: expected an address, for example office@example.com")
    proposal = _proposal(here, known, entered)
    security = entered.security or proposal.security
    is_moved = entered.security not in {None, proposal.security}
    fields = AccountFields(
        address=known,
        username=_username(entered, proposal, known),
        host=entered.host or proposal.host,
        port=entered.port or (_PORTS[security] if is_moved else proposal.port),
        security=security,
        auth=entered.auth or proposal.auth,
        start_date=_day(entered.start_date) or datetime.now(UTC).date(),
        mailboxes=_mailboxes(entered.mailboxes) or (),
        provider=proposal.provider,
        idle=bool(entered.idle),
        interval_seconds=entered.interval or None,
    )
    refuse_dangerous(here, fields, in_clear=entered.in_clear)
    return fields, proposal


def fields_to_set(here: Workplace, before: AccountFields, address: str | None, entered: Entered) -> AccountFields:
    """An account's fields after a change; what was not given stays."""
    preset = None if entered.provider is None else _preset(entered.provider)
    proposal = None if preset is None else proposal_of(preset, "provider", address or before.address)
    # The provider's server with its port; where another is named, or none is known, only its name is taken.
    known = proposal if proposal and proposal.host and entered.host is None else before
    host = entered.host or known.host
    is_moved = entered.security not in {None, known.security}
    fields = replace(
        before,
        address=address or before.address,
        username=entered.username or before.username,
        host=host,
        port=entered.port or (_PORTS[entered.security] if is_moved and entered.security else known.port),
        security=entered.security or known.security,
        auth=entered.auth or before.auth,
        provider=preset.name if preset else _provider_at(host, before),
        start_date=_day(entered.start_date) or before.start_date,
        mailboxes=before.mailboxes if entered.mailboxes is None else _mailboxes(entered.mailboxes) or (),
        idle=before.idle if entered.idle is None else entered.idle,
        interval_seconds=before.interval_seconds if entered.interval is None else entered.interval or None,
    )
    if (fields.host, fields.security) != (before.host, before.security):
        refuse_dangerous(here, fields, in_clear=entered.in_clear)
    return fields


def _provider_at(host: str, before: AccountFields) -> str:
    """Whose an account's server is now: another server is no longer the old provider's."""
    if host.lower() == before.host:
        return before.provider
    domain = before.address.rpartition("@")[2]
    preset = preset_of_domain(domain)
    return preset.name if preset is not None and preset.host_for(domain) == host.lower() else ""


def refuse_dangerous(here: Workplace, fields: AccountFields, *, in_clear: bool) -> None:
    """Raises Refused for an internal server, and for a password that everybody on the way could read."""
    if fields.security == "none" and not (is_loopback(fields.host) or in_clear):
        raise Refused(
            f"--security none: the password for {fields.host} would go over the network for everybody to read; use "
            "tls or starttls, or say --send-password-in-clear"
        )
    try:
        allow = here.settings.accounts.allow_internal_hosts
        asyncio.run(resolve(fields.host, fields.port, allow_internal=allow, seconds=_RESOLVE_SECONDS))
    except ImapFailure as failure:
        if failure.code == "host_is_internal":
            raise Refused(f"{told(failure, here)} (POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS=true)") from failure
        note(told(failure, here))


def note(sentence: str) -> None:
    """Say something beside the answer, on stderr."""
    sys.stderr.write(f"{terminal.on_many_lines(sentence)}\n")
    sys.stderr.flush()


def _proposal(here: Workplace, address: str, entered: Entered) -> Proposal:
    if entered.provider is not None:
        preset = _preset(entered.provider)
        found = proposal_of(preset, "provider", address, entered.host or "")
    elif entered.host is not None:
        known = preset_of_domain(address.rpartition("@")[2])
        if known is not None and known.host_for(address.rpartition("@")[2]) == entered.host:
            found = proposal_of(known, "domain", address)
        else:
            found = Proposal(source="provider", host=entered.host, usernames=(address,))
    else:
        found = _searched(here, address)
    note(advice(found, here))
    if not found.host:
        raise Refused(f"the server of {address} must be named: give --host")
    return found


def _searched(here: Workplace, address: str) -> Proposal:
    accounts = here.settings.accounts
    sources = Sources(
        Resolver(here.settings.doctor.resolver),
        Web(allow_internal=accounts.allow_internal_hosts),
        greets(accounts.allow_internal_hosts),
    )
    choice = choose(address, "", sources)
    found = choice.best
    if found is None:
        raise Refused(_nothing(address, choice))
    if needs_consent(found, address):
        raise Refused(
            f"the DNS names {found.host} for {address}, a server of another domain, and anybody on the way could forge "
            f"that: if it is right, say so with --host {found.host}"
        )
    note(f"{found.host}, port {found.port}, {found.security} (found by: {choice.asked[-1].source})")
    return found


def _nothing(address: str, choice: Choice) -> str:
    told_by = "; ".join(f"{each.source} {each.where}: {each.obstacle}" for each in choice.asked)
    return f"no mail server was found for {address}: give --host, or --provider ({told_by})"


def _preset(name: str) -> Preset:
    preset = preset_named(name)
    if preset is None:
        raise Refused(f"no provider {name[:80]!r}{nearest(name, names())}; there are {', '.join(names())}")
    return preset


def _username(entered: Entered, proposal: Proposal, address: str) -> str:
    if entered.username:
        return entered.username
    if proposal.usernames:
        return proposal.usernames[0]
    note(f"the user name is taken to be {address}; give --username where it is another")
    return address


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _mailboxes(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(each for each in given if each)
