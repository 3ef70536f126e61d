"""Take from this process whatever it does not need to work on octets that it is handed: for the rest of its life.

After this it may read and write what is open already, have memory and end; it opens no file and no socket, starts
nothing, and no memory becomes code. A list of what is allowed; where no filter can be made of it, it refuses. Imports
must be done before. Raises LockdownRefused.
Standard: seccomp(2) with a filter, prctl(2).
"""

import ctypes
import errno
import mmap
import os
import resource
import struct
from dataclasses import dataclass

from receiver.rendering.reasons import NotRendered
from receiver.rendering.seccomp import ALLOW, Rule, compiled, has_bits

_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

_ALLOWED = """
    brk clock_gettime close exit exit_group fstat futex getpid getrandom getrusage gettid lseek madvise mremap munmap
    poll ppoll read recvfrom restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn sched_yield sendto setitimer write
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
# Their third argument says what the memory may be; code is never among it.
_MEMORY = ("mmap", "mprotect")


class LockdownRefused(Exception):
    """This kernel, or this architecture, does not let a process lock itself in."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one process may use in its whole life."""

    memory_octets: int
    processor_seconds: int


def lock_down(allowance: Allowance) -> None:
    """From here on this process computes, and talks over what is open."""
    code = filter_for()  # before the limits: it takes a file
    _limit(resource.RLIMIT_AS, allowance.memory_octets)
    _limit(resource.RLIMIT_CPU, allowance.processor_seconds)
    for which in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        _limit(which, 0)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    octets = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(octets))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(program))


def filter_for(machine: str = "") -> bytes:
    """The filter as a program of struct sock_filter. `machine`: as in seccomp.compiled."""
    rules = [Rule(call, ALLOW) for call in _ALLOWED]
    rules += [Rule(call, ALLOW, (has_bits(2, mmap.PROT_EXEC, 0),)) for call in _MEMORY]
    try:
        return compiled(machine, rules, errno.EPERM)
    except NotRendered as fault:
        raise LockdownRefused(str(fault.reason.params.get("detail"))) from fault


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _prctl(option: int, value: int, pointer: ctypes.c_char_p | None = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), pointer or ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise LockdownRefused(f"prctl({option}): {os.strerror(ctypes.get_errno())}")
