"""Reasons are codes with parameters (law 25); the tables name every one of them."""

import ast
from pathlib import Path

import pytest

import receiver.rendering
from receiver.rendering.reasons import FINAL, WAITING, Reason

SOURCES = sorted(Path(receiver.rendering.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_reason_given_stands_in_a_table(path: Path) -> None:
    """Law 25: with exactly these parameters, so that it can be put into words."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "NotRendered":
            code = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
            names = tuple(sorted(str(keyword.arg) for keyword in call.keywords))
            assert names == tuple(sorted((WAITING | FINAL)[code])), f"{path.name}:{call.lineno}"


def test_a_reason_waits_or_ends() -> None:
    """Never both: a job would not know whether to count the attempt."""
    assert not WAITING.keys() & FINAL.keys()
    assert all(Reason(code).waits for code in WAITING)
    assert not any(Reason(code).waits for code in FINAL)
