"""A certificate authority of the tests' own, so that checking a server's certificate is real.

Certificates are for `localhost` and 127.0.0.1, unless they are made to be refused: expired, for another name, or signed
by an authority that nobody knows.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CertificateKind = Literal["good", "expired", "wrong name", "unknown authority"]
_YEAR = timedelta(days=365)


class Authority:
    """Signs certificates into a folder; `file` is what a client must trust."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._certificate = (
            _begin(f"postbus tests' {name}", self._key.public_key(), datetime.now(UTC) - _YEAR, 3 * _YEAR)
            .issuer_name(_named(f"postbus tests' {name}"))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def certificate(self, kind: CertificateKind = "good") -> tuple[Path, Path]:
        """A server's certificate (PEM) and its key (PEM)."""
        if kind == "unknown authority":
            return Authority(self._folder, "stranger").certificate()
        return self._signed(kind)

    def _signed(self, kind: CertificateKind) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        since = datetime.now(UTC) - timedelta(days=60)
        lifetime = timedelta(days=30) if kind == "expired" else _YEAR
        host = "mail.other.example" if kind == "wrong name" else "localhost"
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if kind != "wrong name":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        certificate = (
            _begin(host, key.public_key(), since, lifetime)
            .issuer_name(self._certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        stem = f"{self._name}-{kind.replace(' ', '-')}"
        file, secret = self._folder / f"{stem}.crt", self._folder / f"{stem}.key"
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        secret.write_bytes(key.private_bytes(encoding, private, serialization.NoEncryption()))
        return file, secret


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begin(name: str, key: ec.EllipticCurvePublicKey, since: datetime, lifetime: timedelta) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=_named(name), public_key=key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(since + lifetime)
