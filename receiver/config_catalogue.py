"""The settings of the shared catalogue, `[catalogue]`.

Pure; raises nothing beyond what pydantic says of a value.
"""

import base64
import binascii
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from receiver.setting_values import Section

_KEY_OCTETS = 32  # RFC 8032: an Ed25519 public key


def is_loopback(host: str) -> bool:
    """Whether `host` can be nobody but this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_web_address(source: str) -> bool:
    """Whether a source is fetched from a server, and not read from a file."""
    return "://" in source and not source.lower().startswith("file://")


def _trusted_key(value: str) -> str:
    try:
        octets = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        octets = b""
    if len(octets) != _KEY_OCTETS:
        raise ValueError("expected a public key in base64 (44 characters), as `postbus catalogue key` prints it")
    return base64.b64encode(octets).decode("ascii")


def source(value: str) -> str:
    """A source that can be asked; raises ValueError for any other."""
    if not is_web_address(value):
        if value and not value.removeprefix("file://").startswith("/"):
            raise ValueError("expected an absolute path, file:///PATH or https://HOST/PATH")
        return value
    try:
        url = urlsplit(value)
        is_whole = bool(url.hostname) and url.port != 0 and value.isascii() and value.isprintable()
    except ValueError:
        is_whole, url = False, SplitResult("", "", "", "", "")
    # A package is signed, but who watches the wire would see what is asked and could keep it back.
    is_safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or ""))
    if not is_whole or not is_safe or url.username is not None or " " in value:
        raise ValueError("expected https://HOST/PATH without a password, or the path of a file")
    return value


PublicKey = Annotated[str, AfterValidator(_trusted_key)]
Source = Annotated[str, AfterValidator(source)]


class CatalogueSettings(Section):
    """The catalogue of standards that all tenants share."""

    trusted_keys: list[PublicKey] = Field(
        default=[], description="Public keys (Ed25519, base64) whose packages are taken; none: no package is."
    )
    source: Source = Field(
        "", description="Where `postbus catalogue update` looks: https URL or path of a file; empty: nowhere."
    )
    max_octets: int = Field(32 * 1024**2, ge=1024, description="Largest package that is taken.")
    seconds: float = Field(60.0, gt=0, description="How long a download may take altogether.")
