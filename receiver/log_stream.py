"""Where log lines go: standard error, without ever waiting for whoever reads it, and without minding its loss.

A pipe or journal that nobody reads fills up, a terminal is halted, a disk is full, the reader has gone: no mail waits
or fails for that. A line that cannot be written at once is lost and counted; the next one that can be tells how many.
Nothing is buffered: what a full disk did not take would be tried again at the end, and make the exit code 120.
"""

import os
import select
import socket
import stat
from collections.abc import Callable
from functools import partial

Write = Callable[[bytes], int]


class LastingStream:
    """A descriptor to write lines to; by one thread at a time, as structlog does."""

    def __init__(self, descriptor: int) -> None:
        self.lost = 0  # lines since the last one that was written
        self._write = _without_waiting(descriptor)
        self._is_torn = False  # the last line that was written has no end

    def write(self, text: str) -> None:
        """Write a line if that is possible now."""
        octets = text.encode(errors="backslashreplace")
        if self._is_torn:
            octets = b"\n" + octets
        try:
            written = self._write(octets)
        except OSError:  # BlockingIOError too
            written = 0
        if written == len(octets):
            self.lost, self._is_torn = 0, False
        else:
            self.lost += 1
            self._is_torn = self._is_torn or written > 0

    def flush(self) -> None:
        """There is nothing to flush."""


def _without_waiting(descriptor: int) -> Write:
    """How to write to a descriptor that others have, too: it must not be made non-blocking for them."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):  # systemd's journal
        journal = socket.socket(fileno=os.dup(descriptor))
        return lambda octets: journal.send(octets, socket.MSG_DONTWAIT)
    if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
        return partial(os.write, descriptor)  # a file waits for nobody
    try:
        # A description of our own, to the same pipe or terminal.
        own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:  # another user's, or its reader is gone
        return partial(_write_if_there_is_room, descriptor)
    return partial(os.write, own)


def _write_if_there_is_room(descriptor: int, octets: bytes) -> int:
    # Less than certain: another process may take the room in between.
    poller = select.poll()
    poller.register(descriptor, select.POLLOUT)
    return os.write(descriptor, octets[: select.PIPE_BUF]) if poller.poll(0) else 0
