"""XCLIENT and XFORWARD: what a listed mail server says of its clients, and that nobody else can."""

import ssl
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.own_journal import open_journal
from receiver.smtp.attributes import OF_XCLIENT, OF_XFORWARD, Client, told
from receiver.smtp.door import make_lookup
from receiver.smtp.handler import ImportHandler
from receiver.smtp.paths import SyntaxFault
from storage.journal import JournalReader

SERVER = "127.0.0.9"
LISTED = {"forwarder_networks": ["127.0.0.9/32"]}
MAIL = b"Subject: x\r\n\r\nbody\r\n.\r\n"
XCLIENT = b"XCLIENT NAME=client.example ADDR=192.0.2.7 PORT=4242 PROTO=ESMTP HELO=true.example"
XFORWARD = (
    b"XFORWARD NAME=client.example ADDR=192.0.2.7 PORT=4242 PROTO=ESMTP HELO=true.example IDENT=4fX SOURCE=REMOTE"
)


def read(house):
    reader = JournalReader(house.settings.journal_folder())
    envelopes = [record.envelope for record in reader.read(10, 1 << 30)]
    reader.close()
    return envelopes


def wait_until(claim):
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send(client, house):
    client.begin(house.acme).send(MAIL)
    assert client.reply().startswith("250 ")


def as_client(client, command=XCLIENT, helo=b"client.example"):
    assert client.ask(command) == "220 mx.in.example.com ESMTP postbus"
    assert client.ask(b"EHLO " + helo).startswith("250")
    return client


def keywords(reply):
    return {line[4:].partition(" ")[0] for line in reply.split("\n")[1:]}


# -- the attributes ----------------------------------------------------------------------------------------------------


def encoded(octets: bytes) -> str:
    return "".join(f"+{octet:02X}" for octet in octets)


@pytest.mark.parametrize(
    ("argument", "client"),
    [
        ("ADDR=192.0.2.7", Client("192.0.2.7")),
        ("addr=192.0.2.7 port=25 helo=a.example", Client("192.0.2.7", 25, "a.example")),
        ("ADDR=IPV6:2001:DB8::1", Client("2001:db8::1")),
        ("ADDR=ipv6:2001:db8::1", Client("2001:db8::1")),
        ("ADDR=2001:db8::1", Client("2001:db8::1")),
        ("ADDR=IPV6:::ffff:192.0.2.7", Client("192.0.2.7")),
        ("ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL] HELO=[unavailable] PORT=[UNAVAILABLE]", Client()),
        ("NAME=x PROTO=SMTP LOGIN=me DESTADDR=10.0.0.1 DESTPORT=25 REVERSE_NAME=y", Client()),
        ("ADDR=" + encoded(b"192.0.2.7"), Client("192.0.2.7")),
        ("HELO=a+2Bb=c", Client(helo="a+b=c")),
    ],
)
def test_attributes_are_read(argument, client):
    """Names in any case, xtext decoded, unknown things as such, addresses in one form."""
    assert told(argument, OF_XCLIENT, Client()) == client


def test_attributes_that_are_not_given_stay():
    """XCLIENT may come in several commands; what is said to be unavailable is forgotten."""
    first = told("ADDR=192.0.2.7 PORT=25", OF_XCLIENT, Client())
    second = told("HELO=a.example", OF_XCLIENT, first)
    assert second == Client("192.0.2.7", 25, "a.example")
    assert told("ADDR=[UNAVAILABLE]", OF_XCLIENT, second) == Client("", 25, "a.example")


@pytest.mark.parametrize(
    "argument",
    ["", "ADDR", "ADDR=", "=x", "ADDR=192.0.2.7  PORT=25", "ADDR=192.0.2.7 ADDR=192.0.2.8", "IDENT=x", "HELO=a+2",
     "HELO=a+ZZ", "HELO=a\tb", "HELO=é", "ADDR=client.example", "ADDR=192.0.2.256", "ADDR=IPV6:192.0.2.7",
     "ADDR=IPV6:fe80::1%x", "ADDR=fe80::1+25+0D+0A", "PORT=65536", "PORT=-1", "PORT=x", "PORT=+D9+A3",
     "HELO=" + "a" * 256],
)  # fmt: skip
def test_attributes_that_do_not_fit(argument):
    """501 5.5.4, and nothing of the command counts."""
    with pytest.raises(SyntaxFault) as raised:
        told(argument, OF_XCLIENT, Client())
    assert str(raised.value.reply).startswith("501 5.5.4 ")


