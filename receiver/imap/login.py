"""Open a session for a linked account and log in, as its tenant has said.

The address that was checked is the one that is used (law 18). A secret is unsealed when needed and kept no longer.
Raises ImapFailure (secret_unreadable too), TemporaryFailure when the database does not answer.
"""

from pathlib import Path
from typing import cast

import structlog

from receiver.config_accounts import AccountSettings
from receiver.imap.failures import ImapFailure
from receiver.imap.session import Session
from receiver.imap.stored_tokens import StoredTokens
from receiver.imap.tokens import TokenKeeper
from receiver.imap.values import Limits, Login, PasswordLogin, Place, Security, TokenLogin
from storage.account_fields import AccountFields
from storage.account_pulls import ClaimedAccount
from storage.database import Database
from storage.failures import Damaged, Invalid
from storage.secrets import KeyMissing, KeyRing, Secret

log = structlog.get_logger()
# Where the user name is often only what stands before the @ of the address: iCloud, by its preset or its server.
_LOCAL_PART_HOSTS = frozenset({"imap.mail.me.com"})
_LOCAL_PART_PROVIDERS = frozenset({"icloud"})


class Opener:
    """Opens sessions for accounts; one for all pulls of a process."""

    def __init__(self, settings: AccountSettings, database: Database, keys: KeyRing) -> None:
        self._settings = settings
        self._database = database
        self._keys = keys
        self._tokens = TokenKeeper(settings.oauth)
        self._limits = Limits(
            connect_seconds=settings.connect_seconds,
            silence_seconds=settings.silence_seconds,
            command_seconds=settings.command_seconds,
            line_octets=settings.max_line_octets,
            literal_octets=settings.max_literal_octets,
        )

    async def open(self, account: ClaimedAccount) -> tuple[Session, str]:
        """A session that is logged in, and the user name that worked."""
        fields = account.fields
        if fields.auth == "xoauth2":
            return await self._open_by_token(account), fields.username
        password = _unsealed(self._keys, account).values.get("password", "")
        names = usernames_of(fields, account.worked_username)
        for name in names:
            try:
                return await self._open(fields, PasswordLogin(name, password)), name
            except ImapFailure as failure:
                if failure.code != "password_refused" or name == names[-1]:
                    raise
        raise ImapFailure("password_refused")

    async def settle(self) -> None:
        """Wait for tokens that are being refreshed: what comes back must be stored."""
        await self._tokens.settle()

    async def _open_by_token(self, account: ClaimedAccount) -> Session:
        fields, store = account.fields, StoredTokens(self._database, self._keys, account.id)
        token = await self._tokens.access_token(account.id, store)
        try:
            return await self._open(fields, TokenLogin(fields.username, token, fields.host, fields.port))
        except ImapFailure as failure:
            if failure.code not in {"token_refused", "token_expired"}:
                raise
        # It may have been taken back before its time: once with a new one.
        token = await self._tokens.access_token(account.id, store, refused=token)
        try:
            return await self._open(fields, TokenLogin(fields.username, token, fields.host, fields.port))
        except ImapFailure as failure:
            if failure.code == "token_expired":
                # Seen in practice: servers say so of every token; this one is a moment old.
                raise ImapFailure("token_refused") from failure
            raise

    async def _open(self, fields: AccountFields, login: Login) -> Session:
        session = await Session.open(place_of(fields, self._settings), self._limits)
        try:
            await session.login(login)
            await session.identify(who_we_are(self._settings.contact))
        except BaseException:
            session.abort()
            raise
        return session


def place_of(fields: AccountFields, settings: AccountSettings) -> Place:
    """Where an account's server is, as the settings let us go there."""
    return Place(
        host=fields.host,
        port=fields.port,
        security=cast("Security", fields.security),
        allow_internal=settings.allow_internal_hosts,
        ca_file=Path(settings.ca_file) if settings.ca_file else None,
    )


def who_we_are(contact: str) -> dict[str, str]:
    """What servers are told who ask (RFC 2971): whom their administrators may write to."""
    return {"name": "postbus", "vendor": "postbus"} | ({"support-url": contact} if contact else {})


def usernames_of(fields: AccountFields, worked: str | None) -> list[str]:
    """The user names to try, in this order: the one that worked before, what was entered, its local part."""
    names = [worked or fields.username, fields.username]
    local, at, _ = fields.username.partition("@")
    is_often_local = fields.host in _LOCAL_PART_HOSTS or fields.provider in _LOCAL_PART_PROVIDERS
    if is_often_local and at:
        names.append(local)
    return list(dict.fromkeys(names))


def _unsealed(keys: KeyRing, account: ClaimedAccount) -> Secret:
    if account.sealed is None:
        raise ImapFailure("no_password")
    try:
        return keys.unseal(account.sealed, account.id)
    except (KeyMissing, Damaged, Invalid) as failure:
        log.error("secret_unreadable", id=account.id, reason=str(failure))
        raise ImapFailure("secret_unreadable") from failure
