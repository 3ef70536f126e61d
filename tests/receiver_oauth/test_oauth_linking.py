"""Linking an account at a provider: with a browser on this machine, with one elsewhere, with a device code."""

import dataclasses
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from receiver.config_oauth import OAuthSettings
from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import (
    DeviceFlow,
    Provider,
    Tokens,
    await_device,
    begin_code_flow,
    begin_device_flow,
    finish_code_flow,
    provider_named,
    refresh,
)
from receiver.imap.redirect import LoopbackRedirect
from tests.receiver_oauth.conftest import PATIENCE, address_after_consent, browse
from tests.servers.oauth_provider import OAuthProvider

HERE = "http://127.0.0.1:9/"


class Waits:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.slept: list[float] = []
        self.meanwhile: dict[int, Callable[[], object]] = {}

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        self.meanwhile.pop(len(self.slept), lambda: None)()


def test_a_browser_on_this_machine_brings_the_answer(link: Callable[..., Tokens], oauth: OAuthProvider) -> None:
    """The person consents, the browser comes back by itself, and tokens are there, with what was granted."""
    tokens = link("alice@example.com")

    (given,) = oauth.given
    assert (tokens.access_token, tokens.refresh_token) == (given.access_token, given.refresh_token)
    assert given.user == "alice@example.com"
    assert timedelta(minutes=59) < tokens.expires_at - datetime.now(UTC) <= timedelta(hours=1)


def test_tokens_survive_being_stored(link: Callable[..., Tokens]) -> None:
    """What is sealed as texts comes back the same."""
    tokens = link()

    assert Tokens.of(tokens.values()) == tokens


@pytest.mark.parametrize(
    "values", [{}, {"expires_at": "soon", "access_token": "a"}, {"expires_at": "0001-01-01T00:00"}]
)
def test_damaged_tokens_count_as_expired(values: dict[str, str]) -> None:
    """What cannot be read is refreshed, or linked again; nothing breaks."""
    assert Tokens.of(values).expires_at <= datetime.now(UTC)


def test_an_address_that_is_pasted_serves_as_well(oauth: OAuthProvider, provider: Provider) -> None:
    """With the browser on another machine, its address line is copied here (--no-browser)."""
    oauth.consents("alice@example.com")
    flow = begin_code_flow(provider, HERE)

    tokens = finish_code_flow(provider, flow, f"  {address_after_consent(flow.url)}\n")

    assert tokens.access_token == oauth.given[0].access_token


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("google", {"access_type": ["offline"], "prompt": ["consent"], "scope": ["https://mail.google.com/"]}),
        (
            "microsoft",
            {
                "scope": ["https://outlook.office.com/IMAP.AccessAsUser.All offline_access"],
                "prompt": ["select_account"],
            },
        ),
    ],
)
def test_each_provider_is_asked_in_its_own_way(name: str, expected: dict[str, list[str]]) -> None:
    """Google gives a lasting permission only to who asks for offline access and consent; PKCE always by S256."""
    settings = OAuthSettings.model_validate({name: {"client_id": "me"}})

    url = begin_code_flow(provider_named(name, settings), HERE, login_hint="a@example.com").url

    query = parse_qs(urlsplit(url).query)
    assert {key: query[key] for key in expected} == expected
    assert (query["code_challenge_method"], query["response_type"]) == (["S256"], ["code"])
    assert (query["login_hint"], query["redirect_uri"]) == (["a@example.com"], [HERE])


def test_the_directory_of_microsoft_is_a_setting() -> None:
    """A company links accounts of its own directory only."""
    settings = OAuthSettings.model_validate({"microsoft": {"client_id": "me", "directory": "contoso.example"}})

    microsoft = provider_named("microsoft", settings)

    endpoints = (microsoft.token_url, microsoft.authorize_url, microsoft.device_url)
    assert [urlsplit(each).path.split("/")[1] for each in endpoints] == ["contoso.example"] * 3


@pytest.mark.parametrize("name", ["google", "other", "nobody"])
def test_a_provider_that_nobody_set_up_is_told(name: str) -> None:
    """Without a client id of its own no postbus can link: the words name the setting."""
    with pytest.raises(ImapFailure, match=f"oauth_client_missing provider={name}"):
        provider_named(name, OAuthSettings())


