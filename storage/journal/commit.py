"""Group commit: one thread writes, and whatever was queued during one sync goes into the next.

A future is answered after the sync that covers it, never before (law 1). A failed write or sync abandons the
segment at its last mark and answers the batch with TemporaryFailure: the same descriptor is never synced again,
because the kernel reports such an error once and then calls the lost pages clean.
A segment that holds mail is sealed after a while even if nothing more comes: settled mail must not lie here for days.
Large messages are synced by a few threads of their own first, so that one of 50 MB does not hold up the small ones.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from storage.failures import TemporaryFailure
from storage.files import MAX_BUFFERS, as_failure
from storage.journal.segments import Entry, SegmentWriter

_LARGE_SYNCS = 4
# Two buffers for each record: head with envelope, and the message.
_MAX_BATCH = MAX_BUFFERS // 2


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    done: "Future[None]" = field(default_factory=Future)

    def fail(self, failure: TemporaryFailure) -> None:
        self.entry.sink.discard()
        self.done.set_exception(failure)


class GroupCommit:
    """The queue before the segments, and the thread behind it."""

    def __init__(
        self,
        new_segment: Callable[[], SegmentWriter],
        announce: Callable[[], None],
        rotate_seconds: float,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`new_segment` makes the next segment (OSError); `announce` is called after every batch that stands,
        and `on_commit` with the number of its records.

        `rotate_seconds` after its first record a segment is sealed, so that the reader can delete it.
        """
        self._new_segment = new_segment
        self._announce = announce
        self._rotate_seconds = rotate_seconds
        self._on_commit = on_commit
        self._segment: SegmentWriter | None = None
        self._rotate_at = float("inf")  # no record in the segment yet
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._is_closing = False
        self._large = ThreadPoolExecutor(_LARGE_SYNCS, thread_name_prefix="journal-large")
        self._thread = threading.Thread(target=self._run, name="journal-commit", daemon=True)

    def start(self) -> None:
        """Make the first segment and start the thread. Raises TemporaryFailure or NoRoom, then nothing runs."""
        try:
            self._segment = self._new_segment()
        except OSError as error:
            raise as_failure(error, "journal: no new segment could be made") from error
        finally:
            # Without room for a segment the door still starts, and says so to each client until there is some.
            self._thread.start()

    def submit(self, entry: Entry) -> "Future[None]":
        """Queue a record. The future cannot be cancelled: a client that hangs up does not take its mail back."""
        waiting = _Waiting(entry)
        waiting.done.set_running_or_notify_cancel()
        if entry.sink.is_large:
            self._submit_large(waiting)
        else:
            self._put(waiting)
        return waiting.done

    def close(self) -> None:
        """Commit what is queued, seal the segment and stop. Everything submitted later is refused."""
        self._large.shutdown(wait=True)
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join()

    def _submit_large(self, waiting: _Waiting) -> None:
        try:
            self._large.submit(self._persist, waiting)
        except RuntimeError:  # the pool is shut down
            waiting.fail(_closed())

    def _persist(self, waiting: _Waiting) -> None:
        try:
            waiting.entry.sink.persist()
        except OSError as error:
            waiting.fail(as_failure(error, "journal: a large message could not be synced"))
        except TemporaryFailure as failure:
            waiting.fail(failure)
        else:
            self._put(waiting)

    def _put(self, waiting: _Waiting) -> None:
        with self._wake:
            if not self._is_closing:
                self._queue.append(waiting)
                self._wake.notify()
                return
        waiting.fail(_closed())

    def _run(self) -> None:
        try:
            while (batch := self._take()) is not None:
                if self._is_old():
                    self._seal()
                self._commit(batch)
        finally:
            self._stop()

    def _take(self) -> list[_Waiting] | None:
        """What is queued, as soon as there is something; nothing when the segment's time is up, None at the end."""
        with self._wake:
            while not self._queue and not self._is_closing and not self._is_old():
                left = self._rotate_at - time.monotonic()
                self._wake.wait(left if left < threading.TIMEOUT_MAX else None)
            if self._is_closing and not self._queue:
                return None
            return [self._queue.popleft() for _ in range(min(_MAX_BATCH, len(self._queue)))]

    def _is_old(self) -> bool:
        return time.monotonic() >= self._rotate_at

    def _seal(self) -> None:
        sealed, self._segment, self._rotate_at = self._segment, None, float("inf")
        if sealed is not None:
            # What is not sealed now is sealed by the recovery of the next start.
            with suppress(OSError):
                sealed.seal()

    def _commit(self, batch: list[_Waiting]) -> None:
        at = 0
        while at < len(batch):
            size = 0
            try:
                segment = self._segment_for(batch[at])
                size = _how_many_fit(segment, batch, at)
                segment.append([waiting.entry for waiting in batch[at : at + size]])
            except OSError as error:
                self._give_up(batch[at:], error)
                return
            self._rotate_at = min(self._rotate_at, time.monotonic() + self._rotate_seconds)
            for waiting in batch[at : at + size]:
                waiting.entry.sink.release()
                waiting.done.set_result(None)
            at += size
            self._announce()
            self._on_commit(size)

    def _segment_for(self, waiting: _Waiting) -> SegmentWriter:
        if self._segment is not None and not self._segment.fits(waiting.entry.octets):
            self._seal()
        if self._segment is None:
            self._segment = self._new_segment()
        return self._segment

    def _give_up(self, batch: list[_Waiting], error: OSError) -> None:
        if self._segment is not None:
            abandoned, self._segment, self._rotate_at = self._segment, None, float("inf")
            abandoned.abandon()
        failure = as_failure(error, "journal: mail could not be made durable")
        failure.__cause__ = error
        for waiting in batch:
            waiting.fail(failure)

    def _stop(self) -> None:
        with self._wake:
            self._is_closing = True
            left = list(self._queue)
            self._queue.clear()
        for waiting in left:
            waiting.fail(_closed())
        self._seal()


def _how_many_fit(segment: SegmentWriter, batch: list[_Waiting], start: int) -> int:
    size, octets = 1, batch[start].entry.octets
    for waiting in batch[start + 1 :]:
        octets += waiting.entry.octets
        if not segment.fits(octets):
            break
        size += 1
    return size


def _closed() -> TemporaryFailure:
    return TemporaryFailure("journal: closed; this process is stopping")
