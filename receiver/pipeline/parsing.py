"""A pool of parsing children: one thread and one child each, restarted when they die.

Whatever kills a child fails that message's attempt alone: the next message gets a new child. Children are replaced
after some thousand messages, or when they have grown.
"""

import math
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from receiver.config import Settings
from receiver.pipeline.parser_process import AttemptFailed, Choose, Mail, Parsed, ParserProcess, Wanted

__all__ = ["AttemptFailed", "Choose", "Mail", "Parsed", "Pool", "Wanted"]

LEFT_BEHIND_SECONDS = 24 * 3600.0


class Pool:
    """Parsing children, as many as the settings say, each used by one thread at a time."""

    def __init__(self, settings: Settings, children: int = 0, seconds: float = math.inf) -> None:
        """`seconds`: how long one message may take here, where that is less than the settings allow."""
        self._settings = settings
        self._seconds = min(seconds, settings.pipeline.parse_seconds)
        self.size = children or settings.pipeline.parsers or os.cpu_count() or 1
        self._spool = settings.data / "tmp" / "parts"
        _sweep(self._spool)
        self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="parser")
        self._own = threading.local()
        self._living: set[ParserProcess] = set()
        self._lock = threading.Lock()

    def submit(self, mail: Mail, choose: Choose) -> "Future[Parsed]":
        """Have a message parsed and judged; its future raises AttemptFailed or TemporaryFailure."""
        return self._threads.submit(self._parse, mail, choose)

    def close(self) -> None:
        """End all children; what they work on fails."""
        with self._lock:
            for child in self._living:
                child.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for child in self._living:
            child.end()
        self._living.clear()

    def _parse(self, mail: Mail, choose: Choose) -> Parsed:
        child = self._child()
        try:
            parsed = child.parse(mail, choose)
        except BaseException:
            # Whatever broke off the conversation: the rest of an answer, which a stranger wrote, may still be in it.
            # Read by the next message it would become that one's facts, and maybe another tenant's (law 16).
            self._dismiss(child)
            raise
        if child.is_worn_out:
            self._dismiss(child)
        return parsed

    def _child(self) -> ParserProcess:
        child: ParserProcess | None = getattr(self._own, "child", None)
        if child is None:
            self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
            child = self._own.child = ParserProcess(self._settings, self._spool, self._seconds)
            with self._lock:
                self._living.add(child)
        return child

    def _dismiss(self, child: ParserProcess) -> None:
        self._own.child = None
        with self._lock:
            self._living.discard(child)
        child.end()


def _sweep(spool: Path) -> None:
    """Remove what processes that were killed have left behind; what is young may be another's."""
    oldest = time.time() - LEFT_BEHIND_SECONDS
    for path in spool.glob("*"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
