"""A real postbus for tests of the whole path."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bench.server import NO_RENDERER, RunningPostbus

Start = Callable[..., RunningPostbus]


@pytest.fixture
def postbus_at(tmp_path: Path) -> Iterator[Start]:
    """Make (not start) a postbus on a folder of its own; whatever runs at the end is killed by pid."""
    made: list[RunningPostbus] = []

    def make(name: str = "data", settings: Mapping[str, str] | None = None) -> RunningPostbus:
        postbus = RunningPostbus(tmp_path / name, settings)
        made.append(postbus)
        return postbus

    yield make
    for postbus in made:
        postbus.kill()


@pytest.fixture(scope="module")
def shared_postbus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostbus, str]]:
    """One running postbus for a module's tests, which renders nothing, and the import address of its tenant `bench`."""
    postbus = RunningPostbus(tmp_path_factory.mktemp("shared") / "data", NO_RENDERER)
    address = postbus.set_up()
    with postbus:
        yield postbus, address
