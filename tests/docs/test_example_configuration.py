"""The example configuration tells the truth about every setting."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from receiver.config import Plan, Settings, load, walk

EXAMPLE = Path(__file__).parents[2] / "deploy" / "systemd" / "postbus.example.toml"
SETTING_NOT_SET = re.compile(r"^#(\w+ = .*)$", re.MULTILINE)


def with_every_setting_set(text: str) -> str:
    return SETTING_NOT_SET.sub(r"\1", text)


def at(tree: dict[str, Any], key: str) -> Any:
    for part in key.split("."):
        tree = tree[part]
    return tree


@pytest.fixture(name="text")
def _text() -> str:
    return EXAMPLE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("key", "default"), [(key, default) for key, _, default in walk()])
def test_every_setting_stands_with_its_true_default(text: str, key: str, default: object) -> None:
    """Every setting is in the example, with the value that holds when nobody sets it (lists and tables too)."""
    value = at(tomllib.loads(with_every_setting_set(text)), key)

    shown = Path(value) if isinstance(default, Path) else value
    assert shown == (str(default) if isinstance(default, SecretStr) else default)
    assert isinstance(shown, bool) == isinstance(default, bool)


def test_no_setting_stands_that_does_not_exist(text: str, tmp_path: Path) -> None:
    """The example with every setting set is a valid configuration and equals the defaults."""
    file = tmp_path / "postbus.toml"
    file.write_text(with_every_setting_set(text), encoding="utf-8")

    assert load(file, None, {}) == Settings()


def test_the_example_as_shipped_changes_nothing() -> None:
    """Copied without a change, the example leaves every default as it is."""
    assert load(EXAMPLE, None, {}) == Settings()


def test_every_setting_has_its_meaning_above_it(text: str) -> None:
    """Each setting is preceded by a comment that says what it means."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if SETTING_NOT_SET.match(line):
            assert lines[number - 1].startswith(("# ", "##")), f"{line} has no comment"


def test_what_a_plan_can_say_is_explained(text: str) -> None:
    """The table of plans has no defaults to show, so its keys are explained and shown in a sample that is valid."""
    sample = "\n".join(line.removeprefix("##") for line in text.split("\n") if line.startswith("##   "))

    plans = tomllib.loads(sample)["plans"]

    assert set(plans["partner"]) == set(Plan.model_fields)
    assert Plan(**plans["partner"]).refusal.isascii()
