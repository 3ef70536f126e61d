"""One running postbus per data folder: two would share a renderer's socket and wait for each other's journals.

A lock on a file, which the kernel lets go with the process, however it ends.
Raises AlreadyRunning with the other's process id and the remedy.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another postbus serves this data folder."""


def is_served(data: Path) -> bool:
    """Whether a postbus holds the data folder now."""
    try:
        descriptor = os.open(data / "run" / "serve.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def sole(data: Path) -> Iterator[None]:
    """Hold the data folder for the time of the block."""
    file = data / "run" / "serve.lock"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise AlreadyRunning(
                f"{data}: another postbus serves this folder already (process {holder}); stop it first, "
                "or name another folder with --data"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
