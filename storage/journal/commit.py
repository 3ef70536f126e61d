"""Group commit: one thread writes, and whatever was queued during one sync goes into the next.

A letter is answered after the sync that covers it, never before (law 1). A failed write or sync abandons the
segment at its last mark and answers the batch with TemporaryFailure: the same descriptor is never synced again,
because the kernel reports such an error once and then calls the lost pages clean.
Letters are handed over and answered by the batch: at 3,000 a second each wake-up of another thread counts.
A segment that holds mail is sealed after a while even if nothing more comes: settled mail must not lie here for days.
Large messages are synced by a few threads of their own first, so that one of 50 MB does not hold up the small ones.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from storage.failures import TemporaryFailure
from storage.files import MAX_BUFFERS, as_failure
from storage.journal.segments import Entry, SegmentWriter

_LARGE_SYNCS = 4
# Two buffers for each record: head with envelope, and the message.
_MAX_BATCH = MAX_BUFFERS // 2


@dataclass(frozen=True, slots=True, eq=False)
class Letter(Entry):
    """A message that shall be made durable."""

    token: Any = None  # by which the one who waits for the answer knows it


# Called from threads of the journal with letters that stand, or with those that could not be made to, and why.
# Raises nothing, and returns soon: the next batch waits.
Answer = Callable[[Sequence[Letter], TemporaryFailure | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A letter in the queue."""

    letter: Letter
    answer: Answer


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
        self._queue: deque[Waiting] = deque()
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

    def put(self, letters: Sequence[Waiting]) -> None:
        """Queue records. Nobody takes one back: a client that hangs up does not take its mail with it."""
        small = [each for each in letters if not each.letter.sink.is_large]
        if small:
            self._put(small)
        for each in letters:
            if each.letter.sink.is_large:
                self._put_large(each)

    def close(self) -> None:
        """Commit what is queued, seal the segment and stop. Everything submitted later is refused."""
        self._large.shutdown(wait=True)
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join()

    def _put_large(self, waiting: Waiting) -> None:
        try:
            self._large.submit(self._persist, waiting)
        except RuntimeError:  # the pool is shut down
            _fail([waiting], _closed())

    def _persist(self, waiting: Waiting) -> None:
        try:
            waiting.letter.sink.persist()
        except OSError as error:
            _fail([waiting], as_failure(error, "journal: a large message could not be synced"))
        except TemporaryFailure as failure:
            _fail([waiting], failure)
        else:
            self._put([waiting])

    def _put(self, letters: Sequence[Waiting]) -> None:
        with self._wake:
            if not self._is_closing:
                self._queue.extend(letters)
                self._wake.notify()
                return
        _fail(letters, _closed())

    def _run(self) -> None:
        try:
            while (batch := self._take()) is not None:
                if self._is_old():
                    self._seal()
                self._commit(batch)
        finally:
            self._stop()

    def _take(self) -> list[Waiting] | None:
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

    def _commit(self, batch: list[Waiting]) -> None:
        at = 0
        while at < len(batch):
            size = 0
            try:
                segment = self._segment_for(batch[at])
                size = _how_many_fit(segment, batch, at)
                segment.append([waiting.letter for waiting in batch[at : at + size]])
            except OSError as error:
                self._give_up(batch[at:], error)
                return
            self._rotate_at = min(self._rotate_at, time.monotonic() + self._rotate_seconds)
            for waiting in batch[at : at + size]:
                waiting.letter.sink.release()
            _answer(batch[at : at + size], None)
            at += size
            self._announce()
            self._on_commit(size)
            segment.work_ahead()

    def _segment_for(self, waiting: Waiting) -> SegmentWriter:
        if self._segment is not None and not self._segment.fits(waiting.letter.octets):
            self._seal()
        if self._segment is None:
            self._segment = self._new_segment()
        return self._segment

    def _give_up(self, batch: list[Waiting], error: OSError) -> None:
        if self._segment is not None:
            abandoned, self._segment, self._rotate_at = self._segment, None, float("inf")
            abandoned.abandon()
        failure = as_failure(error, "journal: mail could not be made durable")
        failure.__cause__ = error
        _fail(batch, failure)

    def _stop(self) -> None:
        with self._wake:
            self._is_closing = True
            left = list(self._queue)
            self._queue.clear()
        _fail(left, _closed())
        self._seal()


def _fail(letters: Sequence[Waiting], failure: TemporaryFailure) -> None:
    for waiting in letters:
        waiting.letter.sink.discard()
    _answer(letters, failure)


def _answer(letters: Sequence[Waiting], failure: TemporaryFailure | None) -> None:
    for answer, group in groupby(letters, attrgetter("answer")):
        answer([waiting.letter for waiting in group], failure)


def _how_many_fit(segment: SegmentWriter, batch: list[Waiting], start: int) -> int:
    size, octets = 1, batch[start].letter.octets
    for waiting in batch[start + 1 :]:
        octets += waiting.letter.octets
        if not segment.fits(octets):
            break
        size += 1
    return size


def _closed() -> TemporaryFailure:
    return TemporaryFailure("journal: closed; this process is stopping")
