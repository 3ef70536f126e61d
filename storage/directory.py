"""Who owns a forward-path: what the doors ask at every RCPT (law 7).

A snapshot answers hits without any I/O; whether it is still true is told by a stamp, eight octets of shared memory
that every change bumps after its commit. A change made on another node is seen when the snapshot's age is up.
A hit from an old snapshot is still a good answer while the database is down; a miss must ask.
Raises TemporaryFailure from `refresh` and `ask` when the database does not answer.
"""

import mmap
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Select, select
from sqlmodel import Session, col

from storage.database import Database
from storage.failures import TemporaryFailure
from storage.models import DirectoryState, ImportAddress, Tenant

LONGEST_AGE_SECONDS = 30.0
STAMP_OCTETS = 8


@dataclass(frozen=True, slots=True)
class AddressOwner:
    """Whose import address it is, and by which plan."""

    tenant_id: str
    address_id: str
    plan: str


@dataclass(frozen=True, slots=True)
class _Snapshot:
    owners: dict[str, AddressOwner] = field(default_factory=dict)
    domains: frozenset[str] = frozenset()
    version: int = -1  # of the database's directory
    stamp: bytes = b""
    taken_at: float = float("-inf")  # the clock's seconds


class AddressDirectory:
    """The doors' view of tenants and addresses. `refresh` and `ask` block: call them in a thread."""

    def __init__(self, database: Database, stamp: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._stamp = _map(stamp)
        self._snapshot = _Snapshot()

    def is_current(self) -> bool:
        """Whether the snapshot is known to be true. No I/O."""
        snapshot = self._snapshot
        is_young = self._clock() - snapshot.taken_at < LONGEST_AGE_SECONDS
        return is_young and self._stamp[:] == snapshot.stamp

    def refresh(self) -> None:
        """Read what changed. Cheap when nothing did: one row."""
        # The stamp and the clock are read first: a change during the query makes this snapshot old again.
        stamp, taken_at, known = self._stamp[:], self._clock(), self._snapshot
        with self._database.read() as session:
            version = session.connection().scalar(select(col(DirectoryState.version))) or 0
            if version == known.version:
                self._snapshot = _Snapshot(known.owners, known.domains, version, stamp, taken_at)
            else:
                self._snapshot = _Snapshot(_owners(session), _domains(session), version, stamp, taken_at)

    def find(self, address: str) -> AddressOwner | None:
        """The owner of a canonical address (lower case, no +label) as far as the snapshot knows. No I/O."""
        return self._snapshot.owners.get(address)

    def ask(self, address: str) -> AddressOwner | None:
        """The owner of a canonical address as the database knows it."""
        query = _owned().where(col(ImportAddress.address) == address)
        with self._database.read() as session:
            row = session.connection().execute(query).first()
        return AddressOwner(row.tenant_id, row.id, row.plan) if row else None

    def owns_domain(self, domain: str) -> bool:
        """Whether any import address, in use or not, stands in this canonical domain. No I/O."""
        return domain in self._snapshot.domains


def bump(stamp: Path) -> None:
    """Tell every door of this machine to look again. Called after the commit of the change."""
    try:
        descriptor = _open(stamp)
        try:
            os.pwrite(descriptor, secrets.token_bytes(STAMP_OCTETS), 0)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unusable(stamp, error) from error


def _owned() -> Select[str, str | None, str, str]:
    joined = col(Tenant.id) == col(ImportAddress.tenant_id)
    columns = select(col(ImportAddress.address), col(ImportAddress.tenant_id), col(ImportAddress.id), col(Tenant.plan))
    return columns.join(Tenant, joined).where(col(ImportAddress.revoked_at).is_(None))


def _owners(session: Session) -> dict[str, AddressOwner]:
    plans: dict[str, str] = {}  # one text for all tenants of a plan
    return {
        row.address: AddressOwner(row.tenant_id, row.id, plans.setdefault(row.plan, row.plan))
        for row in session.connection().execute(_owned())
    }


def _domains(session: Session) -> frozenset[str]:
    addresses = session.connection().scalars(select(col(ImportAddress.address)))
    return frozenset(address.rpartition("@")[2] for address in addresses)


def _map(stamp: Path) -> mmap.mmap:
    try:
        descriptor = _open(stamp)
        try:
            return mmap.mmap(descriptor, STAMP_OCTETS, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unusable(stamp, error) from error


def _open(stamp: Path) -> int:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(stamp, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(descriptor).st_size < STAMP_OCTETS:
        os.ftruncate(descriptor, STAMP_OCTETS)
    return descriptor


def _unusable(stamp: Path, error: OSError) -> TemporaryFailure:
    return TemporaryFailure(f"{stamp}: cannot be used ({error.strerror}); check the folder's owner and free space")
