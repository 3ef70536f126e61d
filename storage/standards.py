"""A tenant's import standards: the customer's four fields, kept and changed.

Whether the fields make a standard is asked of rules.standards; here they are stored. Every change raises the
tenant's revision, so that decisions made meanwhile are made again (law 12), and writes an audit line.
Raises Invalid with every fault in words, InUse with the holder's name, NotFound with the nearest name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rules.facts import TenantPolicy
from rules.standard_checks import check_fields
from rules.standards import ImportStandard, name_key, tidy
from rules.wording import words
from storage import audit
from storage.failures import InUse, Invalid, NotFound
from storage.models import Forwarder, Standard, Tenant, now
from storage.tenants import raise_revision
from storage.texts import nearest, storable

PRIORITY = 100


class Keep(Enum):
    """Says of a field: as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class _Fields:
    name: str
    sender: str | None
    subject_word: str | None
    email_text_is_invoice: bool
    priority: int


def add_standard(  # noqa: PLR0913 (the customer's four fields)
    session: Session,
    tenant: Tenant,
    name: str,
    *,
    sender: str | None = None,
    subject_word: str | None = None,
    email_text_is_invoice: bool = False,
    priority: int = PRIORITY,
) -> Standard:
    """A new standard of the tenant. Raises Invalid, InUse."""
    fields = _checked(_Fields(name, sender, subject_word, email_text_is_invoice, priority))
    standard = Standard(tenant_id=tenant.id, name="", name_key="")
    _store(session, tenant, standard, fields)
    audit.record(session, "standard_added", tenant_id=tenant.id, subject_id=standard.id, params={"name": fields.name})
    return standard


def set_standard(  # noqa: PLR0913 (the customer's four fields)
    session: Session,
    tenant: Tenant,
    name: str,
    *,
    sender: str | Keep | None = KEEP,
    subject_word: str | Keep | None = KEEP,
    email_text_is_invoice: bool | Keep = KEEP,
    priority: int | Keep = KEEP,
) -> Standard:
    """Change the fields that are given; None takes a text away. Raises Invalid, NotFound."""
    standard = find_standard(session, tenant, name)
    fields = _Fields(
        standard.name,
        standard.sender if sender is KEEP else sender,
        standard.subject_word if subject_word is KEEP else subject_word,
        standard.email_text_is_invoice if email_text_is_invoice is KEEP else email_text_is_invoice,
        standard.priority if priority is KEEP else priority,
    )
    _store(session, tenant, standard, _checked(fields))
    audit.record(session, "standard_set", tenant_id=tenant.id, subject_id=standard.id, params={"name": standard.name})
    return standard


def rename_standard(session: Session, tenant: Tenant, name: str, new_name: str) -> Standard:
    """Give the standard another name. Raises Invalid, InUse, NotFound."""
    standard = find_standard(session, tenant, name)
    old_name = standard.name
    fields = _Fields(
        new_name, standard.sender, standard.subject_word, standard.email_text_is_invoice, standard.priority
    )
    _store(session, tenant, standard, _checked(fields))
    params = {"from": old_name, "to": standard.name}
    audit.record(session, "standard_renamed", tenant_id=tenant.id, subject_id=standard.id, params=params)
    return standard


def remove_standard(session: Session, tenant: Tenant, name: str) -> None:
    """Remove the standard. What it imported stays. Raises NotFound."""
    standard = find_standard(session, tenant, name)
    session.delete(standard)
    params = {"name": standard.name}
    audit.record(session, "standard_removed", tenant_id=tenant.id, subject_id=standard.id, params=params)
    raise_revision(session, tenant)


def find_standard(session: Session, tenant: Tenant, name: str) -> Standard:
    """The tenant's standard of that name (case does not count). Raises NotFound."""
    found = _with_key(session, tenant, name_key(name))
    if found is None:
        near = nearest(name, [each.name for each in list_standards(session, tenant)])
        raise NotFound(f"{tenant.name!r} has no standard {name[:80]!r}{near}; `postbus standard list` names them")
    return found


def list_standards(session: Session, tenant: Tenant) -> list[Standard]:
    """The tenant's standards in the order in which they are asked (law 19)."""
    return _in_order(session, tenant.id)


def rules_of(session: Session, tenant_id: str) -> tuple[int, tuple[ImportStandard, ...], TenantPolicy]:
    """What decides about a tenant's mail: its revision, its standards in order, its policy. Raises NotFound."""
    # The revision first: a change that comes in between then makes the decision stale, never wrongly valid.
    found = session.exec(select(Tenant.revision, Tenant.trust_forwards).where(Tenant.id == tenant_id)).first()
    if found is None:
        raise NotFound(f"no tenant with id {tenant_id}: it was removed")
    revision, trust = found
    forwarders = frozenset(session.exec(select(Forwarder.address).where(Forwarder.tenant_id == tenant_id)))
    return revision, tuple(_as_rule(each) for each in _in_order(session, tenant_id)), TenantPolicy(trust, forwarders)


def revisions_of(session: Session, tenant_ids: Collection[str]) -> dict[str, int]:
    """The tenants' revisions, in one query: whoever keeps rules_of in memory asks whether it still holds."""
    return dict(session.exec(select(Tenant.id, Tenant.revision).where(col(Tenant.id).in_(tenant_ids))).all())


def _in_order(session: Session, tenant_id: str) -> list[Standard]:
    query = select(Standard).where(Standard.tenant_id == tenant_id)
    # Sorted here, not there: a database orders names by a collation of its own.
    return sorted(session.exec(query), key=lambda each: (each.priority, each.name_key))


def _as_rule(row: Standard) -> ImportStandard:
    return ImportStandard.simple(
        row.id, row.name, row.sender, row.subject_word, row.email_text_is_invoice, row.priority
    )


def _checked(given: _Fields) -> _Fields:
    sender, subject_word = storable(given.sender or ""), storable(given.subject_word or "")
    faults = check_fields(given.name, sender, subject_word, given.email_text_is_invoice)
    if faults:
        raise Invalid("; ".join(words(fault.code, fault.params) for fault in faults))
    return _Fields(
        tidy(given.name) or "", tidy(sender), tidy(subject_word), given.email_text_is_invoice, given.priority
    )


def _store(session: Session, tenant: Tenant, standard: Standard, fields: _Fields) -> None:
    key = name_key(fields.name)
    holder = _with_key(session, tenant, key)
    if holder is not None and holder.id != standard.id:
        raise _taken(tenant, holder.name)
    standard.name, standard.name_key, standard.sender = fields.name, key, fields.sender
    standard.subject_word, standard.priority = fields.subject_word, fields.priority
    standard.email_text_is_invoice, standard.changed_at = fields.email_text_is_invoice, now()
    try:
        with session.begin_nested():
            session.add(standard)
    except IntegrityError as error:  # somebody else was faster
        raise _taken(tenant, fields.name) from error
    raise_revision(session, tenant)


def _with_key(session: Session, tenant: Tenant, key: str) -> Standard | None:
    with session.no_autoflush:
        query = select(Standard).where(Standard.tenant_id == tenant.id, Standard.name_key == key)
        return session.exec(query).first()


def _taken(tenant: Tenant, holder: str) -> InUse:
    return InUse(f"{tenant.name!r} already has a standard {holder!r}; choose another name, or change that one")
