"""What `postbus doctor` tells of the sandbox, as the renderer itself has tried it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.config import load
from receiver.doctor.confinement import judge_confinement

NONE = "none-i-accept-that-mail-may-run-code-here"


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_each_attempt_is_told_in_words(kind: str, tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """By name of the sandbox, with the error that stopped it; nothing is left behind."""
    start_renderer(tmp_path / "data", POSTBUS_RENDERING__SANDBOX=kind)

    found = judge_confinement(load(None, tmp_path / "data"))

    assert {(one.check, one.result) for one in found} == {("sandbox", "ok")}
    assert [re.sub(r"\(\w+\)", "(…)", one.what) for one in found] == [
        f"{kind}: reading a file outside was stopped (…)",
        f"{kind}: writing a file outside was stopped (…)",
        f"{kind}: connecting to a Unix socket outside was stopped (…)",
        f"{kind}: connecting to a port of this machine was stopped (…)",
        f"{kind}: starting a process was stopped (…)",
        f"{kind}: sending the renderer a signal was stopped (…)",
        f"{kind}: memory that is written and executed was stopped (…)",
    ]
    assert list(tmp_path.glob("postbus-canary-*")) == []


def test_without_a_sandbox_it_warns(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """The operator has accepted it in words, and is reminded of them."""
    start_renderer(tmp_path / "data", POSTBUS_RENDERING__SANDBOX=NONE)

    (found,) = judge_confinement(load(None, tmp_path / "data"))

    assert (found.check, found.result) == ("sandbox", "warning")
    assert "mail may run code here" in found.what


def test_without_a_renderer_nothing_is_proved(tmp_path: Path) -> None:
    """It is the renderer's user and unit that decide: nobody else tries in its place."""
    (found,) = judge_confinement(load(None, tmp_path))

    assert (found.check, found.result) == ("sandbox", "skipped")
    assert "no renderer listens" in found.what
