"""The command `postbus`: global options, and which module holds which command.

A command's module is imported when it is called, not before: the database layer alone takes half a second to import,
and `postbus status` is asked by monitors every few seconds. Every failure of ours ends in receiver/cli/failures.py.
Exit codes: 0 done, 1 failed (words on stderr), 2 wrong usage.
"""

import errno
import importlib
import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from receiver.cli.failures import complain, told
from receiver.cli.workplace import Workplace

# Command -> (module with its `app`, what `postbus --help` says of it).
COMMANDS = {
    "init": ("receiver.cli.init", "Make the data folder, the database and a certificate."),
    "serve": ("receiver.cli.serve", "Take mail until SIGTERM."),
    "render": ("receiver.cli.render", "Make PDFs of e-mail text, as a service of its own."),
    "check-config": ("receiver.cli.check_config", "Check the configuration and print what is in force."),
    "status": ("receiver.cli.status", "Tell what waits, what failed and whether PDFs can be made."),
    "doctor": ("receiver.cli.doctor", "Check names, port, certificate and machine, with remedies."),
    "tenant": ("receiver.cli.tenant", "Customers' accounts and their plans."),
    "address": ("receiver.cli.address", "Import addresses of a tenant."),
    "account": ("receiver.cli.account", "Linked accounts: mailboxes of tenants that are pulled over IMAP."),
    "standard": ("receiver.cli.standard", "Import standards of a tenant: which mail becomes documents."),
    "catalogue": ("receiver.cli.catalogue", "Import standards that all tenants share: build, update, switch off."),
    "rematch": ("receiver.cli.rematch", "Decide again about mail that was not imported."),
    "message": ("receiver.cli.message", "Mail that came in, and why it was imported or not."),
    "document": ("receiver.cli.document", "What was kept for a tenant."),
}


_FIRST_FILE = 3  # after standard input, output and error
# A full disk behind `>`; a reader that went away (EPIPE) ends the command quietly, which the parser does.
_OUTPUT_FAILURES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class CommandsOnDemand(TyperGroup):
    """Knows every command's name and help at once, and its module when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperGroup(name=name, help=words) for name, (_, words) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that is called and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in COMMANDS else command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what of ours fails in it is told in words."""
        with told():
            return super().invoke(ctx)


def load(name: str) -> Any:
    """The command of that name, or the group of commands, from its module."""
    command = get_command(importlib.import_module(COMMANDS[name][0]).app)
    command.name = name
    return command


app = typer.Typer(cls=CommandsOnDemand, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def postbus(
    ctx: typer.Context,
    data: Annotated[
        str | None, typer.Option(metavar="DIR", help="Data folder; also POSTBUS_DATA.", show_default=False)
    ] = None,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="Configuration (TOML); also POSTBUS_CONFIG.", show_default=False)
    ] = None,
) -> None:
    """A central mailbox for documents: takes invoices by e-mail, decides by import standards, keeps them."""
    ctx.obj = Workplace.from_options(config, data)


def global_options_first(arguments: list[str]) -> list[str]:
    """Move `--data` and `--config` with their values to the front, so that they may stand behind the command too."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            rest += [argument, *remaining]
        elif argument in {"--data", "--config"}:
            front += [argument, *([value] if (value := next(remaining, None)) is not None else [])]
        elif argument.startswith(("--data=", "--config=")):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def main() -> None:
    """Entry point of the console command."""
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of people go into whatever encoding the terminal has
            stream.reconfigure(errors="replace")
    try:
        app(global_options_first(sys.argv[1:]), prog_name="postbus")
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_FAILURES:
            raise
        # What is still buffered would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        complain([f"standard output: cannot be written ({error.strerror})"])
        sys.exit(1)


def _open_standard_streams() -> None:
    """Put /dev/null where the caller closed a standard stream: a file of ours would get its number, and our logs."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < _FIRST_FILE:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as we are
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main()
