"""E-invoices made up: XML and EDIFACT by their structure, PDFs by their objects and by what they carry.

What must hold of every file: nothing is raised; what is read are codes of the known ones, days, plain decimals, texts
of one line, all bounded; an invoice is there if and only if the file is named an e-invoice; it comes back from JSON.
"""

import json
import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench.fuzzing.pdfs import pdf_with, without_table
from receiver.pipeline.file_reading import FileReader
from receiver.pipeline.pdf_files import MOST_FILES
from receiver.pipeline.suspects import Watch
from rules.facts import AttachmentFacts, EInvoice, InvoiceLine, MailFacts
from rules.recognition.content import HEAD_OCTETS, imports_by_itself, sniff
from rules.recognition.einvoice import BUSINESS_KINDS
from rules.recognition.einvoice_codes import KINDS
from rules.recognition.einvoice_pairs import COMPARED, grouped, originals
from rules.recognition.einvoice_reader import MOST_RECORDS
from rules.recognition.identity import invoices_id
from storage.stored_facts import decode, encode

_HERE = Path(__file__).resolve().parents[2]
CHECKED_IN = _HERE / "tests" / "corpus" / "einvoice"
_SHARED = _HERE.parent / "shared" / "corpus" / "einvoice"
_LARGEST_SEED = 160_000
_LARGEST = 1_500_000

_TAG = re.compile(rb"</?[A-Za-z_][\w:.-]{0,60}[^<>]{0,200}>")
_TEXT = re.compile(rb">([^<>]{1,80})<")
_NUMBER = re.compile(rb"\b\d{1,9}\b")
_NASTY = (
    *(b"", b"0", b"-1", b"1e309", b"NaN", b"9" * 400, b"1,5", b"1 000.00", b"0x1", b"-0", b"+.5", b"."),
    *(b"2026-02-30", b"0000-00-00", b"99991231", b"20260231", b"2026-01-01T00:00:00Z", b"31.12.2026"),
    *(b"\xff\xfe", b"\x00", b"\xed\xa0\x80", "\u202e\u0000é😀".encode(), b"&amp;" * 50, b"&#x0;", b"&#xD800;", b"&x;"),
    *(b"A" * 5_000, b" \t\r\n" * 200, b"DE79 0000 0000 1234", b"<![CDATA[x]]>", b"<!-- x -->", b"<?x y?>", b"]]>"),
)
_HEADS = (
    b'<?xml version="1.0" encoding="%s"?>',
    b'<!DOCTYPE Invoice [<!ENTITY x "y">]>',
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    b"<!DOCTYPE lolz [%s]>" % b"".join(b'<!ENTITY l%d "&l%d;&l%d;">' % (n + 1, n, n) for n in range(30)),
)
_ENCODINGS = (b"utf-8", b"utf-16", b"iso-8859-1", b"windows-1252", b"utf-7", b"ucs-4", b"x" * 40, b"", b"ebcdic-cp-us")


def seeds() -> list[bytes]:
    """The files checked in, and the small ones of the reference set where it is at hand; PDFs that carry some."""
    folders = [folder for folder in (CHECKED_IN, _SHARED) if folder.is_dir()]
    paths = [
        path for folder in folders for path in sorted(folder.iterdir()) if path.suffix not in {".csv", ".md", ".json"}
    ]
    found = [path.read_bytes() for path in paths if path.stat().st_size <= _LARGEST_SEED]
    xml = next(each for each in found if each.lstrip(b"\xef\xbb\xbf").startswith(b"<"))
    return [*found, pdf_with(("a.xml", xml)), pdf_with(("a.xml", xml), ("b.xml", found[-1])), pdf_with()]


