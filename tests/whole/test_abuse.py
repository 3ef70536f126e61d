"""The abuse corpus against a running postbus; `./dev bench abuse` prints it case by case."""

from pathlib import Path

import pytest

from bench.abuse import CORPUS, cases_in, is_slow, run, with_chunks
from bench.server import NO_RENDERER

CASES = with_chunks([case for case in cases_in(CORPUS) if not is_slow(case)]) if CORPUS.is_dir() else []


@pytest.mark.skipif(not CASES, reason=f"no corpus at {CORPUS}")
@pytest.mark.timeout(600)
def test_every_abuse_of_the_corpus_is_answered_safely(tmp_path: Path) -> None:
    """No second message, no door that grows by 16 MiB, no stuck session, octets stored as sent, by DATA or BDAT."""
    outcomes = list(run(tmp_path, CASES, NO_RENDERER))
    assert len(outcomes) == len(CASES) > 150
    assert [outcome.line() for outcome in outcomes if outcome.faults] == []
