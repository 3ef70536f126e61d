"""The access token of an account, fresh whenever it is asked for.

Refreshes some minutes ahead, one refresh an account at a time, and stores what comes back at once: a provider that
rotates refresh tokens takes the old one no more. Never decides about the account: the failure says what it is now.
Raises ImapFailure: link_again when the provider takes the refresh token no more, else what receiver/imap/oauth.py says.
Standard: RFC 6749 section 6, RFC 9700 section 4.14 (rotation).
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from weakref import WeakValueDictionary

from receiver.config_oauth import OAuthSettings
from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import Tokens, provider_named, refresh

# A pull that begins with a token ends with it: Google's and Microsoft's hold for an hour.
AHEAD = timedelta(minutes=5)
# With less than this left, a token that could not be renewed is not tried any more.
_LEAST = timedelta(seconds=30)
# Whoever used the same refresh token a moment before us may still be storing what it got.
_OTHERS_STORE_WITHIN = 1.0
_LOOK_AGAIN = 0.1


class TokenStore(Protocol):
    """Where one account's tokens stand, for all processes and nodes. Both may block."""

    def load(self) -> Tokens:
        """Those that hold now."""

    def replace(self, used: Tokens, new: Tokens) -> bool:
        """Store `new` unless others than `used` have come to stand there meanwhile: False, then those stay."""


def _now() -> datetime:
    return datetime.now(UTC)


def fresh_token(
    settings: OAuthSettings, store: TokenStore, *, refused: str = "", clock: Callable[[], datetime] = _now
) -> str:
    """An access token that holds for some minutes; `refused`: the one that a mail server has just refused. Blocks."""
    tokens = store.load()
    if _holds(tokens, refused, clock() + AHEAD):
        return tokens.access_token
    try:
        new = refresh(provider_named(tokens.client, settings), tokens, clock)
    except ImapFailure as failure:
        return _instead(store, tokens, refused, clock(), failure)
    if store.replace(tokens, new):
        return new.access_token
    # Somebody linked the account anew, or refreshed it elsewhere, and theirs is what was stored last.
    return store.load().access_token or new.access_token


def _instead(store: TokenStore, tokens: Tokens, refused: str, now: datetime, failure: ImapFailure) -> str:
    """Another token, when this refresh failed: the one that somebody else got, or the old one for its last minutes."""
    latest = store.load()
    ends_at = time.monotonic() + _OTHERS_STORE_WITHIN
    while failure.code == "link_again" and latest == tokens and time.monotonic() < ends_at:
        time.sleep(_LOOK_AGAIN)
        latest = store.load()
    if latest.refresh_token != tokens.refresh_token and _holds(latest, refused, now + _LEAST):
        return latest.access_token
    if failure.code != "link_again" and _holds(latest, refused, now + _LEAST):
        return latest.access_token
    raise failure


def _holds(tokens: Tokens, refused: str, until: datetime) -> bool:
    return bool(tokens.access_token) and tokens.access_token != refused and tokens.expires_at > until


class TokenKeeper:
    """For a process that pulls many accounts: one refresh an account at a time, in threads."""

    def __init__(self, settings: OAuthSettings, clock: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: set[asyncio.Task[str]] = set()

    async def access_token(self, account_id: str, store: TokenStore, *, refused: str = "") -> str:
        """As `fresh_token`. Who is cancelled leaves the refresh running: what it brings must be stored."""
        task = asyncio.ensure_future(self._in_turn(account_id, store, refused))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait until no refresh runs any more; before the process ends."""
        while self._running:
            await asyncio.wait(list(self._running))

    async def _in_turn(self, account_id: str, store: TokenStore, refused: str) -> str:
        turn = self._turns.setdefault(account_id, asyncio.Lock())
        async with turn:
            return await asyncio.to_thread(fresh_token, self._settings, store, refused=refused, clock=self._clock)

    def _forget(self, task: asyncio.Task[str]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whoever waited was told, or has gone
