"""What the journal's tests share."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture(name="memory")
def _memory() -> Iterator[Path]:
    """A folder in memory where there is one: what is synced is noted by the seam, no disk is needed."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)
