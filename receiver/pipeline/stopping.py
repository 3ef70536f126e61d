"""Let a process finish what it has begun when it is told to stop, and not sleep through the order."""

import signal
import time
from collections.abc import Callable
from types import FrameType


class _Woken(BaseException):
    """Ends a wait; never leaves this module."""


class Stop:
    """Whether this process was told to stop."""

    def __init__(self) -> None:
        self.is_requested = False
        self._is_waiting = False

    def install(self) -> None:
        """Take SIGTERM and SIGINT as the order; main thread only."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def request(self) -> None:
        """Stop as soon as what was begun is finished."""
        self.is_requested = True

    def wait(self, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
        """Sleep for so long, or until the order comes."""
        try:
            self._is_waiting = True
            if not self.is_requested:
                sleep(seconds)
        except _Woken:
            pass
        finally:
            self._is_waiting = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.is_requested = True
        if self._is_waiting:
            raise _Woken
