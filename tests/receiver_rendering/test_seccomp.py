"""The filter as octets, executed here instruction by instruction, for machines that this one is not."""

import errno
import struct
from dataclasses import dataclass

import pytest

from receiver.rendering.reasons import NotRendered
from receiver.rendering.seccomp import ARCHITECTURES, compiled

ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
I386, X32_BIT = 0x40000003, 0x40000000
ANONYMOUS, PRIVATE = 0x20, 0x02
READ, WRITE, EXECUTE = 1, 2, 4
# What glibc passes for a thread, and what fork(3) does.
THREAD, FORK = 0x3D0F00, 0x01200011


@dataclass(frozen=True)
class Machine:
    """How a kernel names itself and numbers its calls."""

    name: str
    audit: int
    calls: dict[str, int]


MACHINES = {
    "x86_64": Machine(
        "x86_64",
        0xC000003E,
        {
            "read": 0, "openat": 257, "execve": 59, "mmap": 9, "mprotect": 10, "clone": 56, "clone3": 435, "socket": 41,
            "socketpair": 53, "connect": 42, "ptrace": 101, "kill": 62, "tgkill": 234, "mount": 165, "unshare": 272,
            "bpf": 321, "keyctl": 250, "io_uring_setup": 425, "fcntl": 72, "ioctl": 16, "prctl": 157, "prlimit64": 302,
            "fchmodat": 268, "truncate": 76, "process_vm_readv": 310, "userfaultfd": 323, "memfd_create": 319,
            "pkey_mprotect": 329, "personality": 135, "seccomp": 317, "perf_event_open": 298,
        },
    ),
    "aarch64": Machine(
        "aarch64",
        0xC00000B7,
        {
            "read": 63, "openat": 56, "execve": 221, "mmap": 222, "mprotect": 226, "clone": 220, "clone3": 435,
            "socket": 198, "socketpair": 199, "connect": 203, "ptrace": 117, "kill": 129, "tgkill": 131, "mount": 40,
            "unshare": 97, "bpf": 280, "keyctl": 219, "io_uring_setup": 425, "fcntl": 25, "ioctl": 29, "prctl": 167,
            "prlimit64": 261, "fchmodat": 53, "truncate": 45, "process_vm_readv": 270, "userfaultfd": 282,
            "memfd_create": 279, "pkey_mprotect": 288, "personality": 92, "seccomp": 277, "perf_event_open": 241,
        },
    ),
}  # fmt: skip

NEVER = """
    bpf clone3 connect fchmodat io_uring_setup keyctl kill memfd_create mount perf_event_open personality ptrace
    process_vm_readv seccomp tgkill truncate unshare userfaultfd
    """.split()  # noqa: SIM905 - reads better than a column of quoted words


def refused(number: int) -> int:
    """The action that answers with this error."""
    return 0x00050000 | number


