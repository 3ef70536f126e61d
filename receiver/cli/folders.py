"""The folders of a data folder, and whether whoever runs this may write to them.

Makes nothing. Answers with a sentence for every folder that cannot be used.
"""

import os
from pathlib import Path

from receiver.config import Settings

_OTHERS = ("tls", "tmp", "postbus.db", "postbus.db-wal", "postbus.db-shm")


def folders_of(settings: Settings) -> list[Path]:
    """What `postbus init` makes, the data folder first."""
    return [settings.data, settings.journal_folder(), settings.blob_folder(), settings.data / "run"]


def unwritable(settings: Settings) -> list[str]:
    """Everything of ours that is there and cannot be written to; what is missing is made where it is needed."""
    ours = [*folders_of(settings), *(settings.data / name for name in _OTHERS)]
    return [unwritable_path(path) for path in ours if path.exists() and not _may_write(path)]


def unwritable_path(path: Path) -> str:
    """The sentence for one of them."""
    return f"{path}: cannot be written to; give it to the user who runs postbus (chown), or name another with --data"


def _may_write(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0))
