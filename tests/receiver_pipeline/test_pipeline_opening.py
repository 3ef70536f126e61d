"""What packs parts is opened, and what cannot be opened says so."""

import base64
import binascii
from pathlib import Path

import pytest

from receiver.pipeline.message_facts import Findings, find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import AttachmentFacts
from rules.recognition.content import imports_by_itself
from tests.receiver_pipeline.packed_files import PDF, Signer, nested_zip, tnef_of, with_password, zip_of

MSG = Path(__file__).parents[1] / "corpus" / "outlook" / "with-picture.msg"


def mail_with(octets: bytes, name: str, declared: str = "application/octet-stream", text: str = "see below") -> bytes:
    """A mail with one text and one attached file."""
    head = f'Content-Type: {declared}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
    return (
        b"From: a@b.example\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n--e\r\n\r\n"
        + text.encode()
        + b"\r\n--e\r\n"
        + head.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(octets)
        + b"\r\n--e--\r\n"
    )


def read(octets: bytes, limits: Limits | None = None) -> Findings:
    """What the child finds in a mail."""
    limits = limits or Limits()
    return find(unpack(octets, len(octets), limits), "", limits.decoded_octets)


def parts_of(octets: bytes, limits: Limits | None = None) -> dict[str, AttachmentFacts]:
    """The attachments by their path."""
    return {each.part: each for each in read(octets, limits).facts.attachments}


def test_a_pdf_in_an_archive_in_an_archive_is_found() -> None:
    """A zip in a zip is opened, a name says no folder, and the PDF in it imports by itself; the archives do not."""
    inner = zip_of({"../../etc/rechnung.pdf": PDF, "__MACOSX/x": b"x", "folder/": b""})

    parts = parts_of(mail_with(zip_of({"a\\b\\inner.zip": inner}), "x.zip", "application/zip"))

    assert [(part, each.filename, each.opened_as) for part, each in parts.items()] == [
        ("2", "x.zip", "zip"),
        ("2/1", "inner.zip", "zip"),
        ("2/1/1", "rechnung.pdf", ""),
    ]
    assert [part for part, each in parts.items() if imports_by_itself(each)] == ["2/1/1"]


def test_what_is_packed_can_be_given_again() -> None:
    """The octets of a part in an archive in winmail.dat come out again, though nothing of it was held."""
    packed = tnef_of({"x.zip": zip_of({"a.txt": b"one", "b.pdf": PDF})})
    mail = mail_with(packed, "winmail.dat", "application/ms-tnef")
    unpacked = unpack(mail, len(mail), Limits())
    find(unpacked, "", 2**28)

    again = {leaf.part: leaf.entity.decoded() for leaf in unpacked.attachments()}

    assert (again["2/1/1"], again["2/1/2"]) == (b"one", PDF)


def test_an_archive_with_a_password_is_kept_and_said_so() -> None:
    """Nothing in it is listed; it stays a file, and its facts say why."""
    parts = parts_of(mail_with(with_password(zip_of({"rechnung.pdf": PDF})), "x.zip", "application/zip"))

    assert [(part, each.sealed, each.opened_as) for part, each in parts.items()] == [("2", "password", "")]


def test_a_damaged_archive_is_kept_whole() -> None:
    """A member whose octets are not those that were packed makes the archive stay a file beside what could be read."""
    archive = zip_of({"a.pdf": PDF, "b.pdf": PDF + b" two"}, 0)
    damaged = archive.replace(PDF + b" two", PDF + b" 2.0")

    found = read(mail_with(damaged, "x.zip"))

    assert [(each.part, each.opened_as) for each in found.facts.attachments] == [("2", ""), ("2/1", "")]
    assert "damaged_packing" in found.facts.is_broken


def test_winmail_gives_its_files_and_its_text() -> None:
    """winmail.dat is this mail in another dress: its files are attachments, its text counts where there is no other."""
    packed = tnef_of({"März.pdf": PDF}, {0x1000: "Guten Tag", 0x0037: "Rechnung"})

    alone = read(mail_with(packed, "winmail.dat", "application/ms-tnef", text=" ")).facts
    beside = read(mail_with(packed, "winmail.dat", "application/ms-tnef", text="hello")).facts

    assert [(each.part, each.filename, each.media_type) for each in alone.attachments][1:] == [
        ("2/2", "März.pdf", "application/pdf")
    ]
    assert ("Guten Tag" in alone.text, "Guten Tag" in beside.text) == (True, False)


