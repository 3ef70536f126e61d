"""What is said in SASL exchanges, and what a server's refusal of a token means. No I/O.

Raises ValueError for a name or a secret that would end a field of the exchange before its time.
Standards: RFC 4616 (PLAIN), RFC 7628 (OAUTHBEARER), Google's and Microsoft's XOAUTH2; LOGIN was never made one.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error

from receiver.imap.values import Login, PasswordLogin, TokenLogin

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_EXPIRED = re.compile(rb'"(?:status|error)"\s*:\s*"?(?:400|401|invalid_token|invalid_request)\b', re.IGNORECASE)


def mechanism_for(login: Login, capabilities: frozenset[str]) -> str | None:
    """The best mechanism that both sides know; None where there is none, or the LOGIN command is as good."""
    names: tuple[str, ...] = ("PLAIN",) if isinstance(login, PasswordLogin) else ("XOAUTH2", "OAUTHBEARER")
    if isinstance(login, PasswordLogin) and "LOGINDISABLED" in capabilities:
        # Seen in practice: servers that take passwords by the mechanism LOGIN only, not by the command.
        names += ("LOGIN",)
    return next((name for name in names if f"AUTH={name}" in capabilities), None)


def responses(login: Login, mechanism: str) -> list[bytes]:
    """What a client says one after the other, each in base64."""
    if isinstance(login, PasswordLogin):
        if "\0" in login.username or "\0" in login.password:
            raise ValueError("NUL in a user name or password")
        if mechanism == "LOGIN":
            return [_base64(login.username), _base64(login.password)]
        return [_base64(f"\0{login.username}\0{login.password}")]
    if _CONTROLS.search(login.username + login.token):
        raise ValueError("a control character in a user name or token")
    if mechanism == "XOAUTH2":
        return [_base64(f"user={login.username}\x01auth=Bearer {login.token}\x01\x01")]
    return [_base64(_bearer(login))]


def _bearer(login: TokenLogin) -> str:
    # RFC 5801 section 4: what stands for a comma and an equals sign in a name.
    name = login.username.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\x01host={login.host}\x01port={login.port}\x01auth=Bearer {login.token}\x01\x01"


def answer_to_error(mechanism: str) -> bytes:
    """What a server waits for after it has told its error in a challenge: nothing, or RFC 7628 section 3.2.3's ^A."""
    return b"" if mechanism == "XOAUTH2" else b"AQ=="


def code_of_challenge(challenge: bytes) -> str:
    """What an error challenge (JSON in base64) says of the token."""
    try:
        told = b64decode(challenge.strip() + b"==")
    except (Error, ValueError):
        return "token_refused"
    return "token_expired" if _EXPIRED.search(told) else "token_refused"


def _base64(text: str) -> bytes:
    return b64encode(text.encode("utf-8", "surrogateescape"))
