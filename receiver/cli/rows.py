"""How commands reach the rows: the database of the version this program needs, read or changed.

A database that is missing or of another version is refused, with the remedy.
Raises Refused, ConfigurationError, StorageFailure.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from receiver.cli.failures import Refused
from receiver.cli.workplace import Workplace
from storage.database import Database, Session
from storage.directory import bump


@contextmanager
def opened(here: Workplace) -> Iterator[Database]:
    """The database, sure to have this version's tables."""
    settings = here.settings
    place = "database.url" if settings.database.url else settings.data
    # SQLite would make an empty file where there is none.
    if not settings.database.url and not (settings.data / "postbus.db").exists():
        raise Refused(f"{place}: there is no database yet; run `{here.init_command()}`")
    database = Database(settings.database_url())
    try:
        if not database.revision_is_current():
            raise Refused(f"{place}: the database is of another version than postbus; run `{here.init_command()}`")
        yield database
    finally:
        database.close()


@contextmanager
def reading(ctx: typer.Context) -> Iterator[Session]:
    """A session that changes nothing."""
    with opened(Workplace.of(ctx)) as database, database.read() as session:
        yield session


@contextmanager
def changing(ctx: typer.Context) -> Iterator[Session]:
    """A session whose changes are kept when the block ends well; running doors then look again (law 7)."""
    here = Workplace.of(ctx)
    with opened(here) as database:
        with database.write(actor=_ACTOR) as session:
            yield session
        bump(here.settings.data / "run" / "directory.stamp")


_ACTOR = "command line"
