"""kill -9 while PDFs are made, the short version; `./dev bench kills` is the long one."""

import shutil
from pathlib import Path

import pytest

from bench.kills import run


@pytest.mark.skipif(not (shutil.which("wkhtmltopdf") and shutil.which("bwrap")), reason="needs wkhtmltopdf and bwrap")
def test_every_page_becomes_one_pdf_whoever_is_killed(tmp_path: Path) -> None:
    """Job processes and renderer die at random: each document is there once, with its own words, and no job is left."""
    ledger = run(tmp_path / "data", count=20, seed=20261129, between=(3, 8))

    assert ledger.kills.total() >= 2
    assert (ledger.lost, ledger.doubled, ledger.wrong) == ([], [], [])
    assert (ledger.made, ledger.added, ledger.left.pending, ledger.left.failed) == (20, 20, 0, 0)
