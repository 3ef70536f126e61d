"""Certificates: the self-signed one, and what cannot be used."""

import ssl

import pytest
from cryptography import x509

from receiver.smtp.tls import CertificateUnusable, make_self_signed, server_context


def test_makes_a_certificate_for_the_hostname(tmp_path):
    """`postbus init` gets a pair that TLS accepts, the key readable by its owner alone."""
    certificate, key = make_self_signed(tmp_path / "tls", "mx.in.example.com")
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mx.in.example.com"]
    assert key.stat().st_mode & 0o777 == 0o600
    assert server_context(certificate, key).minimum_version is ssl.TLSVersion.TLSv1_2


def test_keeps_a_certificate_that_is_there(tmp_path):
    """A second init changes nothing."""
    certificate, key = make_self_signed(tmp_path, "mx.in.example.com")
    before = certificate.read_bytes(), key.read_bytes()
    make_self_signed(tmp_path, "other.example.com")
    assert (certificate.read_bytes(), key.read_bytes()) == before


def test_long_hostname_fits(tmp_path):
    """A name longer than a common name may be still gets a certificate."""
    make_self_signed(tmp_path, ".".join(["a" * 40] * 4))


def test_missing_certificate_is_named_with_the_remedy(tmp_path):
    """Whoever starts the door learns which file and what to do."""
    with pytest.raises(CertificateUnusable, match=r"none\.pem.*postbus init"):
        server_context(tmp_path / "none.pem", tmp_path / "key.pem")


def test_damaged_certificate_is_named_with_the_remedy(tmp_path):
    """The same for a file that is no PEM pair."""
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(CertificateUnusable, match=r"junk\.pem"):
        server_context(tmp_path / "junk.pem", tmp_path / "junk.pem")
