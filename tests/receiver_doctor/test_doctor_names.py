"""What the doctor makes of name servers' answers."""

from ipaddress import ip_address
from typing import Any

import pytest

from receiver.doctor.names import judge_host, judge_hostname, judge_mx, judge_ptr
from receiver.doctor.resolver import Resolver

DOMAIN = "in.example.com"
MX = "mx.example.com"
PUBLIC = "9.9.9.9"


def test_an_mx_that_names_us_is_well(name_server: Any) -> None:
    """The exchanges come in the order of their preference, whatever the order and the case of the answer."""
    name_server.records[f"{DOMAIN}.", "MX"] = ["20 backup.example.net.", f"10 {MX.upper()}."]

    finding, names = judge_mx(name_server.resolver(), DOMAIN, MX)

    assert finding.result == "ok"
    assert names == [MX, "backup.example.net"]


def test_an_mx_that_names_others_is_told(name_server: Any) -> None:
    """A hostname that no MX names: a warning with both remedies, and the names are looked at all the same."""
    name_server.records[f"{DOMAIN}.", "MX"] = ["10 other.example.net."]

    finding, names = judge_mx(name_server.resolver(), DOMAIN, MX)

    assert finding.result == "warning"
    assert "smtp.hostname" in finding.remedy
    assert names == ["other.example.net"]


def test_a_domain_without_any_record_gets_no_mail(name_server: Any) -> None:
    """Neither MX nor address: failed, and the remedy is the record to publish."""
    finding, names = judge_mx(name_server.resolver(), DOMAIN, MX)

    assert finding.result == "failed"
    assert f"{DOMAIN}. MX 10 {MX}." in finding.remedy
    assert names == []


def test_an_address_alone_is_an_mx_of_sorts(name_server: Any) -> None:
    """RFC 5321 5.1: without MX, senders take the domain's own address."""
    name_server.records[f"{DOMAIN}.", "A"] = [PUBLIC]

    finding, names = judge_mx(name_server.resolver(), DOMAIN, MX)

    assert finding.result == "warning"
    assert names == [DOMAIN]


def test_a_null_mx_takes_no_mail(name_server: Any) -> None:
    """RFC 7505: `MX 0 .` says that the domain takes no mail."""
    name_server.records[f"{DOMAIN}.", "MX"] = ["0 ."]

    finding, names = judge_mx(name_server.resolver(), DOMAIN, MX)

    assert finding.result == "failed"
    assert "RFC 7505" in finding.what
    assert names == []


def test_a_name_server_that_fails_is_not_a_missing_record(name_server: Any) -> None:
    """SERVFAIL says nothing of the domain: the finding names the name server, not the record."""
    name_server.fails = True

    finding, _ = judge_mx(name_server.resolver(), DOMAIN, MX)

    assert finding.result == "failed"
    assert "name server" in finding.what
    assert "doctor.resolver" in finding.remedy


def test_a_name_server_that_is_silent_is_told() -> None:
    """No answer at all, within the time of a check."""
    finding, _ = judge_mx(Resolver("127.0.0.1:1"), DOMAIN, MX)

    assert finding.result == "failed"
    assert "doctor.resolver" in finding.remedy


def test_public_addresses_are_well(name_server: Any) -> None:
    """IPv4 and IPv6 of an exchange."""
    name_server.records[f"{MX}.", "A"] = [PUBLIC]
    name_server.records[f"{MX}.", "AAAA"] = ["2620:fe::fe"]

    finding, addresses = judge_host(name_server.resolver(), MX)

    assert finding.result == "ok"
    assert addresses == [ip_address(PUBLIC), ip_address("2620:fe::fe")]


def test_an_exchange_without_address_is_no_use(name_server: Any) -> None:
    """Failed; an MX that is written as an address ends here too, since it is taken for a name."""
    finding, addresses = judge_host(name_server.resolver(), "192.0.2.25")

    assert finding.result == "failed"
    assert "never an address" in finding.remedy
    assert addresses == []


def test_an_alias_is_told(name_server: Any) -> None:
    """RFC 5321 5.1: an MX must not name an alias; some senders refuse it."""
    name_server.records[f"{MX}.", "CNAME"] = ["real.example.com."]
    name_server.records["real.example.com.", "A"] = [PUBLIC]

    finding, addresses = judge_host(name_server.resolver(), MX)

    assert finding.result == "warning"
    assert "real.example.com" in finding.remedy
    assert addresses == [ip_address(PUBLIC)]


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "192.168.1.1", "169.254.0.1"])
def test_a_private_address_is_told(name_server: Any, address: str) -> None:
    """Nobody on the internet reaches it."""
    name_server.records[f"{MX}.", "A"] = [address]

    finding, _ = judge_host(name_server.resolver(), MX)

    assert finding.result == "warning"
    assert address in finding.what


@pytest.mark.parametrize(
    ("names", "result"), [([f"{MX.upper()}."], "ok"), (["host-9.isp.example."], "warning"), ([], "warning")]
)
def test_a_ptr_names_us_back(name_server: Any, names: list[str], result: str) -> None:
    """The address's name is smtp.hostname, whatever its case; else a warning: we only receive."""
    if names:
        name_server.records["9.9.9.9.in-addr.arpa.", "PTR"] = names

    finding = judge_ptr(name_server.resolver(), ip_address(PUBLIC), MX)

    assert finding.result == result
    assert (finding.remedy == "") == (result == "ok")


@pytest.mark.parametrize(
    ("hostname", "result"),
    [
        (MX, "ok"),
        ("unknown.example.com", "warning"),
        ("localhost", "warning"),
        ("mailserver", "warning"),
        ("mx.office.local", "warning"),
        ("my_host.example.com", "warning"),
        ("[192.0.2.1]", "warning"),
    ],
)
def test_the_name_we_greet_with_can_be_looked_up(name_server: Any, hostname: str, result: str) -> None:
    """RFC 5321 2.3.5: a name that resolves; not a nickname, not a literal, not one of a local network."""
    name_server.records[f"{MX}.", "A"] = [PUBLIC]

    assert judge_hostname(name_server.resolver(), hostname).result == result
