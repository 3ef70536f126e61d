"""A process's own part of the journal, opened as the settings say.

Raises TemporaryFailure when it cannot be opened.
"""

import dataclasses

import structlog

from receiver.config import Settings
from receiver.tally import COMMIT_MESSAGES
from storage.journal import Journal

log = structlog.get_logger()


def open_journal(settings: Settings, name: str) -> Journal:
    """The part of the journal that bears this process's name, recovered and ready."""
    journal = Journal(
        settings.journal_folder(),
        name,
        segment_octets=settings.journal.segment_octets,
        memory_octets=settings.journal.memory_octets,
        reserve_octets=settings.journal.reserve_octets,
        rotate_seconds=settings.journal.rotate_seconds,
        shelves=(settings.data, settings.blob_folder()),
        on_commit=COMMIT_MESSAGES.observe,
    )
    recovery = journal.open()
    log.info("journal_opened", owner=name, **dataclasses.asdict(recovery))
    return journal
