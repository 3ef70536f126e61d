"""Where a message's octets go while they arrive: memory, and beyond a limit a file in the owner's folder.

The checksum is taken on the way, while the octets are still in the processor's cache. Nothing is synced before
`persist`. After it is accepted, or could not be, a sink is spent; `discard` is then of no effect.
Raises NoRoom and TemporaryFailure from `write`.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from errno import ENOENT
from pathlib import Path
from zlib import crc32

from storage.failures import NoRoom, TemporaryFailure
from storage.files import Files, Octets, as_failure
from storage.journal.frames import NO_TOKEN


class Sink:
    """One message on its way in. Not for several threads at once."""

    def __init__(self, files: Files, folder: Path, memory_octets: int, has_room: Callable[[int], bool]) -> None:
        """`folder` takes the file of a large message; `has_room` is asked while it grows."""
        self.size = 0
        self.crc = 0
        self.token = NO_TOKEN
        self.memory = bytearray()
        self._files = files
        self._folder = folder
        self._memory_octets = memory_octets
        self._has_room = has_room
        self._fd: int | None = None

    @property
    def is_large(self) -> bool:
        """Whether the message has a file of its own."""
        return self.token != NO_TOKEN

    @property
    def path(self) -> Path:
        """That file."""
        return self._folder / f"{self.token.hex()}.eml"

    def write(self, octets: Octets) -> None:
        """Take the next octets; they may be changed by the caller afterwards. Raises TemporaryFailure, NoRoom."""
        self.crc = crc32(octets, self.crc)
        self.size += len(octets)
        if not self.is_large and self.size <= self._memory_octets:
            self.memory += octets
            return
        if not self._has_room(len(octets)):
            raise NoRoom(f"{self._folder}: the free space is needed for mail already accepted")
        try:
            self._write_file(octets)
        except OSError as error:
            raise as_failure(error, f"{self._folder}: a large message could not be written") from error

    def persist(self) -> None:
        """Make a large message durable, its name included. Raises OSError; not to be tried again."""
        if self._fd is None:
            raise TemporaryFailure(f"{self._folder}: this message has no open file")
        fd, self._fd = self._fd, None
        try:
            self._files.sync(fd)
            if not self._files.has_name(fd):
                raise FileNotFoundError(ENOENT, "the file was taken away")
        finally:
            self._files.close(fd)
        self._files.sync_folder(self._folder)

    def release(self) -> None:
        """The record stands: forget the memory and leave the file to it."""
        self.memory = bytearray()
        self.token = NO_TOKEN
        self._close()

    def discard(self) -> None:
        """Drop what was written, file included. Raises nothing: an orphan is removed at the next start."""
        with suppress(OSError):
            if self.is_large:
                self._files.unlink(self.path)
        self.release()

    def _write_file(self, octets: Octets) -> None:
        if self._fd is None:
            self.token = secrets.token_bytes(16)
            self._fd = self._files.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            self._files.write(self._fd, self.memory)
            self.memory = bytearray()
        self._files.write(self._fd, octets)

    def _close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            self._files.close(fd)
