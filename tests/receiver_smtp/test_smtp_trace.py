"""The trace: our Received field."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string

import pytest

from receiver.smtp.trace import Arrival, address_literal, received_field

ARRIVAL = Arrival(
    message_id="0" * 32,
    received_at=datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC),
    hostname="mx.in.example.com",
    peer="192.0.2.7",
    helo="mail.example.org",
    tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    extended=True,
    smtputf8=False,
)


def test_names_client_host_id_and_date():
    """RFC 5321 4.4: from, by, with, id and date, and no for clause (law 16)."""
    assert received_field(ARRIVAL) == (
        "Received: from mail.example.org ([192.0.2.7])\r\n"
        "\tby mx.in.example.com with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
        f"\tid {'0' * 32}; Sun, 22 Nov 2026 12:00:00 +0000"
    )


@pytest.mark.parametrize(
    ("extended", "tls", "smtputf8", "protocol"),
    [
        (False, None, False, "SMTP"),
        (True, None, False, "ESMTP"),
        (True, "TLSv1.3 X", False, "ESMTPS"),
        (True, None, True, "UTF8SMTP"),
        (True, "TLSv1.3 X", True, "UTF8SMTPS"),
    ],
)
def test_protocol_is_registered(extended, tls, smtputf8, protocol):
    """RFC 3848 and RFC 6531 4.3."""
    field = received_field(replace(ARRIVAL, extended=extended, tls=tls, smtputf8=smtputf8))
    assert f" with {protocol}" in field.replace("(", " (").replace("\r\n", " \r\n").replace("  ", " ")


@pytest.mark.parametrize("helo", ["a(b)c\\", "x)(y", "\x1b[2J", "evil\r\nX-Injected: yes", "(", "é"])
def test_hostile_client_name_stays_within_its_comment(helo):
    """Whatever a client calls itself, the field is one field, and its name none."""
    field = received_field(replace(ARRIVAL, helo=helo))
    parsed = message_from_string(field + "\r\n\r\n")
    assert parsed.keys() == ["Received"]
    assert field.isascii()
    assert field.startswith("Received: from [192.0.2.7] ([192.0.2.7] helo=")
    assert field.count("(") == field.count(")")


def test_ipv6_peers_are_tagged():
    """RFC 5321 4.1.3."""
    assert address_literal("2001:db8::1") == "[IPv6:2001:db8::1]"
