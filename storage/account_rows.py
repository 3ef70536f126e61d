"""Linked accounts as programs read them, and how they do as monitors count them. Never with a secret.

Reasons are worded by whoever shows them (law 25): the caller brings the words. Raises TemporaryFailure.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from storage.account_models import LinkedAccount
from storage.account_pulls import PAUSED
from storage.models import Tenant, now

Words = Callable[[str, Mapping[str, Any]], str]  # (code, params) -> a sentence


def accounts_json(session: Session, accounts: Sequence[LinkedAccount], words: Words) -> list[dict[str, Any]]:
    """The accounts as programs read them: fields, health with its sentence, schedule, last pull."""
    ids = {account.tenant_id for account in accounts}
    names = dict(session.exec(select(Tenant.id, Tenant.name).where(col(Tenant.id).in_(ids))).all())
    return [_account_json(account, names[account.tenant_id], words) for account in accounts]


def count_by_health(session: Session) -> dict[str, int]:
    """How many accounts are in which health."""
    query = select(LinkedAccount.health, func.count(col(LinkedAccount.id))).group_by(col(LinkedAccount.health))
    return dict(session.exec(query).all())


def not_paused(session: Session, account_ids: Sequence[str]) -> set[str]:
    """Those of these accounts (at most 30,000 ids) that are there, and pulled at all."""
    some = col(LinkedAccount.id).in_(account_ids)
    return set(session.exec(select(LinkedAccount.id).where(some, col(LinkedAccount.health) != PAUSED)))


def silent_since(session: Session, moment: datetime, limit: int | None = None) -> list[LinkedAccount]:
    """Accounts that have had no success since then, and were linked before; the longest silent first.

    Paused ones among them: whoever paused an account may have forgotten it.
    """
    last = func.coalesce(col(LinkedAccount.last_success_at), col(LinkedAccount.created_at))
    silent = or_(col(LinkedAccount.last_success_at).is_(None), col(LinkedAccount.last_success_at) < moment)
    query = select(LinkedAccount).where(silent, col(LinkedAccount.created_at) < moment).order_by(last).limit(limit)
    return list(session.exec(query))


def _account_json(account: LinkedAccount, tenant: str, words: Words) -> dict[str, Any]:
    is_pulling = account.lease_until is not None and account.lease_until > now()
    return {
        "id": account.id,
        "tenant": tenant,
        "address": account.address,
        "username": account.username,
        "host": account.host,
        "port": account.port,
        "security": account.security,
        "auth": account.auth,
        "provider": account.provider,
        "start_date": account.start_date.isoformat(),
        "mailboxes": list(account.mailboxes),
        "idle": account.idle,
        "interval_seconds": account.interval_seconds,
        "has_secret": account.secret is not None,
        "health": account.health,
        "reason_code": account.health_code,
        "reason": words(account.health_code, account.health_params) if account.health_code else "",
        "health_since": account.health_since.isoformat(),
        "last_success_at": _moment(account.last_success_at),
        "next_pull_at": None if account.health == PAUSED else account.next_pull_at.isoformat(),
        "is_pulling": is_pulling,
        "failures": account.failures,
        "last_pull": account.last_pull,
        "created_at": account.created_at.isoformat(),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
