"""A server that answers OK and says nothing of a message it has named is not believed at once (law 11)."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from storage.account_fields import AccountFields
from storage.accounts import add_account
from storage.secrets import Secret
from storage.tenants import find_tenant
from tests.receiver_imap.linked_house import START, LinkedHouse
from tests.receiver_imap.scripted import CAPABILITIES, Peer, server
from tests.receiver_pipeline.house import pdf_mail

_FETCH = re.compile(rb"UID FETCH ([\d:,]+) \((.*)\)")
_STRUCTURE = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 99 NIL ("attachment" ("filename" "a.pdf")))'


class ForgetfulServer:
    """Three mails with a PDF each; at first it has no head of UID 2 and no octets of UID 3."""

    def __init__(self) -> None:
        self.forgets = True
        self.port = 0
        self._mails = {
            uid: pdf_mail(f"<{uid}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % uid) for uid in (1, 2, 3)
        }

    async def talk(self, peer: Peer) -> None:
        """One session."""
        await peer.say(b"* OK [CAPABILITY " + CAPABILITIES + b"] hello\r\n")
        while True:
            tag, command = await peer.hear()
            await peer.say(self._answer(command) + tag + b" OK done\r\n")

    def _answer(self, command: bytes) -> bytes:
        if command.startswith(b"EXAMINE"):
            return b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\n"
        if command.startswith(b"UID SEARCH"):
            return b"* SEARCH 1 2 3\r\n"
        if asked := _FETCH.match(command):
            heads = b"BODYSTRUCTURE" in asked[2]
            uids = [uid for uid in self._mails if _is_in(uid, asked[1])]
            return b"".join(self._head(uid) if heads else self._whole(uid) for uid in uids)
        return b""

    def _head(self, uid: int) -> bytes:
        if self.forgets and uid == 2:
            return b""
        mail = self._mails[uid]
        fields = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        head = b'* %d FETCH (UID %d INTERNALDATE "01-Nov-2026 10:00:00 +0000" RFC822.SIZE %d BODYSTRUCTURE %s '
        return (
            head % (uid, uid, len(mail), _STRUCTURE)
            + b"BODY[HEADER.FIELDS (FROM)] {%d}\r\n" % len(fields)
            + fields
            + b")\r\n"
        )

    def _whole(self, uid: int) -> bytes:
        if self.forgets and uid == 3:
            return b""
        mail = self._mails[uid]
        return b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (uid, uid, len(mail)) + mail + b")\r\n"


def test_a_message_that_an_answer_leaves_out_comes_with_the_next_pull(linked: LinkedHouse) -> None:
    """One head and one body are missing once; both invoices are there after the next pull."""
    peer = ForgetfulServer()
    with _running(peer):
        account = _link(linked, peer.port)
        linked.pull(account)
        assert linked.states(account) == {"fetched": 1, "failed": 2}

        peer.forgets = False
        linked.let_time_pass(account)
        linked.pull(account)

    assert linked.states(account) == {"fetched": 3}
    assert len(linked.house.documents()) == 3


@contextmanager
def _running(peer: ForgetfulServer) -> Iterator[None]:
    """The server, in a thread of its own: a pull has its own loop."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with server(peer.talk) as place:
            peer.port = place.port
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(20)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def _link(linked: LinkedHouse, port: int) -> Any:
    linked.house.tenant("Acme")
    fields = AccountFields(
        address="alice@example.com",
        username="alice@example.com",
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
