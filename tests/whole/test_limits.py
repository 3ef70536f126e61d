"""Limits over all doors of a running postbus: two doors on two sockets, as systemd hands them over."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.postbus_command import COMMAND
from bench.server import NO_RENDERER, RunningPostbus, processes_below

Start = Callable[..., RunningPostbus]
# What systemd does: sockets from descriptor 3 on, for this very process.
SERVE = """
import os, sys
for wanted, given in enumerate(map(int, sys.argv[2:]), 3):
    os.dup2(given, wanted)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sys.argv) - 2)}
os.execv(sys.argv[1], [sys.argv[1], "serve"])
"""


@pytest.fixture(name="two_doors")
def _two_doors(postbus_at: Start, tmp_path: Path) -> Iterator[tuple[int, list[int]]]:
    """The supervisor's pid and the ports of two doors that let in three connections of an address."""
    postbus = postbus_at(settings={**NO_RENDERER, "SMTP__MAX_CONNECTIONS_PER_ADDRESS": "3", "SMTP__DOORS": "2"})
    postbus.set_up()
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    # Beyond 3 and 4, where they have to go.
    given = [fcntl.fcntl(listener, fcntl.F_DUPFD, 200) for listener in listeners]
    command = [sys.executable, "-c", SERVE, COMMAND, *map(str, given)]
    with (tmp_path / "two.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=postbus.environment, pass_fds=given, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready smtp=")
    yield process.pid, [listener.getsockname()[1] for listener in listeners]
    process.send_signal(signal.SIGTERM)
    assert process.wait(90) == 0
    for listener in listeners:
        listener.close()
    for descriptor in given:
        os.close(descriptor)


def greeting(port: int, kept: list[socket.socket]) -> bytes:
    """The first reply of a connection, which is kept."""
    kept.append(socket.create_connection(("127.0.0.1", port), timeout=30))
    return kept[-1].recv(1000)


@contextlib.contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """A door that accepts nothing for a while: whoever comes is the other door's."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def doors_of(supervisor: int) -> list[int]:
    """The process ids of all doors."""
    return [pid for pid, role in processes_below(supervisor, "supervisor") if role == "door"]


def test_connections_of_an_address_are_counted_over_all_doors(two_doors: tuple[int, list[int]]) -> None:
    """Two at one door and one at the other, by whichever socket, are three: neither lets in a fourth.

    What a killed door had is free at once, before another one has taken its place.
    """
    supervisor, (first, second) = two_doors
    one, other = doors_of(supervisor)
    kept: list[socket.socket] = []
    with standing_still(other):
        assert [greeting(port, kept)[:3] for port in (first, second)] == [b"220"] * 2
    with standing_still(one):
        assert greeting(second, kept)[:3] == b"220"
        assert greeting(first, kept)[:9] == b"421 4.7.0"
    with standing_still(other):
        assert greeting(second, kept)[:9] == b"421 4.7.0"

    os.kill(one, signal.SIGKILL)
    deadline = time.monotonic() + 90
    while greeting(second, kept)[:3] != b"220":
        kept.pop().close()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for connection in kept:
        connection.close()


def test_doors_share_the_connections_of_one_socket(postbus_at: Start) -> None:
    """Of forty clients that stay, each of two doors has a good part, whoever the kernel wakes first."""
    postbus = postbus_at(settings={**NO_RENDERER, "SMTP__DOORS": "2"})
    postbus.set_up()
    with postbus:
        kept: list[socket.socket] = []
        assert {greeting(postbus.port, kept)[:3] for _ in range(40)} == {b"220"}
        shares = [_connections(door, postbus.port) for door in postbus.doors()]
        for connection in kept:
            connection.close()
    assert sum(shares) == 40
    assert min(shares) >= 10


def _connections(pid: int, port: int) -> int:
    """Established connections to `port` that a process holds."""
    inodes = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.exists()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" and f"socket:[{row[9]}]" in inodes for row in rows)
