"""Law 1 through the whole door: the system calls of a running postbus between the final dot and 250."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.load import pdf_mails, send_all
from bench.server import LEAN, RunningPostbus

CALLS = "trace=fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64,pwritev,pwritev2"
YES = "250 2.0.0 accepted"
WRITTEN_ZEROS = re.compile(r'pwrite(?:64|v2?)\(\d+<[^>]*>, (?:\[\{iov_base=)?"(?:\\0)+"')


@pytest.fixture(name="one_door", scope="module")
def _one_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostbus, str]]:
    """A running postbus whose one door is traced, with an import address."""
    postbus = RunningPostbus(tmp_path_factory.mktemp("one-door") / "data", LEAN)
    address = postbus.set_up()
    with postbus:
        yield postbus, address


@contextmanager
def traced(pid: int, log: Path) -> Iterator[None]:
    """Every thread of a process traced for the time of the block."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    command = [strace, "-f", "-y", "-s", "64", "-e", CALLS, "-e", "signal=none", "-o", str(log), "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            if "attached" not in said:
                pytest.skip(f"tracing is not permitted here: {said.strip()}")
            yield
        finally:
            tracer.terminate()


def steps(log: Path) -> list[str]:
    """Syncs, named by call and file, at the moment when they have returned; "yes" at the moment when 250 leaves.

    Without those of the thread that clears a segment ahead of its records: what it syncs are zeros, at any moment.
    """
    found, begun = [], {}
    clearing: set[str] = set()
    for line in log.read_text().splitlines():
        thread, _, text = line.partition(" ")
        if WRITTEN_ZEROS.match(text.lstrip()):
            clearing.add(thread)
        if thread in clearing:
            continue
        call = re.match(r"\s*(fsync|fdatasync)\(\d+<([^>]*)>", text)
        if call:
            begun[thread] = f"{call[1]} {Path(call[2]).name}"
        if YES in text:
            found.append("yes")
        if thread in begun and re.search(r"= 0$", text):
            found.append(re.sub(r" [0-9a-f-]+\.", " .", begun.pop(thread)))
    return found


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (2_000, ["fdatasync .segment", "yes"]),
        (400_000, ["fsync .eml", "fsync large", "fdatasync .segment", "yes"]),
    ],
    ids=["small", "large"],
)
def test_250_leaves_after_the_sync_has_returned(
    one_door: tuple[RunningPostbus, str], tmp_path: Path, octets: int, expected: list[str]
) -> None:
    """Law 1: a mail over SMTP into the real door; the kernel's own account of what came before 250."""
    postbus, address = one_door
    log = tmp_path / "strace"
    with traced(postbus.pid_of("door"), log):
        outcome = send_all(postbus.port, address, list(pdf_mails(1, octets, address, f"traced-{octets}")), 1)
    assert outcome.accepted == [0]
    assert steps(log) == expected
