"""The catalogue's versions: which are kept, which one is in force, which one shall be.

A version is kept whole before it can be in force, and what is in force is one number in one row: whoever is killed at
any moment leaves the old one or the new one. Decisions carry that number, and settling compares it (law 12).
Verifies nothing (rules.catalogue_package does) and reads no clock but for rows' own times.
Raises Invalid and NotFound, each with the remedy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from rules.catalogue_package import Catalogue, Package, catalogue_of, changes_of, payload_of
from rules.standard_changes import Change
from rules.standards import ImportStandard
from storage import audit, jobs
from storage.catalogue_models import CatalogueState, CatalogueVersion
from storage.failures import Invalid, NotFound
from storage.models import now
from storage.standard_changes import note_changes

KEPT_VERSIONS = 10  # besides the one in force and the next
COMES_WITH_POSTBUS = ""


@dataclass(frozen=True, slots=True)
class State:
    """What is in force, and what shall be."""

    active_version: int | None = None  # None: no catalogue
    held_at: datetime | None = None
    next_version: int | None = None
    activate_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version that is kept, without its standards."""

    version: int
    standards: int
    signed_by: str
    kept_at: datetime
    activated_at: datetime | None


def state_of(session: Session) -> State:
    """What is in force now."""
    session.flush()
    row = session.connection().execute(_STATE).first()
    return State(*row) if row else State()


def list_versions(session: Session) -> list[VersionRow]:
    """The versions that are kept, newest first."""
    columns = (getattr(CatalogueVersion, each) for each in VersionRow.__slots__)
    query = select(*columns).order_by(col(CatalogueVersion.version).desc())
    return [VersionRow(*row) for row in session.connection().execute(query)]


def catalogue_at(session: Session, version: int | None) -> Catalogue:
    """A version that is kept; no standards when it is None. Raises NotFound."""
    return Catalogue(0, ()) if version is None else catalogue_of(payload_at(session, version))


def payload_at(session: Session, version: int) -> bytes:
    """The octets of a version that is kept. Raises NotFound."""
    session.flush()
    query = select(col(CatalogueVersion.payload)).where(col(CatalogueVersion.version) == version)
    payload = session.connection().scalar(query)
    if payload is None:
        raise NotFound(f"catalogue version {version} is not kept; `postbus catalogue list` names those that are")
    return bytes(payload)


def changes_between(session: Session, old: int | None, new: int | None) -> list[Change]:
    """What came, went or is another from one kept version to the other. Raises NotFound."""
    return changes_of(_payload_or_none(session, old), _payload_or_none(session, new))


def keep_version(session: Session, catalogue: Catalogue, signed_by: str) -> bool:
    """Keep a version; False when it was there. Raises Invalid when another content has its number."""
    return keep_package(session, Package(catalogue, payload_of(catalogue), signed_by))


def keep_package(session: Session, package: Package) -> bool:
    """Keep the version that a package holds, as keep_version does."""
    _lock_state(session)
    version, standards = package.catalogue.version, len(package.catalogue.standards)
    known = session.get(CatalogueVersion, version)
    if known is not None:
        if known.payload != package.payload:
            raise Invalid(
                f"catalogue version {version} is kept with another content; "
                "whoever builds it must give every change a higher version"
            )
        return False
    payload, signed_by = package.payload, package.signed_by
    session.add(CatalogueVersion(version=version, payload=payload, standards=standards, signed_by=signed_by))
    _forget_old_versions(session, keep=version)
    return True


def activate(session: Session, version: int) -> list[Change]:
    """Put a kept version in force; what changes is told to whoever matches stored mail again.

    Raises NotFound; Invalid while a rollback holds.
    """
    state = _lock_state(session)
    if state.held_at is not None:
        raise Invalid(f"a rollback holds catalogue version {state.active_version}; `postbus catalogue resume` lifts it")
    return _put_in_force(session, state, version)


def schedule(session: Session, version: int, at: datetime) -> None:
    """Have a job put a kept version in force at that time, in place of any that was to come. Raises NotFound."""
    state = _lock_state(session)
    if state.held_at is not None:
        raise Invalid(f"a rollback holds catalogue version {state.active_version}; `postbus catalogue resume` lifts it")
    if session.get(CatalogueVersion, version) is None:
        raise NotFound(f"catalogue version {version} is not kept")
    _change_state(session, next_version=version, activate_at=at)
    jobs.cancel(session, jobs.ACTIVATE)
    jobs.queue(session, jobs.ACTIVATE, _subject(version), run_at=at)
    audit.record(session, "catalogue_scheduled", params={"version": version, "at": at.isoformat()})


