"""What a tenant has switched off of the catalogue, standard by standard.

A switch raises the tenant's revision, so that decisions made meanwhile are made again (law 12).
Raises NotFound with the nearest name, Invalid when nothing would change.
"""

from sqlalchemy import delete, select
from sqlmodel import Session, col

from rules.standards import ImportStandard, name_key
from storage import audit
from storage.catalogue import standards_in_force
from storage.catalogue_models import CatalogueSwitch
from storage.failures import Invalid, NotFound
from storage.models import Tenant
from storage.standard_changes import note_changes
from storage.tenants import raise_revision
from storage.texts import nearest


def switched_off(session: Session, tenant_id: str) -> frozenset[str]:
    """The ids of the standards that this tenant does not want."""
    session.flush()
    query = select(col(CatalogueSwitch.standard_id)).where(col(CatalogueSwitch.tenant_id) == tenant_id)
    return frozenset(session.connection().scalars(query))


def switch_off(session: Session, tenant: Tenant, name_or_id: str) -> ImportStandard:
    """The catalogue no longer decides by this standard about the tenant's mail. Raises NotFound, Invalid."""
    standard = find_shared_standard(session, name_or_id)
    if standard.id in switched_off(session, tenant.id):
        raise Invalid(f"{tenant.name!r} has switched {standard.name!r} off already")
    session.add(CatalogueSwitch(tenant_id=tenant.id, standard_id=standard.id))
    audit.record(session, "standard_switched_off", tenant_id=tenant.id, subject_id=standard.id)
    raise_revision(session, tenant)
    note_changes(session, [(standard, None)], tenant_id=tenant.id)
    return standard


def switch_on(session: Session, tenant: Tenant, name_or_id: str) -> ImportStandard | None:
    """Take a switch back. None for a standard that the catalogue in force does not have. Raises NotFound, Invalid."""
    off = switched_off(session, tenant.id)
    try:
        standard = find_shared_standard(session, name_or_id)
    except NotFound:
        if name_or_id not in off:  # by its id it is found even while the catalogue does not have it
            raise
        standard = None
    standard_id = standard.id if standard else name_or_id
    if standard_id not in off:
        raise Invalid(f"{tenant.name!r} has not switched {name_or_id[:80]!r} off")
    mine = (col(CatalogueSwitch.tenant_id) == tenant.id, col(CatalogueSwitch.standard_id) == standard_id)
    session.connection().execute(delete(CatalogueSwitch).where(*mine))
    audit.record(session, "standard_switched_on", tenant_id=tenant.id, subject_id=standard_id)
    raise_revision(session, tenant)
    if standard:
        note_changes(session, [(None, standard)], tenant_id=tenant.id)
    return standard


def find_shared_standard(session: Session, name_or_id: str) -> ImportStandard:
    """The standard of the catalogue in force with that name (case does not count) or id. Raises NotFound."""
    _, standards = standards_in_force(session)
    key = name_key(name_or_id)
    for each in standards:
        if each.id == name_or_id or name_key(each.name) == key:
            return each
    near = nearest(name_or_id, [each.name for each in standards])
    raise NotFound(f"the catalogue has no standard {name_or_id[:80]!r}{near}; `postbus catalogue show` names them")
