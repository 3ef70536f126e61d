"""The daily collection of blobs that no row names any more (law 15), and of what removed tenants left behind."""

from datetime import UTC, datetime, timedelta

import structlog

from storage.blobs import BlobStore
from storage.database import Database
from storage.documents import referenced
from storage.tenants import list_tenants, was_removed

# Blobs are synced before rows name them: what is younger may belong to a transaction under way.
GRACE = timedelta(hours=24)

log = structlog.get_logger()


def collect_blobs(database: Database, blobs: BlobStore, grace: timedelta = GRACE) -> None:
    """Delete what is old and not referred to, tenant by tenant. Raises TemporaryFailure."""
    older_than = datetime.now(UTC) - grace
    with database.read() as session:
        tenants = [tenant.id for tenant in list_tenants(session)]
    deleted = sum(_collect(database, blobs, tenant_id, older_than) for tenant_id in tenants)
    _clear_removed(database, blobs, set(tenants))
    log.info("blobs_collected", deleted=deleted, tenants=len(tenants))


def _clear_removed(database: Database, blobs: BlobStore, tenants: set[str]) -> None:
    """Delete what the worker staged while the tenant was removed, or what `tenant remove` could not finish."""
    for home in blobs.root.iterdir():
        # Only who was removed on purpose: in a restored database, tenants are missing that nobody removed.
        if home.name in tenants:
            continue
        with database.read() as session:
            is_removed = was_removed(session, home.name)
        if is_removed:
            blobs.remove_tenant(home.name)


def _collect(database: Database, blobs: BlobStore, tenant_id: str, older_than: datetime) -> int:
    def still_referenced(hashes: set[str]) -> set[str]:
        with database.read() as session:
            return referenced(session, tenant_id, hashes)

    return blobs.collect(tenant_id, still_referenced, older_than)