@pytest.mark.parametrize("length", [0, 2**31, 2**32 - 1])
def test_false_lengths_in_winmail_hurt_nobody(length: int) -> None:
    """A length that is not true ends where the file does."""
    facts = read(mail_with(tnef_of({"a.pdf": PDF}, length=length), "winmail.dat", "application/ms-tnef")).facts

    assert [each.part for each in facts.attachments] == ["2", "2/1"]


@pytest.mark.parametrize("missing", [1, 500, 1001])
def test_a_winmail_that_was_cut_off_is_kept_whole(missing: int) -> None:
    """Half of its last file would pass for the file; what came stays beside it, and is named as damaged."""
    whole = tnef_of({"a.pdf": PDF, "b.pdf": PDF + bytes(1000)})
    end = whole.rindex(bytes(1000)) + 1000

    cut = read(mail_with(whole[: end - missing], "winmail.dat", "application/ms-tnef")).facts
    sound = read(mail_with(whole, "winmail.dat", "application/ms-tnef")).facts

    assert ("damaged_packing" in cut.is_broken, cut.attachments[0].opened_as) == (True, "")
    assert cut.attachments[1].sha256 == sound.attachments[1].sha256
    assert ("damaged_packing" in sound.is_broken, sound.attachments[0].opened_as) == (False, "tnef")


def test_an_outlook_file_is_a_message_that_was_attached() -> None:
    """A .msg that Outlook wrote: its picture is an attachment, its sender is claimed, its text is not this mail's."""
    found = read(mail_with(MSG.read_bytes(), "weiter.msg", text="FYI")).facts

    parts = {each.part: (each.filename, each.media_type, each.octets, each.opened_as) for each in found.attachments}
    assert parts["2"][3] == "outlook"
    assert parts["2/2"] == ("serveimage.jpg", "image/jpeg", 36739, "")
    assert found.forward is not None
    assert (found.forward.sender, found.forward.subject) == ("bedfortest@tutanota.de", "Re: test internal")
    assert "Tutanota" not in found.text


@pytest.mark.parametrize("declared", ["application/octet-stream", "text/plain"])
def test_mail_under_another_name_is_opened(declared: str) -> None:
    """An .eml that was not declared as mail gives its attachments and its sender."""
    inner = (
        mail_with(PDF, "rechnung.pdf", "application/pdf").replace(b"boundary=e", b"boundary=f").replace(b"--e", b"--f")
    )
    inner = inner.replace(b"From: a@b", b"From: supplier@c")

    found = read(mail_with(inner, "weiter.eml", declared)).facts

    assert [(each.part, each.opened_as) for each in found.attachments] == [("2", "message"), ("2/2", "")]
    assert found.forward is not None
    assert found.forward.sender == "supplier@c.example"


def test_prose_in_a_file_called_eml_is_no_mail() -> None:
    """A name alone makes no mail."""
    parts = parts_of(mail_with(b"just words\r\nand more", "note.eml"))

    assert [each.opened_as for each in parts.values()] == [""]


def test_uuencoded_files_leave_the_text() -> None:
    """A file in the text is an attachment, and the text is what people wrote around it."""
    lines = b"".join(binascii.b2a_uu(PDF[at : at + 45]) for at in range(0, len(PDF), 45))
    mail = (
        b"From: a@b.example\r\n\r\nHello\r\nbegin 644 ../x.pdf\r\n" + lines + b"`\r\nend\r\nRegards\r\nbegin 1 day\r\n"
    )

    found = read(mail).facts

    assert [(each.part, each.filename, each.media_type) for each in found.attachments] == [
        ("1/1", "x.pdf", "application/pdf")
    ]
    assert found.text.split() == ["Hello", "Regards", "begin", "1", "day"]


SIGNED = (
    b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nhello\r\n--i\r\nContent-Type: application/pdf\r\n\r\n"
)
SIGNED += PDF + b"\r\n--i--\r\n"


def test_signed_content_is_the_mail() -> None:
    """S/MIME that packs the mail itself is unwrapped: text and PDF are this mail's, and the verdict is a fact."""
    head = b"From: a@b.example\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    mail = head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(Signer().opaque(SIGNED))

    found = read(mail).facts

    assert [(each.part, each.media_type, each.opened_as) for each in found.attachments] == [
        ("1", "application/pkcs7-mime", "signed"),
        ("1/2", "application/pdf", ""),
    ]
    assert (found.text.strip(), found.signature, found.forward) == ("hello", "valid", None)


