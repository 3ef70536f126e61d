"""Where a password comes from: a prompt without echo, a file, or standard input. Never from an argument.

What is on a command line is seen by every user of the machine, and kept by the shell. No message of this module shows
what it read. Raises Refused, and BadParameter (wrong usage) where two sources are named.
"""

import getpass
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from receiver.cli.failures import Refused
from receiver.cli.workplace import Workplace
from receiver.guarded import leave_no_dump
from storage.secrets import KeyRing, Secret

PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the password from a file.", show_default=False),
]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
_LONGEST = 1024  # octets
# Google shows its app passwords in four groups, which are no part of them.
_GROUPED = re.compile(r"[a-z]{4}(?: [a-z]{4}){3}")


@dataclass(frozen=True, slots=True)
class Source:
    """Which of the ways to give a password was chosen; with neither, people are asked."""

    file: Path | None = None
    stdin: bool = False

    @property
    def is_named(self) -> bool:
        """Whether somebody asked for one of them."""
        return self.file is not None or self.stdin

    def check(self) -> None:
        """Raises BadParameter when both are named."""
        if self.file is not None and self.stdin:
            raise typer.BadParameter("give --password-file or --password-stdin, not both")


def key_ring(here: Workplace) -> KeyRing:
    """The keys that seal what is entered, a first one made where there is none; from here on no dump is left."""
    leave_no_dump()
    return KeyRing.create(here.settings.data)


def read_password(source: Source, whose: str) -> Secret:
    """The password as a secret; its last line end is no part of it."""
    leave_no_dump()
    if source.file is not None:
        with source.file.open("rb") as file:
            octets, where = file.read(_LONGEST + 1), str(source.file)
    elif source.stdin:
        octets, where = sys.stdin.buffer.read(_LONGEST + 1), "standard input"
    elif sys.stdin.isatty():
        octets, where = _typed(whose), "the prompt"
    else:
        raise Refused("nobody can be asked for the password; give --password-file FILE or --password-stdin")
    return Secret("password", {"password": _password(octets, where)})


def _typed(whose: str) -> bytes:
    try:
        return getpass.getpass(f"Password of {whose}: ", sys.stderr).encode(errors="surrogateescape")
    except UnicodeDecodeError:
        # Not chained: the failure would quote it.
        raise Refused("the prompt: what was typed is no text in UTF-8; that is no password") from None


def _password(octets: bytes, where: str) -> str:
    if len(octets) > _LONGEST:
        raise Refused(f"{where}: holds more than {_LONGEST} octets; that is no password")
    try:
        text = octets.decode("utf-8-sig")  # Seen in practice: Windows' editor puts a mark before what it saves.
    except UnicodeDecodeError:
        # Not chained: the failure would quote it.
        raise Refused(f"{where}: holds no text in UTF-8; that is no password") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or "\n" in text or "\0" in text:
        raise Refused(f"{where}: expected the password on one line")
    return text.replace(" ", "") if _GROUPED.fullmatch(text) else text
