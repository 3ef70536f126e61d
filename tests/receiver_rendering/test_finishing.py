"""The PDF as it is kept: named and dated by the mail, with the mail inside, archivable, and nothing else in it.

What is hostile here is made with pikepdf, as somebody would who has taken over wkhtmltopdf.
"""

import hashlib
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String, pdfa

from receiver.rendering.finishing import TooManyPages, finish
from receiver.rendering.finishing_work import Work
from receiver.rendering.order import Original
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.stripping import Unfit
from receiver.rendering.wkhtmltopdf import Wkhtmltopdf
from receiver.rendering.xmp import Imprint

BODY = '<table><tr><td>12,00</td><td>請求書</td></tr></table><a href="https://shop.example/pay?a=1">pay</a>'
DOCUMENT = page(HeaderBlock("a@x.example", "b@x.example", None, "Invoice"), BODY + "<p>x</p>" * 100).encode()
NOON_IN_TOKYO = datetime(2024, 3, 1, 12, 0, 5, 999, tzinfo=timezone(timedelta(hours=9)))
IMPRINT = Imprint.of("Rechnung\r\n4711\u202e <✓ & \x00>", 'Ann "A" \U0001f9fe <a@x.example>', "de-DE", NOON_IN_TOKYO)
MAIL = bytes(range(256)) * 80 + b"\r\n.\r\nendstream endobj"
ORIGINAL = Original(MAIL, "message.eml", "message/rfc822")


@pytest.fixture(scope="module")
def written(workshop_of: Callable[..., Any]) -> bytes:
    """A PDF as wkhtmltopdf writes it."""
    return Wkhtmltopdf(DOCUMENT, workshop_of().prepare()).to_pdf()


def work(pdf: bytes, **wishes: Any) -> Work:
    """All that can be asked for, but for these wishes."""
    usual = {"imprint": IMPRINT, "original": ORIGINAL, "max_pages": 500, "needs_text": True, "archival": True}
    return Work(pdf, **(usual | wishes))


def changed(pdf: bytes, change: Callable[[Pdf], None]) -> bytes:
    """The PDF after somebody's work on it."""
    octets = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        change(opened)
        opened.save(octets)
    return octets.getvalue()


def unpacked(pdf: bytes) -> bytes:
    """The same with nothing compressed."""
    octets = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        opened.save(octets, object_stream_mode=pikepdf.ObjectStreamMode.disable, qdf=True)
    return octets.getvalue()


def test_title_author_and_dates_are_the_mails(written: bytes) -> None:
    """In Info and XMP alike, in UTC, one line each, fit for XML; producer and creator are ours."""
    finished = finish(work(written))

    with pikepdf.open(BytesIO(finished.pdf)) as pdf, pdf.open_metadata() as metadata:
        info = {key: str(value) for key, value in pdf.docinfo.items()}
        assert info == {
            "/Title": "Rechnung 4711 <✓ & >",
            "/Author": 'Ann "A" \U0001f9fe <a@x.example>',
            "/CreationDate": "D:20240301030005Z",
            "/ModDate": "D:20240301030005Z",
            "/Creator": "postbus",
            "/Producer": "postbus",
        }
        assert metadata["dc:title"] == info["/Title"]
        assert metadata["dc:creator"] == [info["/Author"]]
        assert metadata["xmp:CreateDate"] == metadata["xmp:ModifyDate"] == "2024-03-01T03:00:05Z"
        assert str(pdf.Root.Lang) == "de-DE"


def test_what_a_mail_does_not_say_is_not_said(written: bytes) -> None:
    """No date of today, no empty title; still PDF/A."""
    finished = finish(work(written, imprint=Imprint.of("", "", "not a language", None), original=None))

    with pikepdf.open(BytesIO(finished.pdf)) as pdf:
        assert set(pdf.docinfo.keys()) == {"/Creator", "/Producer"}
        assert set(pdf.Root.keys()) == {"/Type", "/Pages", "/Metadata", "/OutputIntents"}
    assert finished.archival_fault == ""


@pytest.mark.parametrize("date", [datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), datetime(2024, 1, 1)])  # noqa: DTZ001 - what is refused
def test_a_date_that_is_no_moment_of_ours_is_not_said(date: datetime) -> None:
    """Before our calendar, or without a zone."""
    assert Imprint.of("", "", "", date).date is None


