"""Where a mailbox is looked for, in which order, and who is told to have said what."""

from dataclasses import replace
from typing import Any

import pytest

from receiver.linking.choosing import choose, greets, needs_consent
from receiver.linking.presets import PRESETS, names, preset_named, preset_of_domain, preset_of_mx
from receiver.linking.proposal import Proposal
from rules.phrases import PHRASES
from tests.receiver_linking.test_autoconfig import SETTINGS

ANNA = "anna@example.com"


def test_a_known_domain_asks_nobody(sources: Any, web_server: Any) -> None:
    """Most people: no network, no wait."""
    choice = choose("anna@googlemail.com", "", sources)

    assert choice.best is not None
    assert (choice.best.host, choice.best.provider, choice.best.source) == ("imap.gmail.com", "gmail", "domain")
    assert web_server.asked == []


def test_the_domains_own_file_outweighs_the_dns(sources: Any, web_server: Any, name_server: Any) -> None:
    """It is proved by a certificate; DNS is not."""
    web_server.pages["/config"] = (200, {}, SETTINGS)
    name_server.records[("_imaps._tcp.example.com.", "SRV")] = ["0 1 993 elsewhere.example.com."]

    choice = choose(ANNA, "", sources)

    assert choice.best is not None
    assert (choice.best.source, choice.best.host) == ("autoconfig", "imap.example.com")


def test_srv_names_the_server_by_priority_tls_first(sources: Any, name_server: Any) -> None:
    """RFC 6186 with RFC 8314: implicit TLS before STARTTLS, whatever their priorities."""
    name_server.records[("_imap._tcp.example.com.", "SRV")] = ["0 0 143 plain.example.com."]
    name_server.records[("_imaps._tcp.example.com.", "SRV")] = ["20 0 993 b.example.com.", "10 0 1993 a.example.com."]

    choice = choose(ANNA, "", sources)

    told = [(each.host, each.port, each.security) for each in choice.proposals]
    assert told == [
        ("a.example.com", 1993, "tls"),
        ("b.example.com", 993, "tls"),
        ("plain.example.com", 143, "starttls"),
    ]


def test_a_service_that_is_declared_absent_is_not_proposed(sources: Any, name_server: Any) -> None:
    """RFC 2782: the target "." means that the service is not there."""
    name_server.records[("_imaps._tcp.example.com.", "SRV")] = ["0 0 0 ."]

    assert choose(ANNA, "", sources).best is None


def test_a_server_of_another_domain_needs_consent_when_only_the_dns_says_so() -> None:
    """RFC 6186 section 6: else a forged answer would be sent the password."""
    own = Proposal(source="srv", host="imap.example.com")

    assert not needs_consent(own, ANNA)
    assert needs_consent(replace(own, host="imap.evil-example.com"), ANNA)
    assert needs_consent(replace(own, host="notexample.com"), ANNA)
    assert not needs_consent(replace(own, host="mail.hoster.example", source="autoconfig"), ANNA)


@pytest.mark.parametrize(
    ("exchange", "provider", "host"),
    [
        ("aspmx.l.google.com", "gmail", "imap.gmail.com"),
        ("example-com.mail.protection.outlook.com", "microsoft365", "outlook.office365.com"),
        ("w0123456.kasserver.com", "all-inkl", "w0123456.kasserver.com"),
        ("mx00.kundenserver.de", "ionos", "imap.ionos.de"),
        ("mx1.mail.ovh.net", "ovh", "ssl0.ovh.net"),
    ],
)
def test_the_mx_tells_whose_mail_it_is(sources: Any, name_server: Any, exchange: str, provider: str, host: str) -> None:
    """A company's own domain at a known provider."""
    name_server.records[("example.com.", "MX")] = [f"10 {exchange}."]

    best = choose(ANNA, "", sources).best

    assert best is not None
    assert (best.source, best.provider, best.host) == ("mx", provider, host)


