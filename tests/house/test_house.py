"""The rules of the house, kept by reading the source: who may import whom, what no file may hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("receiver", "rules", "storage")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

# What a room of ours may import of ours (itself included). The longest prefix that fits decides.
MAY_IMPORT = {
    "rules": {"rules"},
    "storage": {"storage", "rules"},
    "receiver": {"receiver", "storage", "rules"},
    # Reading octets of mail is the same for every door, and for the pipeline.
    "receiver.mail": {"receiver.mail", "rules"},
    # The renderer gets octets and gives a PDF; it never opens the database or a key (law 17).
    "receiver.rendering": {"receiver.rendering", "receiver.config", "receiver.logs"},
}
DOORS_AND_PIPELINE = ("receiver.smtp", "receiver.imap", "receiver.pipeline")

# Each third-party package has one door.
ONLY_IN = {
    "aiosmtpd": {"receiver.smtp"},
    "pdfkit": {"receiver.rendering"},
    "nh3": {"receiver.rendering"},
    "tinycss2": {"receiver.rendering"},
    "pikepdf": {"receiver.rendering"},
    "fontTools": {"receiver.rendering"},
    "pypdfium2": {"receiver.rendering", "receiver.pipeline"},
    "asn1crypto": {"receiver.pipeline"},
    "zxingcpp": {"receiver.pipeline"},
    "stdnum": {"rules.recognition"},
    "imapclient": {"receiver.imap"},
    "mailparser": {"receiver.pipeline"},
    "sqlmodel": {"storage"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "lxml": {"rules.recognition"},
    "re2": {"rules.patterns"},
    "ahocorasick_rs": {"rules.index"},
    "structlog": {"receiver"},
    "typer": {"receiver.cli"},
    "rich": {"receiver.cli"},
    "uvloop": {"receiver.smtp"},
    "pydantic_settings": {"receiver.config"},
    "prometheus_client": {"receiver.metrics"},
    "dns": {"receiver.doctor"},
    "authlib": {"receiver.imap"},
}
# Where a fault of ours must not take others with it: a session, a batch, a job, a message's attempt.
EDGES = {
    "receiver.smtp.session",
    "receiver.smtp.intake",
    "receiver.smtp.acceptance",
    "receiver.imap.database_thread",
    "receiver.imap.ending",
    "receiver.imap.sighting",
    "receiver.pipeline.worker",
    "receiver.pipeline.settle_job",
    "receiver.pipeline.child",
}
PURE = ("rules", "receiver.mail")
# Rooms of decisions and of reading: no clock, network, database, path, process or logger.
IMPURE = {"asyncio", "datetime.now", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "time"}


def module_of(path: Path) -> str:
    """The dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every (line, dotted name) that a file imports, wherever in the file it does."""
    package = module_of(path).split(".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)


def is_within(name: str, room: str) -> bool:
    """Whether dotted `name` is `room` or stands below it."""
    return name == room or name.startswith(room + ".")


def rule_for(module: str) -> set[str]:
    """The rooms that `module` may import."""
    return MAY_IMPORT[max((room for room in MAY_IMPORT if is_within(module, room)), key=len)]


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    """Data flows one way: rules know nothing of ours, storage knows rules, doors never know each other."""
    module = module_of(path)
    wrong = []
    for line, name in imports_of(path):
        if name.split(".")[0] in ROOMS and not any(is_within(name, room) for room in rule_for(module)):
            wrong.append(f"line {line}: {module} must not import {name}")
        for door in DOORS_AND_PIPELINE:
            here = [d for d in DOORS_AND_PIPELINE if is_within(module, d)]
            if here and is_within(name, door) and door not in here:
                wrong.append(f"line {line}: {here[0]} and {door} meet in the journal only")
    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_each_third_party_package_has_one_door(path: Path) -> None:
    """A package that must be replaced one day is imported in one room only."""
    module = module_of(path)
    wrong = [
        f"line {line}: {name} belongs in {', '.join(sorted(ONLY_IN[name.split('.')[0]]))}"
        for line, name in imports_of(path)
        if name.split(".")[0] in ONLY_IN and not any(is_within(module, room) for room in ONLY_IN[name.split(".")[0]])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if any(is_within(module_of(p), room) for room in PURE)], ids=module_of
)
def test_decisions_and_reading_are_pure(path: Path) -> None:
    """Law 26 and habit 5: octets and values in, values out."""
    assert [(line, name) for line, name in imports_of(path) if name.split(".")[0] in IMPURE] == []


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_module_opens_with_its_door_plate(path: Path) -> None:
    """Habit 1: what it does, what it never does, what it raises."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [p for p in SOURCES if "migrations" not in p.parts], ids=module_of)
def test_rooms_stay_small(path: Path) -> None:
    """Habit 2: files under 350 lines, functions under 60. A migration is a list of tables, as long as they are many."""
    text = path.read_text(encoding="utf-8")
    large = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert large == []
    assert text.count("\n") <= 350


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_no_file_has_a_name_that_says_nothing(path: Path) -> None:
    """Habit 12: nothing is called utils, helpers, common, manager, base."""
    assert not re.fullmatch(r"utils?|helpers?|common|misc|manager|base", path.stem)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_exceptions_are_caught_wholesale_only_at_the_edges(path: Path) -> None:
    """Habit 6: `except Exception` stands at the edges named above; elsewhere it may only tidy up and raise again."""
    wholesale = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    ]
    assert not wholesale or module_of(path) in EDGES, wholesale


def test_the_wheel_names_its_packages_one_by_one() -> None:
    """The customer's layout: receiver, rules and storage stand at the top level and are named in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'packages = ["receiver", "rules", "storage"]' in text


def test_the_lock_names_no_address() -> None:
    """The lock is a requirements list with hashes; where packages come from is the machine's business."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
    assert re.search(r"^aiosmtpd==1\.4\.6 ", text, re.MULTILINE)


def test_no_file_is_left_unfinished() -> None:
    """No marks of unfinished work are committed."""
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|NotImplemented" r"Error)\b")
    ours = [*SOURCES, *(ROOT / "bench").glob("*.py"), ROOT / "dev"]
    assert [path.name for path in ours if marks.search(path.read_text(encoding="utf-8"))] == []
