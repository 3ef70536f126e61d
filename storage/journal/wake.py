"""The bell between doors and worker: a FIFO that takes one octet for every batch of accepted mail.

A ring that nobody hears, or that is one too many, is lost: the worker looks by itself now and then.
Raises OSError when the FIFO cannot be made; never for a ring.
"""

import os
import select
from contextlib import suppress
from pathlib import Path

_NAME = "wake"


class Bell:
    """One side of the FIFO; the same object rings or listens. Works across a restart of the other side."""

    def __init__(self, folder: Path) -> None:
        """Make the FIFO when there is none. Both ways open: nobody waits for the other to come."""
        path = folder / _NAME
        with suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def ring(self) -> None:
        """Wake the listener; a full FIFO means that it is about to wake anyway."""
        with suppress(BlockingIOError):
            os.write(self._fd, b"!")

    def wait(self, seconds: float) -> bool:
        """Sleep until somebody rang, at most so long; whether somebody did. All rings so far count as one."""
        heard, _, _ = select.select([self._fd], [], [], seconds)
        if heard:
            with suppress(BlockingIOError):
                os.read(self._fd, 65536)
        return bool(heard)

    def close(self) -> None:
        """Let go of the FIFO; it stays for the others."""
        os.close(self._fd)
