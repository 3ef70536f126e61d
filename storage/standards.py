"""A tenant's import standards, kept and changed: whole ones, or the customer's four fields of them.

Whether something is a standard is asked of rules.standard_checks; here they are stored. Every change raises the
tenant's revision, so that decisions made meanwhile are made again (law 12), has stored mail matched again, and
writes an audit line.
Raises Invalid with every fault in words, InUse with the holder's name, NotFound with the nearest name.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rules.conditions import Fact, in_order
from rules.facts import TenantPolicy
from rules.standard_checks import Fault, check_fields, check_together
from rules.standard_codec import from_values, stored, to_values
from rules.standards import PRIORITY, ImportStandard, name_key, order, tidy
from rules.wording import words
from storage import audit
from storage.account_models import LinkedAccount
from storage.failures import InUse, Invalid, NotFound
from storage.models import Forwarder, Standard, Tenant, new_id, now
from storage.standard_changes import note_changes
from storage.tenants import raise_revision, thresholds
from storage.texts import nearest, storable

__all__ = ["KEEP", "PRIORITY", "Keep"]

_DECIDING = select_columns(
    col(Tenant.revision), col(Tenant.trust_forwards), col(Tenant.import_score), col(Tenant.possible_score)
)


class Keep(Enum):
    """Says of a field: as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


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
    refuse(check_fields(name, storable(sender or ""), storable(subject_word or ""), email_text_is_invoice))
    wanted = ImportStandard.simple(
        new_id(), tidy(name) or "", sender, tidy(subject_word), email_text_is_invoice, priority
    )
    return add_whole_standard(session, tenant, wanted)


def add_whole_standard(session: Session, tenant: Tenant, standard: ImportStandard) -> Standard:
    """A new standard of the tenant, as it is; its row gets an id of its own. Raises Invalid, InUse."""
    row = Standard(id=new_id(), tenant_id=tenant.id, name="", name_key="")
    _store(session, tenant, row, standard, before=None)
    audit.record(session, "standard_added", tenant_id=tenant.id, subject_id=row.id, params={"name": row.name})
    return row


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
    before = as_rule(find_standard(session, tenant, name))
    changed = before
    if sender is not KEEP:
        changed = _asking(changed, "sender", sender)
    if subject_word is not KEEP:
        changed = _asking(changed, "subject", subject_word)
    if email_text_is_invoice is not KEEP:
        changed = replace(changed, keep="text" if email_text_is_invoice else "attachments")
    if priority is not KEEP:
        changed = replace(changed, priority=priority)
    if changed.is_simple:  # in the words of the fields that were given
        refuse(check_fields(changed.name, changed.sender, changed.subject_word, changed.email_text_is_invoice))
    return set_whole_standard(session, tenant, name, changed)


def set_whole_standard(session: Session, tenant: Tenant, name: str, standard: ImportStandard) -> Standard:
    """Put `standard` in the place of the one called `name`. Raises Invalid, InUse, NotFound."""
    row = find_standard(session, tenant, name)
    _store(session, tenant, row, standard, before=as_rule(row))
    audit.record(session, "standard_set", tenant_id=tenant.id, subject_id=row.id, params={"name": row.name})
    return row


def rename_standard(session: Session, tenant: Tenant, name: str, new_name: str) -> Standard:
    """Give the standard another name. Raises Invalid, InUse, NotFound."""
    row = find_standard(session, tenant, name)
    before = as_rule(row)
    _store(session, tenant, row, replace(before, name=tidy(new_name) or ""), before=before)
    params = {"from": before.name, "to": row.name}
    audit.record(session, "standard_renamed", tenant_id=tenant.id, subject_id=row.id, params=params)
    return row


