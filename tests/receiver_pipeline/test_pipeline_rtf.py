"""The text of mails that Outlook wrote as RTF: unpacked, its words or the HTML in it had, within bounds."""

import struct
from pathlib import Path

import pytest

from receiver.pipeline.packings import outlook_file
from receiver.pipeline.packings.compressed_rtf import unpack_rtf
from receiver.pipeline.packings.room import Damaged, Room, Source
from receiver.pipeline.packings.rtf import MOST_LEVELS, RtfText, read_rtf
from tests.receiver_pipeline.packed_files import PDF, stored, tnef_of
from tests.receiver_pipeline.test_pipeline_opening import mail_with, read

MSG = Path(__file__).parents[1] / "corpus" / "outlook" / "with-picture.msg"
MIB = 1024**2
BODY, HTML, RTF = 0x1000, 0x1013, 0x1009


def compressed(tokens: bytes, size: int = 2**32 - 1) -> bytes:
    """Tokens with the head of compressed RTF."""
    return struct.pack("<II4sI", len(tokens) + 12, size, b"LZFu", 0) + tokens


def words(rtf: bytes) -> str:
    """The words of RTF without HTML in it."""
    found = read_rtf(rtf)
    assert not found.is_html
    return found.text


def html(rtf: bytes) -> str:
    """The HTML that is in RTF."""
    found = read_rtf(rtf)
    assert found.is_html
    return found.text


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c0900206277 05b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_the_specification_s_examples_are_unpacked(packed: str, unpacked: bytes) -> None:
    """[MS-OXRTFCP] 4.1 and 4.2: a reference into the dictionary, and one into what it writes itself."""
    assert unpack_rtf(bytes.fromhex(packed), MIB) == unpacked


def test_what_outlook_wrote_gives_its_html_back() -> None:
    """A genuine .msg: compressed RTF with HTML in it, beside plain words."""
    octets = MSG.read_bytes()
    message = outlook_file.message(Source(lambda: octets, octets), Room(MIB, 100, 10))

    found = html(unpack_rtf(message.rtf, MIB))

    assert found.startswith("<html><head></head><body><div>asdfasdf<br></div>")
    assert "verschlüsselte &amp; werbefreie Mailbox" in found


def test_words_are_in_the_charset_of_their_font() -> None:
    """Cyrillic by its font, a Japanese letter of two octets, German by the text's code page, any by number."""
    fonts = rb"{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 MS Gothic;}}"
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252"
        + fonts
        + rb"{\f1 \'d1\'f7\'e5\'f2}, {\f2 \'83A}, f\'fcr \u8364?, \u-10179?\u-8704?}"
    )
    assert words(rtf) == "Счет, ア, für €, 😀"


def test_lines_and_cells_are_parted() -> None:
    """So that a label and its value stand in one line."""
    assert words(rb"{\rtf1 Rechnung 4711\par Summe:\cell 119,00\~EUR\row\{Ende\}}") == (
        "Rechnung 4711\nSumme:\t119,00\xa0EUR\n{Ende}"
    )


def test_what_is_no_text_is_passed_over() -> None:
    """Fonts, colours, styles, pictures, instructions of fields, and what a later version may bring."""
    aside = rb"{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\stylesheet{Normal;}}{\info{\author X}}{\*\unheard of}"
    picture = rb"{\pict\bin4 }}}}}{\object{\objdata 00ff}}"
    field = rb'{\field{\*\fldinst HYPERLINK "http://x.example"}{\fldrslt here}}'
    assert words(b"{\\rtf1" + aside + picture + b"Pay " + field + b"}behind the end") == "Pay here"


def test_html_comes_out_as_it_went_in() -> None:
    """[MS-OXRTFEX]: tags are taken as they stand, what only RTF shows is not, text between them is."""
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}"
        rb"{\*\htmltag64 <p title=\'22\'fc\'22>}\htmlrtf \pard\plain{\htmlrtf0 \f1 \'cf{\*\htmltag84 &nbsp;}"
        rb"\htmlrtf\~\htmlrtf0 119\~EUR\htmlrtf }\htmlrtf0{\*\mhtmltag64 <p title=x>}"
        rb"{\*\htmltag72 </p>}{\*\htmltag0 \par}}"
    )
    assert html(rtf) == '<p title="ü">П&nbsp;119&nbsp;EUR</p>\n'


