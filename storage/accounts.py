"""Linked accounts: added, changed, paused, given a secret, found and listed.

Every change of what a pull works with takes the account from the pull that is under way: that one finds its lease lost
and keeps nothing more. An account's address is a registered forwarder by itself (law 22). Never shows a secret, never
talks to a server. Each change writes a line in the audit.
Raises Invalid with every fault, InUse, NotFound with the nearest, KeyMissing; TemporaryFailure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_in
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from rules.addresses import canonical
from storage import audit
from storage.account_fields import AccountFields, fields_of, tidy_fields
from storage.account_models import LinkedAccount, LinkedMailbox, UidState
from storage.account_pulls import OK, PAUSED, RELEASED
from storage.account_removal import remove_account
from storage.account_rows import accounts_json
from storage.failures import InUse, Invalid, NotFound
from storage.key_rotation import hold_keys
from storage.models import Forwarder, Tenant, new_id, now
from storage.secrets import KeyRing, Secret, key_id_of
from storage.standard_changes import note_forwards_changed
from storage.tenants import raise_revision
from storage.texts import nearest

__all__ = ["AccountFields", "accounts_json", "fields_of", "remove_account"]

HEALTHS = ("ok", "needs_password", "needs_relink", "unreachable", "throttled", "paused")
NEVER_PULLED = "waits_for_first_pull"  # health ok
CHANGED = "changed_since"  # health ok: what was wrong may be right now
NO_PASSWORD = "no_password"  # noqa: S105 - health needs_password
NO_CONSENT = "no_consent"  # health needs_relink
BY_HAND = "paused_by_hand"  # health paused
_KIND_OF = {"password": "password", "xoauth2": "oauth"}


def add_account(
    session: Session, tenant: Tenant, fields: AccountFields, secret: Secret | None, keys: KeyRing
) -> LinkedAccount:
    """Link an account; its first pull is due now, if it has a secret. Raises Invalid, InUse, KeyMissing."""
    wanted = tidy_fields(fields)
    _check_kind(wanted.auth, secret)
    account_id = new_id()
    health, code = _health_for(wanted.auth, has_secret=secret is not None, code=NEVER_PULLED)
    account = LinkedAccount(
        id=account_id,
        tenant_id=tenant.id,
        **_columns(wanted),
        health=health,
        health_code=code,
        **_sealed(session, account_id, secret, keys),
    )
    is_new_address = not _is_forwarder(session, tenant.id, wanted.address)
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as error:
        raise _taken(wanted) from error
    params = {"address": wanted.address, "host": wanted.host, "auth": wanted.auth}
    audit.record(session, "account_added", tenant_id=tenant.id, subject_id=account_id, params=params)
    if is_new_address:
        _note_forwarder(session, tenant, wanted.address)
    return account


def change_account(session: Session, account: LinkedAccount, fields: AccountFields) -> None:
    """Give it these fields. An earlier start date has what lies below scanned; another host or user name ends
    `needs_password` and begins with new UIDs; a permission (xoauth2) does not move to another host.

    Raises Invalid, InUse.
    """
    _hold(session, account)
    before, wanted = fields_of(account), tidy_fields(fields)
    changed = [each.name for each in fields_in(before) if getattr(before, each.name) != getattr(wanted, each.name)]
    if not changed:
        return
    values: dict[str, Any] = {**_columns(wanted), "changed_at": now(), "next_pull_at": now(), "failures": 0}
    # A password is no token; and a token is for its provider's server alone, another could use it as we do.
    is_kept = before.auth == wanted.auth and (wanted.auth == "password" or before.host == wanted.host)
    if not is_kept:
        values |= {"secret": None, "secret_key": None}
    if not _REACHED_BY.isdisjoint(changed):
        values["worked_username"] = None
        has_secret = account.secret is not None and is_kept
        values |= _health(account, *_health_for(wanted.auth, has_secret=has_secret, code=CHANGED))
    addresses = sorted({before.address, wanted.address})
    were = [_is_forwarder(session, account.tenant_id, each) for each in addresses]
    try:
        with session.begin_nested():
            _write(session, account, values)
    except IntegrityError as error:
        raise _taken(wanted) from error
    _look_anew(session, account, before, wanted)
    params = {"address": wanted.address, "fields": changed}
    audit.record(session, "account_changed", tenant_id=account.tenant_id, subject_id=account.id, params=params)
    for address, was in zip(addresses, were, strict=True):
        if was != _is_forwarder(session, account.tenant_id, address):
            _note_forwarder(session, session.get_one(Tenant, account.tenant_id), address)


def set_secret(session: Session, account: LinkedAccount, secret: Secret, keys: KeyRing) -> None:
    """Give it another password, or link it again; it is pulled now. Raises Invalid, KeyMissing."""
    _hold(session, account)
    _check_kind(account.auth, secret)
    health = _health(account, OK, CHANGED if account.pull else NEVER_PULLED)
    values = _sealed(session, account.id, secret, keys) | health | {"failures": 0, "next_pull_at": now()}
    _write(session, account, values | {"changed_at": now(), "worked_username": None})
    params = {"address": account.address, "kind": secret.kind}
    audit.record(session, "account_authorized", tenant_id=account.tenant_id, subject_id=account.id, params=params)


def note_worked_username(session: Session, account: LinkedAccount, username: str) -> None:
    """Remember which of several user names the server took; a pull that is under way goes on."""
    values = {"worked_username": username}
    session.connection().execute(update(LinkedAccount).where(col(LinkedAccount.id) == account.id).values(values))
    set_committed_value(account, "worked_username", username)


def find_account(session: Session, identity: str, tenant: Tenant | None = None) -> LinkedAccount:
    """The account of that id or address, of this tenant or (for the operator) of any.

    Raises NotFound with the nearest address, or naming those that share it.
    """
    found = session.get(LinkedAccount, identity)
    if found is not None and (tenant is None or found.tenant_id == tenant.id):
        return found
    accounts = list_accounts(session, tenant)
    address = canonical(identity) or identity
    same = [each for each in accounts if each.address == address]
    if len(same) > 1:
        ids = ", ".join(f"{each.id} ({each.username} at {each.host})" for each in same)
        raise NotFound(f"{identity[:80]!r} is linked {len(same)} times; name one of {ids}")
    if not same:
        near = nearest(identity, [each.address for each in accounts])
        raise NotFound(f"no linked account {identity[:80]!r}{near}; `postbus account list` names them")
    return same[0]


def list_accounts(session: Session, tenant: Tenant | None = None) -> list[LinkedAccount]:
    """The accounts of a tenant, or of all, by address."""
    query = select(LinkedAccount)
    if tenant is not None:
        query = query.where(LinkedAccount.tenant_id == tenant.id)
    return list(session.exec(query.order_by(LinkedAccount.address, LinkedAccount.id)))


def pause(session: Session, account: LinkedAccount) -> None:
    """Have it pulled no more until somebody resumes it; a pull that is under way keeps nothing more."""
    _hold(session, account)
    if account.health == PAUSED:
        return
    before = {"health": account.health, "code": account.health_code, "params": dict(account.health_params)}
    values = {"health": PAUSED, "health_code": BY_HAND, "health_params": {}, "health_since": now()}
    _write(session, account, values | {"before_pause": before})
    audit.record(session, "account_paused", tenant_id=account.tenant_id, subject_id=account.id)


def resume(session: Session, account: LinkedAccount) -> None:
    """Have it pulled again, from now on; it does as it did before it was paused."""
    _hold(session, account)
    if account.health != PAUSED:
        return
    before = account.before_pause or {"health": OK, "code": CHANGED, "params": {}}
    health = {"health": before["health"], "health_code": before["code"], "health_params": before["params"]}
    values = health | {"health_since": now(), "before_pause": None, "next_pull_at": now(), "failures": 0}
    _write(session, account, values)
    audit.record(session, "account_resumed", tenant_id=account.tenant_id, subject_id=account.id)


def request_pull(session: Session, accounts: Sequence[LinkedAccount]) -> dict[str, int]:
    """Have these accounts pulled now, those under way once more; the number of the pull that answers, by account id.

    Paused accounts are left out.
    """
    session.flush()
    moment = now()
    ids = [each.id for each in accounts]
    asked: dict[str, int] = {}
    for start in range(0, len(ids), _PIECE):
        some = col(LinkedAccount.id).in_(ids[start : start + _PIECE])
        due = update(LinkedAccount).where(some, col(LinkedAccount.health) != PAUSED)
        due = due.values(asked_at=moment, next_pull_at=moment)
        found = session.connection().execute(due.returning(col(LinkedAccount.id), col(LinkedAccount.pull)))
        asked |= {account_id: pull + 1 for account_id, pull in found}
    for each in accounts:
        if each.id in asked:
            set_committed_value(each, "next_pull_at", moment)
    return asked


_PIECE = 500
# Whoever changes one of these may have mended what was wrong.
_REACHED_BY = frozenset({"username", "host", "port", "security", "auth"})


def _columns(fields: AccountFields) -> dict[str, Any]:
    columns = {each.name: getattr(fields, each.name) for each in fields_in(fields)}
    return columns | {"mailboxes": list(fields.mailboxes)}


def _check_kind(auth: str, secret: Secret | None) -> None:
    if secret is not None and secret.kind != _KIND_OF[auth]:
        raise Invalid(f"authentication {auth} takes a secret of kind {_KIND_OF[auth]}, not {secret.kind}")


def _health_for(auth: str, *, has_secret: bool, code: str) -> tuple[str, str]:
    if has_secret:
        return OK, code
    return ("needs_password", NO_PASSWORD) if auth == "password" else ("needs_relink", NO_CONSENT)


def _health(account: LinkedAccount, health: str, code: str) -> dict[str, Any]:
    """The columns of another health; of a paused account, of the time when it is resumed."""
    if account.health == PAUSED:
        return {"before_pause": {"health": health, "code": code, "params": {}}}
    since = account.health_since if account.health == health else now()
    return {"health": health, "health_code": code, "health_params": {}, "health_since": since}


def _sealed(session: Session, account_id: str, secret: Secret | None, keys: KeyRing) -> dict[str, Any]:
    if secret is None:
        return {}
    hold_keys(session)
    sealed = keys.seal(secret, account_id)
    return {"secret": sealed, "secret_key": key_id_of(sealed)}


def _hold(session: Session, account: LinkedAccount) -> None:
    """Nobody else changes the row until we have committed; `account`, of whatever session, shows what it says now."""
    session.flush()
    # The tenant before the account, as whoever settles its mail and wants some of it.
    session.connection().execute(select(col(Tenant.id)).where(col(Tenant.id) == account.tenant_id).with_for_update())
    this = select(*LinkedAccount.__table__.columns).where(col(LinkedAccount.id) == account.id)  # type: ignore[attr-defined]
    row = session.connection().execute(this.with_for_update()).mappings().first()
    if row is None:
        raise NotFound(f"no linked account {account.id}: it was removed")
    for name, value in row.items():
        set_committed_value(account, name, value)


def _write(session: Session, account: LinkedAccount, values: Mapping[str, Any]) -> None:
    """Change the row that is held, and take it from whoever pulls it."""
    changed = {**values, **RELEASED}
    this = col(LinkedAccount.id) == account.id
    session.connection().execute(update(LinkedAccount).where(this).values(changed))
    for name, value in changed.items():
        set_committed_value(account, name, value)


def _look_anew(session: Session, account: LinkedAccount, before: AccountFields, wanted: AccountFields) -> None:
    connection = session.connection()
    if (before.host, before.username) != (wanted.host, wanted.username):
        # Another server may give the same UIDVALIDITY and UIDs to other mail: new mailbox ids make new transport keys.
        # The UIDs stay: mail that moved along is known by its fingerprint.
        connection.execute(delete(LinkedMailbox).where(col(LinkedMailbox.account_id) == account.id))
    if wanted.start_date < before.start_date:
        early = (col(UidState.account_id) == account.id, col(UidState.state) == "before_start")
        connection.execute(delete(UidState).where(*early))


def _is_forwarder(session: Session, tenant_id: str, address: str) -> bool:
    session.flush()
    linked = select(LinkedAccount.id).where(LinkedAccount.tenant_id == tenant_id, LinkedAccount.address == address)
    return session.get(Forwarder, (tenant_id, address)) is not None or session.exec(linked).first() is not None


def _note_forwarder(session: Session, tenant: Tenant, address: str) -> None:
    raise_revision(session, tenant)
    note_forwards_changed(session, tenant.id, address)


def _taken(fields: AccountFields) -> InUse:
    return InUse(
        f"{fields.address} is linked already, as {fields.username!r} at {fields.host}; change that one (`account set`)"
    )
