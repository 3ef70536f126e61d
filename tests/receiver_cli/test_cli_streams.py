"""Standard streams that are full or closed, and the one line of `serve`: what is said is true, or nothing is said."""

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "receiver.cli.main"]


def environment(postbus: Any) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(postbus.data), "POSTBUS_SMTP__LISTEN": "127.0.0.1:0"}


def by_shell(postbus: Any, redirection: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    call = ["sh", "-c", f'"$@" {redirection}', "sh", *COMMAND, *arguments]
    return subprocess.run(call, env=environment(postbus), capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("arguments", [("tenant", "list"), ("tenant", "list", "--json"), ("status",), ("--help",)])
def test_a_full_disk_behind_a_redirection_is_told(postbus: Any, acme: str, arguments: tuple[str, ...]) -> None:
    """`postbus tenant list > FILE` on a full disk ends with 1 and one sentence."""
    called = by_shell(postbus, ">/dev/full", *arguments)

    assert called.returncode == 1
    assert called.stderr.decode().splitlines() == [
        "postbus: standard output: cannot be written (No space left on device)"
    ]


@pytest.mark.parametrize("redirection", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_harm_nothing(postbus: Any, redirection: str) -> None:
    """A caller that closed our streams gets its tenant made; no file of ours takes a stream's number."""
    called = by_shell(postbus, redirection, "tenant", "add", "Acme")

    assert (called.returncode, called.stderr) == (0, b"")
    assert postbus("tenant", "list", "--json").row["tenant"] == "Acme"


def test_one_postbus_serves_a_folder(postbus: Any) -> None:
    """A second `serve` ends with 1, names the folder and the first one's process, and leaves that one at work."""
    with subprocess.Popen(
        [*COMMAND, "serve"], env=environment(postbus), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as first:
        assert first.stdout is not None
        try:
            port = int(first.stdout.readline().rpartition(":")[2])

            second = postbus.fresh_process("serve", POSTBUS_SMTP__LISTEN="127.0.0.1:0", POSTBUS_LOG__LEVEL="error")

            assert socket.create_connection(("127.0.0.1", port), timeout=30).recv(3) == b"220"
        finally:
            first.terminate()
    assert (second.returncode, second.stdout) == (1, b"")
    assert second.stderr.decode().startswith(f"postbus: {postbus.data}: another postbus serves this folder already")
    assert f"process {first.pid}" in second.stderr.decode()
    assert first.returncode == 0


def test_who_is_stopped_while_starting_never_says_ready(postbus: Any) -> None:
    """SIGTERM when the first process was just started: no `ready` that would not be true, exit 0."""
    with subprocess.Popen(
        [*COMMAND, "serve"], env=environment(postbus), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        started = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and not started.read_text():
            time.sleep(0.001)
        process.terminate()
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout is not None
        said = process.stdout.read()
        watchdog.cancel()

    assert said == b""
    assert process.returncode == 0
