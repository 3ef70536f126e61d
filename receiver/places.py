"""Where a running postbus listens, told to who asks beside it (`postbus status`).

A file in the data folder, complete from the moment it has its name, and locked as long as its writer lives: what a
kill -9 leaves behind tells of nobody. Never opens a listening socket. Raises OSError when the file cannot be written.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

from receiver.listening import Listener


class Place(TypedDict):
    """What is spoken (smtp, smtps, lmtp) at HOST:PORT or unix:PATH."""

    kind: str
    address: str


@contextmanager
def told(data: Path, listeners: Sequence[Listener]) -> Iterator[None]:
    """Tell of these listeners for the time of the block. Called by the one process that holds the data folder."""
    places = [Place(kind=each.kind, address=each.address()) for each in listeners]
    file = _file_of(data)
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # before it can be found: nobody else holds it
        os.write(descriptor, json.dumps(places).encode())
        draft.rename(file)
        yield
    finally:
        with suppress(OSError):
            file.unlink()
        os.close(descriptor)


def places_now(data: Path) -> list[Place]:
    """Where the postbus that serves this folder listens; none when there is no such postbus."""
    try:
        with _file_of(data).open("rb") as file:
            return [] if _is_abandoned(file.fileno()) else list(json.load(file))
    except OSError:
        return []


def _is_abandoned(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _file_of(data: Path) -> Path:
    return data / "run" / "listening.json"
