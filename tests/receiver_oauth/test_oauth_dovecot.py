"""From a consent to an open mailbox: a real provider, a real Dovecot that asks it, tokens sealed in our rows."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import Tokens
from receiver.imap.session import Session
from receiver.imap.stored_tokens import StoredTokens, secret_of
from receiver.imap.tokens import TokenKeeper
from receiver.imap.values import Limits, Place, TokenLogin
from storage.account_fields import AccountFields
from storage.account_models import LinkedAccount
from storage.accounts import add_account, set_secret
from storage.database import Database
from storage.secrets import KeyRing
from storage.tenants import add_tenant
from tests import secrecy
from tests.servers.dovecot import Dovecot
from tests.servers.oauth_provider import SCOPE, OAuthProvider

pytestmark = pytest.mark.skipif(Dovecot.why_not() is not None, reason=str(Dovecot.why_not()))
ALICE = "alice@example.com"
LIMITS = Limits(connect_seconds=20, silence_seconds=20, command_seconds=20)


class _ScopedDovecot(Dovecot):
    """Lets in only tokens that were given for mail."""

    def _prepare(self) -> None:
        super()._prepare()
        with (self.folder / "oauth2.conf").open("a") as file:
            file.write(f"scope = {SCOPE.split()[0]}\n")


@pytest.fixture(name="providers", scope="module")
def _providers() -> Iterator[OAuthProvider]:
    with OAuthProvider() as running:
        yield running


@pytest.fixture(name="oauth")
def _oauth(providers: OAuthProvider) -> OAuthProvider:
    """The provider that Dovecot asks, without memory of earlier tests."""
    providers.given.clear()
    providers.asked.clear()
    providers.expires_in = 3600
    return providers


@pytest.fixture(name="dovecots", scope="module")
def _dovecots(providers: OAuthProvider) -> Iterator[dict[str, Dovecot]]:
    """One for each mechanism: what both sides know decides which is used."""
    started: dict[str, Dovecot] = {}

    class _ByProvider(_ScopedDovecot):
        def __enter__(self) -> Dovecot:
            self.tokens = providers
            return super(Dovecot, self).__enter__()

        def __exit__(self, *failure: object) -> None:
            super(Dovecot, self).__exit__(*failure)

    try:
        for mechanism in ("xoauth2", "oauthbearer"):
            server = _ByProvider({ALICE: secrecy.secret("alice")}, settings=f"auth_mechanisms = {mechanism}")
            started[mechanism] = server.__enter__()
        yield started
    finally:
        for server in started.values():
            server.__exit__(None, None, None)


@pytest.fixture(name="dovecot", params=["xoauth2", "oauthbearer"])
def _dovecot(request: pytest.FixtureRequest, dovecots: dict[str, Dovecot]) -> Dovecot:
    return dovecots[request.param]


@pytest.fixture(name="migrated", scope="module")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    file = tmp_path_factory.mktemp("migrated") / "postbus.db"
    made = Database(f"sqlite:///{file}")
    made.migrate()
    made.close()
    return file


@pytest.fixture(name="database")
def _database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    shutil.copy(migrated, tmp_path / "postbus.db")
    opened = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    yield opened
    opened.close()


@dataclass
class Linked:
    """Alice's account in our database."""

    id: str
    database: Database
    keys: KeyRing
    stored: StoredTokens

    def link_again(self, tokens: Tokens) -> None:
        """As a person does who consents anew."""
        with self.database.write() as session:
            set_secret(session, self._row(session), secret_of(tokens), self.keys)

    def forget(self) -> None:
        """Its secret is gone."""
        with self.database.write() as session:
            self._row(session).secret = None

    def sealed(self) -> bytes:
        """Its secret as the row holds it."""
        with self.database.read() as session:
            return self._row(session).secret or b""

    def _row(self, session: Any) -> LinkedAccount:
        row = session.get(LinkedAccount, self.id)
        assert isinstance(row, LinkedAccount)
        return row


@pytest.fixture(name="alice")
def _alice(database: Database, tmp_path: Path, link: Callable[..., Tokens]) -> Linked:
    """Linked with a browser."""
    keys = KeyRing.create(tmp_path, {})
    start = datetime.now(UTC).date()
    fields = AccountFields(
        address=ALICE, username=ALICE, host="localhost", port=993, security="tls", auth="xoauth2", start_date=start
    )
    with database.write() as session:
        tenant, _ = add_tenant(session, "Acme", "standard", ["in.example.com"])
        account_id = add_account(session, tenant, fields, secret_of(link(ALICE)), keys).id
    return Linked(account_id, database, keys, StoredTokens(database, keys, account_id))


async def _log_in(server: Dovecot, token: str, user: str = ALICE) -> int:
    """The number of mailboxes that are seen with this token."""
    place = Place(
        host="localhost", port=server.tls_port, security="tls", allow_internal=True, ca_file=Path(server.ca_file)
    )
    session = await Session.open(place, LIMITS)
    try:
        await session.login(TokenLogin(user, token, "localhost", server.tls_port))
        return len(await session.mailboxes())
    finally:
        await session.logout()


def log_in(server: Dovecot, token: str, user: str = ALICE) -> int:
    """As `_log_in`, and waited for."""
    return asyncio.run(_log_in(server, token, user))


def keeper(oauth: OAuthProvider, minutes: float = 0) -> TokenKeeper:
    """A keeper whose clock is so many minutes ahead."""
    return TokenKeeper(oauth.settings(), lambda: datetime.now(UTC) + timedelta(minutes=minutes))


def token_of(keeper: TokenKeeper, alice: Linked, refused: str = "") -> str:
    """An access token for the account."""
    return asyncio.run(keeper.access_token(alice.id, alice.stored, refused=refused))