def answer_to(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What a kernel does about a call: bpf(4)'s classic machine on struct seccomp_data."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    while True:
        code, when_true, when_false, k = instructions[at]
        at += 1
        match code:
            case 0x20:  # load a word
                (accumulator,) = struct.unpack_from("<I", data, k)
            case 0x54:  # and
                accumulator &= k
            case 0x05:  # jump
                at += k
            case 0x15:
                at += when_true if accumulator == k else when_false
            case 0x25:
                at += when_true if accumulator > k else when_false
            case 0x35:
                at += when_true if accumulator >= k else when_false
            case 0x45:
                at += when_true if accumulator & k else when_false
            case 0x06:
                return k
            case _:
                raise AssertionError(f"an instruction of another kind: {code:#x}")


@pytest.fixture(params=MACHINES)
def asked(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """What becomes of a call by name with these arguments, on each machine."""
    machine = MACHINES[request.param]
    program = compiled(machine.name)
    return lambda call, *arguments: answer_to(program, machine.audit, machine.calls[call], *arguments)


@pytest.mark.parametrize("call", ["read", "openat", "execve"])
def test_what_a_page_needs_is_allowed(call: str, asked) -> None:  # type: ignore[no-untyped-def]
    """Files, memory and time; where a file lies is not this filter's business."""
    assert asked(call) == ALLOW


@pytest.mark.parametrize("family", [1, 2, 10, 16, 17, 38, 40])
def test_there_is_no_socket_of_any_family(family: int, asked) -> None:  # type: ignore[no-untyped-def]
    """Unix, IPv4, IPv6, netlink, packet, alg, vsock: the machine has no such family."""
    assert asked("socket", family, 1) == refused(errno.EAFNOSUPPORT)
    assert asked("socketpair", family, 1) == refused(errno.EAFNOSUPPORT)


@pytest.mark.parametrize("call", NEVER)
def test_what_a_page_never_needs_does_not_exist(call: str, asked) -> None:  # type: ignore[no-untyped-def]
    """ENOSYS, as on an old kernel: libraries fall back, which glibc must do for clone3."""
    assert asked(call) == refused(errno.ENOSYS)


def test_threads_may_start_and_nothing_else(asked) -> None:  # type: ignore[no-untyped-def]
    """No process, no namespace, also not one that calls itself a thread."""
    assert asked("clone", THREAD) == ALLOW
    for flags in (FORK, 0x11, THREAD | 0x10000000, THREAD | 0x00020000, THREAD & ~0x00010000, THREAD | 0x4000):
        assert asked("clone", flags) == refused(errno.ENOSYS), hex(flags)


def test_memory_is_never_written_and_executed(asked) -> None:  # type: ignore[no-untyped-def]
    """Not at once, not one after the other, not without a file; libraries are mapped all the same."""
    no = refused(errno.EPERM)
    assert asked("mmap", 0, 4096, READ | EXECUTE, PRIVATE) == ALLOW
    assert asked("mmap", 0, 4096, READ | WRITE, PRIVATE | ANONYMOUS) == ALLOW
    assert asked("mmap", 0, 4096, READ | WRITE | EXECUTE, PRIVATE) == no
    assert asked("mmap", 0, 4096, READ | WRITE | EXECUTE, PRIVATE | ANONYMOUS) == no
    assert asked("mmap", 0, 4096, READ | EXECUTE, PRIVATE | ANONYMOUS) == no
    for call in ("mprotect", "pkey_mprotect"):
        assert asked(call, 0, 4096, READ | WRITE) == ALLOW
        assert asked(call, 0, 4096, READ | EXECUTE) == no


def test_no_descriptor_can_be_made_to_signal(asked) -> None:  # type: ignore[no-untyped-def]
    """F_SETOWN, F_SETSIG, FIOSETOWN send signals to any process of the same user; TIOCSTI types into a terminal."""
    assert asked("fcntl", 5, 3) == ALLOW  # F_GETFL
    assert asked("ioctl", 5, 0x5401) == ALLOW  # TCGETS
    for command in (8, 10, 15):
        assert asked("fcntl", 5, command) == refused(errno.ENOSYS)
    for request in (0x8901, 0x5412, 0x541C):
        assert asked("ioctl", 5, request) == refused(errno.ENOSYS)


def test_limits_and_privileges_stay_as_they_are(asked) -> None:  # type: ignore[no-untyped-def]
    """Limits may be read; prctl(2) names a thread and no more."""
    assert asked("prlimit64", 0, 3, 0, 0x7000) == ALLOW
    assert asked("prlimit64", 0, 3, 0x7000, 0) == refused(errno.ENOSYS)
    assert asked("prlimit64", 1, 3, 0, 0x7000) == refused(errno.ENOSYS)
    assert asked("prctl", 15, 0x7000) == ALLOW
    assert asked("prctl", 4, 1) == refused(errno.ENOSYS)  # PR_SET_DUMPABLE


def test_calls_of_another_abi_end_the_process() -> None:
    """i386 and x32 number their calls otherwise: 102 is socketcall(2) there."""
    program = compiled("x86_64")

    assert answer_to(program, I386, 102) == KILL_PROCESS
    assert answer_to(program, MACHINES["x86_64"].audit, X32_BIT | 41) == KILL_PROCESS
    assert answer_to(compiled("aarch64"), 0x40000028, 281) == KILL_PROCESS  # 32-bit ARM


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_every_architecture_has_a_filter(machine: str) -> None:
    """Whole instructions, and within the kernel's limit of 4096."""
    octets = len(compiled(machine))

    assert octets % 8 == 0
    assert 100 < octets // 8 <= 4096


def test_an_unknown_architecture_is_refused() -> None:
    """Rather than filtered by numbers that mean something else there."""
    with pytest.raises(NotRendered) as fault:
        compiled("s390x")

    assert fault.value.reason.code == "render_no_seccomp"
    assert "s390x" in str(fault.value.reason.params["detail"])
