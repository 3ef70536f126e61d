"""docs/flow.md follows a message by names that exist."""

import ast
import re
from pathlib import Path

import pytest

from receiver.config import walk

ROOT = Path(__file__).parents[2]
# Commands of SMTP, states, settings and programs stand in backquotes too; names of code have one of these shapes.
CODE = re.compile(r"`((?:[a-z_]+\.)*(?:[A-Z][A-Za-z]+(?:\.[a-z_]+)?|[a-z]+_[A-Za-z_]+|[a-z_]+\.[a-z_]+))`")
NOT_CODE = {"Received"} | {key for key, _, _ in walk()}


def names_of_the_house() -> set[str]:
    """Every class, function and method, as `name`, `Class.method` and `module.name`."""
    names: set[str] = set()
    for path in (p for room in ("receiver", "rules", "storage") for p in (ROOT / room).rglob("*.py")):
        module = path.parent.name if path.stem == "__init__" else path.stem
        names |= {module, f"{path.parent.name}.{module}"}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names |= {node.name, f"{module}.{node.name}"}
            if isinstance(node, ast.ClassDef):
                methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
                names |= {method.name for method in methods} | {f"{node.name}.{method.name}" for method in methods}
    return names


KNOWN = names_of_the_house()
FOUND = set(CODE.findall((ROOT / "docs" / "flow.md").read_text(encoding="utf-8")))
NAMED = sorted(name for name in FOUND - NOT_CODE if not name.isupper())


def test_the_map_names_enough() -> None:
    """The pattern finds the names: a map without them would pass every check."""
    assert len(NAMED) > 50


@pytest.mark.parametrize("name", NAMED)
def test_every_step_of_the_map_exists(name: str) -> None:
    """A step is named after the function or class that takes it; the last two parts of a dotted name count."""
    assert ".".join(name.split(".")[-2:]) in KNOWN
