"""Secrets that the tests use, and the search for them in everything that a whole run left behind.

    password = secrecy.secret("alice's password")     # carries this run's mark
    secrecy.put_here(file)                             # the test itself wrote a secret into this file or folder

At the end of the run every file below its temporary folder (logs, traces, databases, journals, dumps, backups) and all
that tests printed or logged is searched for the mark: in clear, in base64 as SASL writes it, in UTF-16 and in hex,
within gzip too. A sealed row does not hold it. What is found fails the run, with the file's name.
"""

import base64
import gzip
import itertools
import os
import secrets
import zlib
from collections.abc import Iterator
from pathlib import Path

# A word that is no part of any other, the same in quoted-printable, in URLs and in JSON.
MARK = f"zq{secrets.token_hex(12)}qz"
_NUMBERS = itertools.count(1)
_CHUNK = 4 * 1024**2
_GZIP = b"\x1f\x8b"
_put_here: set[Path] = set()
_also: set[Path] = set()


def secret(what: str = "") -> str:
    """A new secret of printable ASCII: a password, a token, a code."""
    name = "".join(each if each.isascii() and each.isalnum() else "-" for each in what)
    return f"{MARK}-{next(_NUMBERS)}-{name}"


def put_here(path: Path) -> Path:
    """The test itself wrote a secret into this file, or gave it to a server that keeps it below this folder."""
    _put_here.add(path.resolve())
    return path


def also_search(folder: Path) -> Path:
    """What a test leaves in this folder, beyond the run's temporary one, is searched too."""
    _also.add(folder.resolve())
    return folder


def forms(mark: str = MARK) -> tuple[bytes, ...]:
    """The mark as it may stand in a file."""
    plain = mark.encode()
    # Three ways to stand in base64, by what stands before it; the first and last characters mix with the neighbours.
    in_base64 = [base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)]
    hexed = plain.hex().encode()
    return (plain, *in_base64, mark.encode("utf-16-le"), mark.encode("utf-16-be"), hexed, hexed.upper())


def is_in(octets: bytes) -> bool:
    """Whether a secret of this run stands in these octets."""
    return any(form in octets for form in _FORMS)


_FORMS = forms()
_OVERLAP = max(map(len, _FORMS)) - 1


def found_below(folder: Path) -> list[Path]:
    """Every file below a folder that holds a secret and has no business to."""
    return sorted(file for top in (folder, *_also) for file in _files(top) if not _is_excused(file) and _holds(file))


def _is_excused(file: Path) -> bool:
    resolved = file.resolve()
    return any(resolved == each or each in resolved.parents for each in _put_here)


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _holds(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == _GZIP
            file.seek(0)
            if any(map(is_in, _windows(file))):
                return True
        return is_packed and _holds_packed(path)
    except OSError:  # gone meanwhile, or not ours to read
        return False


def _holds_packed(path: Path) -> bool:
    try:
        with gzip.open(path) as file:
            return any(map(is_in, _windows(file)))
    except (EOFError, zlib.error):
        return False


def _windows(file: "gzip.GzipFile | object") -> Iterator[bytes]:
    """The file in pieces that overlap; empty space, of which journals have much, is passed over."""
    tail = b""
    while chunk := file.read(_CHUNK):  # type: ignore[attr-defined]
        if not chunk.strip(b"\0"):
            tail = b""
            continue
        yield tail + chunk
        tail = chunk[-_OVERLAP:]
