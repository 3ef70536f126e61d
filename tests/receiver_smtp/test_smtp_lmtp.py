"""LMTP: the door for a server in front of us (RFC 2033)."""

import smtplib
import ssl
import threading
import time

import pytest

from receiver.own_journal import open_journal
from storage.failures import TemporaryFailure
from tests.receiver_smtp.journals import LetterByLetter

MAIL = b"Subject: probe\r\n\r\nbody\r\n"


def greeted(door):
    client = door.connect(kind="lmtp")
    assert client.reply() == "220 mx.in.example.com LMTP postbus"
    assert client.ask(b"LHLO front.example").startswith("250-mx.in.example.com")
    return client


def address(client, *recipients):
    """MAIL, then RCPT for each; gives the codes of RCPT."""
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250 ")
    return [client.ask(f"RCPT TO:<{each}>".encode())[:9] for each in recipients]


def test_every_recipient_that_was_taken_has_a_reply(door, house, read_journal):
    """RFC 2033 4.2: in the order of RCPT, a name given twice twice, none for the unknown; one record in the journal."""
    client = greeted(door)
    codes = address(client, house.acme, "nobody@in.example.com", house.acme_second, house.acme)
    assert codes == ["250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5"]
    assert client.ask(b"DATA").startswith("354 ")
    client.send(MAIL + b".\r\nNOOP\r\n")
    verdicts = [client.reply() for _ in range(3)]
    assert client.reply() == "250 2.0.0 OK"
    (record,) = read_journal()
    assert verdicts == [f"250 2.0.0 accepted as {record.envelope.id}"] * 3
    assert record.read() == MAIL
    assert [each.forward_path for each in record.envelope.recipients] == [house.acme, house.acme_second]


def test_the_last_chunk_is_answered_for_every_recipient(door, house, read_journal):
    """RFC 2033 4.3: one reply to a chunk that is not the last, then one for each recipient."""
    client = greeted(door)
    address(client, house.acme, house.acme_second)
    client.send(b"BDAT 10\r\nSubject: p")
    assert client.reply() == "250 2.0.0 10 octets received"
    client.send(b"BDAT 13 LAST\r\nrobe\r\n\r\nbody!NOOP\r\n")
    replies = [client.reply() for _ in range(3)]
    assert [reply[:21] for reply in replies[:2]] == ["250 2.0.0 accepted as"] * 2
    assert replies[2] == "250 2.0.0 OK"
    assert len(read_journal()) == 1


def test_a_message_that_is_refused_is_refused_for_every_recipient(door, house, read_journal):
    """By DATA and by BDAT LAST, an empty one included; a chunk that is not the last has one reply."""
    client = greeted(door)
    address(client, house.acme, house.acme_second)
    assert client.ask(b"DATA").startswith("354 ")
    client.send(b"bare\nLF\r\n.\r\n")
    assert [client.reply()[:10] for _ in range(2)] == ["550 5.6.11"] * 2
    address(client, house.acme, house.acme_second)
    client.send(b"BDAT 0 LAST\r\n")
    assert [client.reply()[:9] for _ in range(2)] == ["550 5.6.0"] * 2
    address(client, house.acme, house.acme_second)
    client.send(b"BDAT 6\r\na\0b\r\n\n")
    assert client.reply().startswith("550 5.6.")
    assert client.ask(b"NOOP") == "250 2.0.0 OK"
    assert client.ask(b"DATA").startswith("503 ")
    assert read_journal() == []


def test_a_journal_that_fails_is_told_for_every_recipient(house, start_door):
    """What cannot be made durable is 451 as often as there are recipients; the session goes on."""
    real = open_journal(house.settings, "door-1")

    class FailingJournal(LetterByLetter):
        has_room = staticmethod(real.has_room)
        sink = staticmethod(real.sink)

        def submit(self, envelope, sink):
            raise TemporaryFailure("the disk is gone")

    client = greeted(start_door(house, journal=FailingJournal()))
    address(client, house.acme, house.acme_second)
    assert client.ask(b"DATA").startswith("354 ")
    client.send(MAIL + b".\r\nNOOP\r\nRCPT TO:<x>\r\n")
    assert [client.reply()[:9] for _ in range(4)] == ["451 4.3.0", "451 4.3.0", "250 2.0.0", "503 5.5.1"]
    real.close()


def test_a_last_chunk_without_room_is_told_for_every_recipient(house, start_door):
    """The message that comes in one chunk is not even begun: still a reply each, to BDAT; DATA itself has one."""
    real = open_journal(house.settings, "door-1")

    class FullJournal(LetterByLetter):
        sink = staticmethod(real.sink)
        rooms = iter([True, False, True, False])

        def has_room(self, octets):
            return next(self.rooms)

    client = greeted(start_door(house, journal=FullJournal()))
    address(client, house.acme, house.acme_second)
    client.send(b"BDAT 5 LAST\r\nabc\r\nNOOP\r\n")
    assert [client.reply()[:9] for _ in range(3)] == ["452 4.3.1", "452 4.3.1", "250 2.0.0"]
    address(client, house.acme, house.acme_second)
    client.send(b"DATA\r\nNOOP\r\n")
    assert [client.reply()[:9] for _ in range(2)] == ["452 4.3.1", "250 2.0.0"]
    real.close()


@pytest.mark.parametrize("verb", [b"HELO", b"EHLO"])
def test_smtp_is_not_spoken_here(door, verb):
    """RFC 2033 4.1: a client that misses all replies but the first would lose mail; and nothing goes before LHLO."""
    client = door.connect(kind="lmtp")
    client.reply()
    assert client.ask(verb + b" client.example").startswith("500 5.5.1 this is LMTP")
    assert client.ask(b"MAIL FROM:<a@example.org>") == "503 5.5.1 send LHLO first"
    assert client.ask(b"LHLO").startswith("501 ")
    assert client.ask(b"LHLO front.example").startswith("250")


