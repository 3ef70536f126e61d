"""A proxy in front of the door: whose connection it is, and what becomes of those who say nothing or lie."""

import smtplib
import socket
import ssl
import struct
import time
from ipaddress import ip_network

import pytest

from receiver.config import ConfigurationError, load
from receiver.own_journal import open_journal
from receiver.smtp.door import make_lookup
from receiver.smtp.handler import ImportHandler
from receiver.smtp.networks import is_listed
from storage.journal import JournalReader

PROXY = "127.0.0.9"
LISTED = {"proxy_networks": ["127.0.0.9/32"]}
HEADER = b"PROXY TCP4 192.0.2.7 198.51.100.1 4242 25\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HEADER_2 = SIGNATURE + b"\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack("!HH", 4242, 25)
LOCAL = SIGNATURE + b"\x20\0\0\0"
MAIL = b"Subject: x\r\n\r\nbody\r\n.\r\n"


def read(house):
    return JournalReader(house.settings.journal_folder()).read(10, 1 << 30)


def through_proxy(door, header=HEADER):
    client = door.connect(PROXY)
    client.send(header)
    return client


def wait_until(claim):
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ends(log):
    return [entry for entry in log if entry["event"] == "session_ended"]


@pytest.mark.parametrize("header", [HEADER, HEADER_2], ids=["v1", "v2"])
def test_client_behind_the_proxy_is_in_envelope_trace_and_log(make_other_house, start_door, capture_log, header):
    """Its address everywhere, beside the proxy's."""
    house = make_other_house(**LISTED)
    door = start_door(house)
    client = through_proxy(door, header).greet()
    client.begin(house.acme).send(MAIL)
    assert client.reply().startswith("250 ")
    assert client.ask(b"QUIT").startswith("221 ")
    (record,) = read(house)
    assert record.envelope.peer == "192.0.2.7"
    assert record.envelope.trace.startswith(
        "Received: from client.example ([192.0.2.7])\r\n\t(told by [127.0.0.9])\r\n\tby "
    )
    wait_until(lambda: ends(capture_log))
    (accepted,) = [entry for entry in capture_log if entry["event"] == "message_accepted"]
    for entry in (accepted, *ends(capture_log)):
        assert (entry["peer"], entry["via"]) == ("192.0.2.7", "127.0.0.9")


def test_header_may_come_in_pieces(make_other_house, start_door):
    """Octet by octet, and not one of them is taken for a command."""
    door = start_door(make_other_house(**LISTED))
    client = door.connect(PROXY)
    for number in range(len(HEADER_2)):
        client.send(HEADER_2[number : number + 1])
        time.sleep(0.001)
    client.greet()


@pytest.mark.parametrize("header", [LOCAL, b"PROXY UNKNOWN\r\n"], ids=["LOCAL", "UNKNOWN"])
def test_proxy_that_speaks_for_itself(make_other_house, start_door, capture_log, header):
    """A health check is the proxy's own connection."""
    door = start_door(make_other_house(**LISTED))
    client = through_proxy(door, header).greet()
    assert client.ask(b"QUIT").startswith("221 ")
    wait_until(lambda: ends(capture_log))
    assert [(entry["peer"], entry["via"]) for entry in ends(capture_log)] == [(PROXY, "")]


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"EHLO client.example\r\n", "no_proxy_header"),
        (b"\x16\x03\x01\x02\0", "no_proxy_header"),
        (b"PROXY TCP4 192.0.2.7\r\n", "bad_proxy_header"),
        (HEADER_2.replace(b"\x21\x11", b"\x51\x11"), "bad_proxy_header"),
    ],
)
def test_listed_peer_without_sound_header_is_cut_off(make_other_house, start_door, capture_log, octets, reason):
    """Not one octet of ours, one line in the log."""
    door = start_door(make_other_house(**LISTED))
    assert through_proxy(door, octets).reply() == ""
    wait_until(lambda: ends(capture_log))
    assert [(entry["peer"], entry["reason"]) for entry in ends(capture_log)] == [(PROXY, reason)]
    assert [entry["event"] for entry in capture_log if entry["log_level"] != "info"] == []


@pytest.mark.parametrize("octets", [b"", HEADER[:20]], ids=["silence", "half a header"])
def test_header_has_a_deadline(make_other_house, start_door, capture_log, octets):
    """Who says nothing, or not all of it, is cut off after smtp.proxy_seconds."""
    door = start_door(make_other_house(**LISTED, proxy_seconds=0.2))
    assert through_proxy(door, octets).reply() == ""
    wait_until(lambda: ends(capture_log))
    assert ends(capture_log)[0]["reason"] == "no_proxy_header"


def test_proxy_that_hangs_up_leaves_nothing(make_other_house, start_door, capture_log):
    """A health check that only connects gives its place back."""
    door = start_door(make_other_house(**LISTED, max_connections=1))
    door.connect(PROXY).close()
    wait_until(lambda: ends(capture_log))
    through_proxy(door).greet()


