"""`postbus check-config`: every fault of the configuration at once, or what is in force."""

import json
from typing import Any

import typer

from receiver.cli.options import AsJson
from receiver.cli.output import Column, column, show
from receiver.cli.soundness import faults_of
from receiver.cli.workplace import Workplace
from receiver.config import ConfigurationError, Settings, walk
from receiver.setting_values import without_password

app = typer.Typer(add_completion=False)


@app.command("check-config")
def check_config(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Check the configuration; print every fault on stderr (exit 1), or every setting that is in force."""
    settings = Workplace.of(ctx).settings
    faults = faults_of(settings)
    if faults:
        raise ConfigurationError(faults)
    columns = [
        column("Setting", "setting", may_wrap=False),
        Column("Value", lambda record: json.dumps(record["value"], ensure_ascii=False)),
        Column("", lambda record: "" if record["is_default"] else "set", may_wrap=False),
    ]
    show(in_force(settings), columns, as_json=as_json, when_empty="")


def in_force(settings: Settings) -> list[dict[str, Any]]:
    """Every setting with its value, and every plan; passwords within a database URL are left out."""
    values = settings.model_dump(mode="json")
    values["database"]["url"] = without_password(values["database"]["url"])
    records = [
        _record(key, _at(values, key), _at(settings, key) == default) for key, _, default in walk() if key != "plans"
    ]
    for name, plan in settings.all_plans().items():
        for key, value in plan.model_dump().items():
            records.append(_record(f"plans.{name}.{key}", value, name not in settings.plans))
    return records


def _record(key: str, value: object, is_default: bool) -> dict[str, Any]:
    return {"setting": key, "value": value, "is_default": is_default}


def _at(node: Any, key: str) -> Any:
    for part in key.split("."):
        node = node[part] if isinstance(node, dict) else getattr(node, part)
    return node
