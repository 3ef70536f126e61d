"""An account's access token: fresh ahead of time, one refresh at a time, and nothing newer is ever overwritten."""

import asyncio
import dataclasses
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import Provider, Tokens, refresh
from receiver.imap.tokens import TokenKeeper, fresh_token
from tests.servers.oauth_provider import OAuthProvider


class Shelf:
    """Where the tokens stand: compared and set, as in the database."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.stored = 0
        self.before_storing: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def load(self) -> Tokens:
        return self.tokens

    def replace(self, used: Tokens, new: Tokens) -> bool:
        self.before_storing()
        with self._lock:
            if self.tokens.refresh_token != used.refresh_token:
                return False
            self.tokens = new
            self.stored += 1
            return True


@pytest.fixture(name="shelf")
def _shelf(link: Callable[..., Tokens], oauth: OAuthProvider) -> Shelf:
    """An account that is linked."""
    shelf = Shelf(link())
    oauth.asked.clear()
    return shelf


def in_minutes(minutes: float) -> Callable[[], datetime]:
    """A clock that goes ahead."""
    return lambda: datetime.now(UTC) + timedelta(minutes=minutes)


def test_a_token_that_holds_is_not_refreshed(oauth: OAuthProvider, shelf: Shelf) -> None:
    """The provider is asked once an hour, and not for every pull."""
    assert fresh_token(oauth.settings(), shelf) == shelf.tokens.access_token
    assert oauth.asked == []


def test_a_token_is_refreshed_minutes_ahead(oauth: OAuthProvider, shelf: Shelf) -> None:
    """A session that begins with it ends with it; what came back is stored at once."""
    first = shelf.tokens

    token = fresh_token(oauth.settings(), shelf, clock=in_minutes(56))

    assert token == shelf.tokens.access_token == oauth.given[-1].access_token != first.access_token
    assert shelf.tokens.refresh_token == oauth.given[-1].refresh_token != first.refresh_token


def test_a_token_that_the_mail_server_refused_is_refreshed(oauth: OAuthProvider, shelf: Shelf) -> None:
    """It may have been revoked long before it ends."""
    refused = shelf.tokens.access_token

    assert fresh_token(oauth.settings(), shelf, refused=refused) != refused
    assert fresh_token(oauth.settings(), shelf, refused=refused) == shelf.tokens.access_token
    assert oauth.asked == ["/token"]


def test_a_permission_that_was_withdrawn_means_link_again(oauth: OAuthProvider, shelf: Shelf) -> None:
    """One question, and the failure says what the account is now."""
    oauth.withdraw("alice@example.com")

    with pytest.raises(ImapFailure, match="link_again"):
        fresh_token(oauth.settings(), shelf, clock=in_minutes(56))

    assert oauth.asked == ["/token"]


def test_a_provider_that_is_away_leaves_the_token_its_last_minutes(oauth: OAuthProvider, shelf: Shelf) -> None:
    """A refresh ahead of time that fails costs no pull while the old token holds; after that it does."""
    away = oauth.settings(token_url="http://127.0.0.1:9/")

    assert fresh_token(away, shelf, clock=in_minutes(56)) == shelf.tokens.access_token
    with pytest.raises(ImapFailure, match="sign_in_unreachable"):
        fresh_token(away, shelf, clock=in_minutes(61))


def test_who_comes_second_takes_what_the_first_one_got(oauth: OAuthProvider, shelf: Shelf, provider: Provider) -> None:
    """Another process refreshed with the same refresh token: its answer is used, and the account is not lost."""
    mine = Shelf(shelf.tokens)
    theirs = refresh(provider, shelf.tokens)
    read_once = iter([shelf.tokens])
    mine.load = lambda: next(read_once, theirs)  # type: ignore[method-assign]

    assert fresh_token(oauth.settings(), mine, clock=in_minutes(56)) == theirs.access_token


def test_who_comes_second_waits_until_the_first_has_stored_it(
    oauth: OAuthProvider, shelf: Shelf, provider: Provider
) -> None:
    """`account test` beside a pull: the provider refuses before the other one's answer stands in the database."""
    mine = Shelf(shelf.tokens)
    theirs = refresh(provider, shelf.tokens)
    read = iter([shelf.tokens] * 3)
    mine.load = lambda: next(read, theirs)  # type: ignore[method-assign]

    assert fresh_token(oauth.settings(), mine, clock=in_minutes(56)) == theirs.access_token


def test_an_account_that_was_linked_anew_meanwhile_keeps_what_is_newer(oauth: OAuthProvider, shelf: Shelf) -> None:
    """A refresh that ends late does not overwrite the tokens of a new consent."""
    anew = dataclasses.replace(shelf.tokens, access_token="anew", refresh_token="anew")
    shelf.before_storing = lambda: setattr(shelf, "tokens", anew)

    assert fresh_token(oauth.settings(), shelf, clock=in_minutes(56)) == "anew"
    assert shelf.tokens == anew


def test_an_account_is_refreshed_once_however_many_ask(oauth: OAuthProvider, shelf: Shelf) -> None:
    """Single flight: with rotation, a second refresh at the same time would use what is worth nothing."""

    async def many() -> set[str]:
        keeper = TokenKeeper(oauth.settings(), in_minutes(56))
        first = await asyncio.gather(*(keeper.access_token("id", shelf) for _ in range(8)), return_exceptions=True)
        return {str(each) for each in first}

    oauth.expires_in = 7200

    assert asyncio.run(many()) == {shelf.tokens.access_token}
    assert oauth.asked == ["/token"]


def test_accounts_do_not_wait_for_each_other(oauth: OAuthProvider, link: Callable[..., Tokens]) -> None:
    """One provider that hangs costs its own accounts their pull, and no others."""
    slow, quick = Shelf(link("alice@example.com")), Shelf(link("bob@example.com"))
    go_on = threading.Event()
    slow.before_storing = lambda: assert_set(go_on)

    async def both() -> str:
        keeper = TokenKeeper(oauth.settings(), in_minutes(56))
        waiting = asyncio.ensure_future(keeper.access_token("alice", slow))
        token = await keeper.access_token("bob", quick)
        go_on.set()
        await waiting
        return token

    assert asyncio.run(both()) == quick.tokens.access_token


def assert_set(event: threading.Event) -> None:
    assert event.wait(20)


def test_a_pull_that_is_cancelled_loses_no_token(oauth: OAuthProvider, shelf: Shelf) -> None:
    """The provider has rotated already: what it gave is stored, whoever asked for it has gone."""
    go_on, is_there = threading.Event(), threading.Event()

    def pause() -> None:
        is_there.set()
        assert_set(go_on)

    shelf.before_storing = pause

    async def cancelled() -> None:
        keeper = TokenKeeper(oauth.settings(), in_minutes(56))
        asking = asyncio.ensure_future(keeper.access_token("id", shelf))
        await asyncio.to_thread(assert_set, is_there)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        go_on.set()
        await keeper.settle()

    asyncio.run(cancelled())

    assert shelf.tokens.refresh_token == oauth.given[-1].refresh_token
    assert shelf.stored == 1
