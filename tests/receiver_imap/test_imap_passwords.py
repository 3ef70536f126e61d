"""Passwords as people have them, at a real server: whatever one holds, it arrives as it is and ends no command."""

import asyncio
from collections.abc import Iterator

import pytest

from receiver.imap.failures import ImapFailure
from receiver.imap.session import Session
from receiver.imap.values import PasswordLogin, Place
from tests.receiver_imap.scripted import LIMITS
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
PASSWORDS = {
    "quotes@example.com": "a\"b\\\\c'{5}$%&",
    "umlauts@example.com": "Größe€ß",
    "blanks@example.com": " before and after ",
    "long@example.com": "x" * 1000,
    "signs@example.com": "%s%d{}+=~",
}


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Dovecot]:
    with Dovecot(PASSWORDS) as running:
        yield running


def log_in(server: Dovecot, user: str, password: str) -> None:
    """Open and log in; ImapFailure where that is refused."""

    async def run() -> None:
        place = Place(
            host=server.host, port=server.tls_port, security="tls", allow_internal=True, ca_file=server.ca_file
        )
        session = await Session.open(place, LIMITS)
        try:
            await session.login(PasswordLogin(user, password))
        finally:
            session.abort()

    asyncio.run(run())


@pytest.mark.parametrize("user", PASSWORDS)
def test_a_password_arrives_as_it_is(server: Dovecot, user: str) -> None:
    """Quotes, backslashes, umlauts, blanks, and more of it than fits a quoted string."""
    log_in(server, user, PASSWORDS[user])


@pytest.mark.parametrize("password", ["\r\nA2 NOOP", "a\0b", "\0quotes@example.com\0x", '"', "x" * 1024, ""])
def test_a_password_that_means_more_is_only_wrong(server: Dovecot, password: str) -> None:
    """It is refused like any other, by the server or before it is sent."""
    with pytest.raises(ImapFailure, match="password_refused"):
        log_in(server, "quotes@example.com", password)
