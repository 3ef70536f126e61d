"""A prepared data folder, and three ways to call the command: within this process, as one of its own, and from afresh.

The first is the fastest; the last one costs a second, and is for what Python itself is told, and for `serve`.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.warm_command import warm_command
from receiver.cli.main import app, global_options_first


@dataclass(frozen=True)
class Answer:
    """What a call gave back."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        (only,) = self.rows
        return only


@dataclass(frozen=True)
class Postbus:
    """The command, working on one data folder."""

    data: Path

    def __call__(self, *arguments: str, typed: str | None = None, **environment: str) -> Answer:
        """Call it within this process."""
        given = global_options_first(["--data", str(self.data), *arguments])
        result = CliRunner().invoke(app, given, input=typed, env={"COLUMNS": "200", **environment})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def process(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        """Call it as other programs do, in a process forked from one that has imported what it needs."""
        return warm_command.run(arguments, self._environment(environment))

    def fresh_process(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        """Call it as other programs do, by a Python of its own."""
        command = [sys.executable, "-m", "receiver.cli.main", *arguments]
        return subprocess.run(
            command,
            env=self._environment(environment),
            capture_output=True,
            timeout=120,
            check=False,
        )

    def _environment(self, environment: dict[str, str]) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(self.data), **environment}


@pytest.fixture(autouse=True)
def _no_settings_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POSTBUS_DATA", "POSTBUS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", name="initialised")
def _initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `postbus init` has made: each test gets a copy of it."""
    folder = tmp_path_factory.mktemp("initialised") / "data"
    with pytest.MonkeyPatch.context() as shell:
        for name in ("POSTBUS_DATA", "POSTBUS_CONFIG"):
            shell.delenv(name, raising=False)
        before = os.umask(0o022)  # `init` closes it
        assert Postbus(folder)("init").status == 0
        os.umask(before)
    return folder


@pytest.fixture(name="postbus")
def _postbus(tmp_path: Path, initialised: Path) -> Postbus:
    """The command on an initialised folder."""
    shutil.copytree(initialised, tmp_path / "data")
    return Postbus(tmp_path / "data")


@pytest.fixture(name="bare_postbus")
def _bare_postbus(tmp_path: Path) -> Postbus:
    """The command on a folder that does not exist yet."""
    return Postbus(tmp_path / "data")


@pytest.fixture(name="acme")
def _acme(postbus: Postbus) -> str:
    """A tenant's name."""
    assert postbus("tenant", "add", "Acme").status == 0
    return "Acme"


@pytest.fixture(name="fails_with")
def _fails_with() -> Callable[[Answer, str], None]:
    """Asserts that a call failed in words: exit 1, nothing on stdout, the words on stderr."""

    def check(answer: Answer, *words: str) -> None:
        assert answer.status == 1
        assert answer.out == ""
        assert answer.err.startswith("postbus: ")
        for each in words:
            assert each in answer.err

    return check
