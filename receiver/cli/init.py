"""`postbus init`: make what a running postbus needs. Doing it again changes nothing that is there.

Folders are for their owner only: they hold other people's invoices.
"""

import os
import socket

import typer

from receiver.cataloguing.folder import starter, starter_version
from receiver.cli.failures import Refused
from receiver.cli.folders import folders_of, unwritable_path
from receiver.cli.output import say
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from receiver.smtp.tls import make_self_signed
from storage.blobs import BlobStore
from storage.catalogue import install_starter, state_of
from storage.database import Database
from storage.directory import bump

app = typer.Typer(add_completion=False)
_FOR_OWNER_ONLY = 0o700


@app.command()
def init(ctx: typer.Context) -> None:
    """Make the data folder, the database (or bring it up to date) and a self-signed certificate."""
    settings = Workplace.of(ctx).settings
    os.umask(0o077)
    made = [*make_folders(settings), *migrate(settings), *bring_catalogue(settings), *make_certificate(settings)]
    prepare_for_other_users(settings)
    say("\n".join(f"made: {thing}" for thing in made) or f"{settings.data}: everything is there already")


def make_folders(settings: Settings) -> list[str]:
    """Make the missing folders; returns what was made. Raises Refused for one that cannot be made or written to."""
    made = []
    for folder in folders_of(settings):
        try:
            if not folder.is_dir():
                folder.mkdir(mode=_FOR_OWNER_ONLY, parents=True)
                made.append(f"folder {folder}")
        except OSError as error:
            raise Refused(
                f"{folder}: the folder cannot be made ({error.strerror}); name another with --data, "
                "or make it as root and give it to the user who runs postbus"
            ) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Refused(unwritable_path(folder))
    return made


def prepare_for_other_users(settings: Settings) -> None:
    """Make what is otherwise made at first use, which may be root's: the service's user could not write to it then."""
    BlobStore(settings.blob_folder()).close()
    stamp = settings.data / "run" / "directory.stamp"
    if not stamp.exists():
        bump(stamp)


def migrate(settings: Settings) -> list[str]:
    """Make the database or bring it to this version; returns what was made."""
    is_new = not settings.database.url and not (settings.data / "postbus.db").exists()
    database = Database(settings.database_url())
    try:
        if not is_new and database.revision_is_current():
            return []
        database.migrate()
    finally:
        database.close()
    return [f"database {database.name}"]


def bring_catalogue(settings: Settings) -> list[str]:
    """Put the catalogue that came with postbus in force where it is newer; returns what was brought."""
    version = starter_version()
    database = Database(settings.database_url())
    try:
        with database.read() as session:
            state = state_of(session)
        if state.active_version is not None and state.active_version >= version:
            return []
        with database.write() as session:
            is_brought = install_starter(session, starter())
    finally:
        database.close()
    return [f"catalogue of import standards, version {version}"] if is_brought else []


def make_certificate(settings: Settings) -> list[str]:
    """Make a self-signed certificate unless the configuration names one; returns what was made."""
    folder = settings.data / "tls"
    if settings.smtp.tls_certificate or not (settings.smtp.starttls or settings.smtp.listen_tls):
        return []
    had_one = folder.is_dir() and any(folder.iterdir())
    certificate, _ = make_self_signed(folder, settings.smtp.hostname or socket.getfqdn())
    return [] if had_one else [f"certificate {certificate}"]
