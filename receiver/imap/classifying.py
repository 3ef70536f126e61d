"""What a server's refusal means, as a code of ours: by its response code first, by well-known words where it has none.

Words are a provider's own, in English as far as anybody has seen; a refusal that nothing here knows has no code.
Standard: RFC 5530 (response codes), RFC 9051 section 7.1.
"""

import re

from receiver.imap.parsing import Status

# RFC 5530. Those that speak of one mailbox or message (NONEXISTENT, EXPUNGEISSUED, NOPERM …) do not end a session.
_AT_LOGIN = {
    b"AUTHENTICATIONFAILED": "password_refused",
    b"AUTHORIZATIONFAILED": "login_not_allowed",
    b"EXPIRED": "password_expired",
    b"PRIVACYREQUIRED": "plaintext_refused",
    b"CONTACTADMIN": "login_not_allowed",
    b"WEBALERT": "web_login_needed",  # Gmail, with the address to log in at
}
_ANYWHERE = {
    b"UNAVAILABLE": "server_busy",
    b"INUSE": "server_busy",
    b"SERVERBUG": "server_busy",
    b"THROTTLED": "rate_limited",  # Gmail and Yahoo
    b"LIMIT": "rate_limited",
    b"OVERQUOTA": "rate_limited",  # on a server that is only read: of traffic, Gmail's "account exceeded bandwidth"
}
_WORDS_AT_LOGIN = (
    # Gmail: "Application-specific password required: https://support.google.com/accounts/answer/185833"; iCloud and
    # Yahoo say it in other words.
    (r"application-?\s?specific password|app[ -]?(?:specific )?password", "app_password_needed"),
    (r"web browser|webmail|web login|log ?in via your", "web_login_needed"),
    (
        r"imap (?:access )?(?:is |has been )?(?:disabled|not (?:enabled|active|allowed|available|activated))"
        r"|not enabled for imap|imap.{0,40}\bdisabled|protocol disabled",
        "imap_disabled",
    ),
    (r"basic ?auth\w* is (?:disabled|blocked)|logondenied-basicauthblocked", "password_login_off"),
    (r"password (?:has )?expired|expired password", "password_expired"),
    (r"(?:account|user|mailbox) (?:is |has been )?(?:disabled|locked|suspended|blocked)", "login_not_allowed"),
)
_WORDS_ANYWHERE = (
    (r"authenticated but not connected", "not_connected"),  # Microsoft
    (
        r"too many (?:simultaneous |concurrent |open |active )?(?:imap )?(?:connections|sessions|logins)"
        r"|maximum number of (?:connections|sessions)|connection limit|session limit",
        "too_many_connections",
    ),
    (
        r"rate ?limit|throttl|bandwidth|too many (?:requests|commands|(?:login |auth\w* |failed )?attempts|invalid)"
        r"|try again (?:in|after) \d|exceeded.{0,40}limit|request is temporarily (?:blocked|denied)",
        "rate_limited",
    ),
    (
        r"lookup failed|temporar|server (?:is )?(?:too )?busy|(?:server|service) (?:is )?(?:not |un)available|backend"
        r"|try again later|system error|internal (?:server )?error|shutting down|overloaded",
        "server_busy",
    ),
)


def code_at_login(status: Status, *, by_token: bool) -> str:
    """Why a login was refused; that the password or token is wrong where the server does not say."""
    code = _code_of(status, _AT_LOGIN | _ANYWHERE, (*_WORDS_ANYWHERE[:2], *_WORDS_AT_LOGIN, *_WORDS_ANYWHERE[2:]))
    if code is None:
        code = "password_refused"
    if by_token:
        return {"password_refused": "token_refused", "password_expired": "token_expired"}.get(code, code)
    return code


def code_of_refusal(status: Status) -> str | None:
    """Why the session cannot go on after this NO or BAD; None where only this command failed."""
    return _code_of(status, _ANYWHERE, _WORDS_ANYWHERE)


def code_of_bye(status: Status) -> str:
    """Why a server hangs up; that the connection was lost where it does not say."""
    return _code_of(status, _AT_LOGIN | _ANYWHERE, (*_WORDS_ANYWHERE, *_WORDS_AT_LOGIN)) or "connection_lost"


def says_gone(status: Status) -> bool:
    """Whether a refusal says that what was asked for does not exist (any more)."""
    return _name_of(status) in {b"EXPUNGEISSUED", b"NONEXISTENT"}


def _name_of(status: Status) -> bytes:
    return status.code.split(b" ", 1)[0].upper()


def _code_of(status: Status, codes: dict[bytes, str], phrases: tuple[tuple[str, str], ...]) -> str | None:
    words = status.words[:1000].decode("utf-8", "replace")
    said = next((code for pattern, code in phrases if re.search(pattern, words, re.IGNORECASE)), None)
    coded = codes.get(_name_of(status))
    if coded == "password_refused" and said in _SHARPER:
        # Gmail says [AUTHENTICATIONFAILED] or [ALERT] and, in words, that this password is not of the right kind.
        return said
    return coded or said


_SHARPER = {"app_password_needed", "imap_disabled", "password_login_off", "web_login_needed", "password_expired"}
