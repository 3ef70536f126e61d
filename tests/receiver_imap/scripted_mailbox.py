"""Scripted servers for whole pulls: each in a thread of its own, and accounts that are linked to them."""

import asyncio
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from storage.account_fields import AccountFields
from storage.account_models import LinkedAccount
from storage.accounts import add_account
from storage.secrets import Secret
from storage.tenants import find_tenant
from tests.receiver_imap.linked_house import START, LinkedHouse
from tests.receiver_imap.scripted import CAPABILITIES, Peer, Script, server

_FETCH = re.compile(rb"UID FETCH ([\d:,]+) \((.*)\)")
_STRUCTURE = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 99 NIL ("attachment" ("filename" "a.pdf")))'


class ScriptedMailbox:
    """Mails of one mailbox, each with a PDF as its heads tell; a test says otherwise by overriding a part."""

    def __init__(self, mails: Mapping[int, bytes]) -> None:
        """By UID."""
        self.mails = mails
        self.uidvalidity = 7
        self.wholes: list[int] = []  # UIDs whose octets were asked for

    async def talk(self, peer: Peer) -> None:
        """One session."""
        await peer.say(b"* OK [CAPABILITY " + CAPABILITIES + b"] hello\r\n")
        while True:
            tag, command = await peer.hear()
            await peer.say(self.answer(command) + tag + b" OK done\r\n")

    def answer(self, command: bytes) -> bytes:
        """What is said before the tagged OK."""
        if command.startswith(b"EXAMINE"):
            return self.examined()
        if command.startswith(b"UID SEARCH"):
            return b"* SEARCH " + b" ".join(b"%d" % uid for uid in self.mails) + b"\r\n"
        if asked := _FETCH.match(command):
            uids = [uid for uid in self.mails if _is_in(uid, asked[1])]
            if b"BODYSTRUCTURE" in asked[2]:
                return b"".join(self.head(uid) for uid in uids)
            if b"BODY.PEEK[]" not in asked[2]:
                return b"".join(self.text(uid) for uid in uids)
            self.wholes += uids
            return b"".join(self.whole(uid) for uid in uids)
        return b""

    def examined(self) -> bytes:
        """What is told of the mailbox."""
        told = (len(self.mails), self.uidvalidity, max(self.mails) + 1)
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n" % told

    def head(self, uid: int, structure: bytes = _STRUCTURE) -> bytes:
        """One answer to a question about heads."""
        mail = self.mails[uid]
        fields = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        told = (
            b'* %d FETCH (UID %d INTERNALDATE "%b" RFC822.SIZE %d BODYSTRUCTURE %b BODY[HEADER.FIELDS (FROM)] {%d}\r\n'
        )
        return told % (uid, uid, self.date(uid), len(mail), structure, len(fields)) + fields + b")\r\n"

    def date(self, _uid: int) -> bytes:
        """When the mail came in."""
        return b"01-Nov-2026 10:00:00 +0000"

    def text(self, uid: int) -> bytes:
        """One answer to a question about the text of a mail that is nothing but text."""
        words = self.mails[uid].partition(b"\r\n\r\n")[2]
        return b"* %d FETCH (UID %d BODY[1]<0> {%d}\r\n" % (uid, uid, len(words)) + words + b")\r\n"

    def whole(self, uid: int) -> bytes:
        """One answer to a question about a mail's octets."""
        mail = self.mails[uid]
        return b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (uid, uid, len(mail)) + mail + b")\r\n"


@contextmanager
def running(talk: Script) -> Iterator[int]:
    """The port of a server that talks like this, in a thread of its own: a pull has its own loop."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with server(talk) as place:
            ports.append(place.port)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(20)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def link_scripted(linked: LinkedHouse, port: int) -> LinkedAccount:
    """Link an account on such a server; any password will do."""
    linked.house.tenant("Acme")
    address = f"{secrets.token_hex(6)}@example.com"
    fields = AccountFields(
        address=address,
        username=address,
        host="127.0.0.1",
        port=port,
        security="none",
        auth="password",
        start_date=START,
    )
    secret = Secret("password", {"password": "made up"})
    with linked.house.database.write() as session:
        return add_account(session, find_tenant(session, "Acme"), fields, secret, linked.keys)


def _is_in(uid: int, asked: bytes) -> bool:
    for each in asked.split(b","):
        first, _, last = each.partition(b":")
        if int(first) <= uid <= int(last or first):
            return True
    return False
