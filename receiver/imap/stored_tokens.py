"""An account's tokens in its row of the database, sealed: the shelf from which receiver/imap/tokens.py takes them.

Every load and every replacement is a short transaction of its own, in the thread of whoever asks. What was used is
compared with what stands there now under the row's lock. Never asks a provider.
Raises TemporaryFailure, and ImapFailure: no_consent when the account was never linked this way, secret_unreadable when
its secret cannot be opened here.
"""

from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import Tokens
from storage.account_models import LinkedAccount
from storage.account_pulls import LeaseLost, save_token
from storage.database import Database
from storage.failures import Damaged, Invalid
from storage.secrets import KeyMissing, KeyRing, Secret


class StoredTokens:
    """A TokenStore for one account."""

    def __init__(self, database: Database, keys: KeyRing, account_id: str) -> None:
        self._database = database
        self._keys = keys
        self._account_id = account_id

    def load(self) -> Tokens:
        """The tokens that the row holds now."""
        with self._database.read() as session:
            tokens = self._tokens(session.get(LinkedAccount, self._account_id))
        if tokens is None:
            raise ImapFailure("no_consent")
        return tokens

    def replace(self, used: Tokens, new: Tokens) -> bool:
        """Store `new` in the place of `used`; False when something else stands there, or the account is gone."""
        with self._database.write(actor="puller") as session:
            row = session.get(LinkedAccount, self._account_id)
            if row is None or self._tokens(row) != used:
                return False
            try:
                save_token(session, row, secret_of(new), self._keys)
            except LeaseLost:
                return False
        return True

    def _tokens(self, row: LinkedAccount | None) -> Tokens | None:
        if row is None or row.secret is None:
            return None
        try:
            secret = self._keys.unseal(row.secret, row.id)
        except (KeyMissing, Damaged, Invalid) as failure:
            raise ImapFailure("secret_unreadable") from failure
        return Tokens.of(secret.values) if secret.kind == "oauth" else None


def secret_of(tokens: Tokens) -> Secret:
    """Tokens as an account's secret."""
    return Secret("oauth", tokens.values())
