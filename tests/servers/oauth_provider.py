"""A provider of OAuth on a free loopback port: authlib's own authorization server, in Flask.

    with OAuthProvider() as provider:
        provider.settings()              # accounts.oauth, its endpoints as those of `other`
        provider.consents("alice@example.com")     # whoever comes next is alice, and says yes

Authorisation code (PKCE required), device code, refreshing with rotation, revocation, and the introspection that
Dovecot's oauth2 passdb asks. Every code and token is a secret of this run (tests/secrecy.py). It may stand in the place
of a private Dovecot's `tokens`.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import (
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from receiver.config_oauth import OAuthSettings
from tests import secrecy

# The server speaks plain HTTP on loopback.
os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")
SCOPE = "https://mail.example/imap offline_access"
CLIENT_ID = "postbus-tests"


@dataclass
class _Client(ClientMixin):  # type: ignore[misc]
    client_secret: str
    client_id: str = CLIENT_ID

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.startswith(("http://127.0.0.1:", "http://localhost:"))  # RFC 8252 7.3: any port

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.client_secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == ("client_secret_post" if self.client_secret else "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


@dataclass
class _Code(AuthorizationCodeMixin):  # type: ignore[misc]
    code: str
    user: str
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Token(TokenMixin):  # type: ignore[misc]
    """One pair of tokens; a test may end either."""

    user: str
    access_token: str
    refresh_token: str
    scope: str
    expires_in: int
    issued_at: float = field(default_factory=time.time)
    is_access_revoked: bool = False
    is_refresh_revoked: bool = False

    def check_client(self, client: _Client) -> bool:
        return True

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return self.expires_in

    def is_expired(self) -> bool:
        return self.issued_at + self.expires_in < time.time()

    def is_revoked(self) -> bool:
        return self.is_access_revoked

    def get_user(self) -> str:
        return self.user

    @property
    def holds(self) -> bool:
        """Whether the access token is worth something."""
        return not (self.is_access_revoked or self.is_expired())


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post", "none")

    def generate_authorization_code(self) -> str:
        return secrecy.secret("code")

    def save_authorization_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        self.server.provider.codes[code] = _Code(
            code=code,
            user=asked.user,
            redirect_uri=asked.payload.redirect_uri,
            scope=asked.scope,
            code_challenge=data["code_challenge"],
            code_challenge_method=data["code_challenge_method"],
        )

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        return self.server.provider.codes.get(code)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self.server.provider.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: _Code) -> str:
        return authorization_code.user


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post", "none")
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        found = [each for each in self.server.provider.given if each.refresh_token == refresh_token]
        return found[0] if found and not found[0].is_refresh_revoked else None

    def authenticate_user(self, refresh_token: Token) -> str:
        return refresh_token.user

    def revoke_old_credential(self, refresh_token: Token) -> None:
        refresh_token.is_refresh_revoked = True


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
    def query_device_credential(self, device_code: str) -> DeviceCredentialDict | None:
        return self.server.provider.devices.get(device_code)

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        return self.server.provider.typed.get(user_code)  # type: ignore[no-any-return]

    def should_slow_down(self, credential: DeviceCredentialDict) -> bool:
        return bool(self.server.provider.slow_downs and self.server.provider.slow_downs.pop())


class _DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = ("client_secret_post", "none")

    def generate_device_code(self) -> str:
        return secrecy.secret("device-code")

    def get_verification_uri(self) -> str:
        return f"{self.server.provider.url}/device"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        lasting = {**data, "client_id": client_id, "scope": scope, "expires_at": time.time() + data["expires_in"]}
        self.server.provider.devices[data["device_code"]] = DeviceCredentialDict(lasting)


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = ("client_secret_post", "none")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        return next((t for t in self.server.provider.given if token_string in {t.access_token, t.refresh_token}), None)

    def revoke_token(self, token: Token, asked: Any) -> None:
        token.is_access_revoked = token.is_refresh_revoked = True


class _Quiet(WSGIRequestHandler):
    def log(self, *_said: object) -> None:
        """Say nothing: the line would hold a code or a token."""


class OAuthProvider:
    """Knows what it gave (`given`, in order) and what was asked (`asked`: paths)."""

    def __init__(self, *, client_secret: str | None = None, expires_in: int = 3600) -> None:
        self.client_secret = secrecy.secret("client-secret") if client_secret is None else client_secret
        self.expires_in = expires_in
        self.codes: dict[str, _Code] = {}
        self.devices: dict[str, DeviceCredentialDict] = {}
        self.typed: dict[str, tuple[str, bool]] = {}
        self.slow_downs: list[bool] = []
        self.given: list[Token] = []
        self.asked: list[str] = []
        self._consent: tuple[str, bool] | None = None
        self._scope = ""
        self._server = make_server("127.0.0.1", 0, self._application(), threaded=True, request_handler=_Quiet)
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settings(self, **others: str) -> OAuthSettings:
        """`accounts.oauth` with this provider as `other`."""
        return OAuthSettings.model_validate({"other": {**self.configuration(), **others}})

    def configuration(self) -> dict[str, str]:
        """What stands in the table `accounts.oauth.other`."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": self.client_secret,
            "scope": SCOPE,
            "authorize_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token",
            "device_url": f"{self.url}/device/code",
        }

    def consents(self, user: str, *, scope: str = "") -> None:
        """Whoever is sent here next is `user` and says yes; to `scope` alone, if that is given."""
        self._consent, self._scope = (user, True), scope

    def denies(self) -> None:
        """Whoever is sent here next says no."""
        self._consent = ("", False)

    def types(self, user_code: str, user: str, *, allows: bool = True) -> None:
        """A person types this code on another device."""
        self.typed[user_code] = (user, allows)

    def allow(self, token: str, user: str, *, expires_in: int = 3600) -> None:
        """Give out this access token beyond the ordinary ways."""
        self.given.append(Token(user, token, secrecy.secret("refresh"), SCOPE, expires_in))

    def revoke(self, token: str) -> None:
        """End an access token."""
        for each in self.given:
            if each.access_token == token:
                each.is_access_revoked = True

    def withdraw(self, user: str) -> None:
        """A person withdraws the permission: nothing of it holds any more."""
        for each in self.given:
            if each.user == user:
                each.is_access_revoked = each.is_refresh_revoked = True

    def _application(self) -> Flask:
        app = Flask("provider", static_folder=None)
        app.config.update(
            OAUTH2_ACCESS_TOKEN_GENERATOR=lambda *_, **__: secrecy.secret("access"),
            OAUTH2_REFRESH_TOKEN_GENERATOR=lambda *_, **__: secrecy.secret("refresh"),
        )
        server = AuthorizationServer(app, query_client=self._client, save_token=self._save)
        server.provider = self
        server.register_grant(_CodeGrant, [CodeChallenge(required=True)])
        server.register_grant(_RefreshGrant)
        server.register_grant(_DeviceGrant)
        server.register_endpoint(_DeviceEndpoint)
        server.register_endpoint(_Revocation)
        app.before_request(lambda: self.asked.append(request.path))
        app.add_url_rule("/authorize", "authorize", lambda: self._authorize(server))
        app.add_url_rule("/token", "token", server.create_token_response, methods=["POST"])
        endpoint = _DeviceEndpoint.ENDPOINT_NAME
        app.add_url_rule("/device/code", "device", lambda: server.create_endpoint_response(endpoint), methods=["POST"])
        app.add_url_rule(
            "/revoke", "revoke", lambda: server.create_endpoint_response(_Revocation.ENDPOINT_NAME), methods=["POST"]
        )
        app.add_url_rule("/introspect", "introspect", self._introspect)
        return app

    def _client(self, client_id: str) -> _Client | None:
        return _Client(self.client_secret) if client_id == CLIENT_ID else None

    def _save(self, token: dict[str, Any], asked: Any) -> None:
        token["expires_in"] = self.expires_in
        if self._scope:
            token["scope"] = self._scope
        self.given.append(
            Token(asked.user, token["access_token"], token["refresh_token"], token["scope"], self.expires_in)
        )

    def _authorize(self, server: AuthorizationServer) -> Response:
        assert self._consent is not None, "nobody said what the person does"
        (user, allows), self._consent = self._consent, None
        grant = server.get_consent_grant(end_user=user)
        answer: Response = server.create_authorization_response(grant_user=user if allows else None, grant=grant)
        return answer

    def _introspect(self) -> Response:
        token = request.args.get("token", "")
        found = next((each for each in self.given if each.access_token == token and each.holds), None)
        if found is None:
            return jsonify({"active": False})
        return jsonify({"active": True, "email": found.user, "scope": found.scope})
