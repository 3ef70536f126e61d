"""Somebody stands between us and a server, and writes into the connection: no password goes before TLS.

What was told before TLS is worth nothing afterwards (RFC 9051 sections 6.2.1 and 11.1, CVE-2011-0411).
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from receiver.imap.failures import ImapFailure
from receiver.imap.session import Session
from receiver.imap.values import Security
from tests.receiver_imap.scripted import LIMITS, LOGIN, Peer, server
from tests.servers.authority import Authority, CertificateKind

GREETING = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n"
Act = Callable[[Peer], Awaitable[object]]


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def context(authority: Authority, kind: CertificateKind = "good") -> ssl.SSLContext:
    """What a server shows of itself."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*authority.certificate(kind))
    return made


def heard_by(script: Act, ca_file: Path | None, security: Security = "starttls") -> tuple[list[bytes], str | None]:
    """The commands of a client that opens and logs in, and the code with which that failed."""
    heard: list[bytes] = []

    async def listen(peer: Peer) -> None:
        peer.commands = heard
        await script(peer)
        while True:
            await peer.answer(status=b"NO nothing more")

    async def run() -> None:
        async with server(listen) as place:
            session = await Session.open(replace(place, host="localhost", security=security, ca_file=ca_file), LIMITS)
            try:
                await session.login(LOGIN)
            finally:
                session.abort()

    try:
        asyncio.run(asyncio.wait_for(run(), 60))
    except ImapFailure as failure:
        return heard, failure.code
    return heard, None


def secured(authority: Authority, afterwards: bytes, before: bytes = b"", kind: CertificateKind = "good") -> Act:
    """Says `before` in clear with the answer to STARTTLS, and under TLS that it can do `afterwards`."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.answer(before, b"OK begin")
        await peer.begin_tls(context(authority, kind))
        await peer.answer(b"* CAPABILITY " + afterwards + b"\r\n")
        await peer.answer(status=b"OK [CAPABILITY IMAP4rev1] in")

    return script


def test_a_password_goes_under_tls_only(authority: Authority) -> None:
    """The way as it should be: capabilities are asked for anew, then the login."""
    heard, code = heard_by(secured(authority, b"IMAP4rev1 AUTH=PLAIN SASL-IR"), authority.file)

    assert code is None
    assert [each.split()[0] for each in heard[:3]] == [b"STARTTLS", b"CAPABILITY", b"AUTHENTICATE"]


@pytest.mark.parametrize(
    "more", [b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", b"* OK half a li", b"A2 OK done\r\n", b"\0"]
)
def test_octets_behind_the_answer_to_starttls_end_the_session(authority: Authority, more: bytes) -> None:
    """They came before TLS, and would be read as if they had come after it."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        tag, _ = await peer.hear()
        await peer.say(tag + b" OK begin\r\n" + more)
        await peer.begin_tls(context(authority))

    heard, code = heard_by(script, authority.file)

    assert (heard, code) == ([b"STARTTLS"], "server_nonsense")


def test_capabilities_told_before_tls_are_forgotten(authority: Authority) -> None:
    """Neither those of the greeting nor those put in before the answer say how we log in."""
    before = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n"

    heard, code = heard_by(secured(authority, b"IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2", before), authority.file)

    assert (heard, code) == ([b"STARTTLS", b"CAPABILITY"], "password_login_off")


@pytest.mark.parametrize(
    "greeting",
    [b"* PREAUTH [CAPABILITY IMAP4rev1] in already\r\n", b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] in already\r\n"],
)
def test_a_server_that_leaves_no_room_for_tls_is_left(authority: Authority, greeting: bytes) -> None:
    """PREAUTH in clear: nothing is said to it, and no mail of its is believed."""
    heard, code = heard_by(lambda peer: peer.say(greeting), authority.file)

    assert (heard, code) == ([], "starttls_missing")


@pytest.mark.parametrize("told", [b"IMAP4rev1", b"IMAP4rev1 AUTH=PLAIN SASL-IR", b"IMAP4rev1 XSTARTTLS"])
def test_without_starttls_no_password_is_sent(authority: Authority, told: bytes) -> None:
    """Taken out of the list by somebody on the way, or never there."""
    heard, code = heard_by(lambda peer: peer.say(b"* OK [CAPABILITY " + told + b"] hello\r\n"), authority.file)

    assert (heard, code) == ([], "starttls_missing")


@pytest.mark.parametrize("status", [b"NO not now", b"BAD what"])
def test_a_refused_starttls_is_not_passed_over(authority: Authority, status: bytes) -> None:
    """The session does not go on in clear."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.answer(status=status)

    heard, code = heard_by(script, authority.file)

    assert (heard, code) == ([b"STARTTLS"], "starttls_missing")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_answers_tls_in_clear_hears_no_password(authority: Authority, security: Security) -> None:
    """A handshake that is no handshake."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        if security == "starttls":
            await peer.answer(status=b"OK begin")
            await asyncio.sleep(0)
            await peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] all is well\r\n")

    heard, code = heard_by(script, authority.file, security)

    assert code in {"tls_failed", "server_nonsense"}
    assert not any(word in command for command in heard for word in (b"AUTHENTICATE", b"LOGIN"))


@pytest.mark.parametrize("kind", ["wrong name", "expired", "unknown authority"])
def test_a_certificate_that_does_not_hold_ends_starttls(authority: Authority, kind: CertificateKind) -> None:
    """Who shows it learns nothing more."""
    heard, code = heard_by(secured(authority, b"IMAP4rev1 AUTH=PLAIN", kind=kind), authority.file)

    assert (heard, code) == ([b"STARTTLS"], "certificate_wrong")
