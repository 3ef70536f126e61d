"""Who pulls which linked account, and how it went: the account's row is its schedule and its lock.

A claim is a lease with a number of its own, as with jobs: whoever was suspended past it finds that the row shows
another number, and LeaseLost rolls back what it noted in the same transaction. A schedule never dies (law 8): a pull
that fails is put off, and the account's health tells; one whose process dies each time is put off longer each time.
Talks to no server, decides no health. Raises LeaseLost, TemporaryFailure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, and_, bindparam, or_, select, tuple_, update
from sqlmodel import Session, col

from storage.account_fields import AccountFields, Server, fields_of
from storage.account_models import LinkedAccount
from storage.jobs import LeaseLost
from storage.key_rotation import hold_keys
from storage.models import new_id, now
from storage.secrets import KeyRing, Secret, key_id_of

__all__ = ["LeaseLost"]

PAUSED = "paused"
OK = "ok"
# Begun this often and never ended: from then on each attempt waits twice as long for the next one.
BROKEN_OFF = 3
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedAccount:
    """A linked account that its owner may pull until `lease_until`, or longer if it renews."""

    id: str
    tenant_id: str
    fields: AccountFields
    sealed: bytes | None = field(repr=False)
    lease_id: str
    owner: str
    lease_until: datetime
    claimed_at: datetime
    pull: int  # the number of this pull
    failures: int  # in a row, before this pull
    broken_off: int  # pulls in a row that were begun and never ended, this one included
    health: str
    octets_of_day: int  # that were on the wire today (UTC), before this pull
    worked_username: str | None
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullEnd:
    """How a pull went. `params` and `notes` hold printable texts and numbers, never what a server said."""

    health: str
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    looked_at: int = 0
    fetched: int = 0
    octets: int = 0  # on the wire, both ways, of the whole pull
    next_pull_at: datetime
    is_success: bool
    worked_username: str | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)  # told with the last pull


@dataclass(frozen=True, slots=True)
class HealthChange:
    """An account does otherwise than before."""

    account_id: str
    tenant_id: str
    before: str
    after: str
    code: str
    params: Mapping[str, Any]


def claim_accounts(
    session: Session, owner: str, n: int, lease: timedelta, *, busy: Collection[Server] = ()
) -> list[ClaimedAccount]:
    """At most `n` accounts that are due, the longest due first, none at a `busy` server; held from the commit on."""
    session.flush()
    due = _ROW.where(_is_due(now())).order_by(col(LinkedAccount.next_pull_at)).limit(n)
    if busy:
        due = due.where(tuple_(col(LinkedAccount.host), col(LinkedAccount.port)).not_in(list(busy)))
    connection = session.connection()
    found = connection.execute(due.with_for_update(skip_locked=True)).all()
    return _lease(connection, found, owner, lease)


def claim_account(session: Session, account_id: str, owner: str, lease: timedelta) -> ClaimedAccount | None:
    """That account now, due or not; None when somebody holds it, it is paused or gone."""
    session.flush()
    connection = session.connection()
    this = _ROW.where(col(LinkedAccount.id) == account_id, _is_free(now()), col(LinkedAccount.health) != PAUSED)
    found = connection.execute(this.with_for_update(skip_locked=True)).all()
    return next(iter(_lease(connection, found, owner, lease)), None)


def next_due_at(session: Session) -> datetime | None:
    """When the next account that nobody holds becomes due; None when there is none."""
    query = select(col(LinkedAccount.next_pull_at)).where(_is_free(now()), col(LinkedAccount.health) != PAUSED)
    return session.connection().scalar(query.order_by(col(LinkedAccount.next_pull_at)).limit(1))


def renew(session: Session, claimed: ClaimedAccount, lease: timedelta, octets: int = 0) -> datetime:
    """Hold it for another `lease` from now; returns until when. Raises LeaseLost.

    `octets`: on the wire in this pull until now. They count for the day even if the pull never ends.
    """
    session.flush()
    moment = now()
    values = {"until": moment + lease, **_fence(claimed), **_budget(claimed, octets, moment)}
    _check_fence(session.connection().execute(_RENEW, values).rowcount, claimed)
    return moment + lease


def check_lease(session: Session, claimed: ClaimedAccount) -> None:
    """Inside a transaction: nobody else gets the account until it ends. Raises LeaseLost."""
    session.flush()
    held = session.connection().execute(_HELD, _fence(claimed)).first()
    _check_fence(0 if held is None else 1, claimed)


def note_progress(session: Session, claimed: ClaimedAccount) -> None:
    """In a transaction that holds the lease: the pulls that were broken off were not in vain."""
    if claimed.broken_off > 1:
        session.connection().execute(_PROGRESS, _fence(claimed))


def finish_pull(session: Session, claimed: ClaimedAccount, end: PullEnd) -> HealthChange | None:
    """Write how it went and give the account back; what has changed of its health. Raises LeaseLost."""
    session.flush()
    connection, moment = session.connection(), now()
    before = connection.execute(_BEFORE, _fence(claimed)).first()
    if before is None:
        raise _lost(claimed)
    connection.execute(_FINISH, _fence(claimed) | _end_values(claimed, end, moment, before))
    if before.health == end.health and before.health_code == end.code:
        return None
    return HealthChange(claimed.id, claimed.tenant_id, before.health, end.health, end.code, dict(end.params))


def release(session: Session, claimed: ClaimedAccount) -> None:
    """Give it back as it was: this pull was not made, because its puller stops. Raises LeaseLost."""
    session.flush()
    _check_fence(session.connection().execute(_RELEASE, _fence(claimed) | {"moment": now()}).rowcount, claimed)


def save_token(session: Session, holder: ClaimedAccount | LinkedAccount, secret: Secret, keys: KeyRing) -> bytes:
    """Store a token that was refreshed, at once; returns it sealed, as the row holds it now.

    It takes the place of the secret that `holder` shows, whoever holds the lease: a rotated refresh token is never
    thrown away. Raises LeaseLost when somebody has stored another secret since, or the account is gone.
    """
    session.flush()
    connection = session.connection()
    hold_keys(session)
    seen = holder.sealed if isinstance(holder, ClaimedAccount) else holder.secret
    this = col(LinkedAccount.id) == holder.id
    row = connection.execute(select(col(LinkedAccount.secret)).where(this).with_for_update()).first()
    if row is None or not _is_same_secret(row.secret, seen, holder.id, keys):
        raise LeaseLost(f"account {holder.id}: it has another secret now; this token was not kept")
    sealed = keys.seal(secret, holder.id)
    connection.execute(update(LinkedAccount).where(this).values(secret=sealed, secret_key=key_id_of(sealed)))
    return sealed


RELEASED: dict[str, Any] = {"owner": None, "lease_id": None, "lease_until": None}
_FENCE = (col(LinkedAccount.id) == bindparam("of_account")) & (col(LinkedAccount.lease_id) == bindparam("of_lease"))
_ROW = select(*LinkedAccount.__table__.columns)  # type: ignore[attr-defined]
_HELD = select(col(LinkedAccount.id)).where(_FENCE).with_for_update()
_BEFORE = (
    select(
        col(LinkedAccount.health),
        col(LinkedAccount.health_code),
        col(LinkedAccount.health_since),
        col(LinkedAccount.asked_at),
        col(LinkedAccount.wanted_at),
    )
    .where(_FENCE)
    .with_for_update()
)
_RENEW = (
    update(LinkedAccount)
    .where(_FENCE)
    .values(lease_until=bindparam("until"), day=bindparam("today"), octets_of_day=bindparam("octets"))
)
_RELEASE = (
    update(LinkedAccount)
    .where(_FENCE)
    .values(**RELEASED, broken_off=0, next_pull_at=bindparam("moment"), pull=col(LinkedAccount.pull) - 1)
)
_FINISH = (
    update(LinkedAccount)
    .where(_FENCE)
    .values(
        **RELEASED,
        broken_off=0,
        asked_at=None,
        wanted_at=None,
        health=bindparam("to_health"),
        health_code=bindparam("to_code"),
        health_params=bindparam("to_params", type_=JSON),
        health_since=bindparam("since"),
        last_success_at=bindparam("succeeded"),
        failures=bindparam("failed"),
        next_pull_at=bindparam("next_at"),
        last_pull=bindparam("told", type_=JSON),
        worked_username=bindparam("username_worked"),
        day=bindparam("today"),
        octets_of_day=bindparam("octets"),
    )
)
_CLAIM = (
    update(LinkedAccount)
    .where(col(LinkedAccount.id).in_(bindparam("ids", expanding=True)))
    .values(
        owner=bindparam("by"),
        lease_id=bindparam("lease"),
        lease_until=bindparam("until"),
        pull=col(LinkedAccount.pull) + 1,
        broken_off=col(LinkedAccount.broken_off) + 1,
        asked_at=None,
        wanted_at=None,
    )
)
_PROGRESS = update(LinkedAccount).where(_FENCE).values(broken_off=1)
# Nothing is put off or held for so long: a clock was wrong when it was written (law 8).
_FARTHEST = timedelta(days=7)
_PUT_OFF = update(LinkedAccount).where(_FENCE).values(next_pull_at=bindparam("until"))


def _is_free(moment: datetime) -> ColumnElement[bool]:
    until = col(LinkedAccount.lease_until)
    return or_(until.is_(None), until <= moment, until > moment + _FARTHEST)


def _is_due(moment: datetime) -> ColumnElement[bool]:
    next_at = col(LinkedAccount.next_pull_at)
    is_time = or_(next_at <= moment, next_at > moment + _FARTHEST)
    return and_(is_time, col(LinkedAccount.health) != PAUSED, _is_free(moment))


def _lease(connection: Connection, found: Sequence[Any], owner: str, lease: timedelta) -> list[ClaimedAccount]:
    """Hold the rows that were locked."""
    if not found:
        return []
    moment, lease_id = now(), new_id()
    until = moment + lease
    ids = [row.id for row in found]
    connection.execute(_CLAIM, {"ids": ids, "by": owner, "lease": lease_id, "until": until})
    claimed = [_claimed(row, owner, lease_id, moment, until) for row in found]
    worn = [each for each in claimed if each.broken_off >= BROKEN_OFF]
    if worn:
        connection.execute(_PUT_OFF, [_fence(each) | {"until": moment + _wait(each, lease)} for each in worn])
    return claimed


def _wait(claimed: ClaimedAccount, lease: timedelta) -> timedelta:
    """How long nobody tries again should this pull not end either."""
    doublings = min(claimed.broken_off - BROKEN_OFF + 1, 16)
    return min(lease * (1 << doublings), max(LONGEST_WAIT, lease))


def _claimed(row: Any, owner: str, lease_id: str, moment: datetime, until: datetime) -> ClaimedAccount:
    return ClaimedAccount(
        id=row.id,
        tenant_id=row.tenant_id,
        fields=fields_of(row),
        sealed=row.secret,
        lease_id=lease_id,
        owner=owner,
        lease_until=until,
        claimed_at=moment,
        pull=row.pull + 1,
        failures=row.failures,
        broken_off=row.broken_off + 1,
        health=row.health,
        octets_of_day=row.octets_of_day if row.day == moment.date() else 0,
        worked_username=row.worked_username,
        last_success_at=row.last_success_at,
    )


def _fence(claimed: ClaimedAccount) -> dict[str, Any]:
    return {"of_account": claimed.id, "of_lease": claimed.lease_id}


def _budget(claimed: ClaimedAccount, octets: int, moment: datetime) -> dict[str, Any]:
    """What counts for the day: with what was before, unless another day began in between."""
    is_same_day = claimed.claimed_at.date() == moment.date()
    return {"today": moment.date(), "octets": octets + (claimed.octets_of_day if is_same_day else 0)}


def _end_values(claimed: ClaimedAccount, end: PullEnd, moment: datetime, before: Any) -> dict[str, Any]:
    # Who asked meanwhile is not answered by this pull; mail that re-matching wants waits until all is well (law 14).
    is_wanted = before.asked_at is not None or (end.is_success and before.wanted_at is not None)
    told = {
        "pull": claimed.pull,
        "is_success": end.is_success,
        "looked_at": end.looked_at,
        "fetched": end.fetched,
        "octets": end.octets,
        "started_at": claimed.claimed_at.isoformat(),
        "finished_at": moment.isoformat(),
        **end.notes,
    }
    budget = _budget(claimed, end.octets, moment)
    return {
        "to_health": end.health,
        "to_code": end.code,
        "to_params": dict(end.params),
        "since": moment if before.health != end.health else before.health_since,
        "succeeded": moment if end.is_success else claimed.last_success_at,
        "failed": 0 if end.is_success else claimed.failures + 1,
        "next_at": moment if is_wanted else end.next_pull_at,
        "told": told,
        "username_worked": end.worked_username or claimed.worked_username,
        "today": budget["today"],
        "octets": budget["octets"],
    }


def _is_same_secret(current: bytes | None, seen: bytes | None, account_id: str, keys: KeyRing) -> bool:
    if current == seen:
        return True
    if current is None or seen is None:
        return False
    # Sealed anew with another key it is still the same.
    return keys.unseal(current, account_id) == keys.unseal(seen, account_id)


def _check_fence(changed: int, claimed: ClaimedAccount) -> None:
    if changed != 1:
        raise _lost(claimed)


def _lost(claimed: ClaimedAccount) -> LeaseLost:
    return LeaseLost(
        f"account {claimed.id}: the lease of pull {claimed.pull} ran out, or the account was changed; nothing kept"
    )
