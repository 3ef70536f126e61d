"""Transactions as clients make them, good and bad."""

import socket

MAIL = b"From: a@example.org\r\nSubject: probe\r\n\r\nbody\r\n"


def transact(client, *recipients, mail=MAIL, sender="a@example.org"):
    client.begin(*recipients, sender=sender)
    client.send(mail + b".\r\n")
    return client.reply()


def test_accepted_message_is_in_the_journal(door, house, read_journal):
    """250 names the id under which the journal has the message, octet for octet."""
    reply = transact(door.connect().greet(), house.acme)
    record = read_journal()[0]
    assert reply == f"250 2.0.0 accepted as {record.envelope.id}"
    assert record.read() == MAIL


def test_envelope_carries_everything(door, house, read_journal):
    """Peer, HELO, reverse-path, each forward-path with its tenant and label, and our trace."""
    tagged = house.acme.replace("@", "+Travel@").upper()
    transact(door.connect().greet(), house.acme_second, tagged)
    envelope = read_journal()[0].envelope
    assert (envelope.source, envelope.peer, envelope.helo, envelope.tls) == (
        "smtp",
        "127.0.0.1",
        "client.example",
        None,
    )
    assert envelope.reverse_path == "a@example.org"
    assert [(r.forward_path, r.tenant_id, r.label) for r in envelope.recipients] == [
        (house.acme_second, house.tenants["acme"], None),
        (tagged, house.tenants["acme"], "TRAVEL"),
    ]
    assert envelope.trace.startswith("Received: from client.example ([127.0.0.1])\r\n\tby mx.in.example.com with ESMTP")
    assert house.acme not in envelope.trace


def test_null_reverse_path_is_taken(door, house, read_journal):
    """Bounces arrive from <>, and are written down as the empty reverse-path."""
    assert transact(door.connect().greet(), house.acme, sender="").startswith("250 ")
    assert read_journal()[0].envelope.reverse_path == ""


def test_announces_exactly_what_works(door):
    """EHLO lists eight lines, none of AUTH, HELP or DSN; the banner names no software version."""
    client = door.connect()
    assert client.reply() == "220 mx.in.example.com ESMTP postbus"
    assert client.ask(b"EHLO client.example").split("\n") == [
        "250-mx.in.example.com",
        "250-SIZE 52428800",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-STARTTLS",
        "250-CHUNKING",
        "250-PIPELINING",
        "250 ENHANCEDSTATUSCODES",
    ]


def test_announces_less_when_less_is_on(make_other_house, start_door):
    """Without SMTPUTF8 and STARTTLS in the settings neither is announced nor taken."""
    client = start_door(make_other_house(smtputf8=False, starttls=False)).connect()
    client.reply()
    extensions = client.ask(b"EHLO client.example")
    assert "SMTPUTF8" not in extensions
    assert "STARTTLS" not in extensions
    assert client.ask(b"STARTTLS").startswith("502 5.5.1")


def test_second_message_of_a_session_starts_clean(door, house, read_journal):
    """Recipients of one transaction are not those of the next."""
    client = door.connect().greet()
    transact(client, house.acme, house.acme_second)
    transact(client, house.acme_second)
    assert [len(record.envelope.recipients) for record in read_journal()] == [2, 1]


def test_same_recipient_twice_is_one_recipient(door, house, read_journal):
    """A list server may name an address twice: it gets the mail once."""
    transact(door.connect().greet(), house.acme, house.acme)
    assert len(read_journal()[0].envelope.recipients) == 1


def test_dots_are_unstuffed(door, house, read_journal):
    """RFC 5321 4.5.2."""
    transact(door.connect().greet(), house.acme, mail=b"..\r\n..a\r\nb.\r\n")
    assert read_journal()[0].read() == b".\r\n.a\r\nb.\r\n"


def test_large_message_comes_in_chunks(door, house, read_journal):
    """A message beyond the journal's memory arrives whole, in a file of its own."""
    mail = (b"x" * 76 + b"\r\n") * 40_000
    transact(door.connect().greet(), house.acme, mail=mail)
    record = read_journal()[0]
    assert record.large is not None
    assert record.read() == mail


def test_pipelined_transaction_is_answered_in_order(door, house, read_journal):
    """RFC 2920: a whole session in one write gets its replies in order."""
    client = door.connect()
    commands = f"EHLO c.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<{house.acme}>\r\nDATA\r\n".encode()
    client.reply()
    client.send(commands + MAIL + b".\r\nNOOP\r\nQUIT\r\n")
    codes = [client.reply()[:3] for _ in range(7)]
    assert codes == ["250", "250", "250", "354", "250", "250", "221"]
    assert client.reply() == ""
    assert read_journal()[0].read() == MAIL


def test_pipelined_replies_share_a_packet(door):
    """Replies to commands that came together leave together."""
    client = door.connect().greet()
    client.send(b"NOOP\r\n" * 50)
    assert client.socket.recv(65536) == b"250 2.0.0 OK\r\n" * 50


