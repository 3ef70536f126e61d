"""Whether a certificate is one that senders can take: its dates, its names, who signed it.

Most senders take any certificate over STARTTLS; those that verify (MTA-STS, DANE) need a name that fits and a signer
they know. Standards: RFC 5280, RFC 6125 section 6.4 (names), RFC 8461 (MTA-STS).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from receiver.doctor.findings import Finding

_SOON = timedelta(days=14)
_RENEW = "renew it, and name the new files in smtp.tls_certificate and smtp.tls_key"


def judge_file(file: Path, server_name: str) -> Finding:
    """The first certificate of a PEM file, where no door shows it."""
    try:
        certificate = x509.load_pem_x509_certificates(file.read_bytes())[0]
    except FileNotFoundError:
        return Finding("certificate", "failed", f"{file}: is missing", "run postbus init, or set smtp.tls_certificate")
    except OSError as error:
        remedy = "let the user who runs postbus read it"
        return Finding("certificate", "failed", f"{file}: cannot be read ({error.strerror})", remedy)
    except ValueError:
        return Finding("certificate", "failed", f"{file}: not a certificate in PEM", _RENEW)
    return _judge(certificate, server_name, datetime.now(UTC))


def der_of(file: Path) -> bytes:
    """The first certificate of a PEM file, as a door shows it. Raises ValueError and OSError."""
    certificate = x509.load_pem_x509_certificates(file.read_bytes())[0]
    return certificate.public_bytes(serialization.Encoding.DER)


def judge_certificate(der: bytes, server_name: str, now: datetime | None = None) -> Finding:
    """A certificate as a door shows it, against the name that senders know."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return Finding("certificate", "failed", f"{server_name}: what is shown is no certificate", _RENEW)
    return _judge(certificate, server_name, now or datetime.now(UTC))


def _judge(certificate: x509.Certificate, server_name: str, now: datetime) -> Finding:
    ends = certificate.not_valid_after_utc
    told = f"{server_name}: valid until {ends:%Y-%m-%d}"
    if now > ends:
        return Finding("certificate", "failed", f"{server_name}: expired on {ends:%Y-%m-%d}", _RENEW)
    if now < certificate.not_valid_before_utc:
        words = f"{server_name}: not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        return Finding("certificate", "failed", words, "set the clock of this machine, or renew the certificate")
    names = list(_names_in(certificate))
    if not any(_fits(name, server_name) for name in names):
        shown = ", ".join(names[:5]) or "no name"
        words = f"{told}, but made for {shown}: senders that verify it go elsewhere"
        return Finding("certificate", "warning", words, f"use one with the name {server_name}")
    if ends - now < _SOON:
        return Finding("certificate", "warning", f"{told}, which is soon", _RENEW)
    if certificate.issuer == certificate.subject:
        remedy = "most senders take it; for MTA-STS, set smtp.tls_certificate to one of a public authority"
        return Finding("certificate", "warning", f"{told}, self-signed", remedy)
    return Finding("certificate", "ok", told)


def _names_in(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return
    yield from names.get_values_for_type(x509.DNSName)
    yield from (str(each) for each in names.get_values_for_type(x509.IPAddress))


def _fits(pattern: str, name: str) -> bool:
    """RFC 6125 6.4.3: `*` stands for the whole leftmost label only."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name
