"""Law 1 as the kernel sees it: the system calls of one acceptance, in their order."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage_journal.mail import MEMORY_OCTETS

ROOT = Path(__file__).parents[2]
SENDER = """
import os, sys
from pathlib import Path
from tests.storage_journal.mail import accept, journal

door = journal(Path(sys.argv[1]))
door.open()
os.write(1, b"=begin\\n")
accept(door, b"m" * int(sys.argv[2]))
os.write(1, b"=accepted\\n")
door.close()
"""


def traced(folder: Path, octets: int) -> list[str]:
    """The calls between begin and accepted, each as "call file" at the moment when it returned."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    calls = "trace=openat,write,pwrite64,pwritev,pwritev2,fsync,fdatasync,close"
    log = folder.with_suffix(".strace")
    command = [strace, "-f", "-y", "-qq", "-s", "16", "-e", calls, "-o", str(log)]
    command += [sys.executable, "-c", SENDER, str(folder), str(octets)]
    ran = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if "PTRACE_TRACEME" in ran.stderr or "ptrace" in ran.stderr:
        pytest.skip(f"tracing is not permitted here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    lines = log.read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if "=begin" in line)
    last = next(at for at, line in enumerate(lines) if "=accepted" in line)
    return returned(lines[first + 1 : last])


def returned(lines: list[str]) -> list[str]:
    """Calls in the order in which they returned; a call that another thread interrupted in the log is joined."""
    unfinished: dict[str, str] = {}
    calls = []
    for line in lines:
        thread, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            unfinished[thread] = text
            continue
        if "resumed>" in text:
            assert not text.rstrip().endswith("= -1"), text
            text = unfinished.pop(thread)
        name = text.partition("(")[0]
        file = re.search(r"<([^<>]*)>", text)
        calls.append(f"{name} {Path(file.group(1)).name if file else ''}")
    return calls


def kinds(calls: list[str]) -> list[str]:
    """The same without ids in names; bell and closing calls are no matter of durability."""
    # The C library's pwritev is the kernel's pwritev2 on some systems.
    plain = [re.sub(r" [0-9a-f-]+\.", " .", call).replace("pwritev2 ", "pwritev ") for call in calls]
    return [call for call in plain if not call.startswith(("close", "openat")) and not call.endswith(" wake")]


def test_a_small_message_is_synced_before_accept_returns(tmp_path: Path) -> None:
    """Law 1: record written, synced, mark moved, and only then accept returns."""
    assert kinds(traced(tmp_path / "journal", 1000)) == [
        "pwritev .segment",
        "fdatasync .segment",
        "pwritev .mark",
    ]


def test_a_large_message_and_its_name_are_synced_before_the_record(tmp_path: Path) -> None:
    """Law 1: the file, then its folder, then the record that refers to it, then accept returns."""
    calls = kinds(traced(tmp_path / "journal", MEMORY_OCTETS * 3))
    writes = [call for call in calls if call == "write .eml"]
    assert writes
    assert calls[len(writes) :] == [
        "fsync .eml",
        "fsync large",
        "pwritev .segment",
        "fdatasync .segment",
        "pwritev .mark",
    ]