def mutate(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    """A file like this one."""
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        is_pdf = b"%PDF" in octets[:HEAD_OCTETS]
        octets = chance.choice(_OF_ANY + (_OF_PDF if is_pdf else _OF_TEXT))(chance, octets, other)[:_LARGEST]
    return octets


def examine(octets: bytes) -> set[str]:
    """What this file is told to be; raises where a promise is broken."""
    media_type = sniff(octets[:HEAD_OCTETS], "application/octet-stream", None)
    bare = AttachmentFacts("1", "a", "application/octet-stream", media_type, len(octets), "")
    facts = FileReader(Watch()).structured(bare, octets)
    assert facts.business_kind in {"", *BUSINESS_KINDS}, facts.business_kind
    assert bool(facts.e_invoice) == (facts.business_kind == "e_invoice")
    assert len(facts.further_invoices) < MOST_RECORDS
    assert len(facts.enclosed) <= max(MOST_FILES + 1, 50 * MOST_RECORDS)
    assert set(facts.differences) <= set(COMPARED)
    for invoice in facts.e_invoices:
        _check(invoice)
    _check_journey(facts)
    first = facts.e_invoice
    told = {f"{media_type} {facts.business_kind} {bool(facts.enclosed)}"}
    if first:
        told |= {f"{first.syntax} {field}={bool(getattr(first, field))}" for field in EInvoice.__slots__}
        told |= {f"{first.syntax} {first.kind}", f"{first.syntax} {first.profile}"[:60]}
    return told


def _check(invoice: EInvoice) -> None:
    assert invoice.kind in KINDS
    assert invoice.number
    for amount in (invoice.total, invoice.net_total, invoice.tax_total, invoice.payable):
        assert amount is None or (Decimal(amount).is_finite() and "E" not in amount and len(amount) <= 40), amount
    for day in (invoice.issue_date, invoice.due_date):
        assert day is None or date.fromisoformat(day).isoformat() == day
    assert invoice.currency is None or (len(invoice.currency) == 3 and invoice.currency.isascii())
    assert len(invoice.lines) <= MOST_RECORDS <= max(MOST_RECORDS, invoice.line_count)
    for text in _texts(invoice):
        assert 0 < len(text) <= 300, text
        assert not {"\n", "\r", "\x00"} & set(text), text
        text.encode()


def _texts(invoice: EInvoice) -> Iterator[str]:
    told: list[EInvoice | InvoiceLine] = [invoice, *invoice.lines]
    for each in told:
        values = (getattr(each, field.name) for field in fields(each) if field.name != "format")
        yield from (value for value in values if isinstance(value, str))


def _check_journey(facts: AttachmentFacts) -> None:
    """Out of the parsing child, into the database and back; and beside a second dress of the same."""
    mail = MailFacts(attachments=grouped((facts, replace(facts, part="2"), replace(facts, part="3", media_type="x/y"))))
    assert MailFacts.from_json(json.loads(json.dumps(mail.to_json()))) == mail
    kept = encode(mail)
    kept.encode("ascii")
    assert decode(kept) == decode(encode(decode(kept)))
    imports_by_itself(facts)
    invoices_id(originals(mail.attachments))


Mutation = Callable[[random.Random, bytes, bytes], bytes]


def _flip(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    changed = bytearray(octets or b" ")
    for _time in range(chance.choice((1, 4, 30))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 32, 60, 62, 255, chance.randrange(256)))
    return bytes(changed)


def _cut(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    at, length = chance.randrange(len(octets) + 1), chance.choice((1, 20, 1_000, 10**9))
    return octets[:at] + octets[at + length :]


def _splice(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(other) + 1)
    at = chance.randrange(len(octets) + 1)
    return octets[:at] + other[start : start + chance.choice((8, 200, 5_000))] + octets[at:]


def _repeat(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    at, length = chance.randrange(len(octets) + 1), chance.choice((1, 30, 500))
    return octets[:at] + octets[at : at + length] * chance.choice((2, 50, 2_000)) + octets[at + length :]


def _prefix(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    return chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n\t ", b"\x00", b"junk\n", b"%PDF-1.4\n")) + octets


def _nasty_text(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    return _at_one(chance, octets, _TEXT, lambda _: b">" + chance.choice(_NASTY) + b"<")


def _move_tag(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    tags = _TAG.findall(other) or [b"<a>"]
    return _at_one(chance, octets, _TAG, lambda found: chance.choice((b"", found * 2, chance.choice(tags))))


def _element(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    """An element of another file, whole, in place of a tag or before it."""
    starts = [found for found in _TAG.finditer(other) if not found[0].startswith(b"</")]
    if not starts:
        return octets
    start = chance.choice(starts)
    name = re.match(rb"<([\w:.-]+)", start[0])
    end = other.find(b"</" + (name[1] if name else b"") + b">", start.end())
    piece = other[start.start() : end + len(name[1]) + 3 if end >= 0 and name else start.end()]
    return _at_one(chance, octets, _TAG, lambda found: chance.choice((found, b"")) + piece * chance.choice((1, 1, 300)))


def _head(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    head = chance.choice(_HEADS)
    head = head % chance.choice(_ENCODINGS) if head.startswith(b"<?xml") else head
    return head + re.sub(rb"^[^<]{0,20}<\?xml[^>]*\?>", b"", octets, count=1)


def _encode(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    return octets.decode("utf-8", "replace").encode(
        chance.choice(("utf-16", "utf-16-le", "utf-32", "cp1252", "utf-8-sig")), "replace"
    )


def _deepen(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    depth = chance.choice((10, 70, 10_000))
    return _at_one(chance, octets, _TAG, lambda found: found + b"<a>" * depth + b"</a>" * depth)


def _widen(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    wide = chance.choice(
        (
            b"<b/>" * 20_000,
            b"<b " + b" ".join(b'c%d=""' % n for n in range(5_000)) + b"/>",
            b'<b c="%s"/>' % (b"d" * 500_000),
        )
    )
    return _at_one(chance, octets, _TAG, lambda found: found + wide)


def _into_pdf(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    files = [("factur-x.xml", octets), ("other", other)][: chance.choice((1, 2))]
    made = pdf_with(*files, filters=chance.choice((b"/FlateDecode", b"[/FlateDecode]", b"/ASCIIHexDecode")))
    return without_table(made) if chance.random() < 0.3 else made


def _number(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    new = chance.choice((b"0", b"-1", b"1", b"2147483648", b"99999999999999999999", b"%d" % chance.randrange(40)))
    return _at_one(chance, octets, _NUMBER, lambda _: new)


def _name(chance: random.Random, octets: bytes, _: bytes) -> bytes:
    names = (
        b"/EmbeddedFile",
        b"/EmbeddedFiles",
        b"/EF",
        b"/Names",
        b"/Kids",
        b"/Filter",
        b"/FlateDecode",
        b"/Length",
        b"/Root",
    )
    return _at_one(chance, octets, re.compile(rb"/[A-Z][A-Za-z]{1,30}"), lambda _: chance.choice(names))


def _repack(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    packed = zlib.compress(chance.choice((other, bytes(1_000_000), b"%PDF-1.4")), 9)
    return _at_one(chance, octets, re.compile(rb"stream\r?\n.{0,4000}", re.DOTALL), lambda _: b"stream\n" + packed)


def _at_one(
    chance: random.Random, octets: bytes, pattern: re.Pattern[bytes], change: Callable[[bytes], bytes]
) -> bytes:
    """The same with one match changed, chosen from where a random place lies."""
    found = pattern.search(octets, chance.randrange(len(octets) + 1)) or pattern.search(octets)
    return octets[: found.start()] + change(found[0]) + octets[found.end() :] if found else octets


_OF_ANY: tuple[Mutation, ...] = (_flip, _cut, _splice, _repeat, _prefix)
_OF_TEXT: tuple[Mutation, ...] = (
    *(_nasty_text, _nasty_text, _move_tag, _move_tag, _element, _element),
    *(_head, _encode, _deepen, _widen, _into_pdf, _number),
)
_OF_PDF: tuple[Mutation, ...] = (_number, _number, _name, _name, _repack)
