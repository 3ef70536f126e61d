"""What is read of a message, before anybody decides: structure, fields, names, encodings."""

import base64
import binascii
import email
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.mail.fields import decode_words, read_fields
from receiver.mail.transfer import undo
from receiver.pipeline.message_facts import find
from receiver.pipeline.reading import read
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import Unpacked, cid_references, unpack
from rules.facts import NOT_ALL_READ, MailFacts


def unpacked(octets: bytes) -> Unpacked:
    """A message unpacked with the usual limits."""
    return unpack(octets, len(octets), Limits())


def facts(octets: bytes) -> MailFacts:
    """The facts of a message."""
    return find(unpacked(octets), "", 2**28).facts


def decoded(octets: bytes, label: str) -> bytes:
    """Octets without their transfer encoding."""
    return undo(octets, 0, len(octets), label)


def multipart(*parts: str, kind: str = "mixed") -> bytes:
    """A message of these parts, each with its own fields."""
    body = "".join(f"--e\r\n{part}\r\n" for part in parts)
    return f"From: a@b.example\r\nContent-Type: multipart/{kind}; boundary=e\r\n\r\n{body}--e--\r\n".encode()


@pytest.mark.parametrize(
    "sender",
    [
        '"Bank <boss@bank.example>" <stranger@elsewhere.example>',
        "=?utf-8?q?=3Cboss=40bank.example=3E?= <stranger@elsewhere.example>",
        "stranger@elsewhere.example (boss@bank.example)",
    ],
)
def test_an_attached_message_is_from_its_address_not_from_its_name(sender: str) -> None:
    """Law 22: a stranger's name is no claim, not even of what somebody forwards whole and in good faith."""
    found = facts(multipart(f"Content-Type: message/rfc822\r\n\r\nFrom: {sender}\r\nSubject: Bill\r\n\r\nhello"))
    assert found.forward is not None
    assert found.forward.sender == "stranger@elsewhere.example"


@given(st.binary(max_size=400), st.sampled_from([4, 57, 76]))
def test_base64_comes_out_as_it_went_in(octets: bytes, width: int) -> None:
    """Whatever the length of the lines and the padding, the decoded octets are the encoded ones."""
    text = base64.b64encode(octets)
    lines = b"\r\n".join(text[start : start + width] for start in range(0, len(text), width))

    assert decoded(lines + b"\r\n", "Base64") == octets
    assert decoded(lines.rstrip(b"="), "base64 (comment)") == octets


@pytest.mark.parametrize(
    ("encoded", "label", "expected"),
    [
        (b"SGVs\r\nbG8=\r\nV29ybGQ=\r\n", "base64", b"HelloWorld"),  # two pieces, each padded
        (b"SGVsbG8=\r\n-- \r\nmailing list, sent by us\r\n", "base64", b"Hello"),  # a footer added behind
        (b"SGV*sb G8", "base64", b"Hello"),
        (b"SGVsbG8hX", "base64", b"Hello!"),  # one character too many
        (b"a=3Db=\r\nc=ZZ", "quoted-printable", b"a=bc=ZZ"),
        (b"begin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend\r\n", "x-uuencode", b"Hello"),
        (b"as it is", "8-bit", b"as it is"),
    ],
)
def test_broken_encodings_give_what_can_be_read(encoded: bytes, label: str, expected: bytes) -> None:
    """Encodings that real senders break are read as far as they make sense."""
    assert decoded(encoded, label) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("=?utf-8?Q?M=C3?= =?utf-8?Q?=A4rz?=", "März"),  # a character cut in two
        ("=?iso-8859-1?Q?=80?= =?iso-8859-1?Q?_Summe?=", "€ Summe"),  # the label says less than is meant
        ("=?gb2312?B?1tDOxA==?=", "中文"),
        ("=?unheard-of?Q?Rechnung?=", "Rechnung"),
        ("Re:=?utf-8?B?w6Q=?=!", "Re:ä!"),
        ("=?utf-8?B?!!!?=", ""),
    ],
)
def test_encoded_words(field: str, expected: str) -> None:
    """RFC 2047, and what senders make of it."""
    assert decode_words(field) == expected


