"""The catalogue in force, compiled once on a machine and mapped by every process that decides.

A file of the data folder, named after what it was made of: the version's octets and the program that compiled them. It
is written aside and renamed, so nobody maps half of one. Not worth keeping: where it cannot be written or read, the
process that needs it compiles for itself. Raises nothing.
"""

import hashlib
import mmap
import os
import secrets
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import rules
from rules.catalogue_package import catalogue_of
from rules.index import RuleIndex, pack

_OLD_SECONDS = 24 * 3600.0


def open_index(folder: Path | None, payload: bytes) -> RuleIndex:
    """The index of a kept catalogue, from the folder where another process has made it, else made here."""
    path = folder / f"catalogue-{_digest(payload)}.index" if folder else None
    if path is not None:
        with suppress(OSError, ValueError, KeyError):
            return _mapped(path)
    catalogue = catalogue_of(payload)
    octets = pack(catalogue.standards, catalogue.version)
    if path is not None:
        with suppress(OSError, ValueError, KeyError):  # a full disk, above all: mail is decided all the same
            _write(path, octets)
            return _mapped(path)
    return RuleIndex(octets)


def _mapped(path: Path) -> RuleIndex:
    with path.open("rb") as file:
        return RuleIndex(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def _write(path: Path, octets: bytes) -> None:
    partial = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave a name without its octets
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    for each in path.parent.glob("catalogue-*"):
        if each != path and each.stat().st_mtime < time.time() - _OLD_SECONDS:
            each.unlink(missing_ok=True)


def _digest(payload: bytes) -> str:
    return hashlib.sha256(_program() + payload).hexdigest()[:32]


@cache
def _program() -> bytes:
    """What an upgrade changes: an index of another program may be laid out, or folded, in another way."""
    sources = sorted(Path(rules.__file__).parent.rglob("*.py"))
    return b"".join(hashlib.sha256(each.read_bytes()).digest() for each in sources)