def test_client_that_talks_early_through_the_proxy(make_other_house, start_door):
    """What stands behind the header before the banner left is early talk, as without a proxy."""
    house = make_other_house(**LISTED)
    client = through_proxy(start_door(house), HEADER + b"EHLO client.example\r\nMAIL FROM:<a@example.org>\r\n")
    assert client.reply() == "554 5.5.1 nothing may be sent before the banner, closing the connection"
    assert client.reply() == ""
    assert read(house) == []


def test_header_from_elsewhere_is_no_command(make_other_house, start_door, capture_log):
    """Nobody else may say who they are: to them the header is what it always was, no command."""
    door = start_door(make_other_house(**LISTED))
    client = door.connect("127.0.0.5").greet()
    assert client.ask(HEADER.rstrip()) == "500 5.5.1 command not recognised"
    assert client.ask(HEADER_2.rstrip()).startswith("500 5.5.1 ")
    client.close()
    wait_until(lambda: ends(capture_log))
    assert [(entry["peer"], entry["via"]) for entry in ends(capture_log)] == [("127.0.0.5", "")]


def test_limit_of_an_address_counts_clients_not_the_proxy(make_other_house, start_door):
    """Two clients of two addresses are one each, two of one address are two; the proxy's own is not limited."""
    door = start_door(make_other_house(**LISTED, max_connections_per_address=1))
    one = through_proxy(door).greet()
    other = through_proxy(door, HEADER.replace(b"192.0.2.7", b"192.0.2.8")).greet()
    waiting = [door.connect(PROXY) for _ in range(3)]
    again = through_proxy(door)
    assert again.reply() == "421 4.7.0 too many connections from your address, close some first"
    assert one.ask(b"NOOP").startswith("250 ")
    assert other.ask(b"NOOP").startswith("250 ")
    waiting[0].send(HEADER.replace(b"192.0.2.7", b"192.0.2.9"))
    waiting[0].greet()


def test_connections_without_header_count_in_total(make_other_house, start_door):
    """A proxy that opens connections and says nothing holds no more of them than anybody."""
    door = start_door(make_other_house(**LISTED, max_connections=2, proxy_seconds=30))
    held = [door.connect(PROXY) for _ in range(2)]
    # Both are counted when the third one is: the door takes one after the other.
    assert door.connect("127.0.0.5").reply() == "421 4.3.2 too many connections for now, try again later"
    assert through_proxy(door).reply() == "421 4.3.2 too many connections for now, try again later"
    held[0].send(HEADER)
    held[0].greet()


def test_unknown_recipients_count_for_the_client(make_other_house, start_door):
    """Who guesses addresses is slowed down alone, not all who come through the proxy."""
    house = make_other_house(**LISTED, tarpit_recipients=2, tarpit_seconds=3)
    naps = []

    async def nap(seconds):
        naps.append((seconds, current))

    journal, lookup = open_journal(house.settings, "door-1"), make_lookup(house.settings, house.database)
    handler = ImportHandler(journal, lookup, 1000, sleep=nap)
    door = start_door(house, journal=journal, lookup=lookup, handler=handler)
    for current in (b"192.0.2.7", b"192.0.2.8", b"192.0.2.7", b"192.0.2.9", b"192.0.2.7"):
        client = through_proxy(door, HEADER.replace(b"192.0.2.7", current)).greet()
        assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250 ")
        assert client.ask(b"RCPT TO:<nobody@in.example.com>").startswith("550 5.1.1")
    assert naps == [(3.0, b"192.0.2.7")]


def test_normalising_goes_by_the_client(make_other_house, start_door):
    """normalize_networks names clients: the one behind the proxy counts, and the proxy does not."""
    house = make_other_house(**LISTED, normalize_networks=["192.0.2.7/32", "127.0.0.9/32"])
    door = start_door(house)
    replies = []
    for address in (b"192.0.2.7", b"192.0.2.8"):
        client = through_proxy(door, HEADER.replace(b"192.0.2.7", address)).greet()
        client.begin(house.acme).send(b"Subject: x\n\nbare\r\n.\r\n")
        replies.append(client.reply()[:10])
    assert replies == ["250 2.0.0 ", "550 5.6.11"]


def test_starttls_behind_a_proxy(make_other_house, start_door):
    """The handshake changes nothing about whose connection it is."""
    house = make_other_house(**LISTED)
    client = through_proxy(start_door(house)).greet()
    assert client.ask(b"STARTTLS").startswith("220 ")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.socket = context.wrap_socket(client.socket)
    assert client.ask(b"EHLO client.example").startswith("250")
    client.begin(house.acme).send(MAIL)
    assert client.reply().startswith("250 ")
    (record,) = read(house)
    assert record.envelope.peer == "192.0.2.7"
    assert record.envelope.tls


