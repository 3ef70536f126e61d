"""What a command works with: where the configuration lies and what it says.

Light on purpose: commands that need no database import this without its machinery (receiver/cli/rows.py has that).
Raises ConfigurationError.
"""

import os
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import typer

from receiver.config import ConfigurationError, Settings, load


@dataclass(frozen=True)
class Workplace:
    """The configuration that the global options name, read when first needed."""

    config_file: Path | None = None
    data: Path | None = None

    @classmethod
    def of(cls, ctx: typer.Context) -> "Workplace":
        """The one that the global options of this call describe."""
        return ctx.ensure_object(cls)

    @classmethod
    def from_options(cls, config_file: str | None, data: str | None) -> "Workplace":
        """From `--config` and `--data`; POSTBUS_CONFIG stands in for the first, POSTBUS_DATA is a setting."""
        # `--data "$UNSET"` must not mean the folder one happens to stand in.
        empty = [name for name, value in (("--config", config_file), ("--data", data)) if value == ""]
        if empty:
            raise ConfigurationError([f"{name}: expected a path, got nothing" for name in empty])
        named = config_file or os.environ.get("POSTBUS_CONFIG")
        return cls(Path(named) if named else None, None if data is None else Path(data))

    @cached_property
    def settings(self) -> Settings:
        """The configuration in force, checked."""
        settings = load(self.config_file, self.data)
        # A relative path would mean another folder to whoever reads it in a message or changes directory.
        return settings.model_copy(update={"data": settings.data.absolute()})

    def init_command(self) -> str:
        """The command that prepares this workplace, as the reader would type it."""
        options = [f"--config {shlex.quote(str(self.config_file))}"] if self.config_file else []
        options += [f"--data {shlex.quote(str(self.data))}"] if self.data else []
        return " ".join(["postbus", *options, "init"])
