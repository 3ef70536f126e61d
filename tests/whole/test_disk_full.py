"""A full disk: senders are told to come back, nothing acknowledged is lost, service goes on by itself."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.load import pdf_mails, send_all
from bench.server import LEAN, RunningPostbus


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB in memory."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"mount is not permitted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def send_until_refused(postbus: RunningPostbus, address: str, name: str) -> tuple[int, str]:
    """Send mails of 300 KB until one is refused; returns how many were accepted and the refusal."""
    for number in range(400):
        outcome = send_all(postbus.port, address, list(pdf_mails(1, 300_000, address, f"{name}-{number}")), 1)
        if outcome.refused:
            return number, outcome.refused[0]
    raise AssertionError("the disk never filled")


def test_a_full_disk_refuses_for_now_and_loses_nothing(small_disk: Path) -> None:
    """Law 6: 452 4.3.1 while room is short; what was acknowledged settles; with room again mail is taken, unasked."""
    settings = {**LEAN, "JOURNAL__SEGMENT_OCTETS": str(2 * 1024**2), "JOURNAL__RESERVE_OCTETS": str(8 * 1024**2)}
    postbus = RunningPostbus(small_disk / "data", settings)
    address = postbus.set_up()
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 20 * 1024**2)
    with postbus:
        accepted, refusal = send_until_refused(postbus, address, "filling")
        assert refusal.startswith("452 4.3.1"), refusal
        assert accepted > 10
        postbus.until_settled()
        assert len(postbus.rows("document", "list", "--tenant", "bench")) == accepted

        filler.unlink()
        deadline = time.monotonic() + 90
        again = send_all(postbus.port, address, list(pdf_mails(1, 300_000, address, "again-0")), 1)
        while not again.accepted and time.monotonic() < deadline:
            time.sleep(0.2)
            again = send_all(postbus.port, address, list(pdf_mails(1, 300_000, address, "again-0")), 1)
        assert again.accepted == [0]
        postbus.until_settled()
        assert len(postbus.rows("document", "list", "--tenant", "bench")) == accepted + 1


def test_a_disk_that_others_fill_to_the_last_octet_loses_nothing(small_disk: Path) -> None:
    """The reserve itself is eaten by another program: 452, the worker waits, and all settles once there is room."""
    settings = {**LEAN, "JOURNAL__SEGMENT_OCTETS": str(2 * 1024**2), "JOURNAL__RESERVE_OCTETS": str(4 * 1024**2)}
    postbus = RunningPostbus(small_disk / "data", settings)
    address = postbus.set_up()
    filler = small_disk / "filler"
    with postbus:
        worker = postbus.pid_of("worker")
        os.kill(worker, 19)  # SIGSTOP: what is accepted now waits in the journal
        outcome = send_all(postbus.port, address, list(pdf_mails(20, 100_000, address, "waiting")), 4)
        assert len(outcome.accepted) == 20
        fill_completely(filler)
        time.sleep(0.5)  # the free space is looked at ten times a second
        os.kill(worker, 18)  # SIGCONT
        refused = send_all(postbus.port, address, list(pdf_mails(1, 100_000, address, "refused")), 1)
        assert refused.refused[0].startswith("452 4.3.1"), refused.refused
        time.sleep(2)
        filler.unlink()
        postbus.until_settled()
        assert len(postbus.rows("document", "list", "--tenant", "bench")) == 20


def fill_completely(path: Path) -> None:
    """Write until the disk takes not one octet more."""
    with path.open("wb", buffering=0) as file:
        size = 1024**2
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
