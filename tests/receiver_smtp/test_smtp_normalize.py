"""Bare line ends from clients that are known to write them."""

import ipaddress

import pytest

from receiver.config import ConfigurationError, load
from receiver.smtp.trace import address_of
from storage.journal import JournalReader

MAIL = b"Subject: x\n\n..dot\nend\r\n.\r\n"
STORED = b"Subject: x\r\n\r\n.dot\r\nend\r\n"


def test_listed_peer_is_normalised(make_other_house, start_door):
    """Every line ends with CRLF in the journal, and envelope and trace say that it was made so; only where it was."""
    house = make_other_house(normalize_networks=["10.0.0.0/8", "127.0.0.0/8"])
    client = start_door(house).connect().greet()
    client.begin(house.acme).send(MAIL)
    assert client.reply().startswith("250 2.0.0 accepted")
    client.begin(house.acme).send(b"Subject: x\r\n.\r\n")
    assert client.reply().startswith("250 2.0.0 accepted")
    assert client.ask(b"MAIL FROM:<>").startswith("250")
    assert client.ask(f"RCPT TO:<{house.acme}>".encode()).startswith("250")
    client.send(b"BDAT 3 LAST\r\na\nb")
    assert client.reply().startswith("250 2.0.0 accepted")
    records = JournalReader(house.settings.journal_folder()).read(10, 1 << 30)
    assert [record.read() for record in records] == [STORED, b"Subject: x\r\n", b"a\r\nb"]
    assert [record.envelope.normalized for record in records] == [True, False, True]
    assert "(bare line ends were made CRLF)" in records[0].envelope.trace
    assert "bare" not in records[1].envelope.trace


def test_other_peers_are_refused(make_other_house, start_door):
    """A list that does not name the client changes nothing for it."""
    house = make_other_house(normalize_networks=["10.0.0.0/8", "::1/128"])
    client = start_door(house).connect().greet()
    client.begin(house.acme).send(MAIL)
    assert client.reply().startswith("550 5.6.11")


@pytest.mark.parametrize("value", ['["127.0.0.1/8"]', '["example.org"]', '["127.0.0.0/33"]'])
def test_networks_are_checked(value):
    """What is no network is a fault of the configuration that names an example."""
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.0/24"):
        load(None, None, {"POSTBUS_SMTP__NORMALIZE_NETWORKS": value})


def test_address_of_mapped_peer():
    """An IPv4 client of a socket on [::] is in IPv4 networks."""
    assert ipaddress.ip_address(address_of(("::ffff:192.0.2.7", 25, 0, 0))) in ipaddress.ip_network("192.0.2.0/24")
    assert address_of("") == address_of(None) == ""
