"""The schema's revision: the scripts in storage/migrations, run by Alembic on a connection of storage.database."""

import warnings
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the revisions that are missing, in the connection's transaction."""
    with warnings.catch_warnings():
        # A table that is rebuilt is read from SQLite first; its indexes on expressions are made by revisions alone.
        warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based index")
        command.upgrade(configuration(connection), "head")


def configuration(connection: Connection) -> Config:
    """What Alembic's commands take; migrations/env.py finds the connection in it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
