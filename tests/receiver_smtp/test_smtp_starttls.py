"""STARTTLS: RFC 3207, and the attacks on it."""

import smtplib
import socket
import ssl

import pytest

MAIL = b"Subject: probe\r\n\r\nbody\r\n"


def trusting(house):
    return ssl.create_default_context(cafile=house.settings.data / "tls" / "certificate.pem")


def secured(client, house):
    """A raw client after its handshake."""
    assert client.ask(b"STARTTLS").startswith("220 2.0.0")
    client.socket = trusting(house).wrap_socket(client.socket, server_hostname="mx.in.example.com")
    return client


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_message_over_tls(door, house, read_journal, version):
    """A mail after STARTTLS is accepted; version and cipher stand in envelope and trace."""
    context = trusting(house)
    context.minimum_version = context.maximum_version = version
    context.check_hostname = False
    with smtplib.SMTP("127.0.0.1", door.port, local_hostname="client.example") as client:
        client.starttls(context=context)
        client.sendmail("a@example.org", [house.acme], MAIL)
    envelope = read_journal()[0].envelope
    assert envelope.tls.startswith(version.name.replace("_", ".").replace("TLSv1", "TLSv1"))
    assert f" with ESMTPS ({envelope.tls})" in envelope.trace


def test_large_message_over_tls(door, house, read_journal):
    """Records and chunks of TLS change nothing of the octets."""
    mail = b"".join(b"%08d" % number + b"x" * 68 + b"\r\n" for number in range(30_000))
    client = secured(door.connect().greet(), house)
    client.ask(b"EHLO client.example")
    client.begin(house.acme).send(mail + b".\r\n")
    assert client.reply().startswith("250 ")
    assert read_journal()[0].read() == mail


def test_handshake_resets_the_session(door, house):
    """RFC 3207 4.2: HELO, MAIL and everything else said before counts for nothing."""
    client = door.connect().greet()
    client.ask(b"MAIL FROM:<a@example.org>")
    secured(client, house)
    assert client.ask(f"RCPT TO:<{house.acme}>".encode()).startswith("503 5.5.1")
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("503 5.5.1")


def test_second_starttls_is_refused(door, house):
    """503, and it is not announced within TLS."""
    client = secured(door.connect().greet(), house)
    assert "STARTTLS" not in client.ask(b"EHLO client.example")
    assert client.ask(b"STARTTLS").startswith("503 5.5.1")


def test_plaintext_behind_starttls_is_never_run(door, house, read_journal):
    """CVE-2011-0411: commands in the same packet as STARTTLS end the session."""
    client = door.connect().greet()
    client.send(b"STARTTLS\r\nEHLO x\r\nMAIL FROM:<evil@example.org>\r\n")
    assert client.reply().startswith("554 5.5.1")
    assert client.reply() == ""


def test_garbage_for_a_handshake_ends_the_session(door, house):
    """No fall-back to plaintext."""
    client = door.connect().greet()
    client.ask(b"STARTTLS")
    client.send(b"EHLO plain\r\nMAIL FROM:<a@example.org>\r\n" * 10)
    answer = b""
    with_reset = False
    try:
        while octets := client.socket.recv(65536):
            answer += octets
    except ConnectionError:
        with_reset = True
    assert b"250" not in answer
    assert with_reset or len(answer) < 100  # at most an alert
    assert door.connect().greet()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_old_versions_are_refused(door, house):
    """RFC 9325: TLS 1.1 is over."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    client = smtplib.SMTP("127.0.0.1", door.port, local_hostname="client.example")
    with client, pytest.raises((ssl.SSLError, ConnectionError)):
        client.starttls(context=context)


def test_hang_up_within_tls_ends_the_session(door, house):
    """A socket that is closed under TLS leaves no session behind."""
    client = secured(door.connect().greet(), house)
    client.ask(b"EHLO client.example")
    client.socket.shutdown(socket.SHUT_RDWR)
    client.close()
    door.stop()
    assert not door.sessions
