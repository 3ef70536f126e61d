"""A temporary folder for the life of a process, kill -9 included: the next one removes what dead ones left behind."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "postbus-render-"
# A younger one may be another's that is about to lock it.
YOUNG_SECONDS = 60.0


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder below TMPDIR that nobody else uses, locked while this process lives and removed at the end."""
    sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        lock = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(lock)


def sweep(temporary: Path) -> None:
    """Remove our own user's folders that no living process holds."""
    for folder in temporary.glob(f"{PREFIX}*"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                about = os.fstat(lock)
                if about.st_uid == os.geteuid() and about.st_mtime < time.time() - YOUNG_SECONDS:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
