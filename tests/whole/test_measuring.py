"""The measurements themselves, with small loads: they must still run when somebody needs their figures."""

import argparse
import shutil
from pathlib import Path

import pytest

from bench.journal import Rows, Segments, measure
from bench.smtp import LOADS, running_sides, send
from bench.smtp import measure as measure_load


@pytest.mark.skipif(shutil.which("smtp-source") is None, reason="no smtp-source (Debian package postfix)")
@pytest.mark.timeout(120)
def test_the_door_is_measured_beside_a_peer(tmp_path: Path) -> None:
    """smtp-source and our TLS client have every mail taken; each side gets its figures."""
    arguments = argparse.Namespace(rounds=1, sessions=4, scale=0.01)
    with running_sides(tmp_path, {"stock aiosmtpd"}) as sides:
        for load in (LOADS[1], LOADS[2]):
            figures = measure_load(load, sides, arguments, tmp_path)
            assert set(figures) == {"postbus", "stock aiosmtpd"}
            assert all(figure.rate > 0 for figure in figures.values())
        postbus = sides[0]
        send(LOADS[0], postbus, 5, 2)
        postbus.clear()


@pytest.mark.parametrize("kind", [Segments, Rows])
def test_both_formats_of_the_journal_are_fed_alike(tmp_path: Path, kind: type[Segments] | type[Rows]) -> None:
    """Every message that a task submits is kept before the next one goes."""
    rate, busy = measure(kind(tmp_path / "journal"), b"X" * 2000, submitters=3, seconds=0.2)
    assert rate > 0
    assert busy >= 0
