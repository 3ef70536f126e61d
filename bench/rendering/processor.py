"""The processor time of this process and of all that it has started, dead ones included.

Browsers leave children behind that nobody waits for: we adopt them (prctl(2), PR_SET_CHILD_SUBREAPER), and their time
counts when they end.
"""

import ctypes
import os
import resource
from collections.abc import Container
from contextlib import suppress

from bench.server import processes_below, processor_seconds

_SUBREAPER = 36


def adopt_orphans() -> None:
    """From now on orphans of our children are ours."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def reap_orphans(known: Container[int] = ()) -> None:
    """Let those that have ended go; not those that somebody here still waits for."""
    with suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in known:
                return
            os.waitpid(ended.si_pid, 0)


def used_seconds() -> float:
    """User and system time so far: ours, of children that have ended, and of all below us that live."""
    ours = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    living = [pid for pid, _ in processes_below(os.getpid(), "bench") if pid != os.getpid()]
    return sum(usage.ru_utime + usage.ru_stime for usage in ours) + sum(processor_seconds(pid) for pid in living)
