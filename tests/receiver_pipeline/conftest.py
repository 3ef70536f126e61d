"""A house of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from receiver.config import Settings
from tests.receiver_pipeline.house import House, open_house


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, on a folder of its own, with one child."""
    return Settings.model_validate({"data": tmp_path / "data", "pipeline": {"parsers": 1}})


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """Storage, empty."""
    settings.data.mkdir()
    made = open_house(settings)
    yield made
    made.database.close()
    made.blobs.close()
