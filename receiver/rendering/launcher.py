"""Start a program that has given up everything but what it is told here: the sandbox where bubblewrap is not permitted.

Run as `python -m receiver.rendering.launcher ORDER PROGRAM ARGUMENT...`. ORDER is JSON: {filter: path of the compiled
filter, folder: to work in, grants: {right: [path]}, environment: of the program, abi: see landlock.restrict}.
Closes descriptors, drops capabilities, has landlock take away all files but those granted and seccomp all calls but
those allowed, then becomes the program. What does not succeed ends it with one line: the program never runs with less.
Needs the standard library alone.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

from receiver.rendering import landlock

REFUSED = 125
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_PR_CAPBSET_DROP, _LAST_CAPABILITY = 24, 63
_CAPABILITY_VERSION_3 = 0x20080522
_OCTETS_OF_AN_INSTRUCTION = 8
_FIRST_DESCRIPTOR, _MOST_DESCRIPTORS = 3, 1024**2

RIGHTS = {
    "run": landlock.RUNNABLE,
    "list": landlock.READ_DIR,
    "read": landlock.READABLE,
    "write": landlock.WRITE_FILE,
    "fill": landlock.FILLABLE,
    "keep": landlock.KEEPABLE,
}

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def main(arguments: list[str]) -> None:
    """Confine this process, then become the program. `arguments`: as above."""
    order = json.loads(arguments[0])
    instructions = Path(order["filter"]).read_bytes()
    grants = [(Path(path), RIGHTS[right]) for right, paths in order["grants"].items() for path in paths]
    os.chdir(order["folder"])
    os.closerange(_FIRST_DESCRIPTOR, _MOST_DESCRIPTORS)
    _drop_capabilities()
    landlock.restrict(grants, order.get("abi", 0))
    _filter_calls(instructions)
    os.execve(arguments[1], arguments[1:], order["environment"])  # noqa: S606 - that is what it is for


def _drop_capabilities() -> None:
    """Also those that root would get back by running a program."""
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # EPERM without privileges: then there is none to drop
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    _must(_libc.capset(header, none))


def _filter_calls(instructions: bytes) -> None:
    program = _Program(len(instructions) // _OCTETS_OF_AN_INSTRUCTION, instructions)
    _must(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


def _must(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        # Beyond this point stderr is read by the proof alone, which repeats the line to the operator.
        sys.stderr.write(f"landlock: {error.strerror or error}{f': {error.filename}' if error.filename else ''}\n")
        sys.exit(REFUSED)
