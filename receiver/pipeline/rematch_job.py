"""The job that follows a change of what decides: look up which stored mail it concerns, then decide about it again.

Changes that come while it runs are found before it ends, in the transaction that ends it. Told to stop, it leaves what
is left to the next process. Raises PutOff, and what receiver.pipeline.rematching raises.
"""

from collections.abc import Callable

import structlog

from receiver.pipeline.job_results import PutOff
from receiver.pipeline.rematching import Rematcher
from storage import jobs
from storage.database import Database, Session
from storage.jobs import Job
from storage.rematching import has_work, look_up_changes
from storage.standard_changes import queue_rematch

log = structlog.get_logger()


def do_rematch_job(database: Database, rematcher: Rematcher, job: Job, is_stopping: Callable[[], bool]) -> None:
    """Everything there is to match again for the job's tenant, or, for the catalogue, a job for each tenant."""

    def fence(session: Session) -> None:
        jobs.note_progress(session, job, job.owner)

    with database.write("re-match") as session:
        fence(session)
        look_up_changes(session, job.tenant_id)
    done = rematcher.rematch(job.tenant_id, fence, lambda _: None)
    if is_stopping():
        raise PutOff("interrupted", {}, 0)
    with database.write("re-match") as session:
        jobs.finish(session, job, job.owner)
        # Whoever noted a change since has held the job's row until now, or finds it gone and makes another.
        if has_work(session, job.tenant_id):
            queue_rematch(session, job.tenant_id)
    log.info(
        "mail_rematched",
        tenant=job.tenant_id,
        decided=done.decided,
        imported=done.imported,
        unreadable=done.unreadable,
    )
