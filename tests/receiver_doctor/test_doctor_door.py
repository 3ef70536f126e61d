"""What the doctor makes of doors and certificates."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from receiver.doctor.certificate import judge_certificate, judge_file
from receiver.doctor.door import Place, judge_port, judge_reach, judge_tls
from receiver.smtp.tls import make_self_signed

MX = "mx.example.com"
NOW = datetime(2030, 6, 1, tzinfo=UTC)


@contextmanager
def server(*says: bytes) -> Iterator[tuple[str, int]]:
    """A server that says one thing after the other, each but the first when something came in."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection, suppress(ConnectionResetError):
                for number, words in enumerate(says):
                    if number:
                        connection.recv(4096)
                    connection.sendall(words)
                connection.recv(4096)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()
    thread.join(10)


def nobody() -> tuple[str, int]:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address: tuple[str, int] = listener.getsockname()
    return address


def test_a_door_that_greets_by_our_name_is_well() -> None:
    """The first word of the banner is smtp.hostname (RFC 5321 4.2)."""
    with server(b"220 mx.Example.com ESMTP postbus\r\n") as address:
        assert judge_port(Place(address), MX).result == "ok"
    with server(b"220-mx.example.com ESMTP\r\n220 second line\r\n") as address:
        assert judge_reach(Place(address), MX).result == "ok"


def test_a_door_that_is_shut_is_told() -> None:
    """Nobody listens: failed, and how to start postbus; at the MX: failed, and where to listen."""
    address = nobody()

    port, reach = judge_port(Place(address), MX), judge_reach(Place(address), MX)

    assert (port.result, reach.result) == ("failed", "failed")
    assert "start postbus" in port.remedy
    assert "smtp.listen" in reach.remedy


def test_another_server_is_told() -> None:
    """Somebody else answers: its name is shown, made printable, and it is a warning: Postfix may stand in front."""
    with server("220 other.example.net\x1b[31mé ESMTP\r\n".encode()) as address:
        finding = judge_reach(Place(address), MX)

    assert finding.result == "warning"
    assert "other.example.net" in finding.what
    assert finding.what.isprintable()


@pytest.mark.parametrize(
    "words", [b"HTTP/1.1 400 Bad Request\r\n", b"554 no\r\n", b"\r\n", b"\xff" * 100_000, b"220-x\r\n" * 3 + b"\0\r\n"]
)
def test_what_speaks_no_smtp_is_told(words: bytes) -> None:
    """A web server, a refusal, noise: failed in words, never a traceback."""
    with server(words) as address:
        finding = judge_port(Place(address), MX)

    assert finding.result == "failed"
    assert finding.what.isprintable()


def test_a_server_that_is_silent_is_left() -> None:
    """No greeting within the time of a check."""
    with server(b"") as address:
        finding = judge_port(Place(address), MX)

    assert finding.result == "failed"
    assert "no answer" in finding.what


def test_a_door_without_starttls_is_told() -> None:
    """STARTTLS is wanted and not announced: failed, and how to get a certificate."""
    with server(b"220 mx\r\n", b"250-mx\r\n250 SIZE 100\r\n") as address:
        (finding,) = judge_tls(Place(address), MX)

    assert finding.result == "failed"
    assert "postbus init" in finding.remedy


def test_a_handshake_that_fails_is_told() -> None:
    """Announced, but no TLS follows."""
    with server(b"220 mx\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n", b"not TLS at all\r\n") as address:
        (finding,) = judge_tls(Place(address), MX)

    assert finding.result == "failed"
    assert "no handshake" in finding.what


def certificate(
    *names: str, begins: timedelta = timedelta(days=-1), ends: timedelta = timedelta(days=90), issuer: str = "CA"
) -> bytes:
    """A certificate (DER) for those names, around NOW."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "subject")]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + ends)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("der", "result", "word"),
    [
        (certificate(MX), "ok", "valid until 2030-08-30"),
        (certificate("other.example", "*.Example.com"), "ok", ""),
        (certificate(MX, issuer="subject"), "warning", "self-signed"),
        (certificate(MX, ends=timedelta(seconds=-1)), "failed", "expired"),
        (certificate(MX, ends=timedelta(days=13)), "warning", "soon"),
        (certificate(MX, begins=timedelta(days=1)), "failed", "not valid before"),
        (certificate("other.example"), "warning", "other.example"),
        (certificate("*.mx.example.com", "*.com"), "warning", "made for"),
        (certificate(), "warning", "no name"),
        (b"nonsense", "failed", "no certificate"),
    ],
)
def test_a_certificate_is_judged(der: bytes, result: str, word: str) -> None:
    """Its dates, its names (a wildcard stands for one label, RFC 6125 6.4.3), its signer."""
    finding = judge_certificate(der, MX, NOW)

    assert finding.result == result
    assert word in finding.what
    assert (finding.remedy == "") == (result == "ok")


def test_the_file_is_looked_at_when_no_door_shows_it(tmp_path: Path) -> None:
    """Before the first start: the self-signed one is a warning; a missing or a wrong file fails."""
    made, _ = make_self_signed(tmp_path, MX)
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not PEM")

    assert judge_file(made, MX).result == "warning"
    assert judge_file(tmp_path / "missing.pem", MX).result == "failed"
    assert judge_file(wrong, MX).result == "failed"
