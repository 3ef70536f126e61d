"""XML e-invoices: read when they are some, refused when they are dangerous, never a crash."""

import csv
import json
from collections import Counter
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.recognition.einvoice import DEEPEST, LARGEST_OCTETS, MOST_ELEMENTS, read_einvoice

SAMPLES = Path(__file__).parents[1] / "corpus" / "einvoice"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())
WHOLE_SET = Path(__file__).parents[3] / "shared" / "corpus" / "einvoice"
UBL = (SAMPLES / "ubl-invoice.xml").read_bytes()
OPEN = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
NUMBER = OPEN + b"<ID>%s</ID>"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_leading_fields_are_read(name: str) -> None:
    """Kind, number, date, seller, VAT id, IBAN, total and currency, as a person reads them; an order is no invoice."""
    invoice = read_einvoice((SAMPLES / name).read_bytes())
    assert (asdict(invoice) if invoice else None) == EXPECTED[name]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read(encoding: str) -> None:
    """A byte order mark, or UTF-16, does not hide an invoice."""
    text = UBL.decode().replace('encoding="UTF-8"', f'encoding="{encoding[:6]}"')
    invoice = read_einvoice(text.encode(encoding))
    assert invoice is not None
    assert invoice.number == "1234567"


def test_embedded_file_does_not_hide_the_invoice() -> None:
    """An invoice that carries its PDF of many megabytes as one text is still read."""
    embedded = b"<AdditionalDocumentReference><X>" + b"QUJD\n" * 3_000_000 + b"</X></AdditionalDocumentReference>"
    invoice = read_einvoice(NUMBER % b"7" + embedded + b"<IssueDate>2026-11-01Z</IssueDate></Invoice>")
    assert invoice is not None
    assert (invoice.number, invoice.issue_date) == ("7", "2026-11-01")


def test_values_are_one_line_and_bounded() -> None:
    """A value is collapsed and cut, so that it can be stored and shown."""
    invoice = read_einvoice(NUMBER % (b" a\n b " + b"c" * 5000) + b"</Invoice>")
    assert invoice is not None
    assert invoice.number is not None
    assert invoice.number.startswith("a b c")
    assert len(invoice.number) <= 300


@pytest.mark.parametrize(
    "wrong",
    [
        b"<IssueDate>2026-13-01</IssueDate>",
        b"<IssueDate>soon</IssueDate>",
        b"<LegalMonetaryTotal><PayableAmount>NaN</PayableAmount></LegalMonetaryTotal>",
    ],
)
def test_wrong_values_are_left_out(wrong: bytes) -> None:
    """What is no date or no amount is not handed on as one."""
    invoice = read_einvoice(NUMBER % b"7" + wrong + b"</Invoice>")
    assert invoice is not None
    assert (invoice.number, invoice.issue_date, invoice.total) == ("7", None, None)


@pytest.mark.parametrize(
    "octets",
    [
        b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd">' + UBL.partition(b"?>")[2],
        b'<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + NUMBER % b"&x;" + b"</Invoice>",
        b'<!DOCTYPE Invoice [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + NUMBER % b"&b;"
        + b"</Invoice>",
        b"<!DOCTYPE Invoice>" + NUMBER % b"7" + b"</Invoice>",
        NUMBER % b"&x;" + b"</Invoice>",
    ],
)
def test_doctype_and_entities_are_refused(octets: bytes) -> None:
    """A DOCTYPE is refused before anything in it is read: no entity is expanded, no file or address is opened."""
    assert read_einvoice(b'<?xml version="1.0"?>' + octets) is None


def test_inclusions_are_not_followed() -> None:
    """XInclude and processing instructions are nothing but markup."""
    octets = b'<?xml-stylesheet href="file:///etc/passwd"?>' + OPEN
    octets += b'<ID>7</ID><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></Invoice>'
    invoice = read_einvoice(octets)
    assert invoice is not None
    assert "root:" not in str(asdict(invoice))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<",
        b"not xml",
        b"\x00" * 1000,
        b"<Invoice><ID>7</ID></Invoice>",
        b'<Invoice xmlns="http://isdoc.example"><ID>7</ID></Invoice>',
        b"<html><body>Invoice</body></html>",
        OPEN + b"</Invoice>",
        NUMBER % b"7",
        NUMBER % b"7" + b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1) + b"</Invoice>",
        NUMBER % b"7" + b"<a/>" * (MOST_ELEMENTS + 1) + b"</Invoice>",
        NUMBER % b"7" + b" " * LARGEST_OCTETS + b"</Invoice>",
    ],
    ids=range(12),
)
def test_everything_else_is_no_invoice(octets: bytes) -> None:
    """Other XML, damaged XML, and XML too deep, too long or too large is no e-invoice, and no crash."""
    assert read_einvoice(octets) is None


@given(st.integers(0, len(UBL)), st.binary(max_size=20), st.integers(0, 40))
def test_damage_never_crashes(at: int, damage: bytes, length: int) -> None:
    """An invoice damaged anywhere is read or not read; nothing is raised."""
    read_einvoice(UBL[:at] + damage + UBL[at + length :])


@pytest.mark.skipif(not WHOLE_SET.exists(), reason="the reference set ../shared/corpus/einvoice is not on this machine")
def test_score_on_the_reference_set() -> None:
    """Detection is right in all, the fields in 99 of 100 of the e-invoices of a large reference set."""
    rows = [row for row in csv.DictReader((WHOLE_SET / "manifest.csv").open()) if row["container"] == "xml"]
    wrong: Counter[str] = Counter()
    for row in rows:
        is_expected = row["kind"] == "e-invoice" and row["syntax"] in {"CII", "UBL", "ZUGFeRD1-CII"}
        invoice = read_einvoice((WHOLE_SET / row["file"]).read_bytes())
        wrong["detection"] += is_expected != (invoice is not None)
        if is_expected and invoice:
            wrong["number"] += row["invoice_number"] != (invoice.number or "")
            wrong["issue_date"] += row["issue_date"] != (invoice.issue_date or "")
            wrong["seller_name"] += row["seller_name"] != (invoice.seller_name or "")
            wrong["currency"] += row["currency"] != (invoice.currency or "")
            wrong["total"] += Decimal(row["total_gross"] or 0) != Decimal(invoice.total or 0)
    assert len(rows) > 200
    assert wrong["detection"] == 0
    assert all(count <= len(rows) / 100 for count in wrong.values()), wrong
