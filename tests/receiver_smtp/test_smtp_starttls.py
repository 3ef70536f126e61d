"""STARTTLS: RFC 3207, and the attacks on it."""

import contextlib
import dataclasses
import smtplib
import socket
import ssl
import time

import pytest

from receiver.smtp.door import renew_certificates
from receiver.smtp.tls import CERTIFICATE_NAME, KEY_NAME, make_self_signed

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


def presented(door):
    """The certificate that a client is shown."""
    with smtplib.SMTP("127.0.0.1", door.port, local_hostname="client.example") as client:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.starttls(context=context)
        return ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(binary_form=True)).split()


def test_renewed_certificate_is_shown_and_a_bad_one_is_not(door, house, capture_log):
    """New files are used for the next handshake; a pair that does not belong together is logged once, the old stays."""
    folder = house.settings.data / "tls"
    first = presented(door)
    renew_certificates(door.certificates)
    assert [entry for entry in capture_log if "certificate" in entry["event"]] == []

    fresh, fresh_key = make_self_signed(folder / "new", "mx.in.example.com")
    fresh_key.rename(folder / KEY_NAME)  # half of the renewal
    renew_certificates(door.certificates)
    renew_certificates(door.certificates)
    (told,) = [entry for entry in capture_log if entry["event"] == "certificate_not_renewed"]
    assert str(folder / CERTIFICATE_NAME) in told["reason"]
    assert presented(door) == first

    fresh.rename(folder / CERTIFICATE_NAME)
    renew_certificates(door.certificates)
    assert [entry["event"] for entry in capture_log].count("certificate_renewed") == 1
    assert presented(door) == (folder / CERTIFICATE_NAME).read_text().split() != first


@pytest.mark.parametrize("octets", [b"", b"EHLO plain\r\n"], ids=["silence", "no TLS"])
def test_a_handshake_that_fails_is_one_line(house, start_door, capture_log, octets):
    """Silence is cut off at smtp.handshake_seconds; the log tells why in our words, once."""
    smtp = house.settings.smtp.model_copy(update={"handshake_seconds": 0.3})
    door = start_door(dataclasses.replace(house, settings=house.settings.model_copy(update={"smtp": smtp})))
    client = door.connect().greet()
    client.ask(b"STARTTLS")
    begun = time.monotonic()
    if octets:
        client.send(octets)
    with contextlib.suppress(ConnectionError):
        while client.socket.recv(4096):
            pass
    assert time.monotonic() - begun < 5
    door.stop()
    (told,) = [entry for entry in capture_log if entry["event"] == "tls_failed"]
    assert told["peer"] == "127.0.0.1"
    assert told["reason"] == ("wrong version number" if octets else "not done in time")
    assert [entry["reason"] for entry in capture_log if entry["event"] == "session_ended"] == ["tls_failed"]
