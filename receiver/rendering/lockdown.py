"""Take from this process whatever it does not need to work on octets that it is handed: for the rest of its life.

After this it may read and write what is open already, have memory and end; it opens no file and no socket, starts
nothing, and no memory becomes code. A list of what is allowed, on the two architectures that are served; elsewhere it
refuses. Imports must be done before. Raises LockdownRefused.
Standard: seccomp(2) with a filter, prctl(2); system call numbers from asm/unistd_64.h and asm-generic/unistd.h.
"""

import ctypes
import os
import platform
import resource
import struct
from dataclasses import dataclass

_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

# name: (x86_64, aarch64)
_ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "setitimer": (38, 103),
    "getpid": (39, 172),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "exit": (60, 93),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "ppoll": (271, 73),
    "getrandom": (318, 278),
}
_ONLY_ON_X86_64 = {"poll": 7}
# Their third argument says what the memory may be; code is never among it.
_MEMORY = {"mmap": (9, 222), "mprotect": (10, 226)}
_PROT_EXEC = 4
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _IF_EQUAL, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_KILL, _ALLOW, _REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | 1  # EPERM
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32  # offsets in struct seccomp_data


class LockdownRefused(Exception):
    """This kernel, or this architecture, does not let a process lock itself in."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one process may use in its whole life."""

    memory_octets: int
    processor_seconds: int


def lock_down(allowance: Allowance) -> None:
    """From here on this process computes, and talks over what is open."""
    _limit(resource.RLIMIT_AS, allowance.memory_octets)
    _limit(resource.RLIMIT_CPU, allowance.processor_seconds)
    for which in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        _limit(which, 0)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    code = filter_for(platform.machine())
    octets = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(octets))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(program))


def filter_for(machine: str) -> bytes:
    """The filter as a program of struct sock_filter."""
    if machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        raise LockdownRefused(f"no list of system calls for {machine}")
    column, audited = _ARCHITECTURES[machine]
    allowed = [numbers[column] for numbers in _ALLOWED.values()]
    allowed += list(_ONLY_ON_X86_64.values()) if machine == "x86_64" else []
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_IF_EQUAL, audited, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    for number in allowed:
        steps += [_step(_IF_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    for numbers in _MEMORY.values():
        steps += [
            _step(_IF_EQUAL, numbers[column], 0, 4),
            _step(_LOAD, _THIRD_ARGUMENT),
            _step(_IF_ANY_BIT, _PROT_EXEC, 1, 0),
            _step(_RETURN, _ALLOW),
            _step(_RETURN, _REFUSE),
        ]
    return b"".join([*steps, _step(_RETURN, _REFUSE)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _prctl(option: int, value: int, pointer: ctypes.c_char_p | None = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), pointer or ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise LockdownRefused(f"prctl({option}): {os.strerror(ctypes.get_errno())}")
