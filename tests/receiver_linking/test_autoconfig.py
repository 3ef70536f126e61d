"""What a domain says of its mail servers is read from a real server, and nothing it sends can hurt."""

from typing import Any

import pytest

from receiver.linking.autoconfig import Bounds, Unusable, from_web

SETTINGS = b"""<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="example.com">
    <domain>example.com</domain>
    <incomingServer type="pop3">
      <hostname>pop.example.com</hostname><port>995</port><socketType>SSL</socketType>
      <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication>
    </incomingServer>
    <incomingServer type="imap">
      <hostname>IMAP.%EMAILDOMAIN%</hostname><port>143</port><socketType>STARTTLS</socketType>
      <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication>
    </incomingServer>
    <incomingServer type="imap">
      <hostname>imap.example.com</hostname><port>993</port><socketType>SSL</socketType>
      <username>%EMAILLOCALPART%</username>
      <authentication>password-encrypted</authentication><authentication>password-cleartext</authentication>
    </incomingServer>
  </emailProvider>
</clientConfig>
"""
ANNA = "anna@example.com"


def asked(web_server: Any, body: bytes, **more: Any) -> Any:
    web_server.pages["/config"] = (200, {}, body)
    return from_web(web_server.web(**more), web_server.place, ANNA)


def server_with(**fields: str) -> bytes:
    """A file with one IMAP server, some of its fields otherwise."""
    given = {"hostname": "a.example", "port": "993", "socketType": "SSL", "authentication": "password-cleartext"}
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in (given | fields).items())
    return f'<clientConfig><incomingServer type="imap">{inside}</incomingServer></clientConfig>'.encode()


def test_tls_is_proposed_before_starttls_and_the_user_name_as_the_domain_says(web_server: Any) -> None:
    """The domain's own words: which server, and whether people log in by the whole address."""
    first, second = asked(web_server, SETTINGS)

    assert (first.host, first.port, first.security, first.usernames) == ("imap.example.com", 993, "tls", ("anna",))
    assert (second.host, second.port, second.security, second.usernames) == (
        "imap.example.com",
        143,
        "starttls",
        (ANNA,),
    )
    assert web_server.asked == ["/config?emailaddress=anna%40example.com"]


@pytest.mark.parametrize(
    "fields",
    [
        {"socketType": "plain"},
        {"port": "0"},
        {"port": "70000"},
        {"port": "99x"},
        {"hostname": "not a host"},
        {"hostname": "../../etc"},
        {"authentication": "client-IP-address"},
    ],
    ids=str,
)
def test_a_server_that_cannot_be_used_is_not_proposed(web_server: Any, fields: dict[str, str]) -> None:
    """Passwords never go in clear because a file says so; what is no host, port or login of ours is passed over."""
    assert asked(web_server, server_with(**fields)) == []


def test_entities_are_never_expanded(web_server: Any) -> None:
    """A document type is refused before anything in it is read: no billion laughs, no file of this machine."""
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY l "ha">]>' + server_with(
        hostname="&l;.example"
    )

    with pytest.raises(Unusable, match="document type"):
        asked(web_server, bomb)


@pytest.mark.parametrize("body", [b"", b"<html><body>not found", b"\xff\xfe\x00", b"<a>" * 20_000], ids=lambda b: b[:9])
def test_what_is_no_such_file_is_told(web_server: Any, body: bytes) -> None:
    """Web servers answer 200 with a page for everything; nesting costs nothing."""
    with pytest.raises(Unusable, match="XML"):
        asked(web_server, body)


@pytest.mark.parametrize("encoding", ["hex", "idna", "punycode", "utf-7", "undefined", "euc_jp", "none-such"])
def test_an_encoding_that_nobody_reads_is_told(web_server: Any, encoding: str) -> None:
    """Whatever a domain declares, the next source is asked."""
    with pytest.raises(Unusable, match="XML"):
        asked(web_server, f'<?xml version="1.0" encoding="{encoding}"?><clientConfig/>'.encode())


def test_a_file_that_is_too_large_is_not_read(web_server: Any) -> None:
    """At most so many octets are taken."""
    with pytest.raises(Unusable, match="larger"):
        asked(web_server, SETTINGS + b" " * 100_000)


def test_a_server_that_drips_is_left_in_time(web_server: Any) -> None:
    """An octet now and then does not hold a command for ever."""
    web_server.drips = True

    with pytest.raises(Unusable, match="takes longer"):
        asked(web_server, SETTINGS, bounds=Bounds(64 * 1024, 0.5))


def test_a_redirect_over_https_is_followed(web_server: Any) -> None:
    """Hosters send all their domains to one place."""
    web_server.pages["/there"] = (200, {}, SETTINGS)
    web_server.pages["/config"] = (302, {"Location": "/there"}, b"")

    assert from_web(web_server.web(), web_server.place, ANNA)[0].host == "imap.example.com"


@pytest.mark.parametrize("target", ["http://localhost/config", "file:///etc/passwd", "/config", "https://[::1"])
def test_a_redirect_elsewhere_is_not_followed(web_server: Any, target: str) -> None:
    """Neither to plain http, nor to files, nor in a circle."""
    web_server.pages["/config"] = (301, {"Location": target}, b"")

    with pytest.raises(Unusable):
        from_web(web_server.web(), web_server.place, ANNA)


def test_a_domain_at_an_internal_address_is_not_asked(web_server: Any) -> None:
    """Law 18: whoever enters an address must not make us ask the operator's own machines."""
    with pytest.raises(Unusable, match="internal"):
        asked(web_server, SETTINGS, allow_internal=False)
    assert web_server.asked == []


def test_a_certificate_that_does_not_hold_ends_it(web_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is on the way cannot say where passwords go."""
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(Unusable):
        asked(web_server, SETTINGS)
    assert web_server.asked == []
