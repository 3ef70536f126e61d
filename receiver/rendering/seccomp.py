"""The system calls that a process may make, compiled by the system's libseccomp for this machine's architecture.

Of wkhtmltopdf an allow-list: what is not named answers ENOSYS, so that libraries fall back. No socket of any family, no
process (only threads), no signal, no memory that can be written and executed, no change of anything's owner, mode or
times. It may be shared by every sandbox: nothing in it depends on paths or process ids. A call of another ABI ends the
process, whatever the list.
Raises NotRendered when the library is not there or does not know the architecture.
Standard: seccomp(2), seccomp_rule_add(3).
"""

import ctypes
import errno
import mmap
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from receiver.rendering.reasons import NotRendered

LIBRARY = "libseccomp.so.2"
# As uname(2) names them: libseccomp's name. Others pass clone(2) its flags elsewhere, or open sockets by socketcall(2).
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "aarch64", "riscv64": "riscv64"}

_KILL_PROCESS, _KILL_THREAD = 0x80000000, 0x00000000
ALLOW = 0x7FFF0000
_ATTRIBUTE_BAD_ARCHITECTURE = 2
_ATTRIBUTE_OPTIMIZE = 8
_BINARY_TREE = 2
_EQUAL = 4
_MASKED_EQUAL = 7

ALLOWED = """
    access arch_prctl brk chdir clock_getres clock_gettime clock_nanosleep close close_range dup dup2 dup3 eventfd2
    execve exit exit_group faccessat faccessat2 fallocate fdatasync fstat fstatfs fsync ftruncate futex getcwd
    getdents64 getegid geteuid getgid getpgrp getpid getppid getrandom getresgid getresuid getrusage gettid gettimeofday
    getuid link linkat lseek lstat madvise membarrier mkdir mkdirat mremap munmap nanosleep newfstatat open openat pipe2
    poll ppoll pread64 preadv pselect6 pwrite64 pwritev read readlink readlinkat readv rename renameat renameat2
    restart_syscall riscv_flush_icache riscv_hwprobe rmdir rseq rt_sigaction rt_sigprocmask rt_sigreturn
    sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam sched_getscheduler sched_yield select
    set_robust_list set_tid_address sigaltstack stat statfs statx sysinfo time times umask uname unlink unlinkat wait4
    write writev
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
WITHOUT_NETWORK = ("socket", "socketpair")

# clone(2): a thread and nothing else; clone3(2) hides its flags in memory, so it does not exist and glibc falls back.
_CLONE_THREAD = 0x00010000
_CLONE_VFORK = 0x00004000
_CLONE_PTRACE = 0x00002000
_CLONE_NEW_NAMESPACES = 0x7E020080
_MAP_ANONYMOUS = mmap.MAP_ANONYMOUS
_PROT_WRITE_EXEC = mmap.PROT_WRITE | mmap.PROT_EXEC
# PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ (libcap, while it is loaded).
_PRCTL = (15, 16, 23)
# F_DUPFD to F_SETLKW without F_SETOWN and F_SETSIG, which send signals; F_OFD_GETLK to F_OFD_SETLKW; F_DUPFD_CLOEXEC.
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)
# TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: not FIOSETOWN, nor what types into a terminal (TIOCSTI).
_IOCTL = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def equals(argument: int, value: int) -> Comparison:
    """The argument of this number is this value."""
    return Comparison(argument, _EQUAL, value, 0)


def has_bits(argument: int, mask: int, value: int) -> Comparison:
    """Of its bits in `mask`, exactly those of `value` are set."""
    return Comparison(argument, _MASKED_EQUAL, mask, value)


def refusal(number: int) -> int:
    """The action that answers with this error."""
    return 0x00050000 | number


class Rule(NamedTuple):
    """What becomes of one call when all comparisons hold; of those that hold no rule, the default."""

    call: str
    action: int
    comparisons: tuple[Comparison, ...] = ()


def of_wkhtmltopdf() -> Iterator[Rule]:
    """What a page is allowed."""
    yield from (Rule(call, ALLOW) for call in ALLOWED)
    yield from (Rule(call, refusal(errno.EAFNOSUPPORT)) for call in WITHOUT_NETWORK)
    not_a_thread = _CLONE_VFORK | _CLONE_PTRACE | _CLONE_NEW_NAMESPACES
    yield Rule("clone", ALLOW, (has_bits(0, _CLONE_THREAD | not_a_thread, _CLONE_THREAD),))
    yield from _memory_rules()
    yield Rule("prlimit64", ALLOW, (equals(0, 0), equals(2, 0)))  # its own, to read
    yield from (Rule("prctl", ALLOW, (equals(0, option),)) for option in _PRCTL)
    yield from (Rule("fcntl", ALLOW, (equals(1, command),)) for command in _FCNTL)
    yield from (Rule("ioctl", ALLOW, (equals(1, request),)) for request in _IOCTL)


def _memory_rules() -> Iterator[Rule]:
    """Executable memory comes from a file, and is never writable: not at once, and not one after the other."""
    executable, refused = mmap.PROT_EXEC, refusal(errno.EPERM)
    yield Rule("mmap", ALLOW, (has_bits(2, executable, 0),))
    yield Rule("mmap", ALLOW, (has_bits(2, _PROT_WRITE_EXEC, executable), has_bits(3, _MAP_ANONYMOUS, 0)))
    yield Rule("mmap", refused, (has_bits(2, _PROT_WRITE_EXEC, _PROT_WRITE_EXEC),))
    yield Rule(
        "mmap", refused, (has_bits(2, _PROT_WRITE_EXEC, executable), has_bits(3, _MAP_ANONYMOUS, _MAP_ANONYMOUS))
    )
    for call in ("mprotect", "pkey_mprotect"):
        yield Rule(call, ALLOW, (has_bits(2, executable, 0),))
        yield Rule(call, refused, (has_bits(2, executable, executable),))


def compiled(machine: str = "", rules: Iterable[Rule] | None = None, otherwise: int = errno.ENOSYS) -> bytes:
    """The filter as the kernel takes it (struct sock_filter, in the order of execution).

    `machine`: as uname(2) names it; empty: this one. `rules`: those of wkhtmltopdf unless given. `otherwise`: the
    error that every other call answers.
    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise NotRendered("render_no_seccomp", detail=f"{machine}: {os.strerror(errno.ENOSYS)}")
    library = _library()
    with _context(library, machine, refusal(otherwise)) as context:
        for rule in of_wkhtmltopdf() if rules is None else rules:
            _add(library, context, rule)
        return _exported(library, context)


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise NotRendered("render_no_seccomp", detail=f"{LIBRARY}: {os.strerror(errno.ENOENT)}") from error
    pointer, number = ctypes.c_void_p, ctypes.c_uint32
    library.seccomp_init.restype = pointer
    library.seccomp_init.argtypes = (number,)
    library.seccomp_release.argtypes = (pointer,)
    library.seccomp_attr_set.argtypes = (pointer, ctypes.c_int, number)
    library.seccomp_arch_native.restype = number
    library.seccomp_arch_resolve_name.restype = number
    library.seccomp_arch_add.argtypes = library.seccomp_arch_remove.argtypes = (pointer, number)
    library.seccomp_rule_add_array.argtypes = (pointer, number, ctypes.c_int, ctypes.c_uint, pointer)
    library.seccomp_export_bpf.argtypes = (pointer, ctypes.c_int)
    return library


