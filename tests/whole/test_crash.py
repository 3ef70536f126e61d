"""kill -9 under load, the short version; `./dev bench crash` is the long one."""

from pathlib import Path

import pytest

from bench.crash import run


@pytest.mark.timeout(600)
def test_every_acknowledged_mail_survives_kill_9_once(tmp_path: Path) -> None:
    """Laws 1 to 5: after a dozen random kills nothing is lost or altered, and only what was sent twice came twice."""
    ledger = run(tmp_path / "data", kills=12, seed=20261122)
    assert len(ledger.acknowledged) > 100
    assert ledger.kills["door"] >= 2
    assert ledger.lost == []
    assert ledger.doubled == []
    assert ledger.altered == []
    # The same mail, sent again, is known by its content.
    assert ledger.twice == []
