"""Options that several commands share, so that they are named and explained alike everywhere."""

from typing import Annotated, Literal

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
OfTenant = Annotated[str, typer.Option("--tenant", "-t", help="Name or id of the tenant.", show_default=False)]
InLanguage = Annotated[
    Literal["en", "de", "nl"] | None,
    typer.Option("--language", help="Language of reasons; the setting `language` unless told.", show_default=False),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def given(argument: str | None, option: str | None, name: str) -> str:
    """A value that may be given as an argument or as an option, once. Raises BadParameter: wrong usage."""
    if (argument is None) == (option is None):
        raise typer.BadParameter(f"give {name} once, as an argument or as an option")
    return argument if argument is not None else str(option)
