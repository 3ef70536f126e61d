"""How much the doors' memory grows under hostile and heavy clients; `./dev bench memory` is the long version."""

from pathlib import Path

import pytest

from bench.memory import CASES, run


@pytest.mark.timeout(180)
def test_memory_stays_flat_under_every_load(tmp_path: Path) -> None:
    """A twentieth of each load stays below the whole load's goal."""
    cases = tuple(case for case in CASES if "100 MB" not in case.name)
    results = run(tmp_path, cases, scale=0.05)
    assert len(results) == len(cases)
    assert [result.line() for result in results if not result.is_met] == []
