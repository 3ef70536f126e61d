"""What a developer types: `./dev`, and the programs behind it, answer in words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a program from the checkout, with no setting of this shell."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("POSTBUS_")}
    return subprocess.run(
        command, cwd=ROOT, env=ours | environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("verb", ["help", "--help"])
def test_help_is_an_answer(verb: str) -> None:
    """It goes to stdout, names every verb and is no failure."""
    helped = call("./dev", verb)

    assert (helped.returncode, helped.stderr) == (0, "")
    for each in ("run", "demo", "test", "check", "bench", "setup"):
        assert f"./dev {each}" in helped.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["tour"]])
def test_an_unknown_measurement_names_the_known_ones(arguments: list[str]) -> None:
    """Before anything is installed for it; no module's traceback."""
    refused = call("./dev", "bench", *arguments)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no measurement" in refused.stderr
    assert {"crash", "flow"} <= set(refused.stderr.split())


@pytest.mark.parametrize("program", ["demo", "tour"])
def test_without_a_postbus_the_demo_says_what_to_start(program: str, tmp_path: Path) -> None:
    """No folder yet: one sentence, exit 1."""
    refused = call(sys.executable, "-m", f"bench.{program}", POSTBUS_DATA=str(tmp_path / "none"))

    assert refused.returncode == 1
    assert "there is no database yet" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_tour_names_the_folder_and_port_in_force(tmp_path: Path) -> None:
    """The lines to copy work for whoever chose another folder or port."""
    chosen = {"POSTBUS_DATA": str(tmp_path / "my data"), "POSTBUS_SMTP__LISTEN": "127.0.0.1:2626"}
    assert call(sys.executable, "-m", "receiver.cli.main", "init", **chosen).returncode == 0

    told = call(sys.executable, "-m", "bench.tour", **chosen)

    assert "--server 127.0.0.1:2626" in told.stdout
    (line,) = [line for line in told.stdout.splitlines() if "document list" in line]
    assert subprocess.run(line, shell=True, cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, check=False).returncode == 0  # noqa: S602


def test_a_mail_that_is_not_there_is_told_as_such() -> None:
    """`bench.send` names the file, and does not blame the server."""
    refused = call(sys.executable, "-m", "bench.send", "--to", "a@example.com", "none.eml")

    assert (refused.returncode, refused.stderr) == (1, "none.eml: No such file or directory\n")
