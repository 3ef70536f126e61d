"""Linked accounts for tests of storage, made of short names."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from storage.account_fields import AccountFields
from storage.account_models import LinkedAccount
from storage.account_pulls import ClaimedAccount, PullEnd, claim_account
from storage.accounts import add_account
from storage.database import Database
from storage.models import Tenant
from storage.secrets import KeyRing, Secret

MINUTE = timedelta(minutes=1)
OVER = timedelta(0)  # a lease that is over at once
PASSWORD = "correct-horse-battery-staple"  # noqa: S105 (of nobody)


def ring(folder: Path) -> KeyRing:
    """Keys in a data folder of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    return KeyRing.create(folder, {})


def password(text: str = PASSWORD) -> Secret:
    """A password."""
    return Secret("password", {"password": text})


def token(refresh: str = "refresh-1") -> Secret:
    """What OAuth gave."""
    return Secret("oauth", {"access_token": "access-1", "refresh_token": refresh, "client": "google"})


def fields(address: str = "office@acme.example", **changes: Any) -> AccountFields:
    """An account as a tenant enters it."""
    values: dict[str, Any] = {
        "address": address,
        "username": address,
        "host": "imap.acme.example",
        "port": 993,
        "security": "tls",
        "auth": "password",
        "start_date": date(2026, 1, 1),
    }
    return AccountFields(**(values | changes))


def link(
    database: Database, tenant: Tenant, keys: KeyRing, address: str = "office@acme.example", **changes: Any
) -> LinkedAccount:
    """A linked account of the tenant, due now."""
    secret = token() if changes.get("auth") == "xoauth2" else password()
    with database.write() as session:
        return add_account(session, tenant, fields(address, **changes), secret, keys)


def claim(database: Database, account: LinkedAccount, owner: str = "a", lease: timedelta = MINUTE) -> ClaimedAccount:
    """The account, held by `owner`."""
    with database.write() as session:
        found = claim_account(session, account.id, owner, lease)
    assert found is not None
    return found


def well(**changes: Any) -> PullEnd:
    """A pull that succeeded; the next one is in an hour."""
    values: dict[str, Any] = {"health": "ok", "is_success": True, "next_pull_at": datetime.now(UTC) + 60 * MINUTE}
    return PullEnd(**(values | changes))


def unwell(**changes: Any) -> PullEnd:
    """A pull that found the password refused."""
    return well(**({"health": "needs_password", "code": "password_refused", "is_success": False} | changes))
