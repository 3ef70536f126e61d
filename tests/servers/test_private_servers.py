"""The private IMAP servers do what tests rely on, and a snapshot notices a touch."""

import imaplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.servers.authority import CertificateKind
from tests.servers.dovecot import Dovecot
from tests.servers.imap_server import ImapServer
from tests.servers.kinds import NEEDS_DOVECOT, SERVERS
from tests.servers.snapshot import owner_of

ALICE = "alice@example.com"
MAIL = b"From: a@supplier.example\r\nSubject: Bill\r\n\r\nPlease pay.\r\n"
LONG_AGO = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    """One of each kind for the module."""
    with request.param({ALICE: "secret"}) as running:
        yield running


def test_delivered_mail_has_its_octets_and_its_date(server: ImapServer) -> None:
    """INTERNALDATE is what the test said."""
    server.deliver(ALICE, MAIL, LONG_AGO, "Archive/2024")

    with owner_of(server.login(ALICE)) as client:
        client.select(f'"{server.name_of("Archive/2024")}"', readonly=True)
        _, ((line, octets), *_) = client.uid("FETCH", "1", "(INTERNALDATE BODY.PEEK[])")
    assert b'"29-Feb-2024 23:59:58 +0000"' in line
    assert octets == MAIL


def test_a_snapshot_shows_a_flag_and_a_select(server: ImapServer) -> None:
    """Equal when nobody touched anything; looking by EXAMINE is no touch, opening by SELECT is."""
    for _ in range(2):
        server.deliver(ALICE, MAIL, LONG_AGO)
    first = server.snapshot(ALICE)
    assert server.snapshot(ALICE) == first

    with owner_of(server.login(ALICE)) as client:
        client.select("INBOX")
        client.close()
    after_select = server.snapshot(ALICE)
    assert after_select != first

    with owner_of(server.login(ALICE)) as client:
        client.select("INBOX")
        client.uid("FETCH", "1", "BODY[]")
    assert server.snapshot(ALICE) != after_select


def test_a_password_changes_while_it_runs(server: ImapServer) -> None:
    """The old one is refused at once."""
    server.set_password("bob@example.com", "before")
    old = server.login("bob@example.com")

    server.set_password("bob@example.com", "after")

    with pytest.raises(imaplib.IMAP4.error), owner_of(old):
        pass
    with owner_of(server.login("bob@example.com")):
        pass


def test_starttls_stands_on_the_other_port(server: ImapServer) -> None:
    """With the same certificate."""
    with imaplib.IMAP4(server.host, server.starttls_port) as client:
        client.starttls(ssl.create_default_context(cafile=str(server.ca_file)))
        client.login(ALICE, "secret")


@NEEDS_DOVECOT
def test_a_token_holds_until_it_is_revoked() -> None:
    """XOAUTH2 asks the introspection endpoint."""
    with Dovecot({ALICE: "secret"}) as server:
        server.tokens.allow("a-token", ALICE)
        assert _takes_token(server, "a-token")

        server.tokens.revoke("a-token")
        assert not _takes_token(server, "a-token")


def _takes_token(server: Dovecot, token: str) -> bool:
    with imaplib.IMAP4(server.host, server.starttls_port) as client:
        client.starttls(ssl.create_default_context(cafile=str(server.ca_file)))
        try:
            client.authenticate("XOAUTH2", lambda _: f"user={ALICE}\1auth=Bearer {token}\1\1".encode())
        except imaplib.IMAP4.error:
            return False
        return True


@NEEDS_DOVECOT
@pytest.mark.parametrize("kind", ["expired", "wrong name", "unknown authority"])
def test_a_bad_certificate_is_refused_by_a_client_that_checks(kind: CertificateKind) -> None:
    """Each for its own reason; the certificate is checked, not only present."""
    with Dovecot({ALICE: "secret"}, certificate=kind) as server, pytest.raises(ssl.SSLCertVerificationError) as refused:
        server.snapshot(ALICE)
    words = {"expired": "expired", "wrong name": "Hostname mismatch", "unknown authority": "unable to get local issuer"}
    assert words[kind] in str(refused.value)
