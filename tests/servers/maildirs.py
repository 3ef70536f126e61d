"""Deliver into Maildirs as a delivery agent does, for servers that read them (Maildir++ layout)."""

import itertools
import os
from datetime import datetime
from pathlib import Path

_NUMBERS = itertools.count(1)


def folder_of(home: Path, mailbox: str, owner: int | None) -> Path:
    """The folder of a mailbox; made when it is not there, and `owner`'s when one is given."""
    folder = home if mailbox == "INBOX" else home / f".{mailbox.replace('/', '.')}"
    if not (folder / "tmp").is_dir():
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        if mailbox != "INBOX":
            (folder / "maildirfolder").touch()
        if owner is not None:
            for path in (home, folder, *folder.iterdir()):
                os.chown(path, owner, owner)
    return folder


def deliver(folder: Path, octets: bytes, internal_date: datetime, owner: int | None) -> Path:
    """File a mail as new and say where it stands; its INTERNALDATE is the file's time."""
    name = f"{int(internal_date.timestamp())}.M{next(_NUMBERS):09d}P{os.getpid()}.test,S={len(octets)},W={len(octets)}"
    draft, file = folder / "tmp" / name, folder / "new" / name
    draft.write_bytes(octets)
    os.utime(draft, (internal_date.timestamp(),) * 2)
    if owner is not None:
        os.chown(draft, owner, owner)
    draft.rename(file)
    return file