@settings(max_examples=500, deadline=None)
@given(st.binary(min_size=1, max_size=100))
def test_values_bring_nothing_unprintable(octets):
    """Whatever was encoded: no control character, no blank, nothing outside ASCII."""
    helo = told("HELO=" + encoded(octets), OF_XFORWARD, Client()).helo
    assert all("!" <= character <= "~" for character in helo)
    assert len(helo) == len(octets) or octets.upper() in {b"[UNAVAILABLE]", b"[TEMPUNAVAIL]"}


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=200))
def test_garbage_is_refused_or_read(text):
    """Nothing but the syntax fault is raised."""
    for known in (OF_XCLIENT, OF_XFORWARD):
        try:
            client = told(text, known, Client())
        except SyntaxFault:
            continue
        assert client.helo.isascii()


# -- who may -----------------------------------------------------------------------------------------------------------


def test_listed_server_is_offered_both_after_every_ehlo(make_other_house, start_door):
    """With the attributes that are understood; after XCLIENT again."""
    client = start_door(make_other_house(**LISTED)).connect(SERVER)
    client.reply()
    lines = client.ask(b"EHLO relay.example").split("\n")
    assert "250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT REVERSE_NAME" in lines
    assert "250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" in lines
    client.ask(XCLIENT)
    assert {"XCLIENT", "XFORWARD"} <= keywords(client.ask(b"EHLO client.example"))


@pytest.mark.parametrize("command", [XCLIENT, XFORWARD, b"XCLIENT", b"XFORWARD rubbish"])
def test_others_are_refused(make_other_house, start_door, command):
    """Neither announced nor believed, whatever stands behind it; the mail is the sender's own."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect("127.0.0.5")
    client.reply()
    assert not {"XCLIENT", "XFORWARD"} & keywords(client.ask(b"EHLO client.example"))
    assert client.ask(command) == "550 5.7.1 XCLIENT and XFORWARD are for mail servers that are listed here"
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == ("127.0.0.5", "client.example")
    assert "told by" not in envelope.trace


def test_client_of_xclient_gains_and_loses_nothing(make_other_house, start_door):
    """Whom the server speaks for may be listed or not: the right is the connection's."""
    house = make_other_house(**LISTED)
    door = start_door(house)
    listed = as_client(door.connect(SERVER).greet())
    assert listed.ask(b"XCLIENT ADDR=192.0.2.8").startswith("220 ")
    other = door.connect("127.0.0.5").greet()
    assert other.ask(b"XCLIENT ADDR=127.0.0.9").startswith("550 ")
    assert other.ask(b"XCLIENT ADDR=192.0.2.8").startswith("550 ")


@pytest.mark.parametrize("command", [XCLIENT, XFORWARD])
def test_not_within_a_transaction(make_other_house, start_door, command):
    """503, and the transaction goes on as it was."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250 ")
    assert client.ask(command) == "503 5.5.1 a transaction is open already, end it with RSET"
    assert client.ask(f"RCPT TO:<{house.acme}>".encode()).startswith("250 ")
    assert client.ask(b"DATA").startswith("354")
    client.send(MAIL)
    assert client.reply().startswith("250 ")
    assert read(house)[0].peer == SERVER


@pytest.mark.parametrize("verb", [b"XCLIENT", b"XFORWARD"])
def test_bad_syntax_changes_nothing(make_other_house, start_door, verb):
    """501 5.5.4; whose mail it is stays."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(verb + b" ADDR=192.0.2.7 HELO") == (
        "501 5.5.4 syntax: ATTRIBUTE=VALUE ..., attributes as announced, values in xtext"
    )
    assert client.ask(verb + b" ADDR=nowhere HELO=x") == "501 5.5.4 parameter ADDR is malformed"
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == (SERVER, "client.example")


# -- XCLIENT -----------------------------------------------------------------------------------------------------------


