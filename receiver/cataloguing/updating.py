"""What becomes of a package that was brought here: verified whole, kept, and put in force now, later, or not yet.

Nothing is written before all of it is verified; then all is one transaction, so that a package which is refused, or a
process that is killed, leaves what is in force as it was. Raises Refused (rules.catalogue_package) and what storage
raises.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rules.catalogue_package import Package, Refused, changes_of
from rules.standard_changes import Change
from storage.catalogue import State, activate, keep_package, payload_at, schedule, state_of
from storage.database import Session

# current: it is in force already; held: it is kept, and a rollback keeps it from being put in force.
Outcome = Literal["activated", "scheduled", "held", "current"]


@dataclass(frozen=True, slots=True)
class Update:
    """What a package means for what is in force."""

    outcome: Outcome
    version: int
    before: State
    activate_at: datetime | None
    changes: tuple[Change, ...]


def weigh(session: Session, package: Package, at: datetime | None) -> Update:
    """What taking it would do at `at` (a time that has passed is now), or, without one, as soon as may be.

    Raises Refused for a package that is older than what is in force.
    """
    state, version = state_of(session), package.catalogue.version
    if state.active_version is not None and version < state.active_version:
        raise Refused(
            f"its version {version} is older than {state.active_version}, which is in force; "
            f"`postbus catalogue rollback {version}` goes back to one that is kept"
        )
    outcome, activate_at = _outcome(state, version, at)
    active = None if state.active_version is None else payload_at(session, state.active_version)
    return Update(outcome, version, state, activate_at, tuple(changes_of(active, package.payload)))


def take(session: Session, package: Package, at: datetime | None) -> Update:
    """Do what `weigh` says."""
    update = weigh(session, package, at)
    keep_package(session, package)
    if update.outcome == "activated":
        activate(session, update.version)
    elif update.activate_at is not None and update.activate_at != update.before.activate_at:
        schedule(session, update.version, update.activate_at)
    return update


def _outcome(state: State, version: int, at: datetime | None) -> tuple[Outcome, datetime | None]:
    if version == state.active_version:
        return "current", None
    if state.held_at is not None:
        return "held", None
    if at is not None and at > datetime.now(UTC):
        return "scheduled", at
    # The daily look at the source must not bring forward what was put off.
    if at is None and version == state.next_version:
        return "scheduled", state.activate_at
    return "activated", None
