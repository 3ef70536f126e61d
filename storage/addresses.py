"""Import addresses: made unguessable, revoked, rotated, and never given twice.

A row stays for ever, even when its tenant is gone: mail for the old tenant must never reach a new one (law 7).
Raises NotFound with the nearest address, Invalid for a domain or label that cannot be taken.
"""

import secrets

from sqlalchemy import update
from sqlmodel import Session, col, select

from rules.addresses import canonical_domain, parse_import_address
from storage import audit
from storage.failures import Invalid, NotFound
from storage.models import DirectoryState, ImportAddress, Tenant, now
from storage.texts import nearest, slug

# 32 characters, 8 of them: 40 bits. None is mistaken for another when read aloud or from paper.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
SECRET_CHARACTERS = 8
LONGEST_LABEL = 100


def add_address(session: Session, tenant: Tenant, domain: str, label: str | None = None) -> ImportAddress:
    """A new import address of the tenant, like acme-k3f9x2qd@in.example.com; `label` is for people only."""
    wanted = canonical_domain(domain)
    if wanted is None:
        raise Invalid(f"domain {domain[:80]!r}: expected a domain name, for example in.example.com")
    made = ImportAddress(tenant_id=tenant.id, address=_unused(session, tenant.name, wanted), label=_tidy_label(label))
    session.add(made)
    audit.record(session, "address_added", tenant_id=tenant.id, subject_id=made.id)
    note_change(session)
    return made


def list_addresses(session: Session, tenant: Tenant) -> list[ImportAddress]:
    """The tenant's addresses, oldest first, with those that were revoked (`revoked_at`)."""
    query = select(ImportAddress).where(ImportAddress.tenant_id == tenant.id)
    return list(session.exec(query.order_by(col(ImportAddress.created_at), col(ImportAddress.id))))


def revoke_address(session: Session, tenant: Tenant, address: str) -> ImportAddress:
    """Take the address out of use for good; nothing happens when it is already. Raises NotFound."""
    found = _of_tenant(session, tenant, address)
    if found.revoked_at is None:
        found.revoked_at = now()
        session.add(found)
        audit.record(session, "address_revoked", tenant_id=tenant.id, subject_id=found.id)
        note_change(session)
    return found


def rotate_address(session: Session, tenant: Tenant, address: str) -> ImportAddress:
    """A new address in the place of this one: same domain, same label. Raises NotFound."""
    old = revoke_address(session, tenant, address)
    return add_address(session, tenant, old.address.rpartition("@")[2], old.label)


def note_change(session: Session) -> None:
    """Count a change of tenants, plans or addresses, in the transaction of the change."""
    session.flush()
    session.exec(update(DirectoryState).values(version=DirectoryState.version + 1))


def _of_tenant(session: Session, tenant: Tenant, address: str) -> ImportAddress:
    path = parse_import_address(address)
    wanted = path.address if path else address
    query = select(ImportAddress).where(ImportAddress.tenant_id == tenant.id, ImportAddress.address == wanted)
    found = session.exec(query).first()
    if found is None:
        near = nearest(address, [each.address for each in list_addresses(session, tenant)])
        raise NotFound(
            f"{address[:80]!r} is no import address of {tenant.name!r}{near}; `postbus address list` names them"
        )
    return found


def _unused(session: Session, name: str, domain: str) -> str:
    while True:
        secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
        address = f"{slug(name)}-{secret}@{domain}"
        if session.exec(select(ImportAddress.id).where(ImportAddress.address == address)).first() is None:
            return address


def _tidy_label(label: str | None) -> str | None:
    tidied = " ".join((label or "").split())
    if len(tidied) > LONGEST_LABEL or not tidied.isprintable():
        raise Invalid(f"label {tidied[:80]!r}: expected at most {LONGEST_LABEL} printable characters")
    return tidied or None