def test_the_original_comes_back_octet_for_octet(written: bytes, tmp_path: Path) -> None:
    """By poppler's pdfdetach; as associated file of which the pages are a view, with size, checksum and date."""
    finished = finish(work(written))
    (tmp_path / "kept.pdf").write_bytes(finished.pdf)

    subprocess.run(["pdfdetach", "-save", "1", "-o", tmp_path / "out.eml", tmp_path / "kept.pdf"], check=True)

    assert (tmp_path / "out.eml").read_bytes() == MAIL
    with pikepdf.open(BytesIO(finished.pdf)) as pdf:
        (file,) = pdf.Root.AF
        assert file.AFRelationship == Name.Source
        assert b"/message#2frfc822" in file.EF.F.Subtype.unparse().lower()
        assert file.EF.F.Params.Size == len(MAIL)
        assert bytes(file.EF.F.Params.CheckSum) == hashlib.md5(MAIL).digest()  # noqa: S324 - the checksum that the format has
        assert str(file.EF.F.Params.ModDate) == "D:20240301030005Z"


def test_a_name_of_any_letters_is_no_obstacle(written: bytes) -> None:
    """In Unicode for readers of today, in ASCII for old ones, a folder in neither; still PDF/A."""
    finished = finish(work(written, original=Original(MAIL, "../請求書 Mai.eml", "message/rfc822")))

    with pikepdf.open(BytesIO(finished.pdf)) as pdf:
        (file,) = pdf.Root.AF
        assert (str(file.UF), str(file.F)) == (".._請求書 Mai.eml", "..____ Mai.eml")
    assert finished.archival_fault == ""


def test_the_same_input_gives_the_same_octets(written: bytes) -> None:
    """Of a PDF made another day, too: its date is not the page's."""
    later = changed(written, lambda pdf: pdf.docinfo.__setitem__("/CreationDate", "D:20991231235959Z"))

    assert finish(work(written)).pdf == finish(work(written)).pdf
    assert finish(work(later)).pdf == finish(work(changed(written, lambda pdf: None))).pdf


def test_a_page_of_tables_and_japanese_is_archivable(written: bytes) -> None:
    """PDF/A-3b, by the validator, of the octets that are kept."""
    finished = finish(work(written))

    assert finished.archival_fault == ""
    assert b"<pdfaid:part>3<" in finished.pdf
    assert pdfa.validate_written(BytesIO(finished.pdf), "3b").passed


def test_gradients_fall_back_to_a_plain_pdf(workshop_of: Callable[..., Any]) -> None:
    """It claims nothing, says the rule, and carries all the rest."""
    document = page(HeaderBlock("a@x.example", "", None, ""), '<p style="background:linear-gradient(red,blue)">x</p>')
    gradient = Wkhtmltopdf(document.encode(), workshop_of().prepare()).to_pdf()

    finished = finish(work(gradient))

    assert finished.archival_fault.startswith("pikepdf:")
    assert b"pdfaid:part" not in finished.pdf
    with pikepdf.open(BytesIO(finished.pdf)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages", "/Metadata", "/Lang", "/AF", "/Names"}


def test_archiving_can_be_switched_off(written: bytes) -> None:
    """Then nothing is proved and nothing claimed."""
    finished = finish(work(written, archival=False))

    assert finished.archival_fault == "switched_off"
    assert b"pdfaid:part" not in finished.pdf


def test_links_to_the_web_stay(written: bytes) -> None:
    """They are what the mail offered, and a person decides to follow one."""
    finished = finish(work(written))

    with pikepdf.open(BytesIO(finished.pdf)) as pdf:
        (link,) = pdf.pages[0].Annots
        assert str(link.A.URI) == "https://shop.example/pay?a=1"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:app.alert(1)",
        "file:///etc/passwd",
        "http://x.example/\n",
        "smb://x/y",
        "https://",
        "HTTP\x00://x.example",
    ],
)
def test_links_elsewhere_go(target: str, written: bytes) -> None:
    """Only http, https and mailto are links."""

    def point_elsewhere(pdf: Pdf) -> None:
        pdf.pages[0].Annots[0].A.URI = String(target)

    finished = finish(work(changed(written, point_elsewhere)))

    with pikepdf.open(BytesIO(finished.pdf)) as pdf:
        assert "/Annots" not in pdf.pages[0]


def script() -> Dictionary:
    """An action that runs."""
    return Dictionary(S=Name.JavaScript, JS=String("app.alert('CANARY')"))


def add_names(pdf: Pdf) -> None:
    """Scripts and files in the name trees, and a portfolio that opens them."""
    file = Dictionary(Type=Name.Filespec, F=String("CANARY"), EF=Dictionary(F=Stream(pdf, b"CANARY")))
    names = Array([String("a"), pdf.make_indirect(file)])
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script()])))
    pdf.Root.Names.EmbeddedFiles = Dictionary(Names=names)
    pdf.Root.Collection = Dictionary(D=String("CANARY"))


