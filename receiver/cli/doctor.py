"""`postbus doctor`: what is wrong around this postbus, and what to do about it."""

import dataclasses

import typer

from receiver.cli.options import AsJson
from receiver.cli.output import column, show
from receiver.cli.workplace import Workplace
from receiver.doctor.examination import examine

app = typer.Typer(add_completion=False)


@app.command()
def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Check names, port, certificate, disk, clock, database and renderer; exit 1 when any check failed."""
    found = examine(Workplace.of(ctx).settings)
    columns = [
        column("Check", "check", may_wrap=False),
        column("Result", "result", may_wrap=False),
        column("What", "what"),
        column("Remedy", "remedy"),
    ]
    show([dataclasses.asdict(each) for each in found], columns, as_json=as_json, when_empty="")
    if any(each.result == "failed" for each in found):
        raise typer.Exit(1)