@contextmanager
def _context(library: ctypes.CDLL, machine: str, otherwise: int) -> Iterator[int]:
    context = library.seccomp_init(otherwise)
    if not context:
        raise NotRendered("render_no_seccomp", detail=os.strerror(errno.ENOMEM))
    try:
        architecture = library.seccomp_arch_resolve_name(ARCHITECTURES[machine].encode())
        if architecture != library.seccomp_arch_native():
            _must(library.seccomp_arch_add(context, architecture))
            _must(library.seccomp_arch_remove(context, library.seccomp_arch_native()))
        if library.seccomp_attr_set(context, _ATTRIBUTE_BAD_ARCHITECTURE, _KILL_PROCESS) < 0:
            # The kernel is older than 4.14, or seccomp(2), by which the library asks it, is not permitted to us.
            _must(library.seccomp_attr_set(context, _ATTRIBUTE_BAD_ARCHITECTURE, _KILL_THREAD))
        # A search instead of a walk through the list; libseccomp before 2.5 only walks.
        library.seccomp_attr_set(context, _ATTRIBUTE_OPTIMIZE, _BINARY_TREE)
        yield context
    finally:
        library.seccomp_release(context)


def _add(library: ctypes.CDLL, context: int, rule: Rule) -> None:
    number = library.seccomp_syscall_resolve_name(rule.call.encode())
    if number == -1:  # newer than this library: it stays with the default
        return
    comparisons: Sequence[Comparison] = rule.comparisons
    array = (Comparison * len(comparisons))(*comparisons)
    _must(library.seccomp_rule_add_array(context, rule.action, number, len(comparisons), array))


def _exported(library: ctypes.CDLL, context: int) -> bytes:
    with tempfile.TemporaryFile(buffering=0) as file:
        _must(library.seccomp_export_bpf(context, file.fileno()))
        file.seek(0)
        return file.read()


def _must(result: int) -> None:
    if result < 0:
        raise NotRendered("render_no_seccomp", detail=f"{LIBRARY}: {os.strerror(-result)}")
