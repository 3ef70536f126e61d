"""docs/reference.md is complete: every setting, command, option, reply, reason and log event stands in it."""

import ast
import inspect
import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.main import get_command

from receiver.cli.main import COMMANDS, app, load
from receiver.config import BUILT_IN_PLANS, ENVIRONMENT_PREFIX, Plan, walk
from receiver.rendering import reasons
from receiver.smtp import replies
from rules.phrases import PHRASES
from rules.wording import words
from storage.settlement import STATES

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def section(title: str) -> str:
    """The text below a heading, up to the next one of the same or a higher level."""
    lines = REFERENCE.split("\n")
    start = next(number for number, line in enumerate(lines) if line.lstrip("#").strip() == title and line[:1] == "#")
    level = len(lines[start]) - len(lines[start].lstrip("#"))
    end = next(
        (
            n
            for n in range(start + 1, len(lines))
            if lines[n].startswith("#") and lines[n].split(" ")[0].count("#") <= level
        ),
        len(lines),
    )
    return "\n".join(lines[start:end])


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, the groups' own ones included."""
    for name in COMMANDS:
        command = load(name)
        yield from _below(f"postbus {name}", command)


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    else:
        for each, one in below.items():
            yield from _below(f"{name} {each}", one)


def options(command: Any) -> Iterator[str]:
    """Every way to write each option, `--help` aside; arguments in capitals."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield parameter.metavar or parameter.name.upper()
        else:
            yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name != "--help")


def all_replies() -> Iterator[tuple[str, str]]:
    """Every reply by its name in the code, with the line that goes over the wire; what varies is named in capitals."""
    for name, value in vars(replies).items():
        if isinstance(value, replies.Reply):
            yield name, str(value)
        elif inspect.isfunction(value) and value.__module__ == replies.__name__ and name != "printable":
            given: Any = {
                each: [each.upper()] if each == "extensions" else each.upper()
                for each in inspect.signature(value).parameters
            }
            made = value(**given)
            yield from ((name, line) for line in (made if isinstance(made, list) else [str(made)]))


def log_events() -> dict[str, set[str]]:
    """The keys of every event that is logged in receiver/, by event; an event is a constant where it is logged."""
    events: dict[str, set[str]] = {}
    for path in sorted((ROOT / "receiver").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS):
                continue
            if ast.unparse(node.func.value) == "log":
                for event in _constants(node.args[0]):
                    keys = {keyword.arg for keyword in node.keywords if keyword.arg not in {None, "exc_info"}}
                    events.setdefault(event, set()).update(key for key in keys if key is not None)
    return events


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        pytest.fail(f"line {node.lineno}: the name of a log event must be a constant, not {ast.unparse(node)}")


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_is_explained(name: str, command: Any) -> None:
    """Each command has a section of its own that names every option and argument."""
    text = section(f"`{name}`")

    assert [option for option in options(command) if f"`{option}" not in text and f" {option}`" not in text] == []


def test_every_global_option_is_explained() -> None:
    """What stands before the command."""
    text = section("Global options")

    assert [option for option in options(get_command(app)) if f"`{option}" not in text] == []


@pytest.mark.parametrize(("key", "field", "default"), list(walk()), ids=lambda value: str(value)[:40])
def test_every_setting_is_explained(key: str, field: Any, default: object) -> None:
    """With its name in the file and in the environment, its true default, and its meaning as the code has it."""
    variable = ENVIRONMENT_PREFIX + key.upper().replace(".", "__")
    shown = json.dumps(str(default) if isinstance(default, Path | SecretStr) else default)

    assert f"| `{key}` | `{variable}` | `{shown}` | {field.description} |" in section("Settings")


def test_every_plan_is_explained() -> None:
    """The built-in plans, and what a plan can say."""
    text = section("Plans")

    assert [name for name in (*BUILT_IN_PLANS, *Plan.model_fields) if f"`{name}`" not in text] == []


@pytest.mark.parametrize(("name", "line"), list(all_replies()))
def test_every_reply_is_listed(name: str, line: str) -> None:
    """Each reply stands word for word as the sender's administrator sees it."""
    assert line in section("Replies"), f"{name} is missing"


@pytest.mark.parametrize("code", sorted(PHRASES))
def test_every_reason_is_listed(code: str) -> None:
    """Each code with its English words; parameters stand in braces."""
    text = section("Reasons")
    names = _parameters(code)

    assert f"`{code}`" in text
    assert words(code, {name: f"{{{name}}}" for name in names}) in text


def _parameters(code: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(PHRASES[code][0]) if name]


@pytest.mark.parametrize(
    ("event", "keys"), sorted(log_events().items()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_log_event_is_explained(event: str, keys: set[str]) -> None:
    """Each event has a line in the table of log events, which names its keys."""
    (line,) = [line for line in section("Log events").split("\n") if line.startswith(f"| `{event}` |")]

    assert [key for key in sorted(keys) if f"`{key}`" not in line] == []


def test_every_reason_that_is_stored_has_words() -> None:
    """Law 25: a code that pipeline, renderer or storage writes into a row can be told to a person."""
    rendering = {**reasons.WAITING, **reasons.FINAL}

    assert sorted((set(rendering) | set(_stored_codes())) - set(PHRASES)) == []


def _stored_codes() -> Iterator[str]:
    """First arguments of what carries a reason, and (code, parameters) pairs, in receiver/pipeline and storage."""
    carriers = {"AttemptFailed", "GivenUp", "PutOff", "TryAgain"}
    for path in (*(ROOT / "receiver" / "pipeline").glob("*.py"), *(ROOT / "storage").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            code: ast.expr | None = None
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Dict):
                code = node.elts[0]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in carriers:
                code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def test_every_state_is_explained() -> None:
    """What a message can have become."""
    assert [state for state in STATES if f"`{state}`" not in section("States of a message")] == []


def test_nothing_is_listed_that_is_gone() -> None:
    """A setting, reason or event that no longer exists has no line left."""
    known = {
        "Settings": {key for key, _, _ in walk()},
        "Reasons": set(PHRASES),
        "Log events": set(log_events()),
    }
    for title, names in known.items():
        listed = [line.split("`")[1] for line in section(title).split("\n") if line.startswith("| `")]
        assert [name for name in listed if name not in names] == [], title
        assert len(listed) == len(set(listed)), title


def test_no_command_is_listed_that_is_gone() -> None:
    """A command that was removed has no section left."""
    titles = [line.strip("# `") for line in REFERENCE.split("\n") if line.startswith("#") and "`postbus " in line]

    assert sorted(titles) == sorted(name for name, _ in commands())
