"""How a command fails: the failure in words on stderr, exit 1. Wrong usage is the parser's business: exit 2.

A failure that is not one of ours is a defect and keeps its traceback.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from receiver.cli import terminal
from receiver.config import ConfigurationError
from storage.failures import StorageFailure


class Refused(Exception):
    """A command cannot do what was asked; the text names the thing and the remedy."""


@contextmanager
def told() -> Iterator[None]:
    """Turn our failures within the block into words on stderr and exit 1."""
    try:
        yield
    except ConfigurationError as error:
        complain(error.faults)
        raise typer.Exit(1) from error
    except (Refused, StorageFailure) as error:
        complain([str(error)])
        raise typer.Exit(1) from error
    except OSError as error:
        if error.filename is None:  # a broken pipe and the like: the parser ends quietly
            raise
        remedy = "; run this as the user who runs postbus" if isinstance(error, PermissionError) else ""
        complain([f"{error.filename}: {error.strerror}{remedy}"])
        raise typer.Exit(1) from error


def complain(faults: list[str]) -> None:
    """Print each fault as a line of its own on stderr."""
    for fault in faults:
        sys.stderr.write(f"postbus: {terminal.on_many_lines(fault)}\n")
