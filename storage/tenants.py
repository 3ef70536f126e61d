"""Tenants: customers' accounts, their plan, and what they have set about their mail as a whole.

Every change that decides something raises the tenant's revision (law 12); every change of name, plan or address
raises the directory's version. Whoever commits such a change calls directory.bump afterwards.
Raises Invalid, InUse and NotFound, each with the remedy.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from rules.addresses import canonical
from rules.facts import TenantPolicy
from storage import addresses, audit
from storage.account_models import LinkedAccount
from storage.failures import InUse, Invalid, NotFound
from storage.models import (
    AuditLine,
    Document,
    Forwarder,
    ImportAddress,
    Job,
    Message,
    MessageKey,
    Standard,
    Tenant,
    now,
)
from storage.rematch_models import RematchCandidate, RematchChange
from storage.seen_pictures import SeenPicture
from storage.standard_changes import note_forwards_changed, note_thresholds_changed
from storage.stored_facts import forget_tenant
from storage.texts import fold, nearest, tenant_name

TrustForwards = Literal["everyone", "registered", "authenticated"]
REMOVED = "tenant_removed"  # the audit's word
LONGEST_KEEP_DAYS = 36_500
MOST_POINTS = 100


def add_tenant(session: Session, name: str, plan: str, domains: Sequence[str]) -> tuple[Tenant, ImportAddress]:
    """A new tenant with its first import address, in the first of `domains`.

    Whether `plan` exists is the caller's to check: plans come from the configuration.
    """
    tidied = tenant_name(name)
    holder = _with_key(session, fold(tidied))
    if holder is not None:
        raise _taken(tidied, holder.name)
    tenant = Tenant(name=tidied, name_key=fold(tidied), plan=plan)
    try:
        with session.begin_nested():
            session.add(tenant)
    except IntegrityError as error:  # somebody else was faster
        raise _taken(tidied, tidied) from error
    audit.record(session, "tenant_added", tenant_id=tenant.id, params={"name": tidied, "plan": plan})
    return tenant, addresses.add_address(session, tenant, domains[0])


def find_tenant(session: Session, name_or_id: str) -> Tenant:
    """The tenant of that name (case does not count) or id. Raises NotFound with the nearest name."""
    tenant = _with_key(session, fold(name_or_id)) or session.get(Tenant, name_or_id)
    if tenant is None:
        names = session.exec(select(Tenant.name).limit(10_000))
        raise NotFound(f"no tenant {name_or_id[:80]!r}{nearest(name_or_id, names)}; `postbus tenant list` names all")
    return tenant


def list_tenants(session: Session) -> list[Tenant]:
    """All tenants by name."""
    return list(session.exec(select(Tenant).order_by(Tenant.name_key)))


def set_plan(session: Session, tenant: Tenant, plan: str) -> None:
    """Give the tenant another plan; it holds at the next RCPT once the directory is bumped."""
    audit.record(session, "plan_set", tenant_id=tenant.id, params={"from": tenant.plan, "to": plan})
    _change(session, tenant, plan=plan)
    addresses.note_change(session)


def set_trust_forwards(session: Session, tenant: Tenant, trust: str) -> None:
    """Whose forwards are believed when they name an original sender (law 22). Raises Invalid."""
    if trust not in get_args(TrustForwards):
        raise Invalid(f"trust of forwards {trust!r}: expected {', '.join(get_args(TrustForwards))}")
    params = {"from": tenant.trust_forwards, "to": trust}
    audit.record(session, "trust_forwards_set", tenant_id=tenant.id, params=params)
    _change(session, tenant, trust_forwards=trust)
    raise_revision(session, tenant)
    note_forwards_changed(session, tenant.id)


def set_keep_not_imported(session: Session, tenant: Tenant, days: int | None) -> None:
    """How long mail that is not imported is kept; None: as long as the configuration says. Raises Invalid."""
    if days is not None and not 1 <= days <= LONGEST_KEEP_DAYS:
        raise Invalid(f"keeping mail that is not imported: expected 1 to {LONGEST_KEEP_DAYS} days, got {days}")
    params = {"from": tenant.keep_not_imported_days, "to": days}
    audit.record(session, "keep_not_imported_set", tenant_id=tenant.id, params=params)
    _change(session, tenant, keep_not_imported_days=days)


def set_thresholds(session: Session, tenant: Tenant, import_score: int | None, possible_score: int | None) -> None:
    """From how many points on a document imports by itself, and may be one; None: the default. Raises Invalid."""
    effective = thresholds(import_score, possible_score)
    if not 1 <= effective.possible_score < effective.import_score <= MOST_POINTS:
        raise Invalid(
            f"points: expected 1 <= possible score < import score <= {MOST_POINTS}, got a possible score of "
            f"{effective.possible_score} and an import score of {effective.import_score}"
        )
    params = {"import_score": import_score, "possible_score": possible_score}
    audit.record(session, "thresholds_set", tenant_id=tenant.id, params=params)
    _change(session, tenant, import_score=import_score, possible_score=possible_score)
    raise_revision(session, tenant)
    note_thresholds_changed(session, tenant.id)


def thresholds(import_score: int | None, possible_score: int | None) -> TenantPolicy:
    """A policy with these thresholds, or the defaults in their place."""
    usual = TenantPolicy()
    return replace(
        usual,
        import_score=import_score or usual.import_score,
        possible_score=possible_score or usual.possible_score,
    )


def add_forwarder(session: Session, tenant: Tenant, address: str) -> str:
    """Register an address whose forwards this tenant believes; returns it as it is kept. Raises Invalid.

    Nothing happens when it is there.
    """
    wanted = canonical(address)
    if wanted is None:
        raise Invalid(f"forwarder {address[:80]!r}: expected an e-mail address, for example office@example.com")
    if session.get(Forwarder, (tenant.id, wanted)) is None:
        session.add(Forwarder(tenant_id=tenant.id, address=wanted))
        audit.record(session, "forwarder_added", tenant_id=tenant.id)
        raise_revision(session, tenant)
        note_forwards_changed(session, tenant.id, wanted)
    return wanted


def remove_forwarder(session: Session, tenant: Tenant, address: str) -> str:
    """Take an address back; returns it as it was kept. Raises NotFound."""
    forwarder = session.get(Forwarder, (tenant.id, canonical(address) or address))
    if forwarder is None:
        near = nearest(address, list_forwarders(session, tenant))
        raise NotFound(f"{address[:80]!r} is no registered forwarder of {tenant.name!r}{near}")
    session.delete(forwarder)
    audit.record(session, "forwarder_removed", tenant_id=tenant.id)
    raise_revision(session, tenant)
    note_forwards_changed(session, tenant.id, forwarder.address)
    return forwarder.address


def list_forwarders(session: Session, tenant: Tenant) -> list[str]:
    """The registered forwarders' addresses, canonical, in order."""
    query = select(Forwarder.address).where(Forwarder.tenant_id == tenant.id).order_by(Forwarder.address)
    return list(session.exec(query))


