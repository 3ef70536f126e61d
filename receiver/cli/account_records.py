"""How linked accounts are shown: records with the keys that docs/reference.md promises, tables and fields for people.

A record never holds a secret, only whether there is one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from receiver.cli.output import Column, column, local_time, readable_octets, time_column
from receiver.cli.workplace import Workplace
from receiver.imap.failures import ImapFailure
from receiver.linking.proposal import Proposal
from rules.wording import words
from storage.account_models import LinkedAccount
from storage.accounts import accounts_json
from storage.database import Session

COLUMNS = [
    column("Account", "address"),
    column("Tenant", "tenant"),
    column("Health", "health", may_wrap=False),
    time_column("Since", "health_since"),
    time_column("Last success", "last_success_at"),
    time_column("Next try", "next_pull_at"),
    column("What to know", "reason"),
]


def records_of(session: Session, accounts: Sequence[LinkedAccount], here: Workplace) -> list[dict[str, Any]]:
    """The accounts as every command prints them, reasons in the reader's language."""
    language = here.settings.language
    return accounts_json(session, accounts, lambda code, params: words(code, params, language))


def record_of(session: Session, account: LinkedAccount, here: Workplace) -> dict[str, Any]:
    """One account."""
    session.flush()
    return records_of(session, [account], here)[0]


def fields_for_people(record: Mapping[str, Any]) -> list[tuple[str, object]]:
    """One account as lines of title and value."""
    interval = record["interval_seconds"]
    return [
        ("Account", record["address"]),
        ("Id", record["id"]),
        ("Tenant", record["tenant"]),
        ("User name", record["username"]),
        ("Server", record["host"]),
        ("Port", record["port"]),
        ("Security", record["security"]),
        ("Authentication", record["auth"]),
        ("Provider", record["provider"]),
        ("Start date", record["start_date"]),
        ("Mailboxes", ", ".join(record["mailboxes"]) or "those watched by default"),
        ("Waits for new mail (IDLE)", record["idle"]),
        ("Interval", "as configured" if interval is None else f"{interval} s"),
        ("Has a password or permission", record["has_secret"]),
        ("Health", record["health"]),
        ("Since", local_time(record["health_since"])),
        ("What to know", record["reason"]),
        ("Last success", local_time(record["last_success_at"]) or "never"),
        ("Next try", local_time(record["next_pull_at"]) or "not while paused"),
        ("Last pull", _last_pull(record["last_pull"])),
    ]


def told(failure: ImapFailure, here: Workplace) -> str:
    """A failure in the reader's words."""
    return words(failure.code, failure.params, here.settings.language)


def advice(proposal: Proposal, here: Workplace) -> str:
    """What a tenant has to do at the provider."""
    return words(proposal.advice, proposal.advice_params, here.settings.language)


def _last_pull(pull: Mapping[str, Any] | None) -> str:
    if pull is None:
        return "none yet"
    octets = readable_octets(pull["octets"])
    return f"{pull['looked_at']} looked at, {pull['fetched']} fetched, {octets} on the wire"


PULL_COLUMNS = [
    column("Account", "account"),
    Column("Looked at", lambda record: record["looked_at"], may_wrap=False, is_number=True),
    Column("Fetched", lambda record: record["fetched"], may_wrap=False, is_number=True),
    Column("Imported", lambda record: record["imported"], may_wrap=False, is_number=True),
    Column("On the wire", lambda record: readable_octets(record["octets"]), may_wrap=False, is_number=True),
    column("Health", "health", may_wrap=False),
]