def test_a_consent_opens_the_mailbox(dovecot: Dovecot, oauth: OAuthProvider, alice: Linked) -> None:
    """Browser, provider, our database, Dovecot, and its question back to the provider."""
    token = token_of(keeper(oauth), alice)

    assert log_in(dovecot, token) >= 1
    assert "/introspect" in oauth.asked


def test_a_rotated_token_opens_it_an_hour_later(dovecot: Dovecot, oauth: OAuthProvider, alice: Linked) -> None:
    """Refreshed three times, each time with what the time before brought; each is stored at once."""
    seen = set()
    for hours in (1, 2, 3):
        token = token_of(keeper(oauth, 61 * hours), alice)
        assert alice.stored.load().refresh_token == oauth.given[-1].refresh_token
        assert log_in(dovecot, token) >= 1
        seen.add(token)

    assert len(seen) == 3


@pytest.mark.parametrize("spoilt", ["expired", "revoked", "made up", "somebody else's"])
def test_a_token_that_does_not_hold_is_refused(
    dovecot: Dovecot, oauth: OAuthProvider, alice: Linked, spoilt: str
) -> None:
    """The failure is the token's, and needs no password; nothing is asked again in the same session."""
    token = token_of(keeper(oauth), alice)
    match spoilt:
        case "expired":
            oauth.given[-1].issued_at -= 4000
        case "revoked":
            oauth.revoke(token)
        case "made up":
            token = secrecy.secret("made up")
        case _:
            token = secrecy.secret("bob")
            oauth.allow(token, "bob@example.com")

    with pytest.raises(ImapFailure) as failed:
        log_in(dovecot, token)

    assert failed.value.code in {"token_expired", "token_refused"}
    assert failed.value.health == "needs_relink"


def test_a_token_for_something_else_than_mail_is_refused(dovecot: Dovecot, oauth: OAuthProvider) -> None:
    """Wrong scope: Dovecot is told by the provider what the token was given for."""
    token = secrecy.secret("calendar")
    oauth.allow(token, ALICE)
    oauth.given[-1].scope = "https://mail.example/calendar"

    with pytest.raises(ImapFailure, match="token_"):
        log_in(dovecot, token)


def test_a_token_that_was_refused_is_replaced_once(dovecot: Dovecot, oauth: OAuthProvider, alice: Linked) -> None:
    """Revoked before its time, with the permission still standing: the next one opens the mailbox."""
    keeps = keeper(oauth)
    revoked = token_of(keeps, alice)
    oauth.revoke(revoked)
    with pytest.raises(ImapFailure):
        log_in(dovecot, revoked)

    fresh = token_of(keeps, alice, refused=revoked)

    assert log_in(dovecot, fresh) >= 1


def test_a_consent_that_was_withdrawn_needs_another_one(
    oauth: OAuthProvider, alice: Linked, link: Callable[..., Tokens], dovecot: Dovecot
) -> None:
    """link_again, one question; linked anew it is as before."""
    oauth.withdraw(ALICE)
    oauth.asked.clear()

    with pytest.raises(ImapFailure, match="link_again provider=other"):
        token_of(keeper(oauth, 61), alice)
    assert oauth.asked == ["/token"]

    alice.link_again(link(ALICE))
    assert log_in(dovecot, token_of(keeper(oauth), alice)) >= 1


def test_a_consent_meanwhile_is_not_overwritten(alice: Linked) -> None:
    """A refresh that ends after somebody linked the account anew leaves the newer tokens where they are."""
    used = alice.stored.load()
    newer = Tokens(
        client="other",
        access_token=secrecy.secret("newer"),
        refresh_token=secrecy.secret("newer"),
        expires_at=used.expires_at,
        scope=SCOPE,
    )
    alice.link_again(newer)

    assert not alice.stored.replace(used, used)
    assert alice.stored.load() == newer


def test_an_account_that_has_no_consent_says_so(alice: Linked) -> None:
    """A row without a secret (a restore without keys, an account that was never authorized) is told, not a crash."""
    alice.forget()

    with pytest.raises(ImapFailure, match="no_consent"):
        alice.stored.load()


def test_a_key_that_is_not_here_is_told(alice: Linked, tmp_path: Path) -> None:
    """Restored without its key: a failure of the account with words, and no other account is held up."""
    (tmp_path / "elsewhere").mkdir()
    elsewhere = KeyRing.create(tmp_path / "elsewhere", {})

    with pytest.raises(ImapFailure, match="secret_unreadable"):
        StoredTokens(alice.database, elsewhere, alice.id).load()


def test_a_key_that_others_may_read_is_told(alice: Linked, tmp_path: Path) -> None:
    """Put back by hand with the wrong mode while a puller runs: the account says so, and is not tried for ever."""
    (tmp_path / "elsewhere").mkdir()
    elsewhere = KeyRing.create(tmp_path / "elsewhere", {})
    for key in (tmp_path / "elsewhere" / "keys").glob("*.key"):
        key.chmod(0o644)

    with pytest.raises(ImapFailure, match="secret_unreadable"):
        StoredTokens(alice.database, elsewhere, alice.id).load()


def test_the_row_and_the_files_around_it_hold_no_token(tmp_path: Path, alice: Linked) -> None:
    """Sealed: neither the database, nor its log, nor a copy of both tells anything."""
    tokens = alice.stored.load()

    assert secrecy.is_in(tokens.refresh_token.encode())
    assert secrecy.found_below(tmp_path) == []
    assert alice.keys.unseal(alice.sealed(), alice.id) == secret_of(tokens)
