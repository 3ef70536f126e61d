"""Passwords of linked accounts at a real terminal, and what a process that holds one leaves behind."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.accounts import list_accounts
from storage.database import Database
from storage.secrets import KeyRing
from tests import secrecy

BOB = "bob@example.com"
PLACE = ("--host", "127.0.0.1", "--port", "1")
ALLOWED = {"POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true"}
ADD = ("account", "add", "--tenant", "T", "--email", BOB, *PLACE)


@pytest.fixture(name="password")
def _password() -> str:
    return secrecy.secret("bob")


@pytest.fixture(name="linked")
def _linked(postbus: Any, password: str) -> Any:
    """The command, with a tenant T and its account BOB."""
    postbus("tenant", "add", "T")
    assert postbus(*ADD, "--password-stdin", typed=f"{password}\n", **ALLOWED).status == 0
    return postbus


def at_a_terminal(
    postbus: Any, words: tuple[str, ...], typed: bytes, meanwhile: Callable[[], object] = lambda: None
) -> tuple[int, bytes]:
    """The command's status, and all that is seen of it, when `typed` is the answer to its prompt."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "receiver.cli.main", *words],
        env={"PATH": os.environ["PATH"], "POSTBUS_DATA": str(postbus.data), **ALLOWED},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"Password of bob@example.com:" not in shown:
            shown += os.read(ours, 1024)
        meanwhile()
        os.write(ours, typed + b"\n")
        out, _ = process.communicate(timeout=60)
        shown += os.read(ours, 8192)
    os.close(ours)
    return process.returncode, shown + out


def stored_password(data: Path) -> str:
    """What the account's pulls log in with."""
    database = Database(f"sqlite:///{data / 'postbus.db'}")
    with database.read() as session:
        (account,) = list_accounts(session)
    database.close()
    return KeyRing.open(data, {}).unseal(account.secret or b"", account.id).values["password"]


def test_the_prompt_does_not_echo(postbus: Any, password: str) -> None:
    """A real terminal: what is typed does not appear on it."""
    postbus("tenant", "add", "T")

    status, seen = at_a_terminal(postbus, (*ADD, "--json"), password.encode())

    assert status == 0
    assert b'"has_secret": true' in seen
    assert password.encode() not in seen


def test_what_is_typed_in_another_encoding_is_refused_without_being_shown(postbus: Any, password: str) -> None:
    """A terminal that does not speak UTF-8: a sentence, no traceback."""
    postbus("tenant", "add", "T")

    status, seen = at_a_terminal(postbus, ADD, password.encode() + b"\xfc")

    assert status == 1
    assert b"no text in UTF-8" in seen
    assert b"Traceback" not in seen
    assert password.encode() not in seen


def test_what_others_changed_while_a_password_was_typed_is_not_undone(linked: Any, password: str) -> None:
    """`set` was told of an account that is another by now: it changes nothing, and the password goes nowhere else."""
    status, seen = at_a_terminal(
        linked,
        ("account", "set", BOB, "--ask-password"),
        b"another",
        lambda: linked("account", "set", BOB, "--start-date", "2020-01-01", **ALLOWED),
    )

    assert status == 1
    assert b"meanwhile" in seen
    assert linked("account", "show", BOB, "--json").row["start_date"] == "2020-01-01"
    assert stored_password(linked.data) == password


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('it\'s "quoted" \\ and {5}', 'it\'s "quoted" \\ and {5}'),
        ("Größe€\r\n", "Größe€"),
        (" blanks around \n", " blanks around "),
        ("\ufeffof an editor\r\n", "of an editor"),
        ("abcd efgh ijkl mnop\n", "abcdefghijklmnop"),
    ],
    ids=["quotes", "umlauts", "blanks", "mark", "groups"],
)
def test_a_password_is_stored_as_it_is_meant(postbus: Any, tmp_path: Path, written: str, meant: str) -> None:
    """Whatever it holds; the end of its line, an editor's mark and Google's groups are no part of it."""
    file = tmp_path / "password"
    file.write_bytes(written.encode())
    postbus("tenant", "add", "T")

    assert postbus(*ADD, "--password-file", str(file), **ALLOWED).status == 0

    assert stored_password(postbus.data) == meant


@pytest.mark.parametrize(
    "words",
    [
        ("account", "add", "--tenant", "T", "--email", "a@example.com", *PLACE, "--password-stdin"),
        ("account", "rotate-key"),
    ],
    ids=["add", "rotate-key"],
)
def test_who_has_the_keys_leaves_no_dump(linked: Any, words: tuple[str, ...]) -> None:
    """Every command that reads keys or a password shuts its memory first."""
    script = (
        "import ctypes, sys\nfrom receiver.cli.main import app\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, *words],
        env={"PATH": os.environ["PATH"], "POSTBUS_DATA": str(linked.data), **ALLOWED},
        cwd=Path(__file__).parents[2],
        input=b"another\n",
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert said.stdout.split()[-1] == b"0"