def test_xclient_changes_whose_session_it_is(make_other_house, start_door, capture_log):
    """Envelope, trace and the session's line tell of the client, and of who said so."""
    house = make_other_house(**LISTED)
    client = as_client(start_door(house).connect(SERVER).greet(), helo=b"relay.example")
    send(client, house)
    assert client.ask(b"QUIT").startswith("221 ")
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == ("192.0.2.7", "true.example")
    assert envelope.trace.startswith("Received: from true.example ([192.0.2.7])\r\n\t(told by [127.0.0.9])\r\n\tby ")
    wait_until(lambda: any(entry["event"] == "session_ended" for entry in capture_log))
    for entry in capture_log:
        if entry["event"] in {"session_ended", "message_accepted"}:
            assert (entry["peer"], entry["via"]) == ("192.0.2.7", "127.0.0.9")


def test_xclient_begins_anew(make_other_house, start_door):
    """As after connecting: EHLO is needed again, and what it says counts when XCLIENT told no name."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(b"XCLIENT ADDR=IPV6:2001:db8::1").startswith("220 ")
    assert client.ask(b"MAIL FROM:<a@example.org>") == "503 5.5.1 send EHLO first"
    assert client.ask(b"EHLO six.example").startswith("250")
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == ("2001:db8::1", "six.example")


def test_xclient_without_address_is_the_server_itself(make_other_house, start_door):
    """[UNAVAILABLE]: what began at the server, or whose client it does not know; also after another client."""
    house = make_other_house(**LISTED)
    client = as_client(start_door(house).connect(SERVER).greet())
    as_client(client, b"XCLIENT ADDR=[UNAVAILABLE] HELO=[UNAVAILABLE] NAME=[TEMPUNAVAIL]", b"relay.example")
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == (SERVER, "relay.example")
    assert "told by" not in envelope.trace


def test_hostile_name_stays_out_of_trace_and_log(make_other_house, start_door, capture_log):
    """Line ends and escapes that xtext brings show as question marks."""
    house = make_other_house(**LISTED)
    hostile = b"XCLIENT ADDR=192.0.2.7 HELO=a+0D+0AX-Evil:+20yes+00+1B[2J"
    client = as_client(start_door(house).connect(SERVER).greet(), hostile)
    send(client, house)
    (envelope,) = read(house)
    assert envelope.helo == "a??X-Evil:?yes??[2J"
    assert envelope.trace.count("\r\n") == 3
    assert not any(text in repr(capture_log) for text in ("\\r", "\\x1b", "\\x00"))


def test_xclient_counts_for_the_client(make_other_house, start_door):
    """A second connection of one address is one too many, whichever way it comes; the server's own are not limited."""
    door = start_door(make_other_house(**LISTED, max_connections_per_address=1))
    servers = [door.connect(SERVER).greet() for _ in range(3)]
    as_client(servers[0])
    as_client(servers[0])  # the same again is no second connection
    assert servers[1].ask(XCLIENT) == "421 4.7.0 too many connections from your address, close some first"
    assert servers[1].reply() == ""
    as_client(servers[2], b"XCLIENT ADDR=127.0.0.5")
    assert door.connect("127.0.0.5").reply().startswith("421 4.7.0 ")
    as_client(servers[0], b"XCLIENT ADDR=[UNAVAILABLE]")
    as_client(servers[2])  # the place was given back


def test_unknown_recipients_count_for_the_client_of_xclient(make_other_house, start_door):
    """Who guesses addresses through a server is slowed down; its other clients, and the server itself, are not."""
    house = make_other_house(**LISTED, tarpit_recipients=1, tarpit_seconds=3)
    naps = []

    async def nap(seconds):
        naps.append((seconds, command))

    journal, lookup = open_journal(house.settings, "door-1"), make_lookup(house.settings, house.database)
    handler = ImportHandler(journal, lookup, 1000, sleep=nap)
    client = start_door(house, journal=journal, lookup=lookup, handler=handler).connect(SERVER).greet()
    commands = [XCLIENT, b"XCLIENT ADDR=192.0.2.8", b"XCLIENT ADDR=192.0.2.7", *[b"XCLIENT ADDR=[UNAVAILABLE]"] * 3]
    for command in commands:
        as_client(client, command)
        assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250 ")
        assert client.ask(b"RCPT TO:<nobody@in.example.com>").startswith("550 5.1.1")
        assert client.ask(b"RSET").startswith("250 ")
    assert naps == [(3.0, b"XCLIENT ADDR=192.0.2.7")]