def test_lmtp_is_not_spoken_at_the_other_door(door):
    """LHLO is no command of SMTP."""
    client = door.connect().greet()
    assert client.ask(b"LHLO client.example").startswith("500 ")


def test_who_comes_over_a_unix_socket_is_local(house, start_door, tmp_path, read_journal):
    """No address: `local` in envelope and trace; TLS is not offered; Python's LMTP client is understood."""
    start_door(house, socket_path=tmp_path / "lmtp")
    with smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example") as client:
        client.ehlo_or_helo_if_needed()
        assert not client.has_extn("starttls")
        assert client.has_extn("pipelining")
        assert client.docmd("STARTTLS")[0] == 502
        refused = client.sendmail("a@example.org", [house.acme, "nobody@in.example.com"], MAIL)
    assert list(refused) == ["nobody@in.example.com"]
    envelope = read_journal()[0].envelope
    assert envelope.peer == "local"
    assert envelope.trace.startswith("Received: from front.example (local)\r\n\tby mx.in.example.com with LMTP\r\n")


def test_who_comes_over_a_unix_socket_counts_in_total_only(make_other_house, start_door, tmp_path):
    """No limit for an address holds, that of all connections does; unknown recipients wait for nothing."""
    house = make_other_house(max_connections=3, max_connections_per_address=1, tarpit_recipients=0, tarpit_seconds=60.0)
    start_door(house, socket_path=tmp_path / "lmtp")
    clients = [smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example") for _ in range(3)]
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example")
    assert refused.value.smtp_code == 421
    clients[0].ehlo_or_helo_if_needed()
    clients[0].mail("a@example.org")
    begun = time.monotonic()
    assert clients[0].rcpt("nobody@in.example.com")[0] == 550
    assert time.monotonic() - begun < 30
    for client in clients:
        client.close()


def test_a_server_at_a_unix_socket_speaks_for_its_clients(house, start_door, tmp_path, read_journal, capture_log):
    """Without being listed: the socket's mode says who may. Over TCP it does not."""
    door = start_door(house, socket_path=tmp_path / "lmtp")
    with smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example") as client:
        client.ehlo_or_helo_if_needed()
        assert client.has_extn("xforward")
        assert client.docmd("XFORWARD", "ADDR=192.0.2.7 HELO=true.example")[0] == 250
        client.sendmail("a@example.org", [house.acme], MAIL)
        client.sendmail("a@example.org", [house.acme], MAIL)
    forwarded, own = (record.envelope for record in read_journal())
    assert (forwarded.peer, own.peer) == ("192.0.2.7", "local")
    assert forwarded.trace.startswith(
        "Received: from true.example ([192.0.2.7])\r\n\t(told by local)\r\n\tby mx.in.example.com with LMTP\r\n"
    )
    assert [each["via"] for each in capture_log if each["event"] == "message_accepted"] == ["local", ""]
    assert greeted(door).ask(b"XFORWARD ADDR=192.0.2.7").startswith("550 5.7.1 ")


def test_xclient_at_a_unix_socket_counts_for_the_client(make_other_house, start_door, tmp_path):
    """Whom it names is limited by address, though the socket has none."""
    start_door(make_other_house(max_connections_per_address=1), socket_path=tmp_path / "lmtp")
    one, other = (smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example") for _ in range(2))
    with one, other:
        assert one.docmd("XCLIENT", "ADDR=192.0.2.7")[0] == 220
        assert other.docmd("XCLIENT", "ADDR=192.0.2.7")[0] == 421
        assert one.docmd("LHLO", "client.example")[0] == 250


def test_a_server_in_front_may_talk_at_once(door):
    """Octets before the banner are answered in their turn: who is let in here is no stranger."""
    held, release = threading.Event(), threading.Event()

    def hold():
        held.set()
        release.wait(10)

    door.call(hold)
    assert held.wait(10)
    client = door.connect(kind="lmtp")
    client.send(b"LHLO front.example\r\n")
    release.set()
    assert client.reply().startswith("220 ")
    assert client.reply().startswith("250")


def test_a_recipient_limit_is_told_at_rcpt(make_other_house, start_door):
    """452 beyond smtp.max_recipients; the others are answered after the final dot, each for itself."""
    house = make_other_house(max_recipients=100)
    client = greeted(start_door(house))
    codes = address(client, *[house.acme] * 101)
    assert codes[-2:] == ["250 2.1.5", "452 4.5.3"]
    assert client.ask(b"DATA").startswith("354 ")
    client.send(MAIL + b".\r\n")
    assert [client.reply()[:9] for _ in range(100)] == ["250 2.0.0"] * 100


def test_lmtp_over_starttls(house, start_door, read_journal):
    """Over TCP TLS is offered; RFC 3848: LMTPS in the trace, `local` nowhere."""
    door = start_door(house)
    context = ssl.create_default_context(cafile=house.settings.data / "tls" / "certificate.pem")
    context.check_hostname = False
    client = greeted(door)
    assert client.ask(b"STARTTLS").startswith("220 ")
    client.socket = context.wrap_socket(client.socket)
    client.ask(b"LHLO front.example")
    address(client, house.acme)
    assert client.ask(b"DATA").startswith("354 ")
    client.send(MAIL + b".\r\n")
    assert client.reply().startswith("250 2.0.0 accepted as ")
    envelope = read_journal()[0].envelope
    assert envelope.peer == "127.0.0.1"
    assert f" with LMTPS ({envelope.tls})" in envelope.trace
