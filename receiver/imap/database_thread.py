"""The database, asked from the loop: one thread does it, and what queued meanwhile shares one transaction.

Many pulls end at once, and each commit waits for the disk. When a piece of work fails, a lost lease for instance,
nothing of that transaction stands, and each piece gets one of its own: work may be called twice, its effect is had
once.
What a piece of work raises reaches who asked for it; TemporaryFailure when the database does not answer.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from storage.database import Database, Session
from storage.failures import TemporaryFailure

T = TypeVar("T")
_MOST_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class _Piece:
    """`write` wants a transaction, `other` has its own."""

    answer: Future[Any]
    write: Callable[[Session], Any] | None = None
    other: Callable[[], Any] | None = None


class DatabaseThread:
    """The thread and its queue. `read` and `write` belong to a running loop."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self._queue: deque[_Piece] = deque()
        self._wake = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="database", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do it within a transaction; returned once that is committed. Raises what `work` raises, TemporaryFailure."""
        answer: Future[T] = Future()
        self._put(_Piece(answer, write=work))
        return await asyncio.wrap_future(answer)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Ask for something; nothing written stays."""

        def look() -> T:
            with self._database.read() as session:
                return work(session)

        return await self.call(look)

    async def call(self, work: Callable[[], T]) -> T:
        """Have something done in the same thread that asks the database by itself."""
        answer: Future[T] = Future()
        self._put(_Piece(answer, other=work))
        return await asyncio.wrap_future(answer)

    def close(self) -> None:
        """Finish what was asked for; whatever is asked later fails."""
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join()

    def _put(self, piece: _Piece) -> None:
        # Once it is done it stands: who is cancelled meanwhile takes nothing back.
        piece.answer.set_running_or_notify_cancel()
        with self._wake:
            if self._is_closing:
                raise TemporaryFailure("the database is asked no more; this process is stopping")
            self._queue.append(piece)
            self._wake.notify()

    def _run(self) -> None:
        while batch := self._take():
            if batch[0].other is not None:
                _do(batch[0].answer, batch[0].other)
            else:
                self._write_together(batch)

    def _take(self) -> list[_Piece]:
        with self._wake:
            while not self._queue and not self._is_closing:
                self._wake.wait()
            batch: list[_Piece] = []
            while self._queue and len(batch) < _MOST_TOGETHER:
                if batch and (batch[0].write is None or self._queue[0].write is None):
                    break
                batch.append(self._queue.popleft())
            return batch

    def _write_together(self, batch: Sequence[_Piece]) -> None:
        done: list[Any] = []
        try:
            with self._database.write(self._actor) as session:
                done.extend(piece.write(session) for piece in batch if piece.write is not None)
        except BaseException as error:  # noqa: BLE001 - raised where it was asked for
            # When all were done it was the commit that failed: whether it stands, nobody knows.
            if len(batch) > 1 and len(done) < len(batch):
                for piece in batch:
                    self._write_together([piece])
                return
            for piece in batch:
                piece.answer.set_exception(error)
            return
        for piece, found in zip(batch, done, strict=True):
            piece.answer.set_result(found)


def _do(answer: Future[Any], work: Callable[[], Any]) -> None:
    try:
        found = work()
    except BaseException as error:  # noqa: BLE001 - as above
        answer.set_exception(error)
    else:
        answer.set_result(found)
