"""Landlock, by its three system calls: what a process may open from here on, itself and whatever it becomes.

Handles every right that the running kernel knows, so that what is not granted is refused. Kernels before 6.7 (ABI 4)
know files only: network and signals are held by the seccomp filter, which always stands beside this. Covers opening,
not looking: whether a path exists, and how large it is, stays to be seen.
Needs the standard library alone. Raises OSError.
Standard: landlock(7).
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

# The same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_FILE, MAKE_REG, TRUNCATE = 1 << 5, 1 << 8, 1 << 14
# Number of the newest right to files, by ABI; those after ABI 5 are still the same.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_RIGHTS = 0b11  # bind, connect; ABI 4
_SCOPES = 0b11  # abstract sockets, signals; ABI 6
# What may be granted for something that is not a folder.
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

READABLE = READ_FILE | READ_DIR
RUNNABLE = READ_FILE | EXECUTE
# Files in one folder: nothing can be removed, so that what was written can be counted; no links, folders, devices.
FILLABLE = READABLE | WRITE_FILE | MAKE_REG | TRUNCATE
# The same, and files can be replaced.
KEEPABLE = FILLABLE | REMOVE_FILE

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The ABI of this kernel's landlock. OSError: ENOSYS when it has none, EOPNOTSUPP when it is switched off."""
    return _call(_CREATE_RULESET, None, 0, _ASK_VERSION)


def restrict(grants: Iterable[tuple[Path, int]], abi: int = 0) -> None:
    """Leave this process nothing but what is granted: rights beneath a folder, or to a file. For good.

    `abi`: at most this one, as if the kernel were older; 0: as new as the kernel is.
    """
    abi = min(abi or 99, version())
    handled = (1 << _FILE_RIGHTS[min(abi, 5)]) - 1
    words = [handled]
    if abi >= 4:
        words.append(_NETWORK_RIGHTS)
    if abi >= 6:
        words.append(_SCOPES)
    attributes = struct.pack(f"={len(words)}Q", *words)
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path, rights in grants:
            _grant(ruleset, path, rights & handled)
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise _fault()
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _grant(ruleset: int, path: Path, rights: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= _OF_A_FILE
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, beneath), 0)
    finally:
        os.close(beneath)


def _call(number: int, *arguments: bytes | int | None) -> int:
    # Each argument of syscall(2) is a long: an int of ctypes would leave the upper half to chance.
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        raise _fault()
    return result


def _fault() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
