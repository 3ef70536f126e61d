"""Implicit TLS: the handshake comes before any word (RFC 8314 section 3.3)."""

import contextlib
import smtplib
import socket
import ssl
import time
from pathlib import Path

import pytest

MAIL = b"Subject: probe\r\n\r\nbody\r\n"


def trusting(house):
    context = ssl.create_default_context(cafile=house.settings.data / "tls" / "certificate.pem")
    context.check_hostname = False
    return context


def ends(log):
    return [entry["reason"] for entry in log if entry["event"] == "session_ended"]


def until(claim):
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def descriptors():
    """How many this process has, in which the door runs."""
    return len(list(Path("/proc/self/fd").iterdir()))


def closed(client):
    """What comes until the server closes."""
    octets = b""
    with contextlib.suppress(ConnectionError):
        while more := client.socket.recv(4096):
            octets += more
    return octets


def test_message_over_implicit_tls(door, house, read_journal):
    """No STARTTLS is announced, one is refused; the mail is accepted, and the trace says how it came."""
    with smtplib.SMTP_SSL("127.0.0.1", door.ports["smtps"], local_hostname="x.example", context=trusting(house)) as c:
        c.ehlo("client.example")
        assert not c.has_extn("starttls")
        assert c.has_extn("chunking")
        assert c.docmd("STARTTLS") == (503, b"5.5.1 TLS is in use already")
        c.sendmail("a@example.org", [house.acme], MAIL)
    envelope = read_journal()[0].envelope
    assert envelope.tls.startswith("TLSv1.3 ")
    assert f" with ESMTPS ({envelope.tls})" in envelope.trace


def test_implicit_tls_without_starttls(make_other_house, start_door):
    """smtp.starttls = false takes STARTTLS away, not the listener."""
    house = make_other_house(starttls=False)
    door = start_door(house)
    assert "STARTTLS" not in door.connect().greet().ask(b"EHLO client.example")
    with smtplib.SMTP_SSL("127.0.0.1", door.ports["smtps"], local_hostname="x.example", context=trusting(house)) as c:
        assert c.ehlo("client.example")[0] == 250


def test_who_talks_before_the_banner_within_tls_is_refused(door, house):
    """The ClientHello is no early talk; commands sent on the heels of the handshake are answered 554 or in turn."""
    client = door.connect(kind="smtps")
    client.socket = trusting(house).wrap_socket(client.socket)
    assert client.reply().startswith("220 ")
    assert client.ask(b"NOOP").startswith("250 ")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [(b"", "not done in time"), (b"EHLO plain\r\n", "wrong version number"), (b"\x16\x03\x01", "not done in time")],
    ids=["silence", "no TLS", "half a hello"],
)
def test_a_handshake_that_fails_is_one_line(make_other_house, start_door, capture_log, octets, reason):
    """Cut off at smtp.handshake_seconds; told why in our words, once; the place is given back."""
    door = start_door(make_other_house(handshake_seconds=0.3, max_connections=1))
    client = door.connect(kind="smtps")
    client.send(octets)
    assert b"220" not in closed(client)
    until(lambda: ends(capture_log))
    (told,) = [entry for entry in capture_log if entry["event"] == "tls_failed"]
    assert (told["peer"], told["reason"]) == ("127.0.0.1", reason)
    assert ends(capture_log) == ["tls_failed"]
    door.connect().greet()


def test_a_client_that_hangs_up_in_its_handshake_leaves_nothing(door, capture_log):
    """One line, no session, no descriptor."""
    before = 0
    for number, octets in enumerate([b"", b"\x16\x03\x01\x00", b"EHLO x\r\n"] * 5):
        client = door.connect(kind="smtps")
        client.send(octets)
        client.close()
        until(lambda number=number: len(ends(capture_log)) == number + 1)
        before = before or descriptors()  # the first one has the loop open some for good
    assert set(ends(capture_log)) == {"tls_failed"}
    assert not door.sessions
    until(lambda: descriptors() <= before)


def test_handshakes_count_as_connections(make_other_house, start_door, capture_log):
    """Who only begins a handshake has a place; one too many is closed without words, and the log says why."""
    door = start_door(make_other_house(max_connections_per_address=2))
    begun = [door.connect(kind="smtps") for _ in range(2)]
    for each in begun:
        each.send(b"\x16\x03\x01\x00")
    until(lambda: door.connect().reply().startswith("421 4.7.0"))
    before = len(ends(capture_log))
    assert closed(door.connect(kind="smtps")) == b""
    until(lambda: len(ends(capture_log)) > before)
    assert set(ends(capture_log)) == {"too_many_of_address"}
    for each in begun:
        each.close()


def test_a_drain_does_not_wait_for_a_handshake(door, house, capture_log):
    """A handshake that hangs is given up when the door ends; one that is done is told 421."""
    client = door.connect(kind="smtps")
    client.socket = trusting(house).wrap_socket(client.socket)
    assert client.reply().startswith("220 ")
    hanging = door.connect(kind="smtps")
    hanging.send(b"\x16\x03\x01\x00")
    time.sleep(0.1)
    begun = time.monotonic()
    door.stop(0.3)
    assert time.monotonic() - begun < 10
    assert client.reply().startswith("421 4.3.2")
    assert sorted(ends(capture_log)) == ["drained", "drained"]


def test_octets_over_implicit_tls_are_kept_as_they_are(door, house, read_journal):
    """Records and chunks of TLS change nothing."""
    mail = b"".join(b"%08d" % number + b"x" * 68 + b"\r\n" for number in range(20_000))
    client = door.connect(kind="smtps")
    client.socket = trusting(house).wrap_socket(client.socket)
    client.greet().begin(house.acme).send(mail + b".\r\n")
    assert client.reply().startswith("250 ")
    assert read_journal()[0].read() == mail
    client.socket.shutdown(socket.SHUT_RDWR)
    client.close()
    door.stop()
    assert not door.sessions
