"""What octets are, and which attachments may become documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts import AttachmentFacts, EInvoice
from rules.recognition.content import imports_by_itself, is_keepable, may_be_xml, sniff

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50)


@pytest.mark.parametrize(
    ("head", "declared", "filename", "expected"),
    [
        (b"%PDF-1.7\n", "application/octet-stream", None, "application/pdf"),
        (b"%PDF-1.7\n", "image/png", "logo.png", "application/pdf"),
        (b"\r\n" * 400 + b"%PDF-1.4", "application/pdf", "x.pdf", "application/pdf"),
        (b" " * 1100 + b"%PDF-1.4", "application/pdf", "x.pdf", "application/octet-stream"),
        (b"hello", "application/pdf", "x.pdf", "application/octet-stream"),
        (PNG, "application/pdf", "x.pdf", "image/png"),
        (b"MZ\x90\x00" + bytes(60) + b"%PDF-1.4", "application/pdf", "x.pdf", sniff(b"MZ\x00", "", None)),
        (b"MZ;Menge;Zahl\n", "text/csv", "x.csv", "text/csv"),
        (b"PK\x03\x04" + bytes(26) + b"x.pdf%PDF-1.4", "application/zip", "x.zip", "application/zip"),
        (b'<?xml version="1.0"?><a/>', "text/plain", None, "application/xml"),
        (b"\xef\xbb\xbf<rsm:CrossIndustryInvoice ", "application/octet-stream", "x", "application/xml"),
        ("<?xml ?><a/>".encode("utf-16"), "text/xml", None, "application/xml"),
        (b"<!DOCTYPE html><html>", "application/xml", "x.xml", "text/html"),
        (b'<?xml version="1.0"?><html xmlns="x">', "text/html", None, "text/html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml", None, "image/svg+xml"),
        (b"no markup", "text/xml", "x.xml", "application/octet-stream"),
        (OLE, "application/octet-stream", "Rechnung.DOC", "application/msword"),
        (OLE, "application/octet-stream", None, "application/x-ole-storage"),
        (b"PK\x03\x04" + bytes(40) + b"word/document.xml", "application/zip", "x", sniff(b"", "", "x.docx")),
        (b"\x78\x9f\x3e\x22", "application/octet-stream", "winmail.dat", "application/ms-tnef"),
        (b"RIFF\x00\x00\x00\x00WEBP", "application/octet-stream", None, "image/webp"),
        (b"a;b\n", "application/octet-stream", "list.csv", "text/csv"),
        (b"\x00\x01", "application/octet-stream", "list.csv", "application/octet-stream"),
        (b"BEGIN:VCALENDAR", "application/octet-stream", "x.bin", "text/calendar"),
        (b"\x01", "Application/X-Own; name=x", None, "application/x-own"),
        (b"\x01", "not a type", None, "application/octet-stream"),
        (b"", "", None, "application/octet-stream"),
    ],
)
def test_content_comes_before_label_and_name(head: bytes, declared: str, filename: str | None, expected: str) -> None:
    """A part is what its octets are, then what it is declared, then what its name says; no name makes a PDF or XML."""
    assert sniff(head, declared, filename) == expected


@given(st.binary(max_size=200), st.text(max_size=50), st.none() | st.text(max_size=50))
def test_sniffing_always_answers(head: bytes, declared: str, filename: str | None) -> None:
    """Whatever comes in, out comes a media type."""
    answer = sniff(head, declared, filename)
    assert answer.isascii()
    assert answer.count("/") == 1


def facts(media_type: str = "application/pdf", declared: str | None = None, **more: object) -> AttachmentFacts:
    values: dict[str, object] = {"octets": 1, **more}
    return AttachmentFacts("2", None, declared or media_type, media_type, sha256="", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "media_type",
    ["application/pdf", "application/xml", "image/jpeg", "application/zip", "text/csv", "application/octet-stream"],
)
def test_documents_are_keepable(media_type: str) -> None:
    """A standard keeps PDF, XML, images, office files, archives, and what nobody knows."""
    assert is_keepable(facts(media_type))


@pytest.mark.parametrize(
    "part",
    [
        facts(is_referenced=True),
        facts(octets=0),
        facts("text/calendar"),
        facts("text/vcard", "application/octet-stream"),
        facts("application/octet-stream", "application/pkcs7-signature"),
        facts("application/pgp-signature"),
        facts("message/rfc822"),
        facts("text/plain", "message/delivery-status"),
    ],
)
def test_wrappings_are_not_keepable(part: AttachmentFacts) -> None:
    """What the body shows, signatures, calendars, cards, and messages that are opened are no documents."""
    assert not is_keepable(part)


def test_mail_under_another_name_is_a_file() -> None:
    """An .eml that was declared as something else is not opened, so it is kept."""
    assert is_keepable(facts("message/rfc822", "application/octet-stream"))


def test_disposition_says_nothing() -> None:
    """Apple Mail sends invoices inline: only a reference from the body makes a part one of its pictures."""
    assert imports_by_itself(facts(is_inline=True))
    assert not imports_by_itself(facts(is_referenced=True))
    assert imports_by_itself(facts("application/xml", e_invoice=EInvoice("invoice", "CII")))
    assert not imports_by_itself(facts("application/xml"))


def test_structured_data_says_what_a_pdf_is() -> None:
    """A PDF that carries an order is no invoice, whatever it looks like; one with a damaged invoice still is a PDF."""
    assert not imports_by_itself(facts("application/pdf", business_kind="order"))
    assert imports_by_itself(facts("application/pdf", business_kind="damaged"))
    assert not imports_by_itself(facts("application/xml", business_kind="damaged"))


def test_html_is_not_handed_to_the_xml_parser() -> None:
    """HTML begins like XML and is none."""
    assert not may_be_xml(b"  <html>")
    assert may_be_xml(b"\n <ubl:Invoice xmlns")
