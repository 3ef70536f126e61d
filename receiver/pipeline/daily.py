"""What is done once a day: old mail that was not imported expires, the rest is matched again, unused blobs go, and old
counts of pictures.

Matching again is queued for mail that anything else decided than what decides now: the reasons that people see are
then those of now, also where no change has led to a mail. Raises TemporaryFailure.
"""

from datetime import UTC, datetime, timedelta

import structlog

from receiver.pipeline.collecting import collect_blobs
from storage.blobs import BlobStore
from storage.catalogue import state_of
from storage.daily_work import begin_daily_work, end_daily_work
from storage.database import Database
from storage.failures import PermanentFailure
from storage.models import Tenant
from storage.rematching import add_stale
from storage.retention import PIECE, expire
from storage.seen_pictures import KEPT_DAYS, trim
from storage.standard_changes import queue_rematch
from storage.tenants import list_tenants

log = structlog.get_logger()


def do_daily_if_due(database: Database, blobs: BlobStore, not_imported_days: int) -> bool:
    """The same, unless it was done within the last day or somebody is at it; whether it was done."""
    with database.write("daily work") as session:
        if not begin_daily_work(session, datetime.now(UTC)):
            return False
    do_daily(database, blobs, not_imported_days)
    with database.write("daily work") as session:
        end_daily_work(session, datetime.now(UTC))
    return True


def do_daily(database: Database, blobs: BlobStore, not_imported_days: int) -> None:
    """All of it, in an order in which what expires is not matched again, and its octets are collected."""
    with database.read() as session:
        tenants = list_tenants(session)
    for tenant in tenants:
        try:
            expire_mail(database, tenant, not_imported_days)
            queue_stale(database, tenant)
            trim_pictures(database, tenant)
        except PermanentFailure as failure:  # of this tenant: the others are served (law 5)
            log.warning("daily_work_failed", tenant=tenant.id, reason=str(failure))
    collect_blobs(database, blobs)


def expire_mail(database: Database, tenant: Tenant, not_imported_days: int) -> int:
    """Let a tenant's old mail expire, piece by piece; how many."""
    days, count, piece = 0, 0, PIECE
    while piece == PIECE:
        with database.write("retention") as session:
            current = session.get(Tenant, tenant.id)  # its days may have been set since
            if current is None:
                break
            days = current.keep_not_imported_days or not_imported_days
            piece = expire(session, current, datetime.now(UTC) - timedelta(days=days))
        count += piece
    if count:
        log.info("mail_expired", tenant=tenant.id, messages=count, days=days)
    return count


def trim_pictures(database: Database, tenant: Tenant) -> int:
    """Forget which pictures came long ago, and what is more than a sender's share of them; how many were forgotten."""
    with database.write("retention") as session:
        return trim(session, tenant.id, datetime.now(UTC) - timedelta(days=KEPT_DAYS))


def queue_stale(database: Database, tenant: Tenant) -> int:
    """Have a tenant's mail matched again that was decided by anything else than what decides now; how many wait."""
    with database.write("re-match") as session:
        current = session.get(Tenant, tenant.id)  # its revision may be another since
        waiting = add_stale(session, current, state_of(session).active_version) if current else 0
        if waiting:
            queue_rematch(session, tenant.id)
    return waiting
