"""Which parts of a mail are documents."""

import pytest

from rules.conditions import in_order
from rules.decision import TraceLine
from rules.engine import decide
from rules.facts import AttachmentFacts, EInvoice, MailFacts, TenantPolicy
from rules.recognition.documents import Role, is_terms, roles
from rules.recognition.pictures import may_be_page, pixels
from rules.standards import ImportStandard
from tests.receiver_pipeline.packed_files import png

PDF = "application/pdf"


def part(number: str, name: str | None, media_type: str = PDF, **more: object) -> AttachmentFacts:
    """An attachment of a thousand octets."""
    values: dict[str, object] = {"octets": 100_000, **more}
    return AttachmentFacts(number, name, media_type, media_type, sha256="", **values)  # type: ignore[arg-type]


def role_of(attachment: AttachmentFacts) -> Role:
    """What a part is, alone in its mail."""
    return roles([attachment])[attachment.part]


@pytest.mark.parametrize(
    ("attachment", "role"),
    [
        (part("2", None), Role.DOCUMENT),
        (part("2", "x.xml", "application/xml", e_invoice=EInvoice("invoice", "UBL")), Role.DOCUMENT),
        (part("2", "x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), Role.DOCUMENT),
        (part("2", "scan.jpg", "image/jpeg", width=2480, height=3508), Role.DOCUMENT),
        (part("2", "receipt.jpg", "image/jpeg", width=600, height=2400), Role.DOCUMENT),
        (part("2", "list.csv", "text/csv"), Role.FILE),
        (part("2", "x.zip", "application/zip", sealed="password"), Role.FILE),
        (part("2", "logo.png", "image/png", width=320, height=90), Role.DECORATION),
        (part("2", "banner.png", "image/png", width=1600, height=400), Role.DECORATION),
        (part("2", "pixel.gif", "image/gif", width=1, height=1, octets=43), Role.DECORATION),
        (part("2", "scan.jpg", "image/jpeg", width=2480, height=3508, is_referenced=True), Role.DECORATION),
        (part("2", "scan.jpg", "image/jpeg", width=2480, height=3508, seen_before=2), Role.DECORATION),
        (part("2", "invite.ics", "text/calendar"), Role.ACCESSORY),
        (part("2", "card.vcf", "text/vcard"), Role.ACCESSORY),
        (part("2", "smime.p7s", "application/pkcs7-signature"), Role.ACCESSORY),
        (part("2", "a.woff2", "font/woff2"), Role.ACCESSORY),
        (part("2", "a.css", "text/css"), Role.ACCESSORY),
        (part("2", "encrypted.asc", "application/pgp-encrypted", sealed="pgp"), Role.FILE),
        (part("2", "x.zip", "application/zip", opened_as="zip"), Role.WRAPPING),
        (part("2", "x.eml", "message/rfc822"), Role.WRAPPING),
    ],
)
def test_what_a_part_is(attachment: AttachmentFacts, role: Role) -> None:
    """Documents are told from what decorates, signs, accompanies or packs."""
    assert role_of(attachment) is role


@pytest.mark.parametrize(
    "name",
    [
        "AGB.pdf",
        "Allgemeine_Geschäftsbedingungen_2026.pdf",
        "Lieferbedingungen.pdf",
        "Widerrufsbelehrung.pdf",
        "Datenschutzhinweise-DE.pdf",
        "Terms and Conditions.pdf",
        "T&C.pdf",
        "algemene_voorwaarden.pdf",
        "CGV.pdf",
        "Conditions générales de vente.pdf",
        "condiciones-generales.pdf",
        "Condizioni generali.pdf",
        "regulamin.pdf",
        "Handelsbetingelser.pdf",
    ],
)
def test_names_of_terms(name: str) -> None:
    """Terms, withdrawal and privacy notices name themselves, in the languages of those who send them."""
    assert is_terms(part("2", name))


@pytest.mark.parametrize(
    "name", ["Rechnung_4711.pdf", "AGBERG-4711.pdf", "invoice.pdf", "Contermseal.pdf", "scan.pdf", None]
)
def test_names_that_are_no_terms(name: str | None) -> None:
    """Letters inside another word say nothing."""
    assert not is_terms(part("2", name))


def test_terms_are_companions_only_beside_an_invoice() -> None:
    """Beside another PDF they are marked; alone, or beside a picture of the text, they are what was sent."""
    terms, invoice = part("3", "AGB.pdf"), part("2", "4711.pdf")

    assert roles([invoice, terms]) == {"2": Role.DOCUMENT, "3": Role.COMPANION}
    assert roles([terms, part("2", "logo.png", "image/png", is_referenced=True)])["3"] is Role.DOCUMENT


def standard(*names: str) -> ImportStandard:
    """One that fits a@s.example, and keeps attachments of these names."""
    asked = in_order({"sender": ("a@s.example",)})
    return ImportStandard(id="1", name="s", any_of=asked, keep="attachments", attachment_names=names)


def decided(standards: tuple[ImportStandard, ...], *attachments: AttachmentFacts) -> tuple[object, ...]:
    """What is kept, and what of it as a companion."""
    decision = decide(MailFacts(attachments=attachments, from_addresses=("a@s.example",)), standards, TenantPolicy())
    return decision.keep_parts, decision.companions


def test_recognition_keeps_terms_beside_the_invoice_as_companions() -> None:
    """They come in with it, marked, and are never the reason."""
    decision = decide(MailFacts(attachments=(part("2", "AGB.pdf"), part("3", "Rechnung.pdf"))), (), TenantPolicy())

    assert (decision.keep_parts, decision.companions) == (("2", "3"), ("2",))
    assert decision.reason.params == {"filename": "Rechnung.pdf"}
    assert TraceLine(None, "is_companion", {"filename": "AGB.pdf"}) in decision.trace


def test_a_standard_keeps_what_is_in_an_archive_unless_it_names_the_archive() -> None:
    """What was opened stands for itself; who asks for "*.zip" gets the archive."""
    packed = (
        part("2", "x.zip", "application/zip", opened_as="zip"),
        part("2/1", "a.pdf"),
        part("3", "l.png", "image/png"),
    )
    small = (*packed, part("4", "logo.png", "image/png", width=100, height=50))

    assert decided((standard(),), *small)[0] == ("2/1", "3")
    assert decided((standard("*.zip"),), *small)[0] == ("2",)


def test_a_mail_of_sealed_files_says_so() -> None:
    """Nothing could be opened: the reason names the file, and so does the trace."""
    sealed = part("2", "x.zip", "application/zip", sealed="password")

    decision = decide(MailFacts(attachments=(sealed,)), (), TenantPolicy())

    assert (decision.state, decision.reason.code) == ("not_imported", "nothing_fits_sealed")
    assert TraceLine(None, "is_sealed", {"filename": "x.zip"}) in decision.trace


def test_the_trace_says_in_what_a_document_was_packed() -> None:
    """Who looks for "a.pdf" among the attachments of the mail is told where it stands."""
    packed = (part("2", "x.zip", "application/zip", opened_as="zip"), part("2/1", "a.pdf"))

    decision = decide(MailFacts(attachments=packed), (), TenantPolicy())

    assert TraceLine(None, "found_inside", {"filename": "a.pdf", "packing": "x.zip"}) in decision.trace


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (png(640, 480), (640, 480)),
        (b"GIF89a\x40\x01\xf0\x00", (320, 240)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x0b\x08\x0d\xb4\x09\xb0\x03", (2480, 3508)),
        (b"BM" + bytes(16) + b"\x10\0\0\0\xf0\xff\xff\xff", (16, 16)),
        (
            b"II*\0\x08\0\0\0\x02\0\x00\x01\x03\0\x01\0\0\0\xb0\x09\0\0\x01\x01\x03\0\x01\0\0\0\xb4\x0d\0\0",
            (2480, 3508),
        ),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\xff\x03\x00\xff\x02\x00", (1024, 768)),
        (b"\xff\xd8\xff\xe0\xff\xff", (0, 0)),
        (b"\x89PNG", (0, 0)),
        (b"II*\0\xff\xff\xff\xff", (0, 0)),
    ],
)
def test_pixels(octets: bytes, expected: tuple[int, int]) -> None:
    """Width and height stand in a picture's header; one that is cut or lies says nothing."""
    assert pixels(octets) == expected


def test_a_page_is_large_and_no_banner() -> None:
    """Scans, photos and long receipts; not logos, banners or buttons. Of unknown size, it may be."""
    assert may_be_page(827, 1169)
    assert may_be_page(0, 0)
    assert not may_be_page(1600, 400)
    assert not may_be_page(300, 3000)