def test_an_answer_to_somebody_elses_consent_is_refused(oauth: OAuthProvider, provider: Provider) -> None:
    """Another state: a page that smuggles in its own consent would link the attacker's mailbox."""
    oauth.consents("mallory@example.com")
    theirs = address_after_consent(begin_code_flow(provider, HERE).url)

    with pytest.raises(ImapFailure, match="consent_foreign"):
        finish_code_flow(provider, begin_code_flow(provider, HERE), theirs)

    assert oauth.given == []


def test_the_listener_waits_past_what_is_not_for_it(oauth: OAuthProvider, provider: Provider) -> None:
    """A favicon, another path, another state: answered 404 and waited past, so that nobody can end the consent."""
    oauth.consents("alice@example.com")
    with LoopbackRedirect("http://localhost:0/back") as redirect:
        flow = begin_code_flow(provider, redirect.url)
        answers: list[tuple[int, str]] = []

        def browser() -> None:
            base = redirect.url.removesuffix("/back")
            foreign = ("/favicon.ico", "/back?code=x&state=other", "/other?" + urlsplit(flow.url).query)
            answers.extend(browse(url) for url in (*(base + path for path in foreign), flow.url))

        visits = threading.Thread(target=browser)
        visits.start()
        redirected = redirect.wait(flow.recognises, PATIENCE, "other")
        visits.join()

    assert [status for status, _ in answers] == [404, 404, 404, 200]
    assert finish_code_flow(provider, flow, redirected).access_token == oauth.given[0].access_token


def test_nobody_who_comes_back_is_waited_for_only_so_long(provider: Provider) -> None:
    """The listener does not stay open for ever."""
    with LoopbackRedirect(provider.redirect_url) as redirect, pytest.raises(ImapFailure, match="consent_timed_out"):
        redirect.wait(lambda _url: True, 0.05, "other")


def test_a_person_who_says_no_is_told_so(oauth: OAuthProvider, provider: Provider) -> None:
    """access_denied is no fault of the configuration."""
    oauth.denies()
    flow = begin_code_flow(provider, HERE)

    with pytest.raises(ImapFailure, match="consent_denied"):
        finish_code_flow(provider, flow, address_after_consent(flow.url))


def test_a_code_that_was_stolen_is_worth_nothing(oauth: OAuthProvider, provider: Provider) -> None:
    """PKCE: whoever sees the address that the browser came back to lacks the verifier."""
    oauth.consents("alice@example.com")
    flow = begin_code_flow(provider, HERE)
    redirected = address_after_consent(flow.url)
    with pytest.raises(ImapFailure, match="consent_expired"):
        finish_code_flow(provider, dataclasses.replace(flow, verifier="x" * 64), redirected)


def test_a_code_serves_once(oauth: OAuthProvider, provider: Provider) -> None:
    """Pasted a second time, it is refused with words that say to begin again."""
    oauth.consents("alice@example.com")
    flow = begin_code_flow(provider, HERE)
    redirected = address_after_consent(flow.url)
    finish_code_flow(provider, flow, redirected)

    with pytest.raises(ImapFailure, match="consent_expired"):
        finish_code_flow(provider, flow, redirected)


def test_a_permission_without_the_mail_is_refused(link: Callable[..., Tokens]) -> None:
    """Google lets people untick what was asked for: found at once, and not at the first login."""
    with pytest.raises(ImapFailure, match="consent_without_mail"):
        link(scope="openid email")


def test_a_client_that_the_provider_does_not_know_is_the_operators_fault(oauth: OAuthProvider) -> None:
    """The account is not asked to link again: its configuration is mended."""
    oauth.consents("alice@example.com")
    provider = provider_named("other", oauth.settings(client_secret="wrong"))
    flow = begin_code_flow(provider, HERE)

    with pytest.raises(ImapFailure, match="oauth_client_refused provider=other error=invalid_client"):
        finish_code_flow(provider, flow, address_after_consent(flow.url))


def test_a_client_without_a_secret_links_too() -> None:
    """Public clients (Microsoft's for desktops) have none: PKCE stands in for it."""
    with OAuthProvider(client_secret="") as oauth:
        oauth.consents("alice@example.com")
        provider = provider_named("other", oauth.settings())
        flow = begin_code_flow(provider, HERE)

        assert finish_code_flow(provider, flow, address_after_consent(flow.url)).access_token


