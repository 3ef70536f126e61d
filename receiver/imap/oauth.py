"""Link an account by OAuth, and keep it linked: authorisation code with PKCE, device code, refreshing.

Three steps for a person: begin (an address to open, or a code to type), consent at the provider, finish (tokens).
Knows no account and no database (receiver/imap/tokens.py does), prints nothing, logs nothing. Blocks while the provider
is asked, at most BOUNDS.seconds beside the resolving of its name.
Raises ImapFailure: link_again when the provider takes the refresh token no more, and the other codes below.
Standards: RFC 6749, RFC 7636 (PKCE, S256), RFC 8252 (native apps), RFC 8628 (device codes).
"""

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2 import OAuth2Client

from receiver import web
from receiver.config_oauth import MicrosoftClient, OAuthSettings
from receiver.imap.failures import ImapFailure
from receiver.imap.oauth_wire import BOUNDS, Refused, Wire, ask, ask_for_device_code

ProviderName = Literal["google", "microsoft", "other"]
# Google gives a refresh token only to who asks for offline access, and again only after another consent.
_ASKED_BESIDES: Mapping[str, Mapping[str, str]] = {
    "google": {"access_type": "offline", "prompt": "consent"},
    "microsoft": {"prompt": "select_account"},
}
# Scopes that ask for something else than mail; providers do not name them in what they granted.
_NOT_MAIL = frozenset({"offline_access", "openid", "profile", "email"})
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_LIFE_NOT_TOLD = 3600  # RFC 6749 5.1 only recommends expires_in
_INTERVAL_NOT_TOLD = 5  # RFC 8628 3.2
_SLOWER = 5  # RFC 8628 3.5: slow_down adds five seconds
_LONGEST_INTERVAL = 60
_LONGEST_WAIT = 1800  # a person who has not consented by then has gone
_CLIENT_ERRORS = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request"}
)
_AGAIN = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
_DENIED = frozenset({"access_denied", "authorization_declined"})
_LATER = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whom to ask, and as which client. An empty `device_url` gives no device codes."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    authorize_url: str
    token_url: str
    device_url: str
    redirect_url: str
    bounds: web.Bounds = BOUNDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a provider gave: `scope` is what it granted, `expires_at` (aware, UTC) when the access token ends."""

    client: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scope: str

    def values(self) -> dict[str, str]:
        """As the account's secret keeps them."""
        return {
            "client": self.client,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.isoformat(),
            "scope": self.scope,
        }

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Tokens":
        """From `values`; what is missing or damaged is taken as expired."""
        try:
            expires_at = datetime.fromisoformat(values.get("expires_at", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            expires_at = datetime.fromtimestamp(0, UTC)
        names = ("client", "access_token", "refresh_token", "scope")
        return cls(expires_at=expires_at, **{name: values.get(name, "") for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFlow:
    """A consent that was asked for: `url` is opened in a browser, which comes back to `redirect_url` (RFC 6749 4.1)."""

    url: str = field(repr=False)
    redirect_url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    def recognises(self, redirected: str) -> bool:
        """Whether this URL answers this flow, and no other that somebody else began (RFC 6749 10.12)."""
        return hmac.compare_digest(_parameters(redirected).get("state", "").encode(), self.state.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFlow:
    """A consent that was asked for: a person opens `verification_uri` on any device and types `user_code`."""

    user_code: str = field(repr=False)
    verification_uri: str
    device_code: str = field(repr=False)
    interval: int
    expires_in: int


def provider_named(name: str, settings: OAuthSettings) -> Provider:
    """The provider as configured. Raises ImapFailure(oauth_client_missing) when nobody said which client we are."""
    clients = {"google": settings.google, "microsoft": settings.microsoft, "other": settings.other}
    client = clients.get(name)
    if client is None or not (client.client_id and client.token_url and client.authorize_url):
        raise ImapFailure("oauth_client_missing", provider=name)
    directory = client.directory if isinstance(client, MicrosoftClient) else ""
    return Provider(
        name=name,
        client_id=client.client_id,
        client_secret=client.client_secret.get_secret_value(),
        scope=client.scope,
        authorize_url=client.authorize_url.replace("{directory}", directory),
        token_url=client.token_url.replace("{directory}", directory),
        device_url=client.device_url.replace("{directory}", directory),
        redirect_url=client.redirect_url,
    )


def begin_code_flow(provider: Provider, redirect_url: str, *, login_hint: str = "") -> CodeFlow:
    """Ask for a person's consent; `redirect_url` is where the browser comes back to, `login_hint` their address."""
    verifier = secrets.token_urlsafe(64)
    besides = dict(_ASKED_BESIDES.get(provider.name, {}))
    if login_hint:
        besides["login_hint"] = login_hint
    url, state = _client(provider).create_authorization_url(
        provider.authorize_url,
        state=secrets.token_urlsafe(32),
        code_verifier=verifier,
        redirect_uri=redirect_url,
        **besides,
    )
    return CodeFlow(url=url, redirect_url=redirect_url, state=state, verifier=verifier)


def finish_code_flow(
    provider: Provider, flow: CodeFlow, redirected: str, clock: Callable[[], datetime] = _now
) -> Tokens:
    """Tokens for the URL that the browser was sent back to.

    Raises ImapFailure: consent_foreign, consent_denied, consent_expired, consent_without_mail, consent_not_lasting.
    """
    if not flow.recognises(redirected):
        raise ImapFailure("consent_foreign", provider=provider.name)
    said = _parameters(redirected)
    if "error" in said or not said.get("code"):
        raise _not_consented(provider, Refused(said.get("error", "")))
    asked = {"code": said["code"], "code_verifier": flow.verifier, "redirect_uri": flow.redirect_url}
    began_at = clock()
    try:
        fields = ask(_client(provider), "fetch_token", provider.token_url, grant_type="authorization_code", **asked)
    except Refused as refused:
        raise _not_consented(provider, refused) from None
    return _first_tokens(provider, fields, began_at)


def begin_device_flow(provider: Provider) -> DeviceFlow:
    """Ask for a code that a person types. Raises ImapFailure(device_codes_off) when the provider gives none."""
    if not provider.device_url:
        raise ImapFailure("device_codes_off", provider=provider.name)
    try:
        said = ask_for_device_code(_client(provider), provider.device_url, provider.scope)
    except Refused as refused:
        # Google gives no mail to devices (invalid_scope); many directories of Microsoft switch them off.
        if refused.error in {"invalid_scope", "unauthorized_client", "access_denied", "unsupported_grant_type"}:
            raise ImapFailure("device_codes_off", provider=provider.name) from None
        raise _failure(provider, refused) from None
    uri = said.get("verification_uri") or said.get("verification_url")  # Google's word, older than the RFC
    if not (uri and said.get("user_code") and said.get("device_code")) or urlsplit(uri).scheme not in {"https", "http"}:
        raise ImapFailure("sign_in_nonsense", provider=provider.name, what="no_device_code")
    return DeviceFlow(
        user_code=said["user_code"],
        verification_uri=uri,
        device_code=said["device_code"],
        interval=min(said.get("interval", _INTERVAL_NOT_TOLD), _LONGEST_INTERVAL),
        expires_in=min(said.get("expires_in", _LONGEST_WAIT), _LONGEST_WAIT),
    )


def await_device(
    provider: Provider,
    flow: DeviceFlow,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], datetime] = _now,
) -> Tokens:
    """Ask until the person has consented, in the provider's rhythm (RFC 8628 3.5).

    Raises ImapFailure: consent_denied, consent_expired, consent_without_mail, consent_not_lasting.
    """
    ends_at = clock() + timedelta(seconds=flow.expires_in)
    interval = max(flow.interval, 1)
    while clock() < ends_at:
        sleep(interval)
        asked_at = clock()
        try:
            fields = _poll(provider, flow)
        except Refused as refused:
            if refused.error == "authorization_pending":
                continue
            if refused.error != "slow_down":
                raise _not_consented(provider, refused) from None
            interval = min(interval + _SLOWER, _LONGEST_INTERVAL)
        except ImapFailure as failure:
            if failure.code not in {"sign_in_unreachable", "sign_in_busy"}:
                raise
            interval = min(interval * 2, _LONGEST_INTERVAL)
        else:
            return _first_tokens(provider, fields, asked_at)
    raise ImapFailure("consent_expired", provider=provider.name)


def refresh(provider: Provider, tokens: Tokens, clock: Callable[[], datetime] = _now) -> Tokens:
    """New tokens for old ones; the refresh token may be another one, which alone is worth something from now on.

    Raises ImapFailure(link_again) when the provider takes it no more; asking again would not help.
    """
    if not tokens.refresh_token:
        raise ImapFailure("link_again", provider=provider.name)
    asked_at = clock()
    try:
        fields = ask(
            _client(provider), "refresh_token", provider.token_url, refresh_token=tokens.refresh_token, scope=""
        )
    except Refused as refused:
        raise _failure(provider, refused) from None
    return _tokens(provider, {"scope": tokens.scope, "refresh_token": tokens.refresh_token, **fields}, asked_at)


def _poll(provider: Provider, flow: DeviceFlow) -> dict[str, Any]:
    asked = {"device_code": flow.device_code, "scope": ""}
    return ask(_client(provider), "fetch_token", provider.token_url, grant_type=_DEVICE_GRANT, **asked)


def _client(provider: Provider) -> OAuth2Client:
    return OAuth2Client(
        Wire(provider.name, provider.bounds),
        client_id=provider.client_id,
        client_secret=provider.client_secret or None,
        token_endpoint_auth_method="client_secret_post" if provider.client_secret else "none",
        scope=provider.scope,
        code_challenge_method="S256",
    )


def _parameters(redirected: str) -> dict[str, str]:
    try:
        query = parse_qs(urlsplit(redirected.strip()).query, max_num_fields=50, errors="replace")
    except ValueError:
        return {}
    return {name: values[0] for name, values in query.items()}


def _first_tokens(provider: Provider, fields: Mapping[str, Any], asked_at: datetime) -> Tokens:
    tokens = _tokens(provider, {"scope": provider.scope, **fields}, asked_at)
    granted = set(tokens.scope.lower().split())
    # Google lets people untick what was asked for.
    if any(each not in granted for each in provider.scope.lower().split() if each not in _NOT_MAIL):
        raise ImapFailure("consent_without_mail", provider=provider.name)
    if not tokens.refresh_token:
        raise ImapFailure("consent_not_lasting", provider=provider.name)
    return tokens


def _tokens(provider: Provider, fields: Mapping[str, Any], asked_at: datetime) -> Tokens:
    if not fields.get("access_token") or fields.get("token_type", "bearer").lower() != "bearer":
        raise ImapFailure("sign_in_nonsense", provider=provider.name, what="no_token")
    return Tokens(
        client=provider.name,
        access_token=fields["access_token"],
        refresh_token=fields.get("refresh_token", ""),
        expires_at=asked_at + timedelta(seconds=fields.get("expires_in", _LIFE_NOT_TOLD)),
        scope=fields["scope"],
    )


def _not_consented(provider: Provider, refused: Refused) -> ImapFailure:
    if refused.error in _DENIED:
        return ImapFailure("consent_denied", provider=provider.name)
    if refused.error in {"invalid_grant", "expired_token", "bad_verification_code"}:
        return ImapFailure("consent_expired", provider=provider.name)
    return _failure(provider, refused)


def _failure(provider: Provider, refused: Refused) -> ImapFailure:
    if refused.error in _AGAIN:
        return ImapFailure("link_again", provider=provider.name)
    if refused.error in _LATER:
        return ImapFailure("sign_in_busy", provider=provider.name)
    if refused.error in _CLIENT_ERRORS:
        return ImapFailure("oauth_client_refused", provider=provider.name, error=refused.error)
    return ImapFailure("sign_in_nonsense", provider=provider.name, what="unknown_error")
