"""`postbus serve`: take mail until SIGTERM. What runs is wired in receiver/service.py."""

import sys

import typer

from receiver.cli.counting import counts_of
from receiver.cli.failures import Refused
from receiver.cli.folders import unwritable
from receiver.cli.soundness import faults_of
from receiver.cli.workplace import Workplace
from receiver.config import ConfigurationError, Settings
from receiver.listening import ListenFailed
from receiver.service import serve as run_service
from receiver.sole import AlreadyRunning
from receiver.supervision import StartFailed

app = typer.Typer(add_completion=False)


@app.command()
def serve(ctx: typer.Context) -> None:
    """Take mail until SIGTERM; SIGHUP reads the settings again.

    Prints `ready smtp=HOST:PORT` once mail can be accepted. Logs go to stderr.
    """
    here = Workplace.of(ctx)
    faults = faults_of(here.settings)
    if faults:
        raise ConfigurationError(faults)
    counts_of(here)  # refuses a database that is missing or of another version, before anything is started
    faults = unwritable(here.settings)
    if faults:
        raise ConfigurationError(faults)
    try:
        status = run_service(here.settings, announce, lambda: read_again(here))
    except (ListenFailed, AlreadyRunning, StartFailed) as failure:
        raise Refused(str(failure)) from failure
    raise typer.Exit(status)


def read_again(here: Workplace) -> Settings:
    """The settings as they are now. Raises ConfigurationError with every fault."""
    settings = Workplace(here.config_file, here.data).settings
    faults = [*faults_of(settings), *unwritable(settings)]
    if faults:
        raise ConfigurationError(faults)
    return settings


def announce(line: str) -> None:
    """Print the one line that whoever started us waits for."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