@pytest.mark.parametrize("is_encoded", [False, True])
def test_a_signed_file_gives_what_was_signed(is_encoded: bool) -> None:
    """A .p7m is unwrapped to the file in it, also when it came as base64 text."""
    packed = Signer().opaque(b"<?xml version='1.0'?><a/>")

    parts = parts_of(mail_with(base64.b64encode(packed) if is_encoded else packed, "IT01_1.xml.p7m"))

    assert [(part, each.filename, each.signature) for part, each in parts.items()] == [
        ("2", "IT01_1.xml.p7m", "valid"),
        ("2/1", "IT01_1.xml", ""),
    ]
    assert parts["2/1"].media_type == "application/xml"


@pytest.mark.parametrize(
    ("change", "expected"),
    [(b"", "valid"), (b"changed on the way", "invalid"), (b"lf", "valid"), (b"other", "invalid")],
)
def test_a_detached_signature_is_verified(change: bytes, expected: str) -> None:
    """Over exactly the octets that were signed, their line ends CRLF; what is no signature verifies nothing."""
    part = b"Content-Type: text/plain\r\n\r\nPay 100 EUR\r\nto me"
    signature = Signer().detached(part) if change != b"other" else b"0\x80nonsense"
    sent = part + (change if change.startswith(b"changed") else b"")
    mail = (
        b"From: a@b.example\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n"
        b"--s\r\n" + sent + b"\r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(signature) + b"\r\n--s--\r\n"
    )
    mail = mail.replace(b"\r\n", b"\n") if change == b"lf" else mail

    found = read(mail).facts

    assert found.signature == expected


def test_a_signer_without_a_certificate_is_unknown() -> None:
    """Who is not named cannot be verified; that is no forgery."""
    parts = parts_of(mail_with(Signer().opaque(b"x", with_certificate=False), "x.p7m"))

    assert parts["2"].signature == "unknown_signer"


def test_pgp_is_named_and_kept() -> None:
    """An encrypted message stays a file; nobody pretends to have read it."""
    octets = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"

    parts = parts_of(mail_with(octets, "encrypted.asc"))

    assert (parts["2"].sealed, parts["2"].media_type) == ("pgp", "application/pgp-encrypted")


def test_a_part_shown_by_its_location_is_referenced() -> None:
    """RFC 2557: HTML shows a picture by the Content-Location of its part."""
    mail = (
        b"From: a@b.example\r\nContent-Type: multipart/related; boundary=e\r\n\r\n"
        b"--e\r\nContent-Type: text/html\r\n\r\n"
        b'<img src="http://s.example/logo.png">\r\n--e\r\nContent-Type: image/png\r\n'
        b"Content-Location: http://s.example/logo.png\r\n\r\nx\r\n--e\r\nContent-Type: image/png\r\n"
        b"Content-Location: http://s.example/other.png\r\n\r\ny\r\n--e--\r\n"
    )

    assert [each.is_referenced for each in parts_of(mail).values()] == [True, False]


def test_packings_do_not_change_what_a_mail_is_known_by() -> None:
    """Laws 9 and 10: the content id is that of the parts as they came, whatever is opened, and up to which limit."""
    mail = mail_with(nested_zip(3, 3, PDF), "x.zip")

    ids = {read(mail, Limits(parts=parts)).content_id for parts in (3, 10, 1000)}

    assert len(ids) == 1


def test_a_file_without_a_name_is_a_file() -> None:
    """An archive may hold a member that is called nothing."""
    parts = parts_of(mail_with(zip_of({"a.pdf": PDF}).replace(b"a.pdf", b"\0.pdf"), "x.zip"))

    assert [(part, each.filename, each.media_type) for part, each in parts.items()][1:] == [
        ("2/1", None, "application/pdf")
    ]


def test_what_is_signed_and_no_octets_is_not_unwrapped() -> None:
    """Content that is no octet string has no octets to give: reading it twice gives the same."""
    packed = Signer().opaque(b"x" * 40).replace(b"\x04\x28" + b"x" * 40, b"\x05\x28" + b"x" * 40)

    first, second = (parts_of(mail_with(packed, "x.p7m")) for _ in range(2))

    assert first == second
    assert list(first) == ["2"]


@pytest.mark.parametrize("word", ["=?utf-8?b?A?=", "=?utf-8?b?0J/QntCU0KLQktCPQ?="])
def test_a_word_that_cannot_be_decoded_leaves_the_sender(word: str) -> None:
    """CPython's header reader gives up on base64 that is one character too long; ours goes on."""
    mail = f"From: ({word}) {word} <a@b.example>\r\n\r\nx".encode()

    assert read(mail).facts.from_addresses == ("a@b.example",)
