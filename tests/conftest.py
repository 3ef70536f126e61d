"""At the end of every run: no secret that a test used stands in anything that was left behind (tests/secrecy.py).

Where several processes run the tests (pytest-xdist), each searches what it left, and tells the one that counts.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import secrecy

# Neither how long an example takes nor how long it takes to make one is a promise: a busy machine would break it.
settings.register_profile("postbus", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("postbus")

_printed_by: pytest.StashKey[list[str]] = pytest.StashKey()
_found: pytest.StashKey[list[str]] = pytest.StashKey()


# Where a file takes longest: begun last, one of them would run alone for a minute at the end (see `./dev test`).
_LONG = (
    "tests/whole/",
    "tests/receiver_rendering/test_attacks",
    "tests/receiver_rendering/test_renderer",
    "tests/receiver_rendering/test_same_octets",
    "tests/receiver_cli/test_cli_simulation",
    "tests/receiver_cataloguing/test_catalogue_crash",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


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
    found = session.config.stash[_found]
    if not getattr(session.config.option, "numprocesses", None):
        found.extend([*_files_found(session.config), *dict.fromkeys(session.config.stash[_printed_by])])
    if _is_one_of_several(session.config):
        session.config.workeroutput["secrets_found"] = found
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of several processes has ended: what it found counts as ours."""
    output: dict[str, list[str]] = getattr(node, "workeroutput", {})
    node.config.stash[_found].extend(output.get("secrets_found", []))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not os.environ.get("POSTBUS_LONG"):
        terminalreporter.write_line("Short forms were run; POSTBUS_LONG=1 runs the long ones (CONTRIBUTING.md, Tests).")
    for each in config.stash[_found]:
        terminalreporter.write_line(f"SECRET FOUND: {each}", red=True)


def _is_one_of_several(config: Any) -> bool:
    return hasattr(config, "workeroutput")


def _files_found(config: pytest.Config) -> list[str]:
    factory: Any = getattr(config, "_tmp_path_factory", None)
    folder: Path | None = getattr(factory, "_basetemp", None)  # no test asked for one: there is none
    return [str(each) for each in secrecy.found_below(folder)] if folder is not None else []