def test_a_winmail_with_nothing_but_rtf_has_a_text() -> None:
    """The words are the mail's text; its files keep the paths that they had before RTF was read."""
    packed = tnef_of({"a.pdf": PDF}, {RTF: stored(rb"{\rtf1 Rechnung 4711\par Summe 119,00 EUR}")})

    facts = read(mail_with(packed, "winmail.dat", "application/ms-tnef", text=" ")).facts

    assert "Rechnung 4711\nSumme 119,00 EUR" in facts.text
    assert [(each.part, each.filename) for each in facts.attachments] == [("2", "winmail.dat"), ("2/1", "a.pdf")]


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ({BODY: "plain"}, ("plain", "<b>wrapped</b>")),
        ({HTML: b"<b>own</b>"}, ("", "<b>own</b>")),
        ({}, ("", "<b>wrapped</b>")),
    ],
    ids=["plain words", "HTML", "nothing"],
)
def test_html_in_rtf_counts_where_there_is_none_else(beside: dict[int, str | bytes], expected: tuple[str, str]) -> None:
    """Beside plain words it is the better dress, as in any mail; beside HTML it is the same once more."""
    rtf = stored(rb"{\rtf1\fromhtml1{\*\htmltag <b>}wrapped{\*\htmltag </b>}}")
    packed = tnef_of({}, {**beside, RTF: rtf})

    reading = read(mail_with(packed, "winmail.dat", "application/ms-tnef", text=" ")).reading

    assert (reading.plain.strip(), reading.html.strip()) == expected


@pytest.mark.parametrize("rtf", [b"", b"short", b"\0" * 16, stored(b"no RTF"), compressed(b"\xff")])
def test_damaged_rtf_costs_the_text_alone(rtf: bytes) -> None:
    """The files beside it are as good as ever, and the mail says that something is damaged."""
    packed = tnef_of({"a.pdf": PDF}, {RTF: rtf, 0x0037: "s"})

    facts = read(mail_with(packed, "winmail.dat", "application/ms-tnef")).facts

    assert [each.part for each in facts.attachments] == ["2", "2/1"]
    assert ("damaged_packing" in facts.is_broken) == bool(rtf)


def test_lengths_that_are_not_true_end_where_the_octets_do() -> None:
    """Neither what is announced nor what a reference points at need be there."""
    assert unpack_rtf(compressed(b"\0abc"), MIB) == b"abc"
    assert unpack_rtf(compressed(b"\0abcdefgh", size=3), MIB) == b"abc"
    assert unpack_rtf(compressed(b"\0abcdefgh" * 100), 50) == (b"abcdefgh" * 7)[:50]
    assert unpack_rtf(compressed(b"\x01\xff\x0f"), MIB) == b" " * 17
    with pytest.raises(Damaged):
        unpack_rtf(b"x" * 40, MIB)


@pytest.mark.parametrize(
    "body",
    [
        b"{" * MIB,
        b"{}" * MIB,
        b"}" * 9999,
        b"\\u1 " * 9999,
        b"\\bin99999999 x",
        b"\\bin-9 " * 9,
        b"\\f1 x" * 9999,
        b"\\",
    ],
)
def test_hostile_rtf_ends(body: bytes) -> None:
    """So many tokens, levels and characters; nothing is called by itself, however deep the groups are."""
    assert len(read_rtf(b"{\\rtf1 " + body).text) <= MIB


def test_words_below_too_many_levels_are_not_read() -> None:
    """What was read until there stands."""
    deep = b"{\\rtf1 first" + b"{" * (MOST_LEVELS + 1) + b"second"
    assert read_rtf(deep) == RtfText("first", is_html=False)