def add_annotations(pdf: Pdf) -> None:
    """What acts when it is seen or touched."""
    launch = Dictionary(S=Name.Launch, F=String("CANARY"))
    first = pdf.pages[0]
    for kind, action in (("FileAttachment", script()), ("Screen", launch), ("Link", launch), ("Link", script())):
        first.Annots.append(
            Dictionary(Subtype=Name("/" + kind), Rect=Array([0, 0, 9, 9]), A=action, AA=Dictionary(E=action))
        )
    first.Annots[0].A.Next = script()
    first.Annots[0].AA = Dictionary(E=script())
    first.Annots[0].Contents = String("CANARY")


def add_everywhere_else(pdf: Pdf) -> None:
    """Catalogue, pages, forms, outlines, metadata, trailer."""
    pdf.Root.OpenAction = script()
    pdf.Root.AA = Dictionary(WC=script())
    pdf.Root.AcroForm = Dictionary(XFA=Stream(pdf, b"CANARY"), Fields=Array([]))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=Dictionary(Title=String("CANARY"), A=script())))
    pdf.Root.Metadata = Stream(pdf, b"CANARY")
    pdf.Root.Extensions = Dictionary(CANARY=1)
    pdf.pages[0].AA = Dictionary(O=script())
    pdf.pages[0].PieceInfo = Dictionary(CANARY=Dictionary())
    pdf.pages[0].Thumb = Stream(pdf, b"CANARY")
    pdf.pages[0].Resources.Properties = Dictionary(CANARY=script())
    pdf.trailer.CANARY = script()
    pdf.docinfo["/CANARY"] = "CANARY"


def add_to_images(pdf: Pdf) -> None:
    """An image with alternates, an optional layer and a script beside its pixels."""
    image = Stream(pdf, b"\0\0\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
    image.ColorSpace, image.Alternates, image.OC = Name.DeviceRGB, Array([String("CANARY")]), script()
    pdf.pages[0].Resources.XObject = Dictionary(X=image)


@pytest.mark.parametrize("change", [add_names, add_annotations, add_everywhere_else, add_to_images])
def test_what_acts_or_hides_is_taken_out(change: Callable[[Pdf], None], written: bytes) -> None:
    """Scripts, actions, files, forms, layers that wkhtmltopdf never writes: not a word of them is left."""
    hostile = changed(written, change)

    finished = finish(work(hostile, original=None))

    assert b"CANARY" in unpacked(hostile)
    for word in (b"CANARY", b"JavaScript", b"/JS", b"Launch", b"/AA"):
        assert word not in unpacked(finished.pdf)
    assert finished.archival_fault == ""


def refer_outside(pdf: Pdf) -> None:
    """A stream whose octets are a file of the reader's machine."""
    pdf.pages[0].Contents.F = String("/etc/passwd")


def paint_by_postscript(pdf: Pdf) -> None:
    """An object for printers that run it."""
    pdf.pages[0].Resources.XObject = Dictionary(X=Stream(pdf, b"run", Type=Name.XObject, Subtype=Name.PS))


def make_huge(pdf: Pdf) -> None:
    """A page of some kilometres."""
    pdf.pages[0].MediaBox = Array([0, 0, 595, 99_999_999])


def make_blank(pdf: Pdf) -> None:
    """Pages that show nothing."""
    for each in pdf.pages:
        each.Contents = Stream(pdf, b"q Q")


@pytest.mark.parametrize("change", [refer_outside, paint_by_postscript, make_huge, make_blank])
def test_what_cannot_be_had_is_refused(change: Callable[[Pdf], None], written: bytes) -> None:
    """A page that is none: the next rung of the ladder may do better."""
    with pytest.raises(Unfit):
        finish(work(changed(written, change)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda pdf: pdf[: len(pdf) // 2] + pdf[-40:],
        lambda pdf: pdf.replace(b"startxref", b"startxref 7 %"),
        lambda pdf: pdf.replace(b"/Type /Pages", b"/Type /Pegas").replace(b"/Kids", b"/Disk"),
        lambda pdf: pdf.replace(b"/FlateDecode", b"/FlatedEcode"),
    ],
)
def test_a_damaged_one_is_refused(damage: Callable[[bytes], bytes], written: bytes) -> None:
    """Cut off, patched, without pages or unreadable: nothing is repaired, for nobody knows what was lost."""
    with pytest.raises((Unfit, pikepdf.PdfError)):
        finish(work(damage(written)))


def test_a_page_without_text_may_be_blank(written: bytes) -> None:
    """A mail of one image has no words to look for."""
    assert finish(work(changed(written, make_blank), needs_text=False)).pages > 1


def test_too_many_pages_are_refused(written: bytes) -> None:
    """The number is told."""
    with pytest.raises(TooManyPages) as caught:
        finish(work(written, max_pages=1))

    assert caught.value.pages > 1
