"""kill -9 under load, the short version; `./dev bench crash` is the long one, POSTBUS_LONG=1 one in between."""

import os
from pathlib import Path

import pytest

from bench.crash import drawn, run
from bench.server import NO_RENDERER

SEED = 20261122
EACH = ["door", "worker", "supervisor", "child", "door", "all doors", "jobs"]
VICTIMS = EACH + (drawn(12, SEED) if os.environ.get("POSTBUS_LONG") else [])


@pytest.mark.timeout(900)
def test_every_acknowledged_mail_survives_kill_9_once(tmp_path: Path) -> None:
    """Laws 1 to 5: after kills of every kind nothing is lost or altered, and only what was sent twice came twice."""
    ledger = run(tmp_path / "data", VICTIMS, SEED, NO_RENDERER)
    assert len(ledger.acknowledged) > 100
    assert ledger.kills["door"] >= 2
    assert ledger.lost == []
    assert ledger.doubled == []
    assert ledger.altered == []
    # The same mail, sent again, is known by its content.
    assert ledger.twice == []
