"""Counting in one process, reading in another."""

import os
import subprocess
import sys
import threading

import pytest

from receiver.tally import Histogram, Region, Regions, Tally, tally

COUNT = "import sys; from receiver.tally import tally; tally.attach(int(sys.argv[1])); tally.count(sys.argv[2], 3); "


def start(regions: Regions, name: str, then: str = "sys.stdin.read()") -> tuple[Region, "subprocess.Popen[bytes]"]:
    """A process that counts 3 of `name`, says so, and does `then`."""
    with regions.region() as region:
        code = COUNT + "print(flush=True); " + then
        command = [sys.executable, "-c", code, str(region.descriptor), name]
        process = subprocess.Popen(command, pass_fds=[region.descriptor], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        region.process = process
    assert process.stdout is not None
    process.stdout.readline()
    return region, process


def test_what_processes_count_is_added_up() -> None:
    """Two processes count the same and another thing: the supervisor reads the sums while they run."""
    regions = Regions()
    running = [start(regions, name)[1] for name in ("replies:250", "replies:250", "replies:550")]

    totals, living = regions.totals()
    for process in running:
        process.communicate(timeout=30)

    assert totals == living == {"replies:250": 6, "replies:550": 3}


def test_a_killed_process_loses_no_count() -> None:
    """kill -9: what was counted stays in the totals, and is no longer counted among the living."""
    regions = Regions()
    _, first = start(regions, "connections")
    first.kill()
    first.communicate(timeout=30)
    _, second = start(regions, "connections")

    totals, living = regions.totals()
    second.communicate(timeout=30)

    assert totals == {"connections": 6}
    assert living == {"connections": 3}
    assert regions.totals() == ({"connections": 6}, {})


def test_a_process_that_was_never_started_leaves_nothing() -> None:
    """A start that fails (no process, no memory) leaves no region and no descriptor behind."""
    regions = Regions()
    with pytest.raises(FileNotFoundError), regions.region() as region:
        subprocess.Popen(["/nonexistent/program"], pass_fds=[region.descriptor])

    assert regions.totals() == ({}, {})
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(region.descriptor)


def test_threads_may_count_new_things_at_once() -> None:
    """Counters that are new to two threads at the same moment get cells of their own."""
    counted = Tally()
    names = [[f"thread-{thread}:{number}" for number in range(50)] for thread in range(8)]
    threads = [threading.Thread(target=lambda mine=mine: [counted.count(each) for each in mine]) for mine in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted.read() == {name: 1 for mine in names for name in mine}


def test_a_name_without_room_is_a_defect() -> None:
    """Names come from the code: one that does not fit is told at once, not cut into another counter."""
    with pytest.raises(ValueError, match="no room"):
        Tally().count("x" * 200)


def test_a_histogram_counts_what_lies_at_or_below() -> None:
    """Bounds are inclusive, as Prometheus has it; the last one is infinite; the sum keeps microseconds."""
    histogram = Histogram("test_seconds", (0.01, 0.1))
    for value in (0.01, 0.0100001, 0.1, 3.5):
        histogram.observe(value)

    counts = tally.read()

    assert histogram.cumulated(counts) == [(0.01, 1), (0.1, 3), (float("inf"), 4)]
    assert histogram.sum_of(counts) == pytest.approx(3.62, abs=1e-5)