def test_half_closed_client_is_still_answered(door, house, read_journal):
    """A client that shuts its side down after the final dot gets its 250 (stock aiosmtpd cancels the handler)."""
    client = door.connect().greet().begin(house.acme)
    client.send(MAIL + b".\r\nQUIT\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.reply().startswith("250 2.0.0 accepted")
    assert client.reply().startswith("221 ")
    assert len(read_journal()) == 1


def test_hang_up_before_the_final_dot_stores_nothing(door, house, read_journal):
    """Half a message is no message."""
    client = door.connect().greet().begin(house.acme)
    client.send(MAIL + b".")
    client.close()
    door.stop()
    assert read_journal() == []


def test_sequence_of_commands_is_kept(door, house):
    """MAIL before HELO, RCPT before MAIL, DATA before RCPT, MAIL twice: 503 each."""
    client = door.connect()
    client.reply()
    assert client.ask(b"MAIL FROM:<>").startswith("503 5.5.1")
    assert client.ask(b"HELO client.example") == "250 mx.in.example.com"
    assert client.ask(b"RCPT TO:<a@b.example>").startswith("503 5.5.1")
    assert client.ask(b"DATA").startswith("503 5.5.1")
    assert client.ask(b"MAIL FROM:<>").startswith("250 2.1.0")
    assert client.ask(b"DATA").startswith("503 5.5.1")
    assert client.ask(b"MAIL FROM:<>").startswith("503 5.5.1")
    assert client.ask(b"RSET").startswith("250 2.0.0")
    assert client.ask(b"DATA").startswith("503 5.5.1")


def test_tells_nothing_of_addresses(door, house):
    """VRFY says 252 of every address; EXPN, HELP and AUTH are not there."""
    client = door.connect().greet()
    assert client.ask(b"VRFY " + house.acme.encode()) == client.ask(b"VRFY nobody@in.example.com")
    assert client.ask(b"VRFY").startswith("252 2.0.0")
    for command in (b"EXPN list", b"HELP", b"AUTH PLAIN AGEAYg=="):
        assert client.ask(command).startswith("502 5.5.1")
    assert client.ask(b"XYZZY").startswith("500 5.5.1")


def test_declared_size_over_the_limit_is_refused_at_once(door):
    """RFC 1870 6.1."""
    assert door.connect().greet().ask(b"MAIL FROM:<a@b.example> SIZE=52428801").startswith("552 5.3.4")


def test_oversize_message_is_refused_and_the_session_goes_on(make_other_house, start_door):
    """RFC 1870 6.2: 552 after the final dot, and the next message of the session is taken."""
    house = make_other_house(max_message_octets=64 * 1024)
    client = start_door(house).connect().greet()
    assert transact(client, house.acme, mail=b"x" * 998 + b"\r\n" * 40_000).startswith("552 5.3.4")
    assert transact(client, house.acme).startswith("250 ")


def test_oversize_message_without_end_is_cut_off(make_other_house, start_door):
    """Once a refused message is twice as long as allowed, its end is no longer waited for."""
    house = make_other_house(max_message_octets=64 * 1024)
    client = start_door(house).connect().greet().begin(house.acme)
    try:
        for _ in range(4000):
            client.send(b"x" * 998 + b"\r\n")
    except ConnectionError:
        return
    assert client.reply()[:9] in {"552 5.3.4", ""}


def test_long_lines_are_taken_up_to_the_setting(door, house, read_journal):
    """Seen in practice: lines over 998 octets. 64 KiB pass, one octet more does not."""
    client = door.connect().greet()
    assert transact(client, house.acme, mail=b"x" * 65536 + b"\r\n").startswith("250 ")
    assert transact(client, house.acme, mail=b"x" * 65537 + b"\r\n").startswith("550 5.6.0")
    assert len(read_journal()) == 1


def test_bare_newlines_and_nul_are_refused(door, house, read_journal):
    """Nothing that another server could read as two messages is stored."""
    client = door.connect().greet()
    assert transact(client, house.acme, mail=b"a\nb\r\n").startswith("550 5.6.11")
    assert transact(client, house.acme, mail=b"a\rb\r\n").startswith("550 5.6.11")
    assert transact(client, house.acme, mail=b"a\0b\r\n").startswith("550 5.6.0")
    assert read_journal() == []


def test_smtputf8_addresses_are_taken_when_negotiated(door, house, read_journal):
    """RFC 6531: an international sender, and only with the parameter."""
    client = door.connect().greet()
    sender = "käthe@bücher.example".encode()
    assert client.ask(b"MAIL FROM:<" + sender + b">").startswith("553 5.6.7")
    assert client.ask(b"MAIL FROM:<" + sender + b"> SMTPUTF8").startswith("250 ")
    assert client.ask(b"RCPT TO:<" + house.acme.encode() + b">").startswith("250 ")
    assert client.ask(b"DATA").startswith("354")
    client.send(MAIL + b".\r\n")
    assert client.reply().startswith("250 ")
    envelope = read_journal()[0].envelope
    assert (envelope.reverse_path, envelope.smtputf8) == ("käthe@bücher.example", True)
    assert " with UTF8SMTP" in envelope.trace


def test_too_many_errors_end_the_session(door):
    """After twenty mistakes we part, in words."""
    client = door.connect().greet()
    client.send(b"XYZZY\r\n" * 30)
    replies = [client.reply() for _ in range(21)]
    assert {reply[:9] for reply in replies[:20]} == {"500 5.5.1"}
    assert replies[20].startswith("421 4.7.0")
    assert client.reply() == ""


def test_http_is_shown_the_door(door):
    """A browser's request is answered once, and none of its lines is a command."""
    client = door.connect()
    client.reply()
    client.send(b"POST / HTTP/1.1\r\nEHLO x\r\nMAIL FROM:<>\r\n")
    assert client.reply().startswith("421 4.7.0")
    assert client.reply() == ""


def test_encoded_words_in_addresses_are_not_decoded(door, house, read_journal):
    """Stock aiosmtpd decodes RFC 2047 inside envelope addresses, CRLF included."""
    sender = "=?utf-8?q?x=0D=0ARCPT?=@example.org"
    transact(door.connect().greet(), house.acme, sender=sender)
    assert read_journal()[0].envelope.reverse_path == sender