def activate_scheduled(session: Session, version: int) -> list[Change] | None:
    """Put in force what was scheduled; None when that is no longer wanted."""
    state = _lock_state(session)
    if state.next_version != version or state.held_at is not None:
        return None
    return _put_in_force(session, state, version)


def roll_back(session: Session, version: int | None = None) -> int:
    """Put an earlier version in force, the last one before when none is named, and hold it. Returns it.

    Nothing else is put in force until `lift_hold`. Raises NotFound, Invalid.
    """
    state = _lock_state(session)
    wanted = version if version is not None else _version_before(session, state)
    if wanted == state.active_version and state.held_at is not None:
        raise Invalid(f"catalogue version {wanted} is in force and held already")
    _put_in_force(session, state, wanted)
    _unschedule(session)
    _change_state(session, held_at=now())
    audit.record(session, "catalogue_held", params={"version": wanted})
    return wanted


def lift_hold(session: Session) -> State:
    """Let updates be activated again; what is in force stays until one comes. Raises Invalid when nothing holds."""
    state = _lock_state(session)
    if state.held_at is None:
        raise Invalid("no rollback holds; catalogue updates are activated as they come")
    _change_state(session, held_at=None)
    audit.record(session, "catalogue_resumed", params={"version": state.active_version})
    return state_of(session)


def install_starter(session: Session, starter: Catalogue) -> bool:
    """Put the catalogue that came with postbus in force, unless a newer one or somebody else's is; whether it was.

    Who has a catalogue of their own does not get ours back by an upgrade.
    """
    state = _lock_state(session)
    active = session.get(CatalogueVersion, state.active_version) if state.active_version is not None else None
    is_ours = active is None or (active.signed_by == COMES_WITH_POSTBUS and active.version < starter.version)
    if not is_ours or state.held_at is not None:
        return False
    keep_version(session, starter, COMES_WITH_POSTBUS)
    _put_in_force(session, state, starter.version)
    return True


_COLUMNS = tuple(getattr(CatalogueState, each) for each in State.__slots__)
_STATE = select(*_COLUMNS)


def _lock_state(session: Session) -> State:
    # PostgreSQL: whoever settles holds this row shared, so nothing is decided by two versions at once.
    session.flush()
    row = session.connection().execute(_STATE.with_for_update()).first()
    return State(*row) if row else State()


def _change_state(session: Session, **values: object) -> None:
    session.connection().execute(update(CatalogueState).values(**values))


def _put_in_force(session: Session, state: State, version: int) -> list[Change]:
    changes = changes_between(session, state.active_version, version)
    _change_state(session, active_version=version)
    if state.next_version is not None and state.next_version <= version:
        _unschedule(session)
    activated = update(CatalogueVersion).where(col(CatalogueVersion.version) == version).values(activated_at=now())
    session.connection().execute(activated)
    params = {"from": state.active_version, "to": version}
    audit.record(session, "catalogue_activated", params=params)
    note_changes(session, changes, tenant_id=None)
    return changes


def _payload_or_none(session: Session, version: int | None) -> bytes | None:
    return None if version is None else payload_at(session, version)


def _unschedule(session: Session) -> None:
    _change_state(session, next_version=None, activate_at=None)
    jobs.cancel(session, jobs.ACTIVATE)


def _version_before(session: Session, state: State) -> int:
    earlier = [
        each.version
        for each in list_versions(session)
        if state.active_version is not None and each.version < state.active_version and each.activated_at is not None
    ]
    if not earlier:
        raise NotFound("no earlier catalogue version was ever in force; `postbus catalogue list` names what is kept")
    return earlier[0]


def _forget_old_versions(session: Session, keep: int) -> None:
    state = state_of(session)
    needed = {keep, state.active_version, state.next_version}
    old: Sequence[int] = [each.version for each in list_versions(session) if each.version not in needed]
    too_old = list(old)[KEPT_VERSIONS:]
    if too_old:
        session.connection().execute(delete(CatalogueVersion).where(col(CatalogueVersion.version).in_(too_old)))


def standards_in_force(session: Session) -> tuple[int | None, tuple[ImportStandard, ...]]:
    """The version in force and its standards."""
    version = state_of(session).active_version
    return version, catalogue_at(session, version).standards


def _subject(version: int) -> str:
    return f"catalogue-{version}"


def version_of_subject(subject_id: str) -> int:
    """The version that a job of kind ACTIVATE is about."""
    return int(subject_id.removeprefix("catalogue-"))
