"""File names: whatever a mail claims, the name is safe on any system, and still the sender's where it can be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.filenames import distinct, safe_filename

DEVICES = ["CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM9", "COM\u00b9", "LPT1", "LPT9", "LPT\u00b3"]
DEVICES += ["CONIN$", "CONOUT$", "CLOCK$"]
BIDI = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
any_text = st.text(st.characters(exclude_categories=[]), max_size=300)
nasty = st.text(st.sampled_from([*'/\\.: \t\r\n\0abPDFpdf-%äß漢\u0301\ud800<>|?*"', *BIDI]), max_size=300)
device_like = st.tuples(st.sampled_from(DEVICES), st.sampled_from(["", " ", ".", ".pdf", " .pdf", ".tar.gz", "x"]))
claims = st.one_of(st.none(), any_text, nasty, device_like.map("".join))
media_types = st.sampled_from(["application/pdf", "text/html; charset=x", "application/x-unknown", "", "../x"])


def assert_safe(name: str) -> None:
    """The laws of a name, whatever it was made from."""
    assert 1 <= len(name.encode()) <= 255
    assert not set(name) & set('/\\:<>"|?*\0')
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name)
    assert not set(name) & set(BIDI)
    assert name[-1] not in ". "
    assert name[0] not in ". "
    assert name.partition(".")[0].rstrip(" ").upper() not in DEVICES
    assert unicodedata.is_normalized("NFC", name)


@given(claims, media_types, claims)
def test_every_name_is_safe(claimed: str | None, media_type: str, fallback: str | None) -> None:
    """No path, control or bidi character, device name or trailing dot; never empty; at most 255 octets."""
    assert_safe(safe_filename(claimed, media_type, fallback or ""))


@given(claims, media_types)
def test_a_safe_name_stays_as_it_is(claimed: str | None, media_type: str) -> None:
    """Cleaning twice is cleaning once."""
    name = safe_filename(claimed, media_type, "mail")
    assert safe_filename(name, media_type, "mail") == name


extensions = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,7}", fullmatch=True)


@given(st.text("abcäß漢 -", min_size=1, max_size=300).filter(str.strip), extensions)
def test_the_extension_is_kept(stem: str, extension: str) -> None:
    """However long the name is, its extension survives."""
    assert safe_filename(f"{stem}.{extension}", "application/zip", "x").endswith(f".{extension}")


@pytest.mark.parametrize(
    ("claimed", "media_type", "expected"),
    [
        ("invoice.exe", "application/pdf", "invoice.exe.pdf"),
        ("invoice.tmp", "application/pdf", "invoice.tmp.pdf"),
        ("invoice\u202efdp.scr", "application/pdf", "invoicefdp.scr.pdf"),
        ("Rechnung.PDF", "application/pdf", "Rechnung.PDF"),
        ("invoice.HTA", "application/xml", "invoice.HTA.xml"),
        ("factura.xsig", "application/xml", "factura.xsig"),
    ],
)
def test_a_document_is_not_opened_as_a_program(claimed: str, media_type: str, expected: str) -> None:
    """What was kept because it is a PDF or XML opens as that, also where its octets are a program besides."""
    assert safe_filename(claimed, media_type, "x") == expected


taken_names = st.lists(nasty.map(lambda text: safe_filename(text, "", "mail")), max_size=12)


@given(nasty, taken_names, st.booleans())
def test_distinct_ends_with_a_free_safe_name(claimed: str, taken: list[str], is_upper: bool) -> None:
    """The name found is safe, and differs from all taken ones without case, as NFC."""
    first = safe_filename(claimed, "application/pdf", "mail")
    taken.append(first.upper() if is_upper else first)
    name = distinct(first, taken)
    assert_safe(name)
    assert name.casefold() not in {unicodedata.normalize("NFC", other).casefold() for other in taken}


@given(st.integers(1, 30), st.integers(1, 300))
def test_distinct_names_add_up(count: int, length: int) -> None:
    """Any number of attachments of one name get names of their own, however long it is."""
    taken: set[str] = set()
    for _ in range(count):
        taken.add(distinct(safe_filename("ä" * length + ".pdf", "application/pdf", "mail"), taken))
    assert len(taken) == count
    assert all(name.endswith(".pdf") for name in taken)


@pytest.mark.parametrize(
    ("claimed", "media_type", "expected"),
    [
        ("Rechnung Müller.pdf", "application/pdf", "Rechnung Müller.pdf"),
        ("請求書.pdf", "application/pdf", "請求書.pdf"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Users\\x\\invoice.pdf", "application/pdf", "invoice.pdf"),
        ("a/b/", "application/pdf", "b.pdf"),
        ("..", "application/pdf", "mail.pdf"),
        ("", "application/pdf", "mail.pdf"),
        (None, "application/xml", "mail.xml"),
        ("invoice\u202efdp.exe", "application/pdf", "invoicefdp.exe.pdf"),
        ("nul.pdf", "application/pdf", "_nul.pdf"),
        ("Com1 .tar.gz", "", "_Com1 .tar.gz"),
        ("invoice.pdf. . ", "application/pdf", "invoice.pdf"),
        ("in\r\nvoice\t1.pdf", "application/pdf", "in voice 1.pdf"),
        ("Invoice 2026.11", "application/pdf", "Invoice 2026.11.pdf"),
        (".htaccess", "text/plain", "htaccess.txt"),
        ('a<b>"c"|d?*.pdf', "application/pdf", "a_b__c__d__.pdf"),
        ("Rechnung Mu\u0308ller.pdf", "application/pdf", "Rechnung Müller.pdf"),
        ("scan", "application/octet-stream; name=x", "scan.bin"),
        ("archive.7z", "", "archive.7z"),
        ("ä" * 300 + ".pdf", "application/pdf", "ä" * 125 + ".pdf"),
    ],
)
def test_names_as_seen(claimed: str | None, media_type: str, expected: str) -> None:
    """Names as mail brings them, and what becomes of them."""
    assert safe_filename(claimed, media_type, "mail") == expected


def test_distinct_numbers_the_second_one() -> None:
    """The first keeps its name; the next ones get a number before the extension, whatever their case."""
    assert distinct("rechnung.pdf", []) == "rechnung.pdf"
    assert distinct("rechnung.pdf", ["Rechnung.PDF"]) == "rechnung (2).pdf"
    assert distinct("rechnung.pdf", {"rechnung.pdf", "RECHNUNG (2).pdf"}) == "rechnung (3).pdf"
    assert distinct("Müller.pdf", ["Mu\u0308ller.pdf"]) == "Müller (2).pdf"
