"""kill -9 while PDFs are made, the short version; `./dev bench kills` is the long one."""

import os
import shutil
from pathlib import Path

import pytest

from bench.kills import run

COUNT = 20 if os.environ.get("POSTBUS_LONG") else 12


@pytest.mark.skipif(not (shutil.which("wkhtmltopdf") and shutil.which("bwrap")), reason="needs wkhtmltopdf and bwrap")
def test_every_page_becomes_one_pdf_whoever_is_killed(tmp_path: Path) -> None:
    """Job processes and renderer die at random: each document is there once, with its own words, and no job is left."""
    ledger = run(tmp_path / "data", COUNT, seed=20261129, between=(2, 5))

    assert ledger.kills.total() >= 2
    assert (ledger.lost, ledger.doubled, ledger.wrong) == ([], [], [])
    assert (ledger.made, ledger.added, ledger.left.pending, ledger.left.failed) == (COUNT, COUNT, 0, 0)