def test_normalising_goes_by_the_client_of_xclient(make_other_house, start_door):
    """normalize_networks names clients."""
    house = make_other_house(**LISTED, normalize_networks=["192.0.2.7/32"])
    client = start_door(house).connect(SERVER).greet()
    replies = []
    for command in (XCLIENT, b"XCLIENT ADDR=192.0.2.8"):
        as_client(client, command).begin(house.acme).send(b"Subject: x\n\nbare\r\n.\r\n")
        replies.append(client.reply()[:10])
    assert replies == ["250 2.0.0 ", "550 5.6.11"]


@pytest.mark.parametrize("is_before", [True, False], ids=["XCLIENT before STARTTLS", "XCLIENT after STARTTLS"])
def test_xclient_and_starttls(make_other_house, start_door, is_before):
    """Either order: the client is the one that was told, TLS stays, and is not offered twice."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    if is_before:
        as_client(client)
    assert client.ask(b"STARTTLS").startswith("220 ")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.socket = context.wrap_socket(client.socket)
    if not is_before:
        as_client(client)
    assert "STARTTLS" not in keywords(client.ask(b"EHLO client.example"))
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == ("192.0.2.7", "true.example")
    assert envelope.tls
    assert " ESMTPS " in envelope.trace


def test_commands_may_stand_behind_xclient(make_other_house, start_door):
    """XCLIENT_README lets it be pipelined."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    client.send(XCLIENT + b"\r\nEHLO client.example\r\nMAIL FROM:<a@example.org>\r\n")
    assert [client.reply()[:3] for _ in range(3)] == ["220", "250", "250"]


# -- XFORWARD ----------------------------------------------------------------------------------------------------------


def test_xforward_tells_of_one_message(make_other_house, start_door, capture_log):
    """The next message is of that client, the one after it is the server's own again; so is the session."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(XFORWARD) == "250 2.0.0 OK"
    send(client, house)
    send(client, house)
    assert client.ask(b"QUIT").startswith("221 ")
    first, second = read(house)
    assert (first.peer, first.helo) == ("192.0.2.7", "true.example")
    assert first.trace.startswith("Received: from true.example ([192.0.2.7])\r\n\t(told by [127.0.0.9])\r\n\tby ")
    assert (second.peer, second.helo) == (SERVER, "client.example")
    assert "told by" not in second.trace
    wait_until(lambda: any(entry["event"] == "session_ended" for entry in capture_log))
    accepted = [(e["peer"], e["via"]) for e in capture_log if e["event"] == "message_accepted"]
    assert accepted == [("192.0.2.7", SERVER), (SERVER, "")]
    assert [(e["peer"], e["via"]) for e in capture_log if e["event"] == "session_ended"] == [(SERVER, "")]


def test_xforward_in_several_commands(make_other_house, start_door):
    """What one does not say stays from the one before, as Postfix sends it."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(b"XFORWARD NAME=x ADDR=IPV6:2001:db8::1 PORT=25").startswith("250 ")
    assert client.ask(b"XFORWARD PROTO=ESMTP HELO=six.example IDENT=4fX SOURCE=REMOTE").startswith("250 ")
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == ("2001:db8::1", "six.example")


@pytest.mark.parametrize("command", [b"RSET", b"EHLO relay.example"])
def test_xforward_is_forgotten_with_the_transaction(make_other_house, start_door, command):
    """RSET and EHLO end what was said."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    client.ask(XFORWARD)
    assert client.ask(command).startswith("250")
    send(client, house)
    assert read(house)[0].peer == SERVER


def test_xforward_of_mail_that_began_at_the_server(make_other_house, start_door):
    """ADDR=[UNAVAILABLE]: the other attributes are ignored."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(b"XFORWARD NAME=localhost ADDR=[UNAVAILABLE] HELO=inner.example SOURCE=LOCAL").startswith("250 ")
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == (SERVER, "client.example")


def test_xforward_mixes_nothing_of_the_server_in(make_other_house, start_door):
    """A client whose name nobody knows does not get the server's."""
    house = make_other_house(**LISTED)
    client = start_door(house).connect(SERVER).greet()
    assert client.ask(b"XFORWARD ADDR=192.0.2.7 HELO=[UNAVAILABLE]").startswith("250 ")
    send(client, house)
    (envelope,) = read(house)
    assert (envelope.peer, envelope.helo) == ("192.0.2.7", "")
    assert envelope.trace.startswith("Received: from [192.0.2.7] ([192.0.2.7])\r\n\t(told by [127.0.0.9])\r\n")
