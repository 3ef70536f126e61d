"""TLS of the door: the context of a certificate, and the self-signed one that `postbus init` makes.

Never asks the client for a certificate. Raises CertificateUnusable with what to do about it.
Standards: RFC 3207 (STARTTLS), RFC 9325 (TLS 1.2 and newer).
"""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CERTIFICATE_NAME = "certificate.pem"
KEY_NAME = "key.pem"
_VALID_FOR = timedelta(days=3650)
# RFC 9325 4.2: forward secrecy and AEAD only. TLS 1.3 has its own list.
_CIPHERS_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"
_REMEDY = "check smtp.tls_certificate and smtp.tls_key, or remove both files and run postbus init for new ones"


class CertificateUnusable(Exception):
    """The certificate or its key cannot be loaded; the text names the file and the remedy."""


def make_self_signed(folder: Path, hostname: str) -> tuple[Path, Path]:
    """Make certificate and key for `hostname` in `folder`, unless both are there; gives their paths."""
    certificate_path, key_path = folder / CERTIFICATE_NAME, folder / KEY_NAME
    if certificate_path.exists() and key_path.exists():
        return certificate_path, key_path
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, hostname)
    _write(
        key_path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def server_context(certificate: Path, key: Path, remedy: str = _REMEDY) -> ssl.SSLContext:
    """The context for handshakes. Raises CertificateUnusable."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(_CIPHERS_OF_TLS_1_2)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or "not a usable PEM pair"
        raise CertificateUnusable(f"{certificate}, {key}: cannot be used for TLS ({reason}); {remedy}") from error
    return context


def _certificate(key: ec.EllipticCurvePrivateKey, hostname: str) -> x509.Certificate:
    # A common name has at most 64 characters (RFC 5280 A.1); the alternative name is what clients read.
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hostname[:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([_general_name(hostname)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _general_name(hostname: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(hostname))
    except ValueError:
        return x509.DNSName(hostname)


def _write(path: Path, octets: bytes) -> None:
    """Whole or not at all, readable by the owner only."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def reason_of(error: OSError) -> str:
    """Why a handshake failed, in words of OpenSSL or the system; none of the client's octets."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "protocol error").lower().replace("_", " ")
    if isinstance(error, TimeoutError) or "handshake is taking longer" in str(error):
        return "not done in time"
    return (error.strerror or "the client hung up").lower()
