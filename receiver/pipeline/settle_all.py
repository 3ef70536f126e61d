"""Settle what waits in the journal, once, and come back: for commands that work where no service runs.

The same worker as in the service, without its loop. What is slow or kills its parser is left to a job (law 5).
Raises TemporaryFailure when another worker has the journal.
"""

from contextlib import closing

from receiver.config import Settings
from receiver.pipeline.stopping import Stop
from receiver.pipeline.worker import Worker, open_drain
from storage.journal import JournalReader


def settle_all(settings: Settings) -> None:
    """Settle all mail that was accepted until now."""
    with closing(JournalReader(settings.journal_folder())) as reader, open_drain(settings, reader) as drain:
        worker = Worker(settings, drain, reader, Stop())
        while (batch := worker.begin_batch()) is not None:
            worker.settle(batch)
