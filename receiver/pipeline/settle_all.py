"""Settle what waits in the journal, once, and come back: for commands that work where no service runs.

The same worker as in the service, without its loop. What is slow or kills its parser is left to a job (law 5).
Raises TemporaryFailure when another worker has the journal.
"""

from contextlib import ExitStack

from receiver.config import Settings
from receiver.pipeline.draining import Drain
from receiver.pipeline.parsing import Pool
from receiver.pipeline.stopping import Stop
from receiver.pipeline.worker import BATCH_SECONDS, Worker
from storage.blobs import BlobStore
from storage.database import Database
from storage.journal import JournalReader


def settle_all(settings: Settings) -> None:
    """Settle all mail that was accepted until now."""
    with ExitStack() as stack:
        reader = JournalReader(settings.journal_folder())
        stack.callback(reader.close)
        database = Database(settings.database_url())
        stack.callback(database.close)
        blobs = BlobStore(settings.blob_folder())
        stack.callback(blobs.close)
        pool = Pool(settings, seconds=BATCH_SECONDS)
        stack.callback(pool.close)
        drain = Drain(database, blobs, pool, reader, settings.data / "run")
        stack.callback(drain.close)
        worker = Worker(settings, drain, reader, Stop())
        while (batch := worker.begin_batch()) is not None:
            worker.settle(batch)
