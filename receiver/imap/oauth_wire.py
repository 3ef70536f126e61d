"""authlib's half of OAuth over our bounded exchange: what a provider is asked, and what of its answer goes further.

Only fields that are known, of their type and size, are handed on. A provider's own words (error_description, pages of
HTML) go nowhere: they may quote a token. A redirect is not followed: a token endpoint has no business to send us on.
Raises ImapFailure (sign_in_unreachable, sign_in_busy, sign_in_nonsense) and Refused.
Standards: RFC 6749 sections 4.1.4, 5.1 and 5.2, RFC 8628 sections 3.2 and 3.5.
"""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Client, OAuth2Error
from authlib.oauth2.auth import ClientAuth

from receiver import web
from receiver.imap.failures import ImapFailure

BOUNDS = web.Bounds(max_octets=64 * 1024, seconds=20.0)
_LONGEST_TEXT = 16 * 1024
_LONGEST_SECONDS = 10 * 365 * 86400
_TEXTS = frozenset(
    {
        *("access_token", "refresh_token", "token_type", "scope", "error"),
        *("device_code", "user_code", "verification_uri", "verification_url", "verification_uri_complete"),
    }
)
_SECONDS = frozenset({"expires_in", "interval"})
# RFC 6749 5.2, RFC 8628 3.5, and OpenID Connect's as Microsoft says them. Any other is told as "other".
KNOWN_ERRORS = frozenset(
    {
        *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
        *("invalid_scope", "access_denied", "server_error", "temporarily_unavailable"),
        *("authorization_pending", "slow_down", "expired_token"),
        *("interaction_required", "login_required", "consent_required"),
        *("authorization_declined", "bad_verification_code"),
    }
)
OTHER = "other"


class Refused(Exception):
    """The provider says no; `error` is one of KNOWN_ERRORS or OTHER."""

    def __init__(self, error: str) -> None:
        super().__init__(error if error in KNOWN_ERRORS else OTHER)
        self.error = error if error in KNOWN_ERRORS else OTHER


class Wire:
    """What authlib takes for a session of an HTTP library: posts forms."""

    def __init__(self, provider: str, bounds: web.Bounds = BOUNDS) -> None:
        self._provider = provider
        self._bounds = bounds

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> "Reply":
        """Post a form with the client's id and secret in it."""
        form = urlencode(data)
        uri, head, body = auth.prepare("POST", url, dict(headers), form)
        try:
            answer = web.exchange("POST", uri, {**head, "User-Agent": "postbus"}, body.encode(), self._bounds)
        except web.TooLarge:
            raise self._nonsense("too_large") from None
        except (OSError, http.client.HTTPException) as error:
            raise ImapFailure("sign_in_unreachable", provider=self._provider) from error
        return self._reply(answer)

    def _reply(self, answer: web.Answer) -> "Reply":
        if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS or answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ImapFailure("sign_in_busy", provider=self._provider)
        if http.HTTPStatus.MULTIPLE_CHOICES <= answer.status < http.HTTPStatus.BAD_REQUEST:
            raise self._nonsense("redirect")
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._nonsense("not_json") from None
        if not isinstance(said, dict):
            raise self._nonsense("not_json")
        return Reply(answer.status, _known_fields(said))

    def _nonsense(self, what: str) -> ImapFailure:
        return ImapFailure("sign_in_nonsense", provider=self._provider, what=what)


class Reply:
    """What authlib takes for a response."""

    def __init__(self, status: int, fields: dict[str, str | int]) -> None:
        self.status_code = status
        self._fields = fields

    def json(self) -> dict[str, str | int]:
        """The fields that are known."""
        return self._fields

    def raise_for_status(self) -> None:
        """Statuses were judged before."""


def ask(client: OAuth2Client, what: str, url: str, **fields: str) -> dict[str, Any]:
    """Ask for tokens by one of authlib's ways, `fetch_token` or `refresh_token`; returns the fields of the answer.

    Raises Refused and ImapFailure.
    """
    try:
        return dict(getattr(client, what)(url, **fields))
    except OAuth2Error as error:
        raise Refused(str(error.error)) from None


def ask_for_device_code(client: OAuth2Client, url: str, scope: str) -> dict[str, Any]:
    """RFC 8628 3.1, which authlib's client leaves to its user."""
    auth = client.client_auth(client.token_endpoint_auth_method)
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    said: dict[str, Any] = client.session.post(url, {"scope": scope}, headers, auth).json()
    if "error" in said:
        raise Refused(str(said["error"]))
    return said


def _known_fields(said: Mapping[str, object]) -> dict[str, str | int]:
    fields: dict[str, str | int] = {}
    for name, value in said.items():
        if name in _TEXTS and isinstance(value, str) and _is_text(value):
            fields[name] = value
        elif name in _SECONDS and (seconds := _seconds(value)) is not None:
            fields[name] = seconds
    if "error" in said and "error" not in fields:
        fields["error"] = OTHER
    return fields


def _is_text(value: str) -> bool:
    # RFC 6749 appendix A: visible ASCII and blanks. A token goes on into lines of SASL, where ^A and CR would end it.
    return 0 < len(value) <= _LONGEST_TEXT and value.isascii() and value.isprintable()


def _seconds(value: object) -> int | None:
    # Seen in practice: Azure AD's older endpoint says "3599".
    try:
        number = int(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1
    except (ValueError, OverflowError):
        return None
    return min(number, _LONGEST_SECONDS) if number >= 0 else None
