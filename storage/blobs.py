"""Octets that are kept, each tenant's under its own folder, named by their SHA-256.

    blobs/<tenant>/lock
    blobs/<tenant>/<first hex digit>/<sha256>
    blobs/<tenant>/<first hex digit>/.<random>      staged, not yet kept

A batch stages any number of blobs and makes all of them durable in one `sync`, before the rows that refer to them
are committed. A blob that is there already is touched: collection leaves alone what is younger than its grace
period, so that octets reused by a transaction not yet committed stay (law 15). Tenants share nothing: whether
another tenant has the same octets cannot be learned here (law 16).
Never opens the database. Raises TemporaryFailure, NoRoom; NotFound and Damaged when reading.
Nothing failing is synced twice: a batch whose `sync` failed is spent, its blobs are staged anew by the next attempt.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from errno import EXDEV
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TypeVar

from storage.failures import Damaged, Invalid, NotFound, StorageFailure
from storage.files import REAL, Files, as_failure

_Item = TypeVar("_Item")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STAGED = "."
_LOCK = "lock"
_COPY_OCTETS = 1024 * 1024
# Open descriptors of a batch, far from the usual limit of 1,024; beyond, the files are synced early.
_MAX_OPEN = 128
# Syncs that run side by side share the file system's commits.
_SYNCS = 16


@dataclass(frozen=True, slots=True)
class BlobRef:
    """What names a blob within its tenant."""

    sha256: str
    octets: int


class BlobStore:
    """All tenants' blobs. May be used from several threads and processes at once."""

    def __init__(self, root: Path, files: Files = REAL) -> None:
        """`root` is made when it is missing. Raises TemporaryFailure."""
        self._root = root
        self._files = files
        self._syncs = ThreadPoolExecutor(_SYNCS, thread_name_prefix="blob-sync")
        self._known_folders: set[Path] = set()
        with _worded(root):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.sync_folder(root.parent)

    @property
    def root(self) -> Path:
        """The folder of all blobs."""
        return self._root

    def batch(self) -> "BlobBatch":
        """A new batch, for one thread."""
        return BlobBatch(self, self._files, self._syncs)

    def path(self, tenant_id: str, sha256: str) -> Path:
        """Where a blob is, or would be. Raises Invalid for a name that is none, before it can leave the folder."""
        if not _SHA256.fullmatch(sha256):
            raise Invalid(f"blob {sha256!r}: a SHA-256 is 64 lower-case hex characters")
        return self._tenant(tenant_id) / sha256[0] / sha256

    def open(self, tenant_id: str, sha256: str) -> BinaryIO:
        """A blob for reading, unchecked. Raises NotFound."""
        path = self.path(tenant_id, sha256)
        with _worded(path):
            try:
                return path.open("rb")
            except FileNotFoundError as error:
                raise NotFound(f"blob {sha256} of tenant {tenant_id} is not there") from error

    def read(self, tenant_id: str, sha256: str) -> bytes:
        """A blob's octets. Raises NotFound, and Damaged when they no longer are what they are named by."""
        with self.open(tenant_id, sha256) as file, _worded(self._root):
            octets = file.read()
        if _hash(octets) != sha256:
            raise Damaged(f"blob {sha256} of tenant {tenant_id} has changed on disk: restore it from a backup")
        return octets

    def collect(self, tenant_id: str, referenced: Callable[[set[str]], set[str]], older_than: datetime) -> int:
        """Delete blobs last touched before `older_than` that nothing refers to; how many there were.

        `referenced` gets the hashes of old blobs and gives back those that are still referred to.
        """
        oldest = older_than.timestamp()
        with _worded(self._root):
            folders = [self._tenant(tenant_id) / digit for digit in "0123456789abcdef"]
            return sum(self._collect_folder(folder, referenced, oldest) for folder in folders)

    def remove_tenant(self, tenant_id: str) -> None:
        """Delete everything of one tenant. That there was nothing is no error."""
        home = self._tenant(tenant_id)
        with _worded(home):
            for name in self._files.names(home):
                if name == _LOCK:
                    self._files.unlink(home / name)
                    continue
                for blob in self._files.names(home / name):
                    self._files.unlink(home / name / blob)
                self._files.remove_folder(home / name)
            if home.exists():
                self._files.remove_folder(home)
            self._files.sync_folder(self._root)
        self._known_folders = {folder for folder in self._known_folders if home not in (folder, folder.parent)}

    def close(self) -> None:
        """End the threads that sync."""
        self._syncs.shutdown()

    def prepare_folder(self, folder: Path) -> None:
        """See that a blob's folder is there and durable. Raises OSError."""
        if folder in self._known_folders and folder.exists():
            return
        if self._files.make_folder(folder.parent):
            self._files.spread(folder.parent)
        self._files.make_folder(folder)
        # Also when they stood already: whoever made them may have died before this.
        self._files.sync_folder(self._root)
        self._files.sync_folder(folder.parent)
        self._known_folders.add(folder)

    @contextmanager
    def locked(self, tenant_id: str, *, shared: bool) -> Iterator[None]:
        """Batches share the lock while they touch, collection has it alone while it deletes. Raises OSError."""
        fd = self._files.open(self._tenant(tenant_id) / _LOCK, os.O_RDWR | os.O_CREAT)
        try:
            self._files.lock(fd, shared=shared, wait=True)
            yield
        finally:
            self._files.close(fd)

    def _tenant(self, tenant_id: str) -> Path:
        if not _TENANT.fullmatch(tenant_id):
            raise Invalid(f"tenant {tenant_id!r}: not an id that could name a folder")
        return self._root / tenant_id

    def _collect_folder(self, folder: Path, referenced: Callable[[set[str]], set[str]], oldest: float) -> int:
        old = {name for name in self._files.names(folder) if _is_older(folder / name, oldest)}
        # Staged by a process that died since.
        for name in {name for name in old if name.startswith(_STAGED)}:
            self._files.unlink(folder / name)
            old.discard(name)
        if not old:
            return 0
        deleted = 0
        for name in sorted(old - referenced(old)):
            with self.locked(folder.parent.name, shared=False):
                # Asked again under the lock: a batch may have touched it since.
                if _is_older(folder / name, oldest):
                    self._files.unlink(folder / name)
                    deleted += 1
        return deleted


