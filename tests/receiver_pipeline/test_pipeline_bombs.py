"""Mail that grows while it is unpacked: each ends within its limits, with a reason, and the next one is read.

Through the pool, as in production: a child with its limits on time and memory.
"""

import binascii
from collections.abc import Callable, Iterator

import pytest

from receiver.config import Settings
from receiver.pipeline.parsing import Mail, Parsed, Pool, Wanted
from rules.engine import decide
from rules.facts import TenantPolicy
from tests.receiver_pipeline.house import pdf_mail
from tests.receiver_pipeline.packed_files import PDF, compound_file, nested_zip, tnef_of, zip_of
from tests.receiver_pipeline.test_pipeline_opening import mail_with

MIB = 1024**2
HEAD = b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def parts(count: int) -> bytes:
    """A multipart of so many parts."""
    part = b"--b\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\r\n"
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count + b"--b--\r\n"


def same_boundary(depth: int) -> bytes:
    """Multiparts in multiparts that all share one boundary, and each end twice."""
    inner = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n"
    return HEAD + inner * depth + b"\r\nx\r\n" + b"--b--\r\n--b--\r\n" * depth


def zip_of_zeros(megabytes: int) -> bytes:
    """An archive that packs a thousand times what it is."""
    return zip_of({f"{n}.pdf": bytes(MIB) for n in range(megabytes)} | {"invoice.pdf": PDF})


def directory_without_end() -> bytes:
    """An archive whose directory alone has 300,000 names."""
    whole = zip_of({"a": b""})
    start, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entries = whole[start:end] * 300_000
    tail = bytearray(whole[end:])
    tail[8:16] = b"\xff\xff\xff\xff" + len(entries).to_bytes(4, "little")
    return whole[:start] + entries + bytes(tail)


def uuencoded(megabytes: int) -> bytes:
    """A text that is one uuencoded file without an end."""
    return HEAD + b"\r\nbegin 644 x.pdf\r\n" + binascii.b2a_uu(bytes(45)) * (megabytes * MIB // 62)


def endless_properties() -> bytes:
    """TNEF that announces four thousand million properties, each of as many values."""
    count = (2**32 - 1).to_bytes(4, "little")
    value = count + b"\x02\x11\x00\x30" + count + b"\x1e\x10\x01\x30" + count + bytes(MIB)
    body = b"\x01" + b"\x03\x90\x06\x00" + len(value).to_bytes(4, "little") + value
    return b"\x78\x9f\x3e\x22\x01\x00" + body + b"\0\0"


BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "archives in archives, 16 in each": (
        lambda: mail_with(nested_zip(5, 16, PDF + bytes(100_000)), "42.zip"),
        {"too_many_parts", "too_large"},
    ),
    "an archive in an archive in an archive": (lambda: mail_with(nested_zip(40, 1, PDF), "deep.zip"), {"too_deep"}),
    "zeros": (lambda: mail_with(zip_of({"x.pdf": bytes(100 * MIB)}), "zeros.zip"), {"too_large"}),
    "zeros in many files": (lambda: mail_with(zip_of_zeros(100), "zeros.zip"), {"too_large"}),
    "names without end": (lambda: mail_with(directory_without_end(), "names.zip"), {"too_many_parts"}),
    "10,000 files": (
        lambda: mail_with(zip_of({f"{n}.pdf": b"" for n in range(10_000)}), "files.zip"),
        {"too_many_parts"},
    ),
    "10,000 parts": (lambda: parts(10_000), {"too_many_parts"}),
    "1,000 messages": (lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1000 + b"\r\nx", {"too_deep"}),
    "1,000 multiparts of one boundary": (lambda: same_boundary(1000), set()),
    "an .eml in an .eml": (
        lambda: HEAD + b"Content-Type: application/x; name=a.eml\r\n\r\nFrom: a@b.example\r\n" * 500 + b"\r\n",
        {"too_deep"},
    ),
    "false lengths": (lambda: mail_with(tnef_of({"a": PDF}, length=2**32 - 1), "winmail.dat"), set()),
    "endless properties": (lambda: mail_with(endless_properties(), "winmail.dat"), set()),
    "a compound file in circles": (lambda: mail_with(compound_file(loops=True), "x.msg"), {"damaged_packing"}),
    "uuencode of 10 MB": (lambda: uuencoded(10), set()),
    "a header of 50 MB": (lambda: HEAD + b"X: y\r\n" * (50 * MIB // 6) + b"\r\nbody", {"too_many_fields"}),
    "a field of 50 MB": (lambda: HEAD + b"X: " + b"y" * (50 * MIB) + b"\r\n\r\nbody", set()),
    "boundaries in a row": (
        lambda: HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 500_000,
        set(),
    ),
    "base64 in pieces": (
        lambda: mail_with(b"", "x.pdf").replace(b"\r\n\r\n\r\n--e--", b"\r\n\r\n" + b"QQ==" * MIB),
        set(),
    ),
}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """One child for one bomb after the other, half a minute and a gigabyte, as by default; 64 MiB may be decoded."""
    limits = {"parsers": 1, "max_decoded_octets": 64 * MIB}
    made = Pool(Settings.model_validate({"data": tmp_path_factory.mktemp("bombs"), "pipeline": limits}))
    yield made
    made.close()


def parse(pool: Pool, octets: bytes) -> Parsed:
    """One message, nothing of it kept."""

    def judge(parsed: Parsed) -> tuple[object, Wanted]:
        return decide(parsed.facts, (), TenantPolicy()), Wanted()

    return pool.submit(Mail(octets, None, len(octets), ""), judge).result()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_within_its_limits(pool: Pool, name: str) -> None:
    """What exceeds the limits stays packed and is named; the mail is decided with a reason, and the next one read."""
    make, defects = BOMBS[name]

    parsed = parse(pool, make())
    after = parse(pool, pdf_mail())

    assert not defects or defects & set(parsed.facts.is_broken)
    assert parsed.judged.reason.code
    assert len(parsed.facts.attachments) <= 1000
    assert after.facts.subject == "Invoice 4711"


def test_what_is_left_packed_is_kept_whole(pool: Pool) -> None:
    """An archive beyond the limits stays a file that a standard can keep, whatever of it was read."""
    mail = mail_with(zip_of({"x.pdf": bytes(100 * MIB), "rechnung.pdf": PDF}), "zeros.zip")
    facts = parse(pool, mail).facts

    assert [(each.filename, each.opened_as) for each in facts.attachments] == [("zeros.zip", ""), ("rechnung.pdf", "")]
