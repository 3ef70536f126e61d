"""Keep what this process knows out of core dumps and out of the reach of other processes of its user.

Passwords and tokens are in its memory. Standard: prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE.
"""

import ctypes
import resource

_PR_SET_DUMPABLE = 4


def leave_no_dump() -> None:
    """No core file, no ptrace, no /proc/PID/mem for others than root, from now on."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