class BlobBatch:
    """Blobs that become durable together. For one thread, and one `sync`."""

    def __init__(self, store: BlobStore, files: Files, syncs: ThreadPoolExecutor) -> None:
        """Made by `BlobStore.batch`."""
        self._store = store
        self._files = files
        self._syncs = syncs
        self._staged: dict[Path, Path] = {}  # final name: staged name
        self._open: list[int] = []
        self._folders: set[Path] = set()

    def put(self, tenant_id: str, octets: bytes) -> BlobRef:
        """Stage octets; those that are kept already are touched. Raises TemporaryFailure, NoRoom."""
        ref = BlobRef(_hash(octets), len(octets))
        path = self._store.path(tenant_id, ref.sha256)
        with self._worded(path):
            if not self._has(tenant_id, path):
                staged = _staging(path)
                fd = self._files.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                self._stage(path, staged, fd)
                self._files.write(fd, octets)
        return ref

    def adopt(self, tenant_id: str, large: Path) -> BlobRef:
        """Stage a large file under a second name, without copying (save to another file system).

        The first name stays its owner's to remove. Raises NotFound, TemporaryFailure, NoRoom.
        """
        with _worded(large):
            ref = _hash_file(large)
        path = self._store.path(tenant_id, ref.sha256)
        with self._worded(path):
            if not self._has(tenant_id, path):
                staged = _staging(path)
                fd = self._link(large, staged)
                self._stage(path, staged, fd)
                # Young again: it must outlive the collection that runs before its row is committed.
                self._files.touch(staged)
        return ref

    def sync(self) -> None:
        """Everything put or adopted is durable under its final name when this returns. Raises TemporaryFailure."""
        with self._worded(self._store.root):
            self._sync_open()
            for path, staged in list(self._staged.items()):
                self._files.rename(staged, path)
                del self._staged[path]
            self._side_by_side(self._files.sync_folder, self._folders)
            self._folders.clear()

    def discard(self) -> None:
        """Drop what was staged and not synced. Raises nothing: collection removes what stays behind."""
        for fd in self._open:
            with suppress(OSError):
                self._files.close(fd)
        for staged in self._staged.values():
            with suppress(OSError):
                self._files.unlink(staged)
        self._open.clear()
        self._staged.clear()
        self._folders.clear()

    def _has(self, tenant_id: str, path: Path) -> bool:
        self._store.prepare_folder(path.parent)
        # Also for what is there: another batch may have given it its name and not synced the folder yet.
        self._folders.add(path.parent)
        if path in self._staged:
            return True
        with self._store.locked(tenant_id, shared=True):
            try:
                self._files.touch(path)
            except FileNotFoundError:
                return False
        return True

    def _stage(self, path: Path, staged: Path, fd: int) -> None:
        self._open.append(fd)
        self._staged[path] = staged
        if len(self._open) > _MAX_OPEN:
            # The newest one is not written yet.
            newest = self._open.pop()
            self._sync_open()
            self._open.append(newest)

    def _link(self, large: Path, staged: Path) -> int:
        try:
            self._files.link(large, staged)
        except OSError as error:
            if error.errno != EXDEV:
                raise
            return self._copy(large, staged)
        return self._files.open(staged, os.O_RDWR)

    def _copy(self, large: Path, staged: Path) -> int:
        fd = self._files.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with large.open("rb") as file:
            while octets := file.read(_COPY_OCTETS):
                self._files.write(fd, octets)
        return fd

    def _sync_open(self) -> None:
        opened, self._open = self._open, []
        self._side_by_side(self._sync_and_close, opened)

    def _side_by_side(self, call: Callable[[_Item], None], items: Iterable[_Item]) -> None:
        # All are done before the first failure is raised: each closes the descriptor it was given.
        futures = [self._syncs.submit(call, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()

    def _sync_and_close(self, fd: int) -> None:
        try:
            self._files.sync(fd)
        finally:
            self._files.close(fd)

    @contextmanager
    def _worded(self, path: Path) -> Iterator[None]:
        try:
            with _worded(path):
                yield
        except StorageFailure:
            self.discard()
            raise


def _staging(path: Path) -> Path:
    """A name beside the final one for octets that are not kept yet: no other folder changes when they are."""
    return path.with_name(_STAGED + secrets.token_hex(16))


def _hash(octets: bytes) -> str:
    return sha256(octets).hexdigest()


def _hash_file(path: Path) -> BlobRef:
    digest, size = sha256(), 0
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"{path}: a large message has no file") from error
    with file:
        while octets := file.read(_COPY_OCTETS):
            digest.update(octets)
            size += len(octets)
    return BlobRef(digest.hexdigest(), size)


def _is_older(path: Path, oldest: float) -> bool:
    try:
        return path.stat().st_mtime < oldest
    except FileNotFoundError:
        return False


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise as_failure(error, f"{path}: blobs could not be read or written") from error
