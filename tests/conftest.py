"""At the end of every run: no secret that a test used stands in anything that was left behind (tests/secrecy.py)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import secrecy

_printed_by: pytest.StashKey[list[str]] = pytest.StashKey()
_found: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_printed_by] = []
    config.stash[_found] = []
    config.pluginmanager.register(_Reader(config.stash[_printed_by]))


@pytest.fixture(autouse=True)
def _own_mask() -> Iterator[None]:
    """`postbus init`, called within the run, closes the umask: servers of later tests could not read their files."""
    before = os.umask(0o022)
    yield
    os.umask(before)


class _Reader:
    """Reads what each test printed and logged."""

    def __init__(self, printed_by: list[str]) -> None:
        self._printed_by = printed_by

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if any(secrecy.is_in(text.encode(errors="replace")) for _, text in report.sections):
            self._printed_by.append(f"printed or logged by {report.nodeid}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    factory: Any = getattr(session.config, "_tmp_path_factory", None)
    folder: Path | None = getattr(factory, "_basetemp", None)  # no test asked for one: there is none
    files = secrecy.found_below(folder) if folder is not None else []
    found = [*map(str, files), *dict.fromkeys(session.config.stash[_printed_by])]
    session.config.stash[_found].extend(found)
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for each in config.stash[_found]:
        terminalreporter.write_line(f"SECRET FOUND: {each}", red=True)
