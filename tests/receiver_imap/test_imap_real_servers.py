"""A session with real servers: the same promises on Dovecot, Cyrus and Courier."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from receiver.imap.failures import ImapFailure, Undeliverable
from receiver.imap.mailbox_names import decode_mailbox
from receiver.imap.session import Session
from receiver.imap.uid_sets import UidSet
from receiver.imap.values import Head, Limits, PasswordLogin, Place, Security, TokenLogin, Whole
from tests.servers.authority import CertificateKind
from tests.servers.dovecot import Dovecot
from tests.servers.imap_server import ImapServer
from tests.servers.kinds import NEEDS_DOVECOT, SERVERS

ALICE = "alice@example.com"
# As on the wire. In the folders of this test's Courier stand names of another kind.
FERRY = {"Dovecot": "F&AOQ-hre &- Zoll", "Cyrus": "F&AOQ-hre &- Zoll", "Courier": "Zoll"}
NOVEMBER = datetime(2026, 11, 1, 12, tzinfo=UTC)
LIMITS = Limits(connect_seconds=30, silence_seconds=60, command_seconds=120)
PIECE = LIMITS.piece_octets


def mail(number: int, octets: int = 0) -> bytes:
    """A mail with a text and a PDF, of at least `octets`."""
    head = (
        f"From: a@supplier.example\r\nTo: {ALICE}\r\nSubject: Bill {number}\r\n"
        f"Message-ID: <m{number}@supplier.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease pay.\r\n"
        '--b\r\nContent-Type: application/pdf; name="x.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        "Content-Disposition: attachment; filename*=utf-8''R%C3%A4chnung.pdf\r\n\r\n"
    ).encode("ascii")
    line = b"QUJD" * 18 + b"\r\n"
    lines = max(0, octets - len(head) - 7) // len(line)
    filler = b"A" * max(0, octets - len(head) - 7 - lines * len(line))
    return head + line * lines + filler + b"\r\n--b--"


MAILS = {1: mail(1), 2: mail(2, PIECE), 3: mail(3, 2 * PIECE + 17), 4: mail(4, PIECE - 1), 5: mail(5)}


@pytest.fixture(scope="module", name="server", params=SERVERS)
def _server(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    """One of each kind, with five mails."""
    with request.param({ALICE: "secret"}) as running:
        for octets in MAILS.values():
            running.deliver(ALICE, octets, NOVEMBER)
        running.deliver(ALICE, mail(6), NOVEMBER, FERRY[running.name])
        yield running


def place_of(server: ImapServer, security: Security = "tls") -> Place:
    """Where a private server is."""
    port = server.tls_port if security == "tls" else server.starttls_port
    return Place(host=server.host, port=port, security=security, allow_internal=True, ca_file=server.ca_file)


@asynccontextmanager
async def logged_in(server: ImapServer, security: Security = "tls", limits: Limits = LIMITS) -> AsyncIterator[Session]:
    """A session whose INBOX is open."""
    session = await Session.open(place_of(server, security), limits)
    await session.login(PasswordLogin(ALICE, server.users[ALICE]))
    await session.examine("INBOX")
    try:
        yield session
    finally:
        await session.logout()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_whole_messages_come_octet_for_octet(server: ImapServer, security: Security) -> None:
    """Law 27: of one piece, of several, of exactly as many octets as a piece has."""
    kept: dict[int, bytearray] = {}

    async def fetch() -> list[Whole]:
        async with logged_in(server, security) as session:
            sizes = [(head.uid, head.size) async for head in session.heads(UidSet.span(1, 9))]
            return [each async for each in session.wholes(sizes, lambda uid: kept.setdefault(uid, bytearray()).extend)]

    wholes = asyncio.run(fetch())

    assert {each.uid: each.octets for each in wholes} == {uid: len(octets) for uid, octets in MAILS.items()}
    assert kept == MAILS


def test_heads_tell_structure_and_fields(server: ImapServer) -> None:
    """What a decision needs stands in the head; UIDs that are not there are passed over."""

    async def look() -> dict[int, Head]:
        async with logged_in(server) as session:
            return {head.uid: head async for head in session.heads(UidSet.of([1, 3, 77]), batch=1)}

    heads = asyncio.run(look())

    head = heads[3]
    assert sorted(heads) == [1, 3]
    assert (head.size, head.internal_date, head.is_cut) == (len(MAILS[3]), NOVEMBER, False)
    assert b"Subject: Bill 3\r\n" in head.header
    assert [(part.path, part.media_type, part.filename) for part in head.structure.walk()] == [
        ("", "multipart/mixed", None),
        ("1", "text/plain", None),
        ("2", "application/pdf", "Rächnung.pdf"),
    ]


def test_a_session_has_what_a_pull_needs(server: ImapServer) -> None:
    """Mailboxes with names beyond ASCII, searches by day, UID and Message-ID, beginnings of texts, ID."""

    async def look() -> None:
        async with logged_in(server) as session:
            await session.identify({"name": "postbus", "support-url": "https://postbus.example/"})
            names = {each.name for each in await session.mailboxes()}
            [other] = [name for name in names if name.endswith(decode_mailbox(FERRY[server.name].encode("ascii")))]
            assert await session.search_since(date(2026, 11, 1)) == UidSet.span(1, 5)
            assert not await session.search_since(date(2026, 11, 3))
            assert await session.search_from(4) == UidSet.of([4, 5])
            assert not await session.search_from(6)
            assert await session.search_message_id("<m2@supplier.example>") == UidSet.of([2])
            texts = [each async for each in session.texts([(1, "1"), (5, "1"), (99, "1")], 6)]
            assert sorted(texts) == [(1, "1", b"Please"), (5, "1", b"Please")]
            examined = await session.examine(other)
            assert examined.exists == 1
            assert examined.uid_next in {2, None}  # Courier does not say
            assert session.tls is not None
            assert session.traffic.received > 1000

    asyncio.run(look())


def test_a_mailbox_that_is_not_there_ends_no_session(server: ImapServer) -> None:
    """The other mailboxes of the account are pulled."""

    async def look() -> int:
        async with logged_in(server) as session:
            with pytest.raises(ImapFailure, match="mailbox_gone mailbox=Nope"):
                await session.examine("Nope")
            return (await session.examine("INBOX")).exists

    assert asyncio.run(look()) == 5


def test_a_uid_that_is_not_there_is_gone(server: ImapServer) -> None:
    """One that was expunged before it was fetched."""

    async def fetch() -> None:
        async with logged_in(server) as session:
            await session.whole(77, bytes)

    with pytest.raises(Undeliverable) as failure:
        asyncio.run(fetch())
    assert failure.value.is_gone


def test_a_wrong_password_is_told_as_such(server: ImapServer) -> None:
    """By whatever way the server says so."""

    async def log_in() -> None:
        session = await Session.open(place_of(server), LIMITS)
        try:
            await session.login(PasswordLogin(ALICE, 'not "it\\'))
        finally:
            session.abort()

    with pytest.raises(ImapFailure) as failure:
        asyncio.run(log_in())
    assert (failure.value.code, failure.value.health) == ("password_refused", "needs_password")


@NEEDS_DOVECOT
def test_idle_notices_new_mail() -> None:
    """Within the time that was given; without news it says so."""

    async def watch(server: ImapServer) -> tuple[bool, bool]:
        async with logged_in(server) as session:
            before = await session.idle(0.2)
            waiting = asyncio.create_task(session.idle(60))
            await asyncio.to_thread(server.deliver, ALICE, mail(7), NOVEMBER)
            return before, await waiting

    with Dovecot({ALICE: "secret"}) as server:
        assert asyncio.run(watch(server)) == (False, True)


def test_nothing_changes_in_the_mailbox(server: ImapServer) -> None:
    """Flags, UIDs and counts before and after all that a session can do."""
    before = server.snapshot(ALICE)

    async def do_all() -> None:
        async with logged_in(server) as session:
            uids = [head.uid async for head in session.heads(UidSet.span(1, 9))]
            [_ async for _ in session.texts([(uid, "1") for uid in uids], 100)]
            [_ async for _ in session.wholes([(uid, 0) for uid in uids], lambda _: bytes)]

    asyncio.run(do_all())

    assert server.snapshot(ALICE) == before


@NEEDS_DOVECOT
@pytest.mark.parametrize(
    ("kind", "why"), [("expired", "expired"), ("wrong name", "wrong_name"), ("unknown authority", "unknown_issuer")]
)
def test_a_wrong_certificate_is_told_with_what_is_wrong(kind: CertificateKind, why: str) -> None:
    """Nothing is said to a server that cannot show who it is."""
    with Dovecot({ALICE: "secret"}, certificate=kind) as server:
        for security in ("tls", "starttls"):
            with pytest.raises(ImapFailure) as failure:
                asyncio.run(Session.open(place_of(server, security), LIMITS))
            assert (failure.value.code, failure.value.params) == ("certificate_wrong", {"why": why})


@NEEDS_DOVECOT
@pytest.mark.parametrize("only", ["xoauth2", "oauthbearer"])
def test_tokens_are_taken_and_refused(only: str) -> None:
    """By both mechanisms; a token that does not hold is no wrong password."""

    async def log_in(server: ImapServer, token: str) -> int:
        session = await Session.open(place_of(server), LIMITS)
        try:
            await session.login(TokenLogin(ALICE, token, server.host, server.tls_port))
            return (await session.examine("INBOX")).exists
        finally:
            session.abort()

    with Dovecot({ALICE: "secret"}, settings=f"auth_mechanisms = {only}") as server:
        server.tokens.allow("a-token", ALICE)

        assert asyncio.run(log_in(server, "a-token")) == 0
        with pytest.raises(ImapFailure) as failure:
            asyncio.run(log_in(server, "another"))
    assert failure.value.health == "needs_relink"


@NEEDS_DOVECOT
def test_the_mechanism_login_is_the_last_way() -> None:
    """A server with nothing but AUTH=LOGIN takes that, with any characters in the password."""
    password = 'pä "ß\\'  # noqa: S105

    async def log_in(server: ImapServer) -> int:
        session = await Session.open(place_of(server), LIMITS)
        try:
            await session.login(PasswordLogin(ALICE, password))
            return (await session.examine("INBOX")).exists
        finally:
            session.abort()

    with Dovecot({ALICE: password}, settings="auth_mechanisms = login") as server:
        assert asyncio.run(log_in(server)) == 0


@NEEDS_DOVECOT
def test_small_pieces_make_the_same_message() -> None:
    """Many pieces on the way at a time come together in order."""
    octets = mail(1, 300_000)
    kept = bytearray()

    async def fetch(server: ImapServer) -> int:
        async with logged_in(server, limits=replace(LIMITS, piece_octets=1000, pieces_in_flight=7)) as session:
            return await session.whole(1, kept.extend, len(octets))

    with Dovecot({ALICE: "secret"}) as server:
        server.deliver(ALICE, octets, NOVEMBER)
        assert asyncio.run(fetch(server)) == len(octets)
    assert kept == octets
