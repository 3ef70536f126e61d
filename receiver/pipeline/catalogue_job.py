"""The job that puts a catalogue version in force at the time for which it was scheduled."""

import structlog

from storage import jobs
from storage.catalogue import activate_scheduled, version_of_subject
from storage.database import Database
from storage.jobs import Job

log = structlog.get_logger()


def do_activate_job(database: Database, job: Job) -> None:
    """Activate, and finish the job in the same transaction; nothing, when something else was wanted meanwhile."""
    version = version_of_subject(job.subject_id)
    with database.write("jobs") as session:
        jobs.finish(session, job, job.owner)
        changes = activate_scheduled(session, version)
    if changes is not None:
        log.info("catalogue_activated", version=version, changes=len(changes))
