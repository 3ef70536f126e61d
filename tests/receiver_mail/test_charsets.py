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
        ("朱镕基 €".encode("gb18030"), "GB2312", "朱镕基 €"),
        ("똠방각하 12원".encode("cp949"), "ks_c_5601-1987", "똠방각하 12원"),
        ("①㈱髙".encode("cp932"), "Shift_JIS", "①㈱髙"),
        ("①㈱髙".encode("cp932"), " x-sjis ", "①㈱髙"),
        ("發票 €".encode("cp950"), "big5", "發票 €"),
        ("嘅咗".encode("big5hkscs"), "big5", "嘅咗"),
        ("„Größe“ €".encode("cp1252"), "us-ascii", "„Größe“ €"),
        ("Счёт №".encode("cp1251"), "win-1251", "Счёт №"),
        ("Счёт".encode("mac-cyrillic"), "x-mac-cyrillic", "Счёт"),
        ("ใบแจ้งหนี้".encode("cp874"), "TIS-620", "ใบแจ้งหนี้"),
        ("חשבונית".encode("iso-8859-8"), "iso-8859-8-i", "חשבונית"),
        (b"\x1b$B-!-j\x1b(B 12\x1b(I1\x1b(B \x1b$BIw\x1b(B", "iso-2022-jp", "①㈱ 12ｱ 風"),
        (b"plain text", "iso-2022-jp", "plain text"),
        (b"\x1b$B!", "iso-2022-jp", "!"),
    ],
)
def test_a_label_is_read_as_it_is_meant(octets: bytes, charset: str, text: str) -> None:
    """Supersets, unknown labels, and UTF-16 on what is none: the words come out."""
    assert decode(octets, charset) == text


def test_seven_bit_japanese_is_read_as_pythons_codec_reads_it() -> None:
    """Where Python's codec knows all of a text, ours says the same."""
    text = "株式会社テスト御中 請求書 合計 12,345円 弌滌漾熙"

    assert decode(text.encode("iso-2022-jp"), "ISO-2022-JP") == text
    assert decode("丂侄".encode("iso-2022-jp-1"), "iso-2022-jp") == "丂侄"
