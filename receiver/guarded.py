"""Keep the memory of a process to itself: what it unsealed must not reach the disk when it crashes.

For every process that holds secrets or mail. Changes nothing for the processes that it starts but the size of their
core files, which is inherited. Raises OSError when the kernel refuses, which it does not.
Standards: prctl(2) PR_SET_DUMPABLE, core(5), getrlimit(2).
"""

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4


def leave_no_dump() -> None:
    """From now on no core dump of this process is made, and no other process of its user can read its memory."""
    # systemd-coredump and other programs behind a pipe heed no limit of size, only this (core(5)).
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
