"""The catalogue's records as commands print them: versions, standards, changes."""

from collections.abc import Iterable
from typing import Any

from receiver.cli.output import Column, column, time_column
from rules.standard_changes import Change
from rules.standard_codec import to_values
from rules.standards import ImportStandard
from storage.catalogue import State, VersionRow

CHANGES = [
    column("Change", "change", may_wrap=False),
    column("Standard", "name"),
    Column("What", lambda record: "; ".join(_differences(record))),
]
STANDARDS = [
    column("Standard", "name"),
    column("Keeps", "keep", may_wrap=False),
    Column("Where", lambda record: _conditions(record["standard"].get("any_of", {}))),
    Column("Except", lambda record: _conditions(record["standard"].get("none_of", {}))),
]
SWITCHES = [*STANDARDS, Column("Is on", lambda record: not record["switched_off"], may_wrap=False)]
VERSIONS = [
    column("Version", "version", may_wrap=False),
    column("Standards", "standards", may_wrap=False),
    column("State", "state", may_wrap=False),
    time_column("In force since", "activated_at"),
    Column("Signed by", lambda record: record["signed_by"] or "came with postbus"),
]


def change_record(change: Change) -> dict[str, Any]:
    """What came, went or is another; `before` and `after` are the standard as the TOML file has it, or None."""
    before, after = change
    one = after or before
    if one is None:
        raise ValueError("a change needs a standard, before or after")
    return {
        "change": "added" if before is None else "removed" if after is None else "changed",
        "name": one.name,
        "id": one.id,
        "supplier": one.supplier,
        "before": to_values(before) if before else None,
        "after": to_values(after) if after else None,
    }


def standard_record(standard: ImportStandard, version: int | None, off: Iterable[str]) -> dict[str, Any]:
    """A standard of the catalogue; `switched_off` by the tenant that was asked for."""
    return {
        "name": standard.name,
        "id": standard.id,
        "supplier": standard.supplier,
        "keep": standard.keep,
        "document_type": standard.document_type,
        "standard": to_values(standard),
        "version": version,
        "switched_off": standard.id in set(off),
    }


def version_record(row: VersionRow, state: State) -> dict[str, Any]:
    """A version that is kept, and what it is: in force, held, scheduled or only kept."""
    is_active, is_next = row.version == state.active_version, row.version == state.next_version
    said = "kept"
    if is_active:
        said = "held" if state.held_at else "in force"
    elif is_next:
        said = "scheduled"
    return {
        "version": row.version,
        "standards": row.standards,
        "state": said,
        "kept_at": row.kept_at,
        "activated_at": row.activated_at,
        "activate_at": state.activate_at if is_next else None,
        "held_at": state.held_at if is_active else None,
        "signed_by": row.signed_by,
    }


def _differences(record: dict[str, Any] | Any) -> list[str]:
    before, after = record["before"], record["after"]
    if before is None or after is None:
        return [_conditions((after or before).get("any_of", {}))]
    return [
        f"{key}: {_shown(before.get(key))} → {_shown(after.get(key))}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _conditions(table: dict[str, list[str]]) -> str:
    return "; ".join(f"{fact} {_shown(values)}" for fact, values in table.items())


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"({_conditions(value)})"
    if isinstance(value, list):
        return " or ".join(map(str, value))
    return "nothing" if value is None else str(value)
