"""How accounts are linked by OAuth: `[accounts.oauth.google]`, `.microsoft`, and `.other` for a provider of one's own.

Every endpoint is a setting, over https or on this machine. A client's secret is shown as *** wherever settings are
shown or written as JSON; only who asks with WITH_SECRETS gets it.
Pure; raises nothing beyond what pydantic says of a value.
Standards: RFC 6749 (clients and endpoints), RFC 8252 (redirects to this machine), RFC 8628 (device codes).
"""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, SecretStr, SerializationInfo

from receiver.config_catalogue import is_loopback
from receiver.setting_values import MASK, Section

# For `model_dump_json(context=WITH_SECRETS)`: the one way by which a secret leaves the settings, to a process that
# needs it.
WITH_SECRETS = {"with_secrets": True}
_LONGEST = 2000


def _shown(value: SecretStr, info: SerializationInfo) -> str:
    secret = value.get_secret_value()
    return secret if not secret or (info.context or {}).get("with_secrets") else MASK


def _parts(value: str) -> SplitResult | None:
    try:
        url = urlsplit(value)
        is_whole = bool(url.hostname) and url.port != -1 and value.isascii() and value.isprintable()
    except ValueError:
        return None
    is_plain = url.username is None and not url.fragment and " " not in value and len(value) <= _LONGEST
    return url if is_whole and is_plain else None


def _endpoint(value: str) -> str:
    url = _parts(value)
    if value and (url is None or not (url.scheme == "https" or _is_here(url))):
        raise ValueError("expected https://HOST/PATH (http:// on this machine alone), without a password")
    return value


def _redirect(value: str) -> str:
    # RFC 8252 7.3: plain http, since it never leaves this machine.
    url = _parts(value)
    if url is None or not _is_here(url) or url.query:
        raise ValueError("expected http://127.0.0.1:PORT/PATH or http://localhost:PORT/PATH; port 0: any free one")
    return value


def _is_here(url: SplitResult) -> bool:
    return url.scheme == "http" and is_loopback(url.hostname or "")


def _directory(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?", value):
        raise ValueError("expected common, organizations, consumers, a domain or the id of a directory")
    return value


def _visible(value: str) -> str:
    # RFC 6749 appendix A.1: visible characters and blanks.
    if not (value.isascii() and value.isprintable()):
        raise ValueError("expected printable ASCII")
    return value


def _visible_secret(value: SecretStr) -> SecretStr:
    _visible(value.get_secret_value())
    return value


Endpoint = Annotated[str, AfterValidator(_endpoint)]
Redirect = Annotated[str, AfterValidator(_redirect)]
Directory = Annotated[str, AfterValidator(_directory)]
Visible = Annotated[str, AfterValidator(_visible)]
SecretText = Annotated[
    SecretStr, AfterValidator(_visible_secret), PlainSerializer(_shown, return_type=str, when_used="always")
]

_ID = "Client id that the provider gave you; empty: nobody links an account this way."
_OUR_PROOF = "The client's secret, if the provider gave one; shown as ***."
_SCOPE = "What is asked for, separated by blanks."
_AUTHORIZE = "Where people consent."
_GIVEN_AT = "Where tokens are given and refreshed."
_DEVICE = "Where device codes are given; empty: nowhere."
_REDIRECT = "Where the browser comes back to, on this machine; port 0: any free one."


class OAuthClient(Section):
    """A client at one provider: who we are there, and where it is asked."""

    client_id: Visible = Field("", description=_ID)
    client_secret: SecretText = Field(SecretStr(""), description=_OUR_PROOF)
    scope: Visible = Field("", description=_SCOPE)
    authorize_url: Endpoint = Field("", description=_AUTHORIZE)
    token_url: Endpoint = Field("", description=_GIVEN_AT)
    device_url: Endpoint = Field("", description=_DEVICE)
    redirect_url: Redirect = Field("http://127.0.0.1:0/", description=_REDIRECT)


class GoogleClient(OAuthClient):
    """Gmail."""

    scope: Visible = Field("https://mail.google.com/", description=_SCOPE)
    authorize_url: Endpoint = Field("https://accounts.google.com/o/oauth2/v2/auth", description=_AUTHORIZE)
    token_url: Endpoint = Field("https://oauth2.googleapis.com/token", description=_GIVEN_AT)
    device_url: Endpoint = Field("https://oauth2.googleapis.com/device/code", description=_DEVICE)


class MicrosoftClient(OAuthClient):
    """Microsoft 365 and Outlook.com."""

    directory: Directory = Field(
        "common", description="Whose accounts may be linked: common (all), organizations, consumers, or one directory."
    )
    scope: Visible = Field("https://outlook.office.com/IMAP.AccessAsUser.All offline_access", description=_SCOPE)
    authorize_url: Endpoint = Field(
        "https://login.microsoftonline.com/{directory}/oauth2/v2.0/authorize", description=_AUTHORIZE
    )
    token_url: Endpoint = Field(
        "https://login.microsoftonline.com/{directory}/oauth2/v2.0/token", description=_GIVEN_AT
    )
    device_url: Endpoint = Field(
        "https://login.microsoftonline.com/{directory}/oauth2/v2.0/devicecode", description=_DEVICE
    )
    # Microsoft ignores the port of http://localhost alone; 127.0.0.1 can only be registered by editing the manifest.
    redirect_url: Redirect = Field("http://localhost:0/", description=_REDIRECT)


class OAuthSettings(Section):
    """The clients by the provider's name."""

    google: GoogleClient = GoogleClient()
    microsoft: MicrosoftClient = MicrosoftClient()
    other: OAuthClient = OAuthClient()
