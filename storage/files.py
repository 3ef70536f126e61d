"""The file operations that durable storage stands on: one seam, so that tests can take the power away.

Every call does the whole of what its name says or raises OSError; nothing is retried here, least of all a sync.
`REAL` is the kernel. Test doubles count steps, fail chosen ones, and forget whatever was not synced.
Never decides what an error means: `as_failure` words it for those who must.
"""

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from storage.failures import NoRoom, TemporaryFailure

Octets = bytes | bytearray | memoryview
# Linux takes at most 1,024 buffers in one pwritev (UIO_MAXIOV).
MAX_BUFFERS = 1024
# Linux: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_TOPDIR_FL (chattr +T).
_GET_FLAGS, _SET_FLAGS, _TOP_FOLDER = 0x80086601, 0x40086602, 0x00020000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REMEDIES = {
    errno.EACCES: "check the owner and the rights of this folder",
    errno.EPERM: "check the owner and the rights of this folder",
    errno.EROFS: "mount this file system for writing",
    errno.EMFILE: "raise the limit of open files (LimitNOFILE, ulimit -n)",
    errno.ENFILE: "raise the system's limit of open files (fs.file-max)",
    errno.ENOENT: "see whether the folder is still there, then start postbus again",
}
_ANY_REMEDY = "see the kernel log for the device, then try again"
# What a file system answers that knows no limit of files (Btrfs).
_UNLIMITED = 2**62


class Files(Protocol):
    """What journal and blobs ask of a file system."""

    def open(self, path: Path, flags: int) -> int: ...
    def close(self, fd: int) -> None: ...
    def lock(self, fd: int, *, shared: bool = False, wait: bool = False) -> bool: ...
    def size(self, fd: int) -> int: ...
    def read_at(self, fd: int, octets: int, offset: int) -> bytes: ...
    def write(self, fd: int, octets: Octets) -> None: ...
    def write_at(self, fd: int, buffers: Sequence[Octets], offset: int) -> None: ...
    def allocate(self, fd: int, octets: int) -> None: ...
    def truncate(self, fd: int, octets: int) -> None: ...
    def sync(self, fd: int) -> None: ...
    def sync_data(self, fd: int) -> None: ...
    def sync_folder(self, folder: Path) -> None: ...
    def make_folder(self, folder: Path) -> bool: ...
    def spread(self, folder: Path) -> None: ...
    def remove_folder(self, folder: Path) -> None: ...
    def names(self, folder: Path) -> list[str]: ...
    def rename(self, source: Path, target: Path) -> None: ...
    def link(self, source: Path, target: Path) -> None: ...
    def unlink(self, path: Path) -> None: ...
    def touch(self, path: Path) -> None: ...
    def has_name(self, fd: int) -> bool: ...
    def free(self, folder: Path) -> int: ...
    def free_files(self, folder: Path) -> int: ...


class RealFiles:
    """The kernel's files. Made files are readable by their owner only: they hold other people's mail."""

    def open(self, path: Path, flags: int) -> int:
        """Open with O_CLOEXEC; files made are 0600."""
        return os.open(path, flags | os.O_CLOEXEC, 0o600)

    def close(self, fd: int) -> None:
        """Close a descriptor; nothing is synced by it."""
        os.close(fd)

    def lock(self, fd: int, *, shared: bool = False, wait: bool = False) -> bool:
        """Take the whole-file lock (flock: it dies with the process); False when somebody else holds it."""
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(fd, how)
        except BlockingIOError:
            return False
        return True

    def size(self, fd: int) -> int:
        """Length in octets."""
        return os.fstat(fd).st_size

    def read_at(self, fd: int, octets: int, offset: int) -> bytes:
        """Up to `octets` octets at `offset`; fewer only at the end of the file."""
        found = os.pread(fd, octets, offset)
        while len(found) < octets:
            more = os.pread(fd, octets - len(found), offset + len(found))
            if not more:
                break
            found += more
        return found

    def write(self, fd: int, octets: Octets) -> None:
        """Write all of it at the descriptor's position."""
        view = memoryview(octets)
        while view:
            view = view[os.write(fd, view) :]

    def write_at(self, fd: int, buffers: Sequence[Octets], offset: int) -> None:
        """Write all buffers, one behind the other, at `offset`; at most MAX_BUFFERS of them."""
        wanted = sum(map(len, buffers))
        written = os.pwritev(fd, buffers, offset)
        if written < wanted:
            rest = memoryview(b"".join(buffers))[written:]
            while rest:
                offset, written = offset + written, os.pwrite(fd, rest, offset + written)
                rest = rest[written:]

    def allocate(self, fd: int, octets: int) -> None:
        """Reserve room for the first `octets` octets, as zeros."""
        os.posix_fallocate(fd, 0, octets)

    def truncate(self, fd: int, octets: int) -> None:
        """Cut (or stretch) to a length."""
        os.ftruncate(fd, octets)

    def sync(self, fd: int) -> None:
        """Data and metadata are on the medium when this returns."""
        os.fsync(fd)

    def sync_data(self, fd: int) -> None:
        """Data, and the metadata needed to read it, are on the medium when this returns."""
        os.fdatasync(fd)

    def sync_folder(self, folder: Path) -> None:
        """The entries of a folder are on the medium when this returns."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def make_folder(self, folder: Path) -> bool:
        """Make one folder, 0700; False when it stood already."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return False
        return True

    def spread(self, folder: Path) -> None:
        """Ask ext4 to lay what is made below this folder out over the disk; other file systems need no such hint.

        ext4 looks for a free inode near the folder and passes over those freed in the last minutes one by one: beside
        files that come and go (a mail queue), making one took 0.4 ms of processor time instead of 0.02.
        """
        flags = bytearray(8)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, _GET_FLAGS, flags)
            fcntl.ioctl(fd, _SET_FLAGS, (int.from_bytes(flags, "little") | _TOP_FOLDER).to_bytes(8, "little"))
        except OSError:
            return
        finally:
            os.close(fd)

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder."""
        folder.rmdir()

    def names(self, folder: Path) -> list[str]:
        """Names in a folder, sorted; none when it does not exist."""
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, not paths: half the cost
        except FileNotFoundError:
            return []

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name, in place of what has that name."""
        os.replace(source, target)  # noqa: PTH105 - one call, no new Path

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name."""
        os.link(source, target)

    def unlink(self, path: Path) -> None:
        """Take a name away; that it was gone already is no error."""
        path.unlink(missing_ok=True)

    def touch(self, path: Path) -> None:
        """Set the time of last change to now."""
        os.utime(path)

    def has_name(self, fd: int) -> bool:
        """Whether an open file can still be found by a name: one without is gone when it is closed."""
        return os.fstat(fd).st_nlink > 0

    def free(self, folder: Path) -> int:
        """Octets that an unprivileged process may still write."""
        state = os.statvfs(folder)
        return state.f_bavail * state.f_frsize

    def free_files(self, folder: Path) -> int:
        """How many files (inodes) an unprivileged process may still make."""
        state = os.statvfs(folder)
        return state.f_favail if state.f_files else _UNLIMITED


REAL: Files = RealFiles()


def as_failure(error: OSError, what: str) -> TemporaryFailure:
    """Word an operating system's refusal: `what` says which thing could not be done."""
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return NoRoom(f"{what}: {reason}; free some space (df) or files (df -i) on this file system")
    return TemporaryFailure(f"{what}: {reason}; {_REMEDIES.get(error.errno or 0, _ANY_REMEDY)}")
