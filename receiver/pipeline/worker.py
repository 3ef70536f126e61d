"""The worker: drains the journal until it is told to stop. Read this first, then draining.py.

While one batch is written, the next one is parsed. What goes wrong with everything (no database, no room) is waited
out with growing pauses; what goes wrong with one message is found by halving the batch, and that one is put aside
(law 5). SIGTERM finishes what was begun; kill -9 loses nothing, for the journal forgets only what is committed.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import structlog

from receiver.config import Settings
from receiver.pipeline.draining import Batch, Drain
from receiver.pipeline.parsing import Pool
from receiver.pipeline.stopping import Stop
from storage.blobs import BlobStore
from storage.database import Database
from storage.failures import TemporaryFailure
from storage.journal import JournalReader, Record

IDLE_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
# How often messages that were left in the journal are looked at again.
HELD_SECONDS = 300.0

ATTEMPTS_TOGETHER = 2
# Law 5: what takes longer to read holds its whole batch; it goes on in a job, which takes its time.
BATCH_SECONDS = 5.0

log = structlog.get_logger()


def run_worker(settings: Settings, *, name: str, ready: Callable[[], None]) -> None:
    """Drain the journal until SIGTERM. `ready` is called once mail can be settled."""
    stop = Stop()
    stop.install()
    with ExitStack() as stack:
        reader = _reader(settings, stop)
        if reader is None:
            return
        stack.callback(reader.close)
        drain = stack.enter_context(open_drain(settings, reader))
        log.info("worker_started", name=name, parsers=drain.parsers)
        ready()
        Worker(settings, drain, reader, stop).run()
    log.info("worker_stopped", name=name)


@contextmanager
def open_drain(settings: Settings, reader: JournalReader) -> Iterator[Drain]:
    """What settles batches, with its database, blobs and parsing children, which are closed at the end."""
    with ExitStack() as stack:
        database = Database(settings.database_url())
        stack.callback(database.close)
        blobs = BlobStore(settings.blob_folder())
        stack.callback(blobs.close)
        pool = Pool(settings, seconds=BATCH_SECONDS)
        stack.callback(pool.close)
        drain = Drain(database, blobs, pool, reader, settings.data / "run")
        stack.callback(drain.close)
        yield drain


def _reader(settings: Settings, stop: Stop) -> JournalReader | None:
    """The journal, once no other worker has it; None when told to stop before."""
    pause = Pause(stop)
    while not stop.is_requested:
        try:
            return JournalReader(settings.journal_folder())
        except TemporaryFailure as failure:
            pause.take(failure)
    return None


class Pause:
    """Pauses that grow while the same trouble lasts."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._seconds = FIRST_PAUSE_SECONDS

    def take(self, failure: TemporaryFailure) -> None:
        """Say why, and wait."""
        log.warning("worker_paused", seconds=self._seconds, reason=str(failure))
        self._stop.wait(self._seconds)
        self._seconds = min(LONGEST_PAUSE_SECONDS, self._seconds * 2)

    def end(self) -> None:
        """The trouble is over."""
        self._seconds = FIRST_PAUSE_SECONDS


class Worker:
    """The loop of one worker."""

    def __init__(self, settings: Settings, drain: Drain, reader: JournalReader, stop: Stop) -> None:
        self._settings = settings.pipeline
        self._drain = drain
        self._reader = reader
        self._stop = stop
        self._pause = Pause(stop)
        self._read: deque[list[Record]] = deque()  # read from the journal, not in a batch
        self._is_begun = False  # whether the attempt at the first of them is counted
        self._look_again_at = time.monotonic() + HELD_SECONDS

    def run(self) -> None:
        """Settle batch after batch; sleep while there is none."""
        ahead: Batch | None = None
        while not self._stop.is_requested:
            current = ahead or self.begin_batch()
            if current is None:
                self._idle()
                continue
            ahead = self.begin_batch()
            self.settle(current)
        if ahead:
            ahead.discard()

    def settle(self, batch: Batch) -> None:
        """Bring every message of a batch to its end, one way or another; returns early when told to stop."""
        while batch.works:
            try:
                batch = self._drain.settle(batch)
                self._pause.end()
            except TemporaryFailure as failure:
                self._pause.take(failure)
                if self._stop.is_requested:
                    batch.discard()
                    return
            except Exception as error:  # the edge of the worker: one message must not stop the others
                log.exception("batch_failed", messages=len(batch.works))
                self._narrow_down(batch, error)
                return

    def _narrow_down(self, batch: Batch, error: Exception) -> None:
        if len(batch.works) > 1:
            for half in batch.halves():
                self.settle(half)
            return
        (work,) = batch.works
        while not self._stop.is_requested:
            try:
                self._drain.set_aside(work, ("settling_failed", {"failure": type(error).__name__}))
            except TemporaryFailure as failure:
                self._pause.take(failure)
                continue
            except Exception:  # as above: it stays in the journal, and is told
                log.exception("message_not_set_aside")
                self._drain.hold(work)
            return

    def begin_batch(self) -> Batch | None:
        """The next messages, their attempts counted before they are made (law 5), on their way through the parsers."""
        while not self._stop.is_requested:
            try:
                return self._begin_next()
            except TemporaryFailure as failure:
                self._pause.take(failure)
        return None

    def _begin_next(self) -> Batch | None:
        if not self._read:
            self._read.extend(self._next_groups())
        if not self._read:
            return None
        if not self._is_begun:  # while the database is away, one attempt is one attempt
            self._reader.begin(self._read[0])
            self._is_begun = True
        batch = self._drain.start(self._read[0])
        # Only now: the journal gives nothing out twice, so what is let go of here would wait for the next worker.
        self._read.popleft()
        self._is_begun = False
        return batch

    def _next_groups(self) -> list[list[Record]]:
        records = self._reader.read(self._settings.batch_messages, self._settings.batch_octets)
        # A worker died over these, or was killed: alone, so that the one at fault takes no other with it.
        suspects = [[each] for each in records if each.attempts >= ATTEMPTS_TOGETHER]
        others = [each for each in records if each.attempts < ATTEMPTS_TOGETHER]
        return ([others] if others else []) + suspects

    def _idle(self) -> None:
        if self._drain.held and time.monotonic() >= self._look_again_at:
            self._look_again_at = time.monotonic() + HELD_SECONDS
            self._drain.held = 0
            self._reader.rewind()
            return
        self._stop.wait(IDLE_SECONDS, self._reader.wait)