def remove_tenant(session: Session, tenant: Tenant) -> None:
    """Remove the tenant and its rows. Its addresses stay as nobody's: they are never given again.

    Its blobs are the caller's to remove, after the commit (BlobStore.remove_tenant).
    """
    session.flush()
    connection = session.connection()
    # Whoever settles mail of this tenant holds its row: wait for them before touching what they write.
    connection.execute(select(Tenant.id).where(Tenant.id == tenant.id).with_for_update())
    nobodys = {"tenant_id": None, "label": None, "revoked_at": now()}
    connection.execute(update(ImportAddress).where(col(ImportAddress.tenant_id) == tenant.id).values(nobodys))
    # Children first, table by table: a cascade would look for the children of each message by itself.
    forget_tenant(connection, tenant.id)
    for table in _OF_TENANTS:
        connection.execute(delete(table).where(col(table.tenant_id) == tenant.id))
    connection.execute(delete(Tenant).where(col(Tenant.id) == tenant.id))
    session.expunge_all()  # what stood there is gone
    audit.record(session, REMOVED, tenant_id=tenant.id)
    addresses.note_change(session)


_OF_TENANTS = (
    *(Job, RematchChange, RematchCandidate, SeenPicture),
    *(Document, MessageKey, Message, Standard, Forwarder, LinkedAccount, AuditLine),
)


def was_removed(session: Session, tenant_id: str) -> bool:
    """Whether a tenant of that id was removed on purpose: in a restored database one may be missing that was not."""
    query = select(AuditLine.id).where(AuditLine.tenant_id == tenant_id, AuditLine.action == REMOVED)
    return session.exec(query).first() is not None


def raise_revision(session: Session, tenant: Tenant) -> None:
    """Say that what decides about this tenant's mail has changed: decisions under way are made again (law 12)."""
    session.flush()
    raised = update(Tenant).where(col(Tenant.id) == tenant.id).values(revision=col(Tenant.revision) + 1)
    revision = session.connection().scalar(raised.returning(col(Tenant.revision)))
    set_committed_value(tenant, "revision", revision)


def _change(session: Session, tenant: Tenant, **values: str | int | None) -> None:
    # `tenant` may come from an earlier session: its row is changed, then the object is told.
    session.flush()
    session.connection().execute(update(Tenant).where(col(Tenant.id) == tenant.id).values(values))
    for name, value in values.items():
        set_committed_value(tenant, name, value)


def _with_key(session: Session, key: str) -> Tenant | None:
    return session.exec(select(Tenant).where(Tenant.name_key == key)).first()


def _taken(name: str, holder: str) -> InUse:
    return InUse(f"tenant name {name!r} is in use by {holder!r}; choose another, or remove that tenant first")
