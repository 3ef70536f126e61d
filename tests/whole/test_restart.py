"""Rolling restarts under clients that connect anew for every mail; `./dev bench restart` is the long version.

POSTBUS_LONG=1 makes four times as many connections.
"""

import os
from pathlib import Path

from bench.restart import run

CONNECTIONS = 8000 if os.environ.get("POSTBUS_LONG") else 2000


def test_rolling_restarts_lose_no_connection(tmp_path: Path) -> None:
    """30 clients, 2,000 connections, doors that come and go: none is lost or sent away, every mail is settled."""
    tally = run(tmp_path, CONNECTIONS, 30, 0.5)
    assert tally.were_replaced
    assert tally.lost == {}
    assert tally.told == 0
    assert tally.taken == tally.settled == CONNECTIONS
