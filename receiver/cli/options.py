"""Options that several commands share, so that they are named and explained alike everywhere."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
OfTenant = Annotated[str, typer.Option("--tenant", "-t", help="Name or id of the tenant.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
