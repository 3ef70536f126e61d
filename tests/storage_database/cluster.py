"""A private PostgreSQL cluster for tests: a folder and a Unix socket of its own, ended by pid."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


@contextmanager
def private_cluster() -> Iterator[Path]:
    """A running PostgreSQL, used by nobody else; gives the folder of its socket. Skips the test where none is."""
    if not _INSTALLED:
        pytest.skip("PostgreSQL is not installed (/usr/lib/postgresql/*/bin/postgres)")
    folder = Path(tempfile.mkdtemp(prefix="postbus-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    bin_folder, data = _INSTALLED[-1].parent, folder / "data"
    initdb = [str(bin_folder / "initdb"), "-D", str(data), "-A", "trust", "-U", "postbus", "-E", "UTF8", "--no-sync"]
    subprocess.run(_as_postgres(*initdb, "--locale=C.UTF-8"), check=True, capture_output=True, cwd=folder)
    process = start_server(folder)
    try:
        yield folder
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
        process.wait(30)
        shutil.rmtree(folder)


def start_server(folder: Path) -> "subprocess.Popen[bytes]":
    """The server of the cluster in that folder; returns once it answers."""
    server = [str(_INSTALLED[-1]), "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses=", "-F"]
    server += ["-c", "deadlock_timeout=50ms"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(_as_postgres(*server), stdout=log, stderr=log, cwd=folder)
    while process.poll() is None:
        try:
            psycopg.connect(f"host={folder} user=postbus dbname=postgres").close()
        except psycopg.OperationalError:
            continue
        return process
    raise AssertionError((folder / "log").read_text())


def url_of(folder: Path, name: str) -> str:
    """The URL of a database of the cluster."""
    return f"postgresql+psycopg://postbus@/{name}?host={folder}"


def run_sql(folder: Path, name: str, statements: str) -> None:
    """Run statements in a database of the cluster."""
    with psycopg.connect(f"host={folder} user=postbus dbname={name}", autocommit=True) as connection:
        connection.execute(statements.encode())


def empty(folder: Path, name: str, tables: Iterable[str]) -> None:
    """Remove all rows of these tables. TRUNCATE makes new files for each and its indexes, though few hold rows."""
    names = ", ".join(f"'{table}'" for table in tables)
    run_sql(
        folder,
        name,
        f"""
        DO $$ DECLARE each text; has_rows bool; BEGIN
            SET LOCAL session_replication_role = replica;  -- in any order, whatever points where
            FOREACH each IN ARRAY ARRAY[{names}] LOOP
                EXECUTE format('SELECT EXISTS (SELECT FROM %I)', each) INTO has_rows;
                IF has_rows THEN EXECUTE format('DELETE FROM %I', each); END IF;
            END LOOP;
        END $$
        """,  # noqa: S608 - our own names
    )


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]