def test_only_a_name_of_the_provider_is_taken_for_the_customers_server(sources: Any, name_server: Any) -> None:
    """Where the MX is the server, it is the one that ends as the provider's do: no other gets the password."""
    name_server.records[("example.com.", "MX")] = ["5 mx.elsewhere.example.", "10 w0123456.kasserver.com."]

    best = choose(ANNA, "", sources).best

    assert best is not None
    assert (best.provider, best.host) == ("all-inkl", "w0123456.kasserver.com")


def test_an_mx_that_only_looks_like_a_provider_is_not_taken_for_it() -> None:
    """Names are compared label by label."""
    assert preset_of_mx(["notgoogle.com"]) is None
    assert preset_of_mx(["google.com.evil.example"]) is None
    assert preset_of_mx([""]) is None


def test_of_guesses_only_a_server_that_greets_counts(sources: Any) -> None:
    """The usual names, TLS before STARTTLS."""
    asked: list[tuple[str, int]] = []

    def only_mail(guess: Proposal) -> bool:
        asked.append((guess.host, guess.port))
        return guess.host == "mail.example.com"

    best = choose(ANNA, "", replace(sources, greets=only_mail)).best

    assert best is not None
    assert (best.source, best.host, best.security) == ("guess", "mail.example.com", "tls")
    assert asked == [("imap.example.com", 993), ("mail.example.com", 993)]


def test_nobody_greets_at_a_port_that_is_closed() -> None:
    """The question is a real connection, and ends."""
    assert not greets(allow_internal=True)(Proposal(source="guess", host="127.0.0.1", port=1))


def test_everybody_who_was_asked_is_told(sources: Any, name_server: Any) -> None:
    """Who must name the server by hand learns why; a name server that fails is an obstacle, not an end."""
    name_server.fails = True

    choice = choose(ANNA, "", sources)

    assert choice.best is None
    assert [each.source for each in choice.asked] == ["domain", "autoconfig", "srv", "mx", "guess"]
    assert all(each.obstacle for each in choice.asked)


def test_every_provider_can_be_named_and_says_what_to_do() -> None:
    """Names, aliases and domains are in small letters and belong to one provider each; every advice has words."""
    every = [name for each in PRESETS for name in (each.name, *each.aliases)]
    domains = [domain for each in PRESETS for domain in each.domains]

    assert len(every) == len(set(every))
    assert len(domains) == len(set(domains))
    assert all(name == name.lower() for name in (*every, *domains))
    assert all(preset_named(name.upper()) for name in names())
    assert {each.advice[0] for each in PRESETS} <= set(PHRASES)
    assert all(each.host or each.host_is_mx or each.advice[0] in _ASKING for each in PRESETS)


_ASKING = {"advice_exchange", "advice_ask_host"}


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("me.com", "imap.mail.me.com"),
        ("hotmail.de", "outlook.office365.com"),
        ("gmx.com", "imap.gmx.com"),
        ("gmx.de", "imap.gmx.net"),
        ("t-online.de", "secureimap.t-online.de"),
        ("ziggo.nl", "imap.ziggo.nl"),
        ("wanadoo.fr", "imap.orange.fr"),
    ],
)
def test_the_server_of_a_providers_domain(domain: str, host: str) -> None:
    """As the providers publish it."""
    preset = preset_of_domain(domain)

    assert preset is not None
    assert preset.host_for(domain) == host


def test_microsoft_is_linked_by_permission_and_icloud_tries_both_user_names(sources: Any) -> None:
    """What stops people: no password helps at Microsoft."""
    microsoft, icloud = choose("a@outlook.com", "", sources).best, choose("a@example.com", "apple", sources).best

    assert microsoft is not None
    assert icloud is not None
    assert (microsoft.auth, microsoft.oauth) == ("xoauth2", "microsoft")
    assert (icloud.source, icloud.provider, icloud.advice) == ("provider", "icloud", "advice_icloud")
