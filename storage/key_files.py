"""The files that hold the keys of secrets: read, made, taken away; whole and synced, or not there at all.

One line a key, `postbus-key NUMBER ID BASE64`, in <data>/keys/ID.key (0600, folder 0700) or, several below each other,
in systemd's credential `postbus-keys`. The id is a digest of the key: a damaged file is told from a wrong one.
Never logs, never shows a key. Raises Damaged, Invalid (others can read a key), TemporaryFailure.
"""

import base64
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from storage.failures import Damaged, Invalid
from storage.files import Files, as_failure

CREDENTIAL = "postbus-keys"
KEY_OCTETS = 32
LARGEST_FILE = 65_536  # octets
_WORD = "postbus-key"
_SUFFIX = ".key"
_DRAFT = ".new-"
_LOCK = ".lock"
_READABLE_BY_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Key:
    """A key. The one with the highest number seals what is new."""

    number: int
    id: str  # 16 hexadecimal characters
    octets: bytes = field(repr=False)


def key_folder(data: Path) -> Path:
    """Where the keys of a data folder are."""
    return data / "keys"


def given_keys(environment: Mapping[str, str]) -> list[Key]:
    """The keys in systemd's credential (LoadCredential=postbus-keys:...); none without it. Raises Damaged."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / CREDENTIAL if folder else None
    try:
        return _parse(file.read_text("ascii"), file) if file and file.exists() else []
    except UnicodeDecodeError as error:
        raise Damaged(f"{file}: not a list of keys; restore it from its backup") from error
    except OSError as error:
        raise as_failure(error, f"{file}: keys could not be read") from error


def read_keys(folder: Path, files: Files) -> list[Key]:
    """The keys in a folder; none when it is not there. What is given back survives a power cut."""
    with _worded(folder):
        names = [name for name in files.names(folder) if name.endswith(_SUFFIX)]
        found = [key for name in names for key in _read(folder / name, files)]
        if found:  # another process may have made one this moment
            files.sync_folder(folder)
        return found


def make_key(folder: Path, numbers: Iterable[int], files: Files) -> Key:
    """A new key with a number above `numbers`, synced before anybody can use it. Called with the folder held."""
    octets = secrets.token_bytes(KEY_OCTETS)
    key = Key(max(numbers, default=0) + 1, _id_of(octets), octets)
    line = f"{_WORD} {key.number} {key.id} {base64.b64encode(octets).decode()}\n"
    draft = folder / f"{_DRAFT}{secrets.token_hex(8)}"
    with _worded(folder):
        fd = files.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            _give_to_owner(draft, folder)
            files.write(fd, line.encode())
            files.sync(fd)
        finally:
            files.close(fd)
        files.rename(draft, folder / f"{key.id}{_SUFFIX}")
        files.sync_folder(folder)
    return key


def remove_keys(folder: Path, key_ids: Iterable[str], files: Files) -> list[str]:
    """Take these keys away, those that are in the folder; returns which were. Called with the folder held."""
    with _worded(folder):
        there = set(files.names(folder))
        gone = [key_id for key_id in key_ids if f"{key_id}{_SUFFIX}" in there]
        for key_id in gone:
            files.unlink(folder / f"{key_id}{_SUFFIX}")
        if gone:
            files.sync_folder(folder)
        return gone


@contextmanager
def folder_held(data: Path, files: Files) -> Iterator[Path]:
    """The key folder, made if need be, held by nobody else for the time of the block."""
    folder = key_folder(data)
    with _worded(folder):
        files.make_folder(folder)
        _give_to_owner(folder, data)
        files.sync_folder(data)  # whoever made it may not have come to this
        lock = files.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
        _give_to_owner(folder / _LOCK, folder)
    try:
        with _worded(folder):
            files.lock(lock, wait=True)
            for name in files.names(folder):
                if name.startswith(_DRAFT):  # of somebody who was killed
                    files.unlink(folder / name)
        yield folder
    finally:
        files.close(lock)


def _give_to_owner(made: Path, folder: Path) -> None:
    """What root makes in the folder of whoever runs postbus must be theirs: they could not read it otherwise."""
    if os.geteuid() == 0:
        owner = folder.stat()
        # Never what a link points to: the owner of the folder could have put it there.
        os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _read(file: Path, files: Files) -> list[Key]:
    try:
        fd = files.open(file, os.O_RDONLY)
    except FileNotFoundError:  # taken away since the folder was listed
        return []
    try:
        if os.fstat(fd).st_mode & _READABLE_BY_OTHERS:
            raise Invalid(f"{file}: others may read this key; `chmod 600 {file}`, and rotate it if somebody did")
        octets = files.read_at(fd, LARGEST_FILE, 0)
    finally:
        files.close(fd)
    return _parse(octets.decode("ascii", "replace"), file)


def _parse(text: str, file: Path) -> list[Key]:
    return [_key_of(line, file) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _key_of(line: str, file: Path) -> Key:
    try:
        word, number, key_id, encoded = line.split()
        octets = base64.b64decode(encoded, validate=True)
        key = Key(int(number), key_id, octets)
    except ValueError:
        # Not chained: the error's text would quote the key.
        raise Damaged(f"{file}: not a key of postbus; restore it from its backup") from None
    if word != _WORD or len(octets) != KEY_OCTETS or key_id != _id_of(octets):
        raise Damaged(f"{file}: the key in it is damaged; restore it from its backup")
    return key


def _id_of(octets: bytes) -> str:
    return sha256(b"postbus key id " + octets).hexdigest()[:16]


@contextmanager
def _worded(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise as_failure(error, f"{folder}: the keys of secrets could not be read or written") from error