def test_a_code_is_typed_on_another_device(oauth: OAuthProvider, provider: Provider) -> None:
    """Asked in the provider's rhythm until the person has typed it; slower when the provider says so."""
    flow, waits = begin_device_flow(provider), Waits()
    oauth.slow_downs.append(True)
    waits.meanwhile[3] = lambda: oauth.types(flow.user_code, "alice@example.com")

    tokens = await_device(provider, flow, waits.sleep, waits.clock)

    assert tokens.access_token == oauth.given[0].access_token
    assert waits.slept == [5, 10, 10]
    assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", flow.user_code)
    assert flow.verification_uri == f"{oauth.url}/device"


def test_a_device_that_is_denied_is_told_so(oauth: OAuthProvider, provider: Provider) -> None:
    """The person typed the code and said no."""
    flow, waits = begin_device_flow(provider), Waits()
    oauth.types(flow.user_code, "", allows=False)

    with pytest.raises(ImapFailure, match="consent_denied"):
        await_device(provider, flow, waits.sleep, waits.clock)


def test_a_code_that_nobody_types_expires(oauth: OAuthProvider, provider: Provider) -> None:
    """Not asked for ever: as long as the provider said, and no longer than half an hour."""
    flow, waits = begin_device_flow(provider), Waits()

    with pytest.raises(ImapFailure, match="consent_expired"):
        await_device(provider, flow, waits.sleep, waits.clock)

    assert sum(waits.slept) <= 1800 + 5
    assert oauth.asked.count("/token") == len(waits.slept)


def test_a_provider_that_is_away_for_a_moment_does_not_end_a_device_flow(
    oauth: OAuthProvider, provider: Provider
) -> None:
    """RFC 8628 3.5: asked again, after twice the time."""
    flow, waits = begin_device_flow(provider), Waits()
    away = dataclasses.replace(provider, token_url="http://127.0.0.1:9/token")
    oauth.types(flow.user_code, "alice@example.com")

    with pytest.raises(ImapFailure, match="consent_expired"):
        await_device(away, flow, waits.sleep, waits.clock)

    assert waits.slept[:4] == [5, 10, 20, 40]
    assert max(waits.slept) == 60


def test_without_device_codes_the_browser_is_named(oauth: OAuthProvider) -> None:
    """A provider that gives none is told at once."""
    with pytest.raises(ImapFailure, match="device_codes_off"):
        begin_device_flow(provider_named("other", oauth.settings(device_url="")))


def test_a_rotated_refresh_token_takes_the_place_of_the_old(
    oauth: OAuthProvider, provider: Provider, link: Callable[..., Tokens]
) -> None:
    """Each refresh brings another one, and only that serves the next time."""
    first = link()

    second = refresh(provider, first)
    third = refresh(provider, second)

    assert len({each.refresh_token for each in (first, second, third)}) == 3
    assert third.access_token == oauth.given[-1].access_token


def test_a_refresh_token_that_was_withdrawn_means_link_again(
    oauth: OAuthProvider, provider: Provider, link: Callable[..., Tokens]
) -> None:
    """invalid_grant is asked once, and not again and again."""
    tokens = link()
    oauth.withdraw("alice@example.com")
    oauth.asked.clear()

    with pytest.raises(ImapFailure, match="link_again provider=other") as failed:
        refresh(provider, tokens)

    assert failed.value.health == "needs_relink"
    assert oauth.asked == ["/token"]


def test_nothing_secret_is_shown(link: Callable[..., Tokens], provider: Provider, oauth: OAuthProvider) -> None:
    """Not in what stands in a traceback or a log line by accident."""
    tokens, device = link(), begin_device_flow(provider)
    flow = begin_code_flow(provider, HERE)

    shown = " ".join(map(repr, (tokens, provider, flow, device, oauth.settings())))

    for secret in (tokens.access_token, tokens.refresh_token, provider.client_secret, flow.state, flow.verifier):
        assert secret not in shown
    assert isinstance(device, DeviceFlow)
    assert device.device_code not in shown
