"""Structures as servers tell them, as trees of parts."""

from receiver.imap.parsing import read_values
from receiver.imap.structure import UNKNOWN, read_structure
from receiver.imap.values import Limits, Part

TEXT = b'("TEXT" "PLAIN" ("CHARSET" "ISO-8859-1") NIL NIL "QUOTED-PRINTABLE" 120 4 NIL ("inline" NIL) "de" NIL)'
ENVELOPE = b'("Sun, 1 Nov 2026 10:00:00 +0000" "Hi" (("A" NIL "a" "example.com")) NIL NIL NIL NIL NIL NIL "<m@x>")'


def tree(told: bytes, limits: Limits | None = None) -> Part:
    """The tree of a structure."""
    return read_structure(read_values(told, 0, [], 108)[0], limits or Limits())


def pdf(parameters: bytes, disposition: bytes = b"NIL") -> bytes:
    """A PDF with these parameters of its type and this disposition."""
    return b'("APPLICATION" "PDF" %s "<id@x>" NIL "BASE64" 3000 NIL %s NIL NIL)' % (parameters, disposition)


def test_a_message_of_one_part_is_part_one() -> None:
    """With its own charset, encoding, disposition."""
    part = tree(TEXT)

    assert part == Part(
        path="1",
        media_type="text/plain",
        octets=120,
        encoding="quoted-printable",
        charset="ISO-8859-1",
        disposition="inline",
    )


def test_parts_have_the_paths_that_fetch_takes() -> None:
    """Multiparts within multiparts, and an attached message with its own parts (RFC 9051 6.4.5's example)."""
    inner = b"(" + TEXT + TEXT + b' "MIXED")'
    message = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 5000 ' + ENVELOPE + b" " + inner + b" 70 NIL NIL NIL NIL)"
    simple = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 500 ' + ENVELOPE + b" " + TEXT + b" 7 NIL NIL NIL NIL)"
    structure = tree(b"(" + TEXT + message + b"(" + TEXT + pdf(b"NIL") + b' "MIXED")' + simple + b' "MIXED")')

    assert [(part.path, part.media_type) for part in structure.walk()] == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "text/plain"),
        ("3", "multipart/mixed"),
        ("3.1", "text/plain"),
        ("3.2", "application/pdf"),
        ("4", "message/rfc822"),
        ("4.1", "text/plain"),
    ]
    assert [part.is_attached_message for part in structure.children] == [False, True, False, True]


def test_an_attached_message_told_like_a_file_has_no_parts() -> None:
    """Seen in practice: no envelope, no body."""
    part = tree(b'("MESSAGE" "RFC822" ("NAME" "x.eml") NIL NIL "7BIT" 5000 NIL ("ATTACHMENT" NIL) NIL NIL)')

    assert (part.is_attached_message, part.children, part.filename, part.disposition) == (
        True,
        (),
        "x.eml",
        "attachment",
    )


def test_names_of_files_are_decoded() -> None:
    """RFC 2231, in pieces too; RFC 2047 as seen in practice; raw octets; the disposition's before the type's."""
    assert tree(pdf(b'("NAME" "=?utf-8?Q?R=C3=A4.pdf?=")')).filename == "Rä.pdf"
    assert tree(pdf(b'("NAME" "R\xc3\xa4.pdf")')).filename == "Rä.pdf"
    assert tree(pdf(b'("NAME" "R\xe4.pdf")')).filename == "Rä.pdf"
    assert tree(pdf(b'("NAME" "a")', b'("attachment" ("FILENAME*" "iso-8859-1\'de\'R%E4.pdf"))')).filename == "Rä.pdf"
    pieces = b'("FILENAME*1*" "%C3%A4" "FILENAME*0*" "utf-8\'\'R" "FILENAME*2" "nung%20.pdf")'
    assert tree(pdf(b"NIL", b'("attachment" ' + pieces + b")")).filename == "Ränung%20.pdf"
    assert tree(pdf(b'("NAME" "a\\"b\\\\c.pdf")')).filename == 'a"b\\c.pdf'
    assert tree(pdf(b'("NAME" {4})')).filename == "{4}"


def test_a_name_is_one_line_that_can_be_stored() -> None:
    """Whatever a sender has put into it."""
    name = tree(pdf(b'("NAME" "=?utf-8?Q?a=0D=0AX:_b=00?=")')).filename

    assert name is not None
    assert name.isprintable()
    assert len(tree(pdf(b'("NAME" "' + b"x" * 100_000 + b'")')).filename or "") <= 1000


def test_a_content_id_has_no_brackets() -> None:
    """As a body refers to it."""
    assert tree(pdf(b"NIL")).cid == "id@x"


def test_what_is_no_structure_is_marked() -> None:
    """Seen in practice: NIL for mail that a server cannot parse; empty and short lists."""
    assert read_structure(None, Limits()) is UNKNOWN
    assert read_structure([], Limits()) is UNKNOWN
    assert read_structure(b"x", Limits()) is UNKNOWN
    assert tree(b'("TEXT")').is_cut
    assert tree(b'(("TEXT" "PLAIN" NIL NIL NIL NIL NIL) NIL)').media_type == "multipart/mixed"
    assert tree(b'((NIL NIL NIL NIL NIL NIL "x") "mixed")').children[0].media_type == "application/octet-stream"


def test_depth_and_count_are_limited() -> None:
    """What lies beyond is cut, the parts before it are there."""
    deep = b"(" * 20 + TEXT + b' "MIXED")' * 20
    structure = tree(deep, Limits(depth=5))
    parts = list(structure.walk())
    assert len(parts) == 6
    assert [part.is_cut for part in parts] == [False] * 5 + [True]

    wide = tree(b"(" + TEXT * 50 + b' "MIXED")', Limits(parts=10))
    assert wide.is_cut
    assert [part.path for part in wide.children] == [str(n) for n in range(1, 10)]
