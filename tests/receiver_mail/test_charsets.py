"""Octets of a claimed charset become the text that was meant."""

import pytest

from receiver.mail.charsets import decode


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("Grüße „12 €“".encode("cp1252"), "iso-8859-1", "Grüße „12 €“"),
        ("請求書".encode("iso-2022-jp"), "ISO-2022-JP", "請求書"),
        ("Grüße".encode(), "x-unknown", "Grüße"),
        ("Grüße".encode("utf-16"), "utf-16", "Grüße"),
        ("請求".encode("utf-16-le"), "utf-16le", "請求"),
        (b"<p>Total 12,00 EUR</p>", "utf-16", "<p>Total 12,00 EUR</p>"),
        (b"<p>Total 12,00 EUR</p>\r\n", "UTF-16LE", "<p>Total 12,00 EUR</p>\r\n"),
        (b"Total 12,00 EUR\r\n", "unicode", "Total 12,00 EUR\r\n"),
        (b"+AOQ-", "unicode-1-1-utf-7", "ä"),
    ],
)
def test_a_label_is_read_as_it_is_meant(octets: bytes, charset: str, text: str) -> None:
    """Supersets, unknown labels, and UTF-16 on what is none: the words come out."""
    assert decode(octets, charset) == text
