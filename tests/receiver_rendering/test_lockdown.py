"""A process that has locked itself in computes and talks over what is open, and does nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from receiver.rendering.lockdown import LockdownRefused, filter_for

ATTEMPTS = {
    "read a file": "open('/etc/hostname')",
    "write a file": "open('/tmp/postbus-canary', 'w')",
    "list a folder": "os.listdir('/')",
    "see a file": "os.stat('/etc/hostname')",
    "open a socket": "socket.socket()",
    "make a pair of sockets": "socket.socketpair()",
    "start a process": "os.fork()",
    "become a program": "os.execv('/bin/true', ['true'])",
    "kill its parent": "os.kill(os.getppid(), 0)",
    "make memory that runs": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
    "lift a limit": "resource.setrlimit(resource.RLIMIT_CPU, (9, 9))",
    "trace itself": "libc.ptrace(0, 0, 0, 0) == 0 or fail()",
}
PROGRAM = """
import ctypes, mmap, os, resource, socket, sys
from receiver.rendering.lockdown import Allowance, lock_down
libc = ctypes.CDLL(None)
def fail(): raise PermissionError
if sys.argv[1] == "locked":
    lock_down(Allowance(2**30, 60))
try:
    {}
except (OSError, ValueError):
    os.write(1, b"refused")
else:
    os.write(1, b"done")
"""


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_nothing_is_reached_from_inside(attempt: str) -> None:
    """What works before does not after: neither files nor network nor processes nor code."""

    def said(state: str) -> str:
        command = [sys.executable, "-c", PROGRAM.format(attempt), state]
        return subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], check=False).stdout.decode()

    assert said("locked") == "refused"
    if "execv" not in attempt and "fork" not in attempt:
        assert said("open") == "done"


def test_it_computes_all_the_same() -> None:
    """Memory comes and goes, and what is open may be read and written."""
    program = PROGRAM.format("os.write(1, b'%d ' % len(bytes(50_000_000) + os.read(0, 5)))")
    command = [sys.executable, "-c", program, "locked"]

    outcome = subprocess.run(command, input=b"12345", capture_output=True, cwd=Path(__file__).parents[2], check=True)

    assert outcome.stdout == b"50000005 done"


def test_an_architecture_without_a_list_is_refused() -> None:
    """Its numbers mean something else: never half a lock."""
    with pytest.raises(LockdownRefused, match="s390x"):
        filter_for("s390x")
