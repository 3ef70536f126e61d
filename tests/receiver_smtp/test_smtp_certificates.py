"""Several certificates: each is shown to who asks for a name in it (SNI, RFC 6066 section 3)."""

import smtplib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from receiver.config_smtp import CertificateEntry
from receiver.smtp.certificates import Certificates, WatchedCertificate, watched_for_name
from receiver.smtp.door import renew_certificates
from receiver.smtp.tls import CertificateUnusable


def make_pair(folder, *names):
    """A certificate with these names, and its key; files in `folder`, replaced by rename as certbot does."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
    if names:
        extension = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        certificate = certificate.add_extension(extension, critical=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for file, octets in (("cert.pem", certificate.sign(key, hashes.SHA256()).public_bytes(pem)), ("key.pem", private)):
        draft = folder / (file + ".new")
        draft.write_bytes(octets)
        draft.rename(folder / file)
    return folder / "cert.pem", folder / "key.pem"


def shown(certificates, server_name):
    """The names in the certificate that a client sees who asks for `server_name`; the handshake runs in memory."""
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=server_name)
    server = certificates.context.wrap_bio(to_server, to_client, server_side=True)
    is_done = {client: False, server: False}
    while not all(is_done.values()):
        for side in (client, server):
            try:
                side.do_handshake()
                is_done[side] = True
            except ssl.SSLWantReadError:
                pass
    found = x509.load_der_x509_certificate(client.getpeercert(binary_form=True))
    return found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)


@pytest.fixture(name="pairs")
def _pairs(tmp_path):
    """Files of a default certificate and two others."""
    return {
        "default": make_pair(tmp_path / "default", "mx.example.com"),
        "wild": make_pair(tmp_path / "wild", "*.example.com", "example.com"),
        "net": make_pair(tmp_path / "net", "MX.Example.net"),
    }


def gathered(pairs):
    others = [watched_for_name(*pairs[name]) for name in ("wild", "net")]
    return Certificates(WatchedCertificate(*pairs["default"]), others)


@pytest.mark.parametrize(
    ("asked", "first_name"),
    [
        ("mx.example.com", "mx.example.com"),  # the very name goes before a wildcard
        ("in.example.com", "*.example.com"),
        ("example.com", "*.example.com"),
        ("a.b.example.com", "mx.example.com"),  # a wildcard stands for one label, RFC 6125 6.4.3
        ("mx.example.net", "MX.Example.net"),
        ("MX.EXAMPLE.NET", "MX.Example.net"),
        ("stranger.example.org", "mx.example.com"),
        ("localhost", "mx.example.com"),
        (None, "mx.example.com"),
    ],
)
def test_the_name_that_is_asked_for_decides(pairs, asked, first_name):
    """Names are those in the certificates; whoever asks for another, or for none, sees the default one."""
    assert shown(gathered(pairs), asked)[0] == first_name


def test_one_that_cannot_be_used_holds_up_no_other(pairs):
    """At the start: it is left out and told of, with the file and the setting; when it is mended, it is shown."""
    broken = pairs["wild"][0].read_bytes()
    pairs["wild"][0].write_text("no certificate")
    certificates = gathered(pairs)
    (fault,) = certificates.faults
    assert str(pairs["wild"][0]) in str(fault)
    assert "smtp.tls_certificates" in str(fault)
    assert shown(certificates, "in.example.com") == ["mx.example.com"]
    assert shown(certificates, "mx.example.net") == ["MX.Example.net"]
    assert certificates.renew() == ([], [])
    pairs["wild"][0].write_bytes(broken)
    assert certificates.renew() == ([pairs["wild"][0]], [])
    assert shown(certificates, "in.example.com")[0] == "*.example.com"


def test_the_default_one_must_be_usable(pairs):
    """Without it there is nothing to begin a handshake with."""
    pairs["default"][0].write_text("no certificate")
    with pytest.raises(CertificateUnusable, match=r"default/cert\.pem"):
        gathered(pairs)


def test_each_is_renewed_alone(pairs, tmp_path, capture_log):
    """New files of two, broken ones of a third: two lines of success, one of failure, and the third shows the old."""
    certificates = gathered(pairs)
    make_pair(tmp_path / "default", "mx.example.com", "new.example.com")
    make_pair(tmp_path / "net", "mx.example.net", "further.example.net")
    pairs["wild"][1].write_text("no key")
    renew_certificates(certificates)
    renew_certificates(certificates)
    told = [(entry["event"], entry.get("certificate")) for entry in capture_log]
    assert told == [
        ("certificate_renewed", str(pairs["default"][0])),
        ("certificate_renewed", str(pairs["net"][0])),
        ("certificate_not_renewed", None),
    ]
    assert shown(certificates, "new.example.com") == ["mx.example.com", "new.example.com"]
    assert shown(certificates, "further.example.net")[1] == "further.example.net"
    assert shown(certificates, "in.example.com")[0] == "*.example.com"


def test_a_certificate_without_names_is_shown_to_nobody(pairs, tmp_path):
    """It cannot be asked for, and does no harm."""
    make_pair(tmp_path / "net")
    certificates = gathered(pairs)
    assert certificates.faults == []
    assert shown(certificates, "mx.example.net") == ["mx.example.com"]


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
def test_a_door_shows_the_certificate_that_is_asked_for(make_other_house, start_door, tmp_path, kind):
    """Over STARTTLS and implicit TLS, a client that verifies the name is content."""
    certificate, key = make_pair(tmp_path / "other", "mx.example.net")
    entries = [CertificateEntry(certificate=str(certificate), key=str(key))]
    house = make_other_house(tls_certificates=entries)
    door = start_door(house)
    own = house.settings.data / "tls" / "certificate.pem"
    for name, trusted in (("mx.example.net", certificate), ("mx.in.example.com", own)):
        context = ssl.create_default_context(cafile=trusted)
        client = door.connect(kind=kind)
        if kind == "smtp":
            client.greet()
            assert client.ask(b"STARTTLS").startswith("220 ")
        client.socket = context.wrap_socket(client.socket, server_hostname=name)
        client.send(b"QUIT\r\n")
        client.close()
    with smtplib.SMTP("127.0.0.1", door.port, local_hostname="client.example") as client:
        strict = ssl.create_default_context(cafile=own)
        with pytest.raises(ssl.SSLCertVerificationError):  # smtplib asks for 127.0.0.1
            client.starttls(context=strict)
