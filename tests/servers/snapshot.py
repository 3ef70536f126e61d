"""What an IMAP server says of an account's mailboxes: taken before and after, it proves that nothing was touched.

Looks by EXAMINE and STATUS only, which change nothing themselves (RFC 9051 6.3.3).
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.+)')
_FETCHED = re.compile(rb"UID (\d+).*?FLAGS \(([^)]*)\)|FLAGS \(([^)]*)\).*?UID (\d+)")
_ITEMS = ("UIDVALIDITY", "UIDNEXT", "MESSAGES", "RECENT", "UNSEEN")


@dataclass(frozen=True, slots=True)
class MailboxState:
    """One mailbox: its numbers by their names in STATUS, and each UID's flags."""

    numbers: dict[str, int]
    flags: dict[int, frozenset[str]]


Snapshot = dict[str, MailboxState]


@dataclass(frozen=True, slots=True)
class Login:
    """Where a test logs in as the owner of a mailbox would."""

    host: str
    tls_port: int
    ca_file: Path
    user: str
    password: str


@contextlib.contextmanager
def owner_of(login: Login) -> Iterator[imaplib.IMAP4_SSL]:
    """The owner's own mail program, logged in."""
    context = ssl.create_default_context(cafile=str(login.ca_file))
    client = imaplib.IMAP4_SSL(login.host, login.tls_port, ssl_context=context, timeout=60)
    try:
        client.login(login.user, login.password)
        yield client
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            client.logout()


def take(login: Login) -> Snapshot:
    """Every mailbox by its name as the server writes it."""
    with owner_of(login) as client:
        _, (able, *_) = client.capability()
        items = (*_ITEMS, "HIGHESTMODSEQ") if b"CONDSTORE" in able.split() else _ITEMS
        return {name: _state(client, name, items) for name in _names(client)}


def _names(client: imaplib.IMAP4) -> list[str]:
    _, rows = client.list()
    found = [_LISTED.match(row) for row in rows if isinstance(row, bytes)]
    return sorted(m["name"].decode().strip('"') for m in found if m and b"\\noselect" not in m["flags"].lower())


def _state(client: imaplib.IMAP4, name: str, items: tuple[str, ...]) -> MailboxState:
    _, (answer, *_) = client.status(f'"{name}"', f"({' '.join(items)})")
    assert isinstance(answer, bytes), answer
    numbers = {each: int(found[1]) for each in items if (found := re.search(rf"\b{each} (\d+)".encode(), answer))}
    flags: dict[int, frozenset[str]] = {}
    if numbers["MESSAGES"]:
        client.select(f'"{name}"', readonly=True)
        _, rows = client.uid("FETCH", "1:*", "(FLAGS)")
        for row in rows:
            if found := _FETCHED.search(row):
                uid, words = (found[1], found[2]) if found[1] else (found[4], found[3])
                flags[int(uid)] = frozenset(words.decode().split())
        client.close()
    return MailboxState(numbers, flags)
