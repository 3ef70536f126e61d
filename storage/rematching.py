"""Which stored mail is to be decided again, in reverse: from what changed to the mails that it concerns.

A change is a row that says where to look (storage.standard_changes); looking it up makes candidates, one row a mail,
which stay until the mail was decided again: whoever is killed goes on with what is left, and a mail that three changes
concern is decided once. Only mail that was not imported is ever a candidate. Decides nothing.
The same statements on SQLite and PostgreSQL; cost follows what is found, not what is stored, as far as the keys tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, delete, func, select, text, update
from sqlmodel import Session, col

from rules.facts import MailFacts
from rules.lookup import LookupKey
from storage.failures import Damaged
from storage.models import Tenant
from storage.rematch_models import MessageFacts, RematchCandidate, RematchChange
from storage.stored_facts import decode
from storage.word_search import spelled_out

_INTO = "INSERT INTO rematch_candidates (tenant_id, message_id, attempts) "
_ANEW = "ON CONFLICT DO NOTHING"  # it is a candidate already
_FOUND = "SELECT DISTINCT tenant_id, message_id, 0 FROM lookup_keys WHERE kind = :kind AND key = :key "
_FIND = text(f"{_INTO} {_FOUND} {_ANEW}")
_FIND_OF_TENANT = text(f"{_INTO} {_FOUND} AND tenant_id = :tenant_id {_ANEW}")
_UNDECIDED = "SELECT tenant_id, id, 0 FROM messages WHERE state = 'not_imported' AND tenant_id = :tenant_id "
_ALL = text(f"{_INTO} {_UNDECIDED} {_ANEW}")
_STALE = "(tenant_revision <> :revision OR coalesce(catalogue_version, -1) <> :catalogue_version)"
_UNKNOWN = "NOT EXISTS (SELECT 1 FROM message_facts WHERE message_id = messages.id)"
_ALL_STALE = text(f"{_INTO} {_UNDECIDED} AND ({_STALE} OR {_UNKNOWN}) {_ANEW}")
# One by one: whoever adds standards for a day while nothing looks has more than a statement may name.
_LOOKED_UP = delete(RematchChange).where(col(RematchChange.id) == bindparam("change"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mail that is to be decided again."""

    tenant_id: str
    message_id: str
    attempts: int  # at reading its octets
    facts: MailFacts | None  # None: nothing is kept of it, or not readably


def look_up_changes(session: Session, tenant_id: str | None) -> int:
    """Make candidates of the mail that changes concern: a tenant's, or (None) the catalogue's; how many changes."""
    session.flush()
    query = select(col(RematchChange.id), col(RematchChange.wanted)).where(_is_of(tenant_id))
    noted = session.execute(query).all()
    wanted = [None if listed is None else [LookupKey(*each) for each in listed] for _, listed in noted]
    if None in wanted:
        for one in [tenant_id] if tenant_id else _tenants(session):
            session.connection().execute(_ALL, {"tenant_id": one})
    elif wanted:
        _find(session, {key for each in wanted if each for key in each}, tenant_id)
    if noted:
        session.connection().execute(_LOOKED_UP, [{"change": change_id} for change_id, _ in noted])
    return len(noted)


def add_stale(session: Session, tenant: Tenant, catalogue_version: int | None) -> int:
    """Make candidates of all mail that was decided by anything else than what decides now; how many are waiting."""
    current = -1 if catalogue_version is None else catalogue_version
    values = {"tenant_id": tenant.id, "revision": tenant.revision, "catalogue_version": current}
    session.connection().execute(_ALL_STALE, values)
    return count_candidates(session, tenant.id)


def add_all(session: Session, tenant: Tenant) -> int:
    """Make candidates of all mail of a tenant that was not imported; how many are waiting."""
    session.connection().execute(_ALL, {"tenant_id": tenant.id})
    return count_candidates(session, tenant.id)