@given(st.text(max_size=60), st.sampled_from(["utf-8", "utf-16", "utf-7"]))
def test_decoded_fields_can_always_be_stored(text: str, charset: str) -> None:
    """No encoded word brings lone surrogates or NUL into a database."""
    octets = binascii.b2a_base64(text.encode("utf-8", "surrogatepass"), newline=False).decode()

    value = decode_words(f"=?{charset}?B?{octets}?=")

    value.encode("utf-8")
    assert "\0" not in value


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Subject: M\xc3\xa4rz", "März"),
        (b"Subject: M\xe4rz", "März"),
        (b"Content-Type: text/plain; charset=koi8-r\r\nSubject: \xed\xcf\xd3\xcb\xd7\xc1", "Москва"),
        (b"Subject: one\r\n two", "one two"),
        (b"Subject: =?utf-8?Q?a=0D=0ABcc:_b?=", "a Bcc: b"),
        (b"From someone Mon Jan 1 2024\r\nSubject: mbox", "mbox"),
        (b" Subject: indented", "indented"),
    ],
)
def test_subjects(raw: bytes, expected: str) -> None:
    """Raw 8-bit, folded, injected and shifted subjects come out as one storable line."""
    assert facts(raw + b"\r\n\r\nbody").subject == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("From: A <a@b.example>, c@d.example", ("a@b.example", "c@d.example")),
        ("From: a@b.example\r\nFrom: c@d.example", ("a@b.example", "c@d.example")),  # law 22: every address
        ('From: "x@trusted.example" <y@z.example>', ("y@z.example",)),
        ("From: A <a@b.example> B <c@d.example>", ("a@b.example", "c@d.example")),
        ("From: nobody", ()),
        ("From: " + "a:" * 2000 + " <a@b.example>", ("a@b.example",)),  # a group in a group in a group
    ],
)
def test_senders(field: str, expected: tuple[str, ...]) -> None:
    """Every address in header From counts; a name that looks like an address does not."""
    assert facts(field.encode() + b"\r\n\r\nbody").from_addresses == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ('Content-Disposition: attachment; filename="a.pdf"', "a.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz.pdf", "März.pdf"),
        ('Content-Disposition: attachment; filename*0="a"; filename*1="b.pdf"', "ab.pdf"),
        ('Content-Disposition: attachment; filename="=?utf-8?Q?M=C3=A4rz.pdf?="', "März.pdf"),
        ('Content-Type: application/pdf; name="n.pdf"', "n.pdf"),
        ('Content-Disposition: attachment; filename="März.pdf"', "März.pdf"),
        ("Content-Disposition: attachment", None),
    ],
)
def test_names_of_attachments(part: str, expected: str | None) -> None:
    """RFC 2231, and RFC 2047 and raw octets where senders put them."""
    message = multipart(f"{part}\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4")

    (attachment,) = facts(message).attachments

    assert attachment.filename == expected


def test_a_nameless_inline_pdf_is_an_attachment() -> None:
    """Apple Mail sends PDFs inline, others without a name or as text: content decides."""
    message = multipart(
        "Content-Type: text/plain\r\n\r\nhello",
        "Content-Type: application/pdf\r\nContent-Disposition: inline\r\n\r\n%PDF-1.4 a",
        "Content-Type: text/plain\r\n\r\n%PDF-1.4 b",
    )

    found = facts(message)

    assert [each.media_type for each in found.attachments] == ["application/pdf"] * 2
    assert found.text.strip() == "hello"


def test_what_the_html_shows_is_referenced() -> None:
    """A part whose Content-ID the HTML shows is told from those it does not; RFC 2392 encodes the reference."""
    message = multipart(
        'Content-Type: text/html\r\n\r\n<img src="cid:logo%40x"> text',
        "Content-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nx",
        "Content-Type: image/png\r\nContent-ID: <other@x>\r\n\r\ny",
    )

    assert [each.is_referenced for each in facts(message).attachments] == [True, False]
    assert cid_references("<a href='CID:a@b'>") == {"a@b"}


def test_attachments_of_an_attached_message_are_found_and_its_text_is_not_ours() -> None:
    """A mail forwarded as an attachment gives its PDF; its text is not the text of the outer mail."""
    inner = multipart(
        "Content-Type: text/plain\r\n\r\ninner text",
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=in.pdf\r\n\r\n%PDF-1.4",
    ).decode()
    message = multipart(
        "Content-Type: text/plain\r\n\r\nouter text",
        f"Content-Type: message/rfc822\r\n\r\n{inner.replace('=e', '=f').replace('--e', '--f')}",
    )

    found = facts(message)

    assert [(each.part, each.media_type) for each in found.attachments] == [
        ("2", "message/rfc822"),
        ("2.2", "application/pdf"),
    ]
    assert "inner" not in found.text