def test_tls_right_behind_the_header(make_other_house, start_door, capture_log):
    """Header and ClientHello in one segment, as a proxy sends them: the handshake finds all of its octets."""
    door = start_door(make_other_house(**LISTED))
    assert shake_hands(door.ports["smtps"]).startswith(b"220 ")
    door.stop()
    (end,) = [entry for entry in capture_log if entry["event"] == "session_ended"]
    assert (end["peer"], end["via"]) == ("192.0.2.7", PROXY)
    assert end["tls"].startswith("TLSv1.3")


def shake_hands(port):
    """Send the header with the first octets of TLS; gives the first line that comes back."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = context.wrap_bio(incoming, outgoing)
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(PROXY, 0)) as client:
        unsent = HEADER_2
        while True:
            try:
                return secured.read(1000)
            except ssl.SSLWantReadError:
                client.sendall(unsent + outgoing.read())
                unsent = b""
                incoming.write(client.recv(65536))


def test_drain_with_a_header_under_way(make_other_house, start_door, capture_log):
    """A door that ends does not wait for a proxy longer than its header may take."""
    door = start_door(make_other_house(**LISTED, proxy_seconds=0.5))
    client = door.connect(PROXY)
    other = door.connect("127.0.0.5").greet()  # the first one was accepted before
    door.stop()
    assert client.reply() == ""
    assert other.reply().startswith("421 4.3.2 service is restarting")
    assert {entry["reason"] for entry in ends(capture_log)} == {"no_proxy_header", "drained"}


def test_header_that_a_drain_cuts_short_is_told(make_other_house, start_door, capture_log):
    """A proxy still within its header when the door ends has its line, as every connection has."""
    door = start_door(make_other_house(**LISTED, proxy_seconds=60))
    held = [door.connect(PROXY, kind=kind) for kind in ("smtp", "smtps", "lmtp")]
    for client in held:
        client.send(HEADER[:20])
    for kind in ("smtp", "lmtp"):
        door.connect("127.0.0.5", kind=kind).reply()  # those before it were accepted
    door.stop()
    assert [client.reply() for client in held] == ["", "", ""]
    assert [(entry["reason"], entry["via"]) for entry in ends(capture_log) if entry["peer"] == PROXY] == [
        ("drained", "")
    ] * 3


@pytest.mark.parametrize("kind", ["smtp", "smtps", "lmtp"])
def test_proxy_that_resets_within_its_header_is_told(make_other_house, start_door, capture_log, kind):
    """Its line says that it hung up, and its place is free again."""
    door = start_door(make_other_house(**LISTED, max_connections=1))
    client = door.connect(PROXY, kind=kind)
    client.send(HEADER[:20])
    wait_until(lambda: door.connect("127.0.0.5").reply().startswith("421 "))  # counted
    capture_log.clear()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    wait_until(lambda: ends(capture_log))
    assert [(entry["peer"], entry["reason"]) for entry in ends(capture_log)] == [(PROXY, "hung_up")]
    through_proxy(door).greet()


def test_no_header_is_awaited_at_a_unix_socket(make_other_house, start_door, tmp_path):
    """HAProxy on this machine is listed as 127.0.0.1; a server that hands mail on over the socket has none to send."""
    start_door(make_other_house(proxy_networks=["127.0.0.1/32"]), socket_path=tmp_path / "lmtp")
    with smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example") as client:
        assert client.docmd("LHLO", "front.example")[0] == 250


@pytest.mark.parametrize(
    ("header", "networks", "is_taken"),
    [
        (HEADER, ["192.0.2.7/32"], True),
        (HEADER, ["127.0.0.9/32"], False),
        (LOCAL, ["127.0.0.9/32"], False),
        (b"PROXY UNKNOWN\r\n", ["127.0.0.9/32"], False),
    ],
)
def test_a_mail_server_behind_the_proxy_may_be_listed(make_other_house, start_door, header, networks, is_taken):
    """forwarder_networks name clients of the proxy; its own address there gives its clients no rights."""
    client = through_proxy(start_door(make_other_house(**LISTED, forwarder_networks=networks)), header).greet()
    assert client.ask(b"XCLIENT ADDR=192.0.2.8").startswith("220 " if is_taken else "550 5.7.1 ")


@pytest.mark.parametrize("peer", ["", None, b"", ("127.0.0.1", 4), ("::ffff:127.0.0.1", 4, 0, 0)])
def test_peer_of_a_unix_socket_counts_as_loopback(peer):
    """It has no address; who may reach this machine's loopback may reach the socket."""
    assert is_listed(peer, [ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32")])
    assert not is_listed(peer, [ip_network("10.0.0.0/8"), ip_network("::1/128")])
    assert not is_listed(peer, [])


@pytest.mark.parametrize("name", ["PROXY_NETWORKS", "FORWARDER_NETWORKS"])
def test_networks_are_checked(name):
    """What is no network is a fault of the configuration."""
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.0/24"):
        load(None, None, {f"POSTBUS_SMTP__{name}": '["127.0.0.1/8"]'})