def count_candidates(session: Session, tenant_id: str) -> int:
    """How many mails of the tenant wait to be decided again."""
    count = select(func.count()).select_from(RematchCandidate).where(col(RematchCandidate.tenant_id) == tenant_id)
    return session.connection().scalar(count) or 0


def next_candidates(session: Session, tenant_id: str | None, n: int) -> list[Candidate]:
    """Some of the mails that wait, of one tenant or (None) of all, with what is known of them."""
    place = (col(RematchCandidate.tenant_id), col(RematchCandidate.message_id))
    query = (
        select(*place, col(RematchCandidate.attempts), col(MessageFacts.facts))
        .join(MessageFacts, col(MessageFacts.message_id) == col(RematchCandidate.message_id), isouter=True)
        .order_by(*place)
        .limit(n)
    )
    if tenant_id is not None:
        query = query.where(col(RematchCandidate.tenant_id) == tenant_id)
    found = session.connection().execute(query)
    return [Candidate(owner, message_id, attempts, _facts(kept)) for owner, message_id, attempts, kept in found]


def begin_attempts(session: Session, candidates: Sequence[Candidate]) -> None:
    """Count an attempt at these mails' octets before it is made (law 5)."""
    for tenant_id, message_ids in _by_tenant(candidates).items():
        counted = update(RematchCandidate).where(*_these(tenant_id, message_ids))
        session.connection().execute(counted.values(attempts=col(RematchCandidate.attempts) + 1))


def take_attempts_back(session: Session, candidates: Sequence[Candidate]) -> None:
    """An attempt at these mails ended by what is not theirs."""
    for tenant_id, message_ids in _by_tenant(candidates).items():
        counted = update(RematchCandidate).where(*_these(tenant_id, message_ids), col(RematchCandidate.attempts) > 0)
        session.connection().execute(counted.values(attempts=col(RematchCandidate.attempts) - 1))


def drop_candidates(session: Session, candidates: Sequence[Candidate]) -> None:
    """These were decided again, in the same transaction; or nobody can."""
    for tenant_id, message_ids in _by_tenant(candidates).items():
        forget_candidates(session, tenant_id, message_ids)


def forget_candidates(session: Session, tenant_id: str, message_ids: Sequence[str]) -> None:
    """These mails of a tenant are not decided again."""
    session.connection().execute(delete(RematchCandidate).where(*_these(tenant_id, message_ids)))


def has_work(session: Session, tenant_id: str | None) -> bool:
    """Whether changes or mails wait: those of the tenant, or (None) changes of the catalogue and mails of anybody."""
    noted = select(col(RematchChange.id)).where(_is_of(tenant_id)).limit(1)
    waiting = select(col(RematchCandidate.message_id)).limit(1)
    if tenant_id is not None:
        waiting = waiting.where(col(RematchCandidate.tenant_id) == tenant_id)
    connection = session.connection()
    return connection.execute(noted).first() is not None or connection.execute(waiting).first() is not None


def _by_tenant(candidates: Sequence[Candidate]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for each in candidates:
        grouped.setdefault(each.tenant_id, []).append(each.message_id)
    return grouped


def _these(tenant_id: str, message_ids: Sequence[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(RematchCandidate.tenant_id) == tenant_id, col(RematchCandidate.message_id).in_(message_ids)


def _is_of(tenant_id: str | None) -> ColumnElement[bool]:
    column = col(RematchChange.tenant_id)
    return column.is_(None) if tenant_id is None else column == tenant_id


def _find(session: Session, wanted: set[LookupKey], tenant_id: str | None) -> None:
    connection = session.connection()
    keys = sorted(spelled_out(connection, wanted))
    rows = [{"kind": kind, "key": key, "tenant_id": tenant_id} for kind, key in keys]
    connection.execute(_FIND if tenant_id is None else _FIND_OF_TENANT, rows)


def _tenants(session: Session) -> Sequence[str]:
    return session.connection().scalars(select(col(Tenant.id))).all()


def _facts(kept: str | None) -> MailFacts | None:
    try:
        return None if kept is None else decode(kept)
    except Damaged:
        return None