def test_an_attached_message_in_base64_is_opened() -> None:
    """RFC 2046 forbids it, and it is seen in practice."""
    inner = base64.encodebytes(multipart("Content-Type: application/pdf\r\n\r\n%PDF-1.4")).decode()
    message = multipart(f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{inner}")

    assert [each.part for each in facts(message).attachments] == ["1", "1.1"]


def test_the_content_id_is_of_the_mail_not_of_its_way() -> None:
    """Trace fields, another boundary and another transfer encoding leave the content id as it is; the PDF does not."""
    pdf = b"%PDF-1.4 " + bytes(range(200))
    plain = multipart(
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(pdf).decode()
    )
    other_way = b"Received: from x\r\n" + plain.replace(b"=e", b"=ff").replace(b"--e", b"--ff").replace(
        base64.b64encode(pdf), base64.encodebytes(pdf).replace(b"\n", b"\r\n")
    )
    other_pdf = plain.replace(base64.b64encode(pdf), base64.b64encode(pdf + b"!"))

    ids = [find(unpacked(octets), "", 2**28).content_id for octets in (plain, other_way, other_pdf)]

    assert ids[0] == ids[1] != ids[2]


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.integers(0, 12))
def test_structure_is_that_of_the_standard_library(chance: random.Random, size: int) -> None:
    """On well-formed messages our cutting by offsets finds the parts that CPython's parser finds."""
    message = _random_message(chance, size)

    ours = [leaf.entity.media_type for leaf in unpacked(message).leaves]

    parts = [
        part
        for part in email.message_from_bytes(message).walk()
        if not part.is_multipart() or part.get_content_type() == "message/rfc822"
    ]
    assert ours == [part.get_content_type() for part in parts]


@given(st.binary(max_size=2000))
def test_any_octets_are_read(octets: bytes) -> None:
    """Whatever the octets are, reading them ends with facts that can be stored."""
    found = facts(b"Content-Type: multipart/mixed; boundary=e\r\n" + octets)

    found.subject.encode("utf-8")
    found.text.encode("utf-8")
    assert MailFacts.from_json(found.to_json()) == found


def test_hostile_header_fields_stay_cheap() -> None:
    """16,000 distinct field names and a value of 1 MB are read up to a limit, and named."""
    many = b"".join(b"X-%d: y\r\n" % n for n in range(16_000))
    fields, _, defect = read_fields(many, 0, len(many))
    assert (len(fields.keys()), defect) == (5000, "too_many_fields")

    long = b"Subject: " + b"a" * 1_000_000 + b"\r\n\r\nbody"
    assert len(facts(long).subject) <= 2000


def test_only_so_many_parameters_are_read() -> None:
    """A value of 60,000 semicolons in a quotation that never ends, quadratic for CPython's reader, is cut short."""
    hostile = b'Content-Type: application/pdf; name="' + b";" * 60_000 + b"\r\n\r\n"

    fields, _, _ = read_fields(hostile, 0, len(hostile))

    assert fields.get_content_type() == "application/pdf"
    assert str(fields["Content-Type"]).count(";") < 200


def test_thousands_of_padded_pieces_are_not_told_apart() -> None:
    """Base64 in pieces of one octet each, without end: some thousand are read, the rest ends the last one."""
    assert decoded(b"QQ==" * 3, "base64") == b"AAA"
    assert len(decoded(b"QQ==" * 1_000_000, "base64")) < 20_000


@pytest.mark.parametrize("extra", ["parts", "octets"])
def test_mails_that_differ_beyond_the_limits_are_two(extra: str) -> None:
    """Once means once, but never less than once: what is not looked at any more still makes another mail."""
    first, second = (
        multipart(
            *["\r\nsame"] * (20 if extra == "parts" else 1), f"Content-Type: application/pdf\r\n\r\n%PDF-{n}" * 90
        )
        for n in (1, 2)
    )
    limits = Limits(parts=10) if extra == "parts" else Limits()

    found = [find(unpack(each, len(each), limits), "", 2**28 if extra == "parts" else 100) for each in (first, second)]

    assert found[0].content_id != found[1].content_id
    assert all(NOT_ALL_READ & set(each.facts.is_broken) for each in found)


def test_mail_parser_failing_leaves_our_own_reading() -> None:
    """Fields that mail-parser cannot take are read by ourselves."""
    message = unpacked(b"From: a@b.example\r\nDate: Mon, 99 Foo 2026 99:99:99\r\nSubject: s\r\n\r\nx")

    reading = read(message.fields, [])

    assert (reading.from_addresses, reading.subject, reading.date) == (("a@b.example",), "s", None)


def _random_message(chance: random.Random, size: int) -> bytes:
    """A well-formed message of nested multiparts and attached messages."""
    counter = iter(range(10_000))

    def entity(depth: int) -> bytes:
        kind = chance.choice(["leaf", "multi", "message"]) if depth < 4 else "leaf"
        if kind == "message":
            return b"Content-Type: message/rfc822\r\n\r\n" + entity(depth + 1)
        if kind == "multi":
            boundary = b"b%d" % next(counter)
            parts = [entity(depth + 1) for _ in range(chance.randint(1, 3))]
            body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
            return (
                b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + body + b"--" + boundary + b"--"
            )
        return chance.choice([b"Content-Type: text/plain\r\n\r\nwords", b"Content-Type: image/png\r\n\r\nx"])

    return b"Subject: s\r\n" + b"X: y\r\n" * size + entity(0)
