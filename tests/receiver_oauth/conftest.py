"""A provider of our own, and a browser."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from receiver.imap.oauth import Provider, Tokens, begin_code_flow, finish_code_flow, provider_named
from receiver.imap.redirect import LoopbackRedirect
from tests.servers.oauth_provider import OAuthProvider

PATIENCE = 20.0


@pytest.fixture(name="oauth")
def _oauth() -> Iterator[OAuthProvider]:
    """A provider that runs."""
    with OAuthProvider() as running:
        yield running


@pytest.fixture(name="provider")
def _provider(oauth: OAuthProvider) -> Provider:
    """It, as the configuration names it."""
    return provider_named("other", oauth.settings())


def browse(url: str) -> tuple[int, str]:
    """Open an address as a browser does, following redirects; status and page."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(name="link")
def _link(oauth: OAuthProvider, provider: Provider) -> Callable[..., Tokens]:
    """Link an account with a browser, from beginning to end."""

    def run(user: str = "alice@example.com", scope: str = "") -> Tokens:
        oauth.consents(user, scope=scope)
        with LoopbackRedirect(provider.redirect_url) as redirect:
            flow = begin_code_flow(provider, redirect.url, login_hint=user)
            browser = threading.Thread(target=browse, args=(flow.url,))
            browser.start()
            redirected = redirect.wait(flow.recognises, PATIENCE, provider.name)
            browser.join()
        return finish_code_flow(provider, flow, redirected)

    return run


def address_after_consent(url: str) -> str:
    """Where the provider sends a browser, which cannot go there: what a person copies from its address line."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(url, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        return str(error.headers["Location"])
    raise AssertionError("the provider did not redirect")
