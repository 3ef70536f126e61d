"""How talking to a server can fail: each as a code, what belongs to it, and what it does to the account's health.

Words for people are made elsewhere (rules.wording), in the reader's language; a server's own never leave this room.
Standard: RFC 5530 (response codes) is where most of the codes come from.
"""

from collections.abc import Mapping
from typing import Final

# Code -> the account's health while it lasts.
HEALTH: Final[Mapping[str, str]] = {
    # Before anything was said.
    "host_not_found": "unreachable",
    "host_is_internal": "unreachable",
    "connection_refused": "unreachable",
    "connection_timed_out": "unreachable",
    "connection_lost": "unreachable",
    "certificate_wrong": "unreachable",  # why: expired, not_yet_valid, wrong_name, self_signed, unknown_issuer, invalid
    "tls_failed": "unreachable",
    "starttls_missing": "unreachable",
    "plaintext_refused": "unreachable",
    # At the login.
    "no_password": "needs_password",
    "secret_unreadable": "needs_password",  # sealed with a key that is not here, or damaged
    "password_refused": "needs_password",
    "password_expired": "needs_password",
    "app_password_needed": "needs_password",
    "web_login_needed": "needs_password",
    "login_not_allowed": "needs_password",
    "imap_disabled": "needs_password",
    "password_login_off": "needs_relink",  # the server takes tokens only
    "token_login_missing": "needs_password",  # the server takes passwords only
    "token_refused": "needs_relink",
    "token_expired": "needs_relink",
    "link_again": "needs_relink",
    "no_consent": "needs_relink",  # nobody was asked for permission yet
    # At the provider of an OAuth token: provider is google, microsoft or other.
    "oauth_client_missing": "unreachable",
    "oauth_client_refused": "unreachable",  # error: RFC 6749 5.2
    "sign_in_unreachable": "unreachable",
    "sign_in_nonsense": "unreachable",  # what: which promise was broken
    "sign_in_busy": "throttled",
    # When somebody links an account.
    "consent_denied": "needs_relink",
    "consent_expired": "needs_relink",
    "consent_timed_out": "needs_relink",
    "consent_foreign": "needs_relink",
    "consent_without_mail": "needs_relink",
    "consent_not_lasting": "needs_relink",
    "device_codes_off": "needs_relink",
    # Too much, or not now.
    "too_many_connections": "throttled",
    "rate_limited": "throttled",
    "budget_spent": "throttled",
    "server_busy": "throttled",
    # Afterwards.
    "not_connected": "unreachable",
    "server_silent": "unreachable",
    "server_nonsense": "unreachable",  # what: which promise of the protocol was broken
    "command_refused": "unreachable",  # command: one that every server must know
    "mailbox_gone": "unreachable",  # mailbox
    # A defect of ours: nothing comes in, and nobody is to think that all is well.
    "pull_broke": "unreachable",
}
_MAX_PARAM = 200


class ImapFailure(Exception):
    """The session is over, or could not begin: `code` says why, `health` what the account is now.

    `params` are printable and short. `uid` is the message that was being read when the session broke, where there
    was one: a server may break off whenever it is asked for that message, so that it counts as an attempt at it.
    """

    def __init__(self, code: str, *, uid: int | None = None, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params: Mapping[str, str | int] = {name: _shown(value) for name, value in params.items()}
        self.health = HEALTH[code]
        self.uid = uid

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


class Undeliverable(Exception):
    """The server cannot deliver the message `uid`: it refuses, or it has gone (`is_gone`). Others can be fetched."""

    def __init__(self, uid: int, *, is_gone: bool = False) -> None:
        super().__init__(f"UID {uid} is {'gone' if is_gone else 'not delivered'}")
        self.uid = uid
        self.is_gone = is_gone


def _shown(value: str | int) -> str | int:
    """A value that may stand in a log line or a reason: printable, at most 200 characters."""
    if isinstance(value, int):
        return value
    return "".join(each if each.isprintable() else " " for each in value[:_MAX_PARAM])