def remove_standard(session: Session, tenant: Tenant, name: str) -> None:
    """Remove the standard. What it imported stays. Raises NotFound."""
    standard = find_standard(session, tenant, name)
    session.delete(standard)
    params = {"name": standard.name}
    audit.record(session, "standard_removed", tenant_id=tenant.id, subject_id=standard.id, params=params)
    raise_revision(session, tenant)
    note_changes(session, [(as_rule(standard), None)], tenant_id=tenant.id)


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
    found = session.execute(_DECIDING.where(col(Tenant.id) == tenant_id)).first()
    if found is None:
        raise NotFound(f"no tenant with id {tenant_id}: it was removed")
    revision, trust, *points = found
    registered = set(session.exec(select(Forwarder.address).where(Forwarder.tenant_id == tenant_id)))
    # Law 22: linked accounts' addresses are registered by themselves.
    registered.update(session.exec(select(LinkedAccount.address).where(LinkedAccount.tenant_id == tenant_id)))
    policy = replace(thresholds(*points), trust_forwards=trust, registered_forwarders=frozenset(registered))
    return revision, tuple(as_rule(each) for each in _in_order(session, tenant_id)), policy


def revisions_of(session: Session, tenant_ids: Collection[str]) -> dict[str, int]:
    """The tenants' revisions, in one query: whoever keeps rules_of in memory asks whether it still holds."""
    return dict(session.exec(select(Tenant.id, Tenant.revision).where(col(Tenant.id).in_(tenant_ids))).all())


def as_rule(row: Standard) -> ImportStandard:
    """The standard that a row holds."""
    return stored(row.definition, standard_id=row.id)


def refuse(faults: Sequence[Fault]) -> None:
    """Raises Invalid with every fault in words; nothing when there is none."""
    if faults:
        raise Invalid("; ".join(words(fault.code, fault.params) for fault in faults))


def name_fault(session: Session, tenant: Tenant, name: str, own_id: str) -> str | None:
    """In words, that another standard of the tenant than `own_id` has this name; None when none has."""
    holder = _with_key(session, tenant, name_key(name))
    return None if holder is None or holder.id == own_id else str(_taken(tenant, holder.name))


def _in_order(session: Session, tenant_id: str) -> list[Standard]:
    # Sorted here, not there: a database orders names by a collation of its own.
    return sorted(_of_tenant(session, tenant_id), key=lambda each: order(as_rule(each)))


def _of_tenant(session: Session, tenant_id: str) -> list[Standard]:
    with session.no_autoflush:
        return list(session.exec(select(Standard).where(Standard.tenant_id == tenant_id)))


def _asking(standard: ImportStandard, fact: Fact, value: str | None) -> ImportStandard:
    """The standard with one value asked of `fact`, or none."""
    asked = {each.fact: each.values for each in standard.any_of}
    asked[fact] = (value,) if tidy(value) and value else ()
    return replace(standard, any_of=in_order(asked))


def _store(
    session: Session, tenant: Tenant, row: Standard, standard: ImportStandard, before: ImportStandard | None
) -> None:
    # As it will be read again: what is checked is what decides.
    definition = _storable(to_values(replace(standard, name=tidy(standard.name) or "")))
    after, faults = from_values(definition, standard_id=row.id)
    refuse([*faults, *check_together(after, map(as_rule, _of_tenant(session, tenant.id)))])
    key = name_key(after.name)
    holder = _with_key(session, tenant, key)
    if holder is not None and holder.id != row.id:
        raise _taken(tenant, holder.name)
    row.name, row.name_key, row.definition = after.name, key, definition
    row.sender, row.subject_word = after.sender, after.subject_word
    row.email_text_is_invoice, row.priority, row.changed_at = after.email_text_is_invoice, after.priority, now()
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:  # somebody else was faster
        raise _taken(tenant, after.name) from error
    raise_revision(session, tenant)
    note_changes(session, [(before, after)], tenant_id=tenant.id)


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable(each) for each in value]
        case dict():
            return {key: _storable(each) for key, each in value.items()}
        case _:
            return value


def _with_key(session: Session, tenant: Tenant, key: str) -> Standard | None:
    with session.no_autoflush:
        query = select(Standard).where(Standard.tenant_id == tenant.id, Standard.name_key == key)
        return session.exec(query).first()


def _taken(tenant: Tenant, holder: str) -> InUse:
    return InUse(f"{tenant.name!r} already has a standard {holder!r}; choose another name, or change that one")
