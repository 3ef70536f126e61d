"""The one place that hears of every change to what decides: of the catalogue for all tenants, or of one tenant's.

Called in the transaction of the change, so that what follows from it cannot be lost: where the mail is found that it
concerns is noted, and a job looks it up. Decides nothing. A tenant's revision is raised before.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from rules.lookup import LookupKey, forward_keys, lookup_keys
from rules.standard_changes import Change
from storage import audit, jobs
from storage.models import Message
from storage.rematch_models import LookupKey as LookupKeyRow
from storage.rematch_models import RematchChange

CATALOGUE = "catalogue"  # the subject of the job that looks up what a change of the catalogue concerns


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
    _note(session, tenant_id, _wanted(changes))


def note_forwards_changed(session: Session, tenant_id: str, forwarder: str | None = None) -> None:
    """Whose forwards are believed has changed (law 22): of one address (canonical), or of anybody."""
    _note(session, tenant_id, forward_keys([forwarder] if forwarder else []))


def note_thresholds_changed(session: Session, tenant_id: str) -> None:
    """From how many points on recognition imports has changed: any mail may be concerned."""
    _note(session, tenant_id, None)


def queue_rematch(session: Session, tenant_id: str | None) -> None:
    """Have a job look up what changed for this tenant, or (None) in the catalogue, and decide about it again."""
    jobs.queue(session, jobs.REMATCH, tenant_id or CATALOGUE, tenant_id=tenant_id)


def _has_such_mail(session: Session, tenant_id: str | None) -> bool:
    """Whether there is mail that a change could bring in."""
    # What decides was changed before: who settles mail by what was has committed, or decides again.
    session.flush()
    if tenant_id is None:  # of all tenants: each such mail has keys, if anything at all is known of it
        return session.connection().execute(select(col(LookupKeyRow.key)).limit(1)).first() is not None
    query = select(col(Message.id)).where(col(Message.tenant_id) == tenant_id, col(Message.state) == "not_imported")
    return session.connection().execute(query.limit(1)).first() is not None


def _wanted(changes: Iterable[Change]) -> frozenset[LookupKey] | None:
    found: set[LookupKey] = set()
    for standard in (each for change in changes for each in change if each is not None):
        keys = lookup_keys(standard)
        if keys is None:
            return None
        found |= keys
    return frozenset(found)


def _note(session: Session, tenant_id: str | None, wanted: frozenset[LookupKey] | None) -> None:
    if not _has_such_mail(session, tenant_id):
        return
    listed = None if wanted is None else sorted([each.kind, each.how, each.text] for each in wanted)
    session.add(RematchChange(tenant_id=tenant_id, wanted=listed))
    queue_rematch(session, tenant_id)
