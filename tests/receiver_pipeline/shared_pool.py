"""Parsing children that the tests of one process share: to start one takes longer than to read most mails.

A child serves thousands of mails of all tenants, so it may serve those of many tests. They are those of the settings
used last. Whoever counts, limits or kills children makes a pool of its own, after `close_shared_pool`.
"""

import atexit
from pathlib import Path
from tempfile import TemporaryDirectory

from receiver.config import Settings
from receiver.pipeline.parsing import Pool

_kept: dict[str, tuple[Pool, "TemporaryDirectory[str]"]] = {}


def shared_pool(settings: Settings) -> Pool:
    """A pool with the limits of these settings; not to be closed by who uses it."""
    wanted = settings.language + settings.pipeline.model_dump_json()
    if wanted not in _kept:
        close_shared_pool()
        folder = TemporaryDirectory(prefix="postbus-parsers-")
        _kept[wanted] = Pool(settings.model_copy(update={"data": Path(folder.name)})), folder
    return _kept[wanted][0]


def spool_of_shared_pool() -> Path:
    """Where it keeps large parts until they are taken."""
    ((_, folder),) = _kept.values()
    return Path(folder.name) / "tmp" / "parts"


def close_shared_pool() -> None:
    """End its children."""
    while _kept:
        _, (pool, folder) = _kept.popitem()
        pool.close()
        folder.cleanup()


atexit.register(close_shared_pool)
