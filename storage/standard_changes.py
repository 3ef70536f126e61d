"""The one place that hears of every change to what decides: of the catalogue for all tenants, or of one tenant's.

Called in the transaction of the change, so that what follows from it cannot be lost. Decides nothing.
"""

from collections.abc import Sequence

from sqlmodel import Session

from rules.standard_changes import Change
from storage import audit


def note_changes(session: Session, changes: Sequence[Change], *, tenant_id: str | None) -> None:
    """Standards came, went or are others now: `tenant_id`'s own or switched ones, or (None) those of the catalogue."""
    if not changes:
        return
    params = {
        "added": sum(before is None for before, _ in changes),
        "removed": sum(after is None for _, after in changes),
        "changed": sum(before is not None and after is not None for before, after in changes),
    }
    audit.record(session, "standards_changed", tenant_id=tenant_id, params=params)
