"""The daily collection of blobs that no row names any more (law 15)."""

from datetime import UTC, datetime, timedelta

import structlog

from storage.blobs import BlobStore
from storage.database import Database
from storage.documents import referenced
from storage.tenants import list_tenants

# Blobs are synced before rows name them: what is younger may belong to a transaction under way.
GRACE = timedelta(hours=24)

log = structlog.get_logger()


def collect_blobs(database: Database, blobs: BlobStore, grace: timedelta = GRACE) -> None:
    """Delete what is old and not referred to, tenant by tenant. Raises TemporaryFailure."""
    older_than = datetime.now(UTC) - grace
    with database.read() as session:
        tenants = [tenant.id for tenant in list_tenants(session)]
    deleted = sum(_collect(database, blobs, tenant_id, older_than) for tenant_id in tenants)
    log.info("blobs_collected", deleted=deleted, tenants=len(tenants))


def _collect(database: Database, blobs: BlobStore, tenant_id: str, older_than: datetime) -> int:
    def still_referenced(hashes: set[str]) -> set[str]:
        with database.read() as session:
            return referenced(session, tenant_id, hashes)

    return blobs.collect(tenant_id, still_referenced, older_than)
