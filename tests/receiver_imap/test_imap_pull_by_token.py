"""Pulls of accounts linked by OAuth: Dovecot asks the provider, and so do we, neither more often than needed."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bench.postfix import free_port
from receiver.config_oauth import OAuthSettings
from receiver.imap.oauth import Tokens
from receiver.imap.stored_tokens import StoredTokens, secret_of
from storage.account_models import LinkedAccount
from storage.accounts import set_secret
from tests import secrecy
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.imap_server import ImapServer
from tests.servers.kinds import NEEDS_DOVECOT
from tests.servers.oauth_provider import SCOPE, OAuthProvider

pytestmark = NEEDS_DOVECOT


@pytest.fixture(scope="module", name="oauth")
def _oauth() -> Iterator[OAuthProvider]:
    with OAuthProvider() as running:
        yield running


@pytest.fixture(scope="module", name="dovecot")
def _dovecot(oauth: OAuthProvider) -> Iterator[Dovecot]:
    """One that asks the provider about every token."""
    server = Dovecot({}, settings="auth_mechanisms = xoauth2")
    server.tokens = oauth  # type: ignore[assignment]  # it answers the same question at the same path
    ImapServer.__enter__(server)
    try:
        yield server
    finally:
        ImapServer.__exit__(server, None, None, None)


@dataclass
class ByToken:
    """An account that is linked by OAuth, with one invoice in its mailbox."""

    linked: LinkedHouse
    account: LinkedAccount
    oauth: OAuthProvider

    def tokens(self) -> Tokens:
        """As its row holds them."""
        return StoredTokens(self.linked.house.database, self.linked.keys, self.account.id).load()

    def refreshes(self) -> int:
        """How often the provider was asked for a token since the last time."""
        asked = self.oauth.asked.count("/token")
        self.oauth.asked.clear()
        return asked

    def consent(self, *, minutes: float = 60) -> None:
        """As after `account authorize`: tokens that hold for so long."""
        self.oauth.allow(secrecy.secret("access"), self.account.address)
        given = self.oauth.given[-1]
        tokens = Tokens(
            client="other",
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=datetime.now(UTC) + timedelta(minutes=minutes),
            scope=SCOPE,
        )
        with self.linked.house.database.write() as session:
            row = session.get(LinkedAccount, self.account.id)
            assert row is not None
            set_secret(session, row, secret_of(tokens), self.linked.keys)

    def ask_at(self, settings: OAuthSettings) -> None:
        """Have tokens refreshed there."""
        self.linked.settings(oauth=settings)


@pytest.fixture(name="by_token")
def _by_token(linked: LinkedHouse, dovecot: Dovecot, oauth: OAuthProvider) -> ByToken:
    address = f"{secrets.token_hex(6)}@example.com"
    dovecot.deliver(address, pdf_mail(), LATER)
    made = ByToken(linked, linked.link(address, auth="xoauth2"), oauth)
    made.ask_at(oauth.settings())
    made.consent()
    oauth.asked.clear()
    return made


def test_a_token_that_holds_is_used_as_it_is(by_token: ByToken) -> None:
    """No provider is asked at every pull."""
    by_token.linked.pull()

    assert by_token.linked.row(by_token.account).health == "ok"
    assert len(by_token.linked.house.documents()) == 1
    assert by_token.refreshes() == 0


def test_a_token_near_its_end_is_refreshed_ahead_and_stored_at_once(by_token: ByToken) -> None:
    """Two minutes left are too few for a pull; the rotated refresh token is in the row, and the next pull uses both."""
    by_token.consent(minutes=2)
    used = by_token.tokens()

    by_token.linked.pull()
    stored = by_token.tokens()
    refreshes = by_token.refreshes()
    by_token.linked.pull()

    assert by_token.linked.row(by_token.account).health == "ok"
    assert refreshes == 1
    assert stored.refresh_token == by_token.oauth.given[-1].refresh_token != used.refresh_token
    assert by_token.refreshes() == 0


def test_a_rotated_token_is_stored_though_the_mail_server_is_away(by_token: ByToken) -> None:
    """The old refresh token is worth nothing any more: what came back is kept before anything else is tried."""
    by_token.consent(minutes=2)
    by_token.linked.change(by_token.account, port=free_port())

    by_token.linked.pull()

    row = by_token.linked.row(by_token.account)
    assert (row.health, row.health_code) == ("unreachable", "connection_refused")
    assert by_token.tokens().refresh_token == by_token.oauth.given[-1].refresh_token


def test_a_token_that_the_server_refuses_is_refreshed_once_and_tried_again(by_token: ByToken) -> None:
    """Taken back before its time; the permission stands, and nobody is troubled."""
    by_token.oauth.revoke(by_token.tokens().access_token)

    by_token.linked.pull()

    assert by_token.linked.row(by_token.account).health == "ok"
    assert len(by_token.linked.house.documents()) == 1
    assert by_token.refreshes() == 1


def test_a_server_that_refuses_every_token_is_not_asked_on_and_on(by_token: ByToken) -> None:
    """Another user's mailbox: one refresh, two logins, then a person's turn, who is not told of an expired token."""
    by_token.linked.change(by_token.account, username="somebody-else@example.com")
    by_token.consent()

    by_token.linked.pull()

    row = by_token.linked.row(by_token.account)
    assert (row.health, row.health_code) == ("needs_relink", "token_refused")
    assert row.next_pull_at - datetime.now(UTC) > timedelta(hours=23)
    assert by_token.refreshes() == 1


def test_a_consent_that_was_withdrawn_needs_a_person_and_no_storm(by_token: ByToken) -> None:
    """The provider is asked once a day; after `account authorize` the mail that came meanwhile is there."""
    by_token.oauth.withdraw(by_token.account.address)
    asked = []

    for _ in range(3):
        by_token.linked.pull()
        row = by_token.linked.row(by_token.account)
        asked.append((row.health, row.health_code, by_token.refreshes()))
        assert row.next_pull_at - datetime.now(UTC) > timedelta(hours=23)
    authorize(by_token)
    by_token.linked.pull()

    assert asked == [("needs_relink", "link_again", 1)] * 3
    assert by_token.linked.row(by_token.account).health == "ok"
    assert len(by_token.linked.house.documents()) == 1


def test_a_provider_that_is_away_is_waited_for(by_token: ByToken) -> None:
    """Nothing is wrong with the permission: tried again within minutes, and well when it is back."""
    by_token.consent(minutes=-1)
    by_token.ask_at(by_token.oauth.settings(token_url=f"http://127.0.0.1:{free_port()}/token"))

    by_token.linked.pull()
    away = by_token.linked.row(by_token.account)
    by_token.ask_at(by_token.oauth.settings())
    by_token.linked.pull()

    assert (away.health, away.health_code) == ("unreachable", "sign_in_unreachable")
    assert away.next_pull_at - datetime.now(UTC) < timedelta(minutes=5)
    assert by_token.linked.row(by_token.account).health == "ok"
    assert by_token.refreshes() == 1


def test_a_provider_that_is_away_does_not_matter_while_a_token_holds(by_token: ByToken) -> None:
    """Refreshing ahead is a precaution: its failure costs nothing yet."""
    by_token.consent(minutes=2)
    by_token.ask_at(by_token.oauth.settings(token_url=f"http://127.0.0.1:{free_port()}/token"))

    by_token.linked.pull()

    assert by_token.linked.row(by_token.account).health == "ok"


def authorize(by_token: ByToken) -> None:
    """`postbus account authorize` with a device code, and its owner says yes."""
    command = [sys.executable, "-m", "receiver.cli.main", "account", "authorize", by_token.account.address]
    configured = {f"POSTBUS_ACCOUNTS__OAUTH__OTHER__{k.upper()}": v for k, v in by_token.oauth.configuration().items()}
    environment = {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(by_token.linked.house.settings.data), **configured}
    environment |= {"PYTHONUNBUFFERED": "1", "POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true"}
    with subprocess.Popen([*command, "--device-code"], env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        code = next(line.strip() for line in process.stderr if line.startswith("  "))
        by_token.oauth.types(code, by_token.account.address)
        process.communicate(timeout=60)
    assert process.returncode == 0
    by_token.oauth.asked.clear()
