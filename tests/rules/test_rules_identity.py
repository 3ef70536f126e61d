"""When two mails are one mail, and two e-invoices one invoice."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts import EInvoice
from rules.recognition.identity import (
    IdentifyingHeaders,
    content_id,
    invoice_ids,
    joined_marks,
    marks_differ,
    part_hash,
    seller_mark,
)

HEADERS = IdentifyingHeaders(
    ("supplier@b.example",), "Your invoice 7", "Sun, 22 Nov 2026 10:00:00 +0100", "<1@b.example>"
)
PARTS = [part_hash(b"Hello\r\n", is_text=True), part_hash(b"%PDF-1.7", is_text=False)]
INVOICE = EInvoice("invoice", "UBL", "R 7", "2026-11-01", "Supplier GmbH", "DE 123 456 789", None, "1190.00", "EUR")


@pytest.mark.parametrize(
    "same",
    [
        replace(HEADERS, subject="Your  invoice\r\n 7"),
        replace(HEADERS, date="Sun, 22 Nov 2026 09:00:00 +0000 (UTC)"),
        replace(HEADERS, date=" 22 Nov 2026 10:00:00 +0100"),
        replace(HEADERS, message_id=" <1@b.example>\r\n"),
        replace(HEADERS, from_addresses=("Supplier@B.example",)),
    ],
)
def test_one_mail_by_two_doors(same: IdentifyingHeaders) -> None:
    """Folding, blanks, the zone of one instant and the case of an address do not make another mail."""
    assert content_id(same, PARTS) == content_id(HEADERS, PARTS)


@pytest.mark.parametrize(
    "other",
    [
        replace(HEADERS, subject="Your invoice 8"),
        replace(HEADERS, date="Sun, 22 Nov 2026 10:00:01 +0100"),
        replace(HEADERS, message_id="<2@b.example>"),
        replace(HEADERS, from_addresses=("supplier@c.example",)),
        replace(HEADERS, from_addresses=("supplier@b.example", "x@b.example")),
    ],
)
def test_another_mail(other: IdentifyingHeaders) -> None:
    """Another sender, subject, instant or Message-ID is another mail."""
    assert content_id(other, PARTS) != content_id(HEADERS, PARTS)


def test_parts_count_in_their_order() -> None:
    """Other parts, or the same in another order, are another mail."""
    assert len({content_id(HEADERS, parts) for parts in (PARTS, PARTS[:1], PARTS[::-1], [])}) == 4


@given(st.lists(st.text(max_size=10), min_size=4, max_size=4), st.lists(st.text(max_size=10), min_size=4, max_size=4))
def test_fields_do_not_run_into_each_other(one: list[str], two: list[str]) -> None:
    """No text moves from one field to the next and gives the same id."""
    ids = [
        content_id(IdentifyingHeaders((), subject, "x", message_id), parts)
        for subject, message_id, *parts in (one, two)
    ]
    fields = [(" ".join(each[0].split()), " ".join(each[1].split()), each[2:]) for each in (one, two)]
    assert ids[0] != ids[1] or unified(fields[0]) == unified(fields[1])


def unified(fields: tuple[str, str, list[str]]) -> tuple[str, str, list[str]]:
    return unicodedata.normalize("NFC", fields[0]), unicodedata.normalize("NFC", fields[1]), fields[2]


@given(st.text(), st.text(), st.text())
def test_any_header_has_an_id(subject: str, date: str, message_id: str) -> None:
    """Whatever a mail says of itself, it has an id, and it is always the same."""
    headers = IdentifyingHeaders((subject,), subject, date, message_id)
    assert content_id(headers, []) == content_id(headers, [])
    assert len(content_id(headers, [])) == 64


def test_text_is_the_same_with_other_line_ends() -> None:
    """Relays change line ends and the blanks at the end of text; of other parts every octet counts."""
    assert part_hash(b"a \r\nb\r\n\r\n", is_text=True) == part_hash(b"a\nb", is_text=True)
    assert part_hash(b"a\r\nb", is_text=False) != part_hash(b"a\nb", is_text=False)
    assert part_hash(b"a\n\nb", is_text=True) != part_hash(b"a\nb", is_text=True)


@pytest.mark.parametrize(
    "same",
    [
        replace(INVOICE, syntax="CII"),
        replace(INVOICE, total="1190"),
        replace(INVOICE, seller_vat="de123456789"),
        replace(INVOICE, seller_vat="123456789"),
        replace(INVOICE, number="r  7"),
        replace(INVOICE, number="R7"),
        replace(INVOICE, seller_name="Supplier", iban="DE02120300000000202051"),
    ],
)
def test_one_invoice_in_two_dresses(same: EInvoice) -> None:
    """Seller, number, date and total make the invoice; how they are written does not."""
    assert set(invoice_ids(same)[:1]) == set(invoice_ids(INVOICE)[:1]) != set()


@pytest.mark.parametrize(
    "other", [{"number": "8"}, {"issue_date": "2026-11-02"}, {"total": "119"}, {"seller_vat": "X"}]
)
def test_another_invoice(other: dict[str, str]) -> None:
    """Another seller, number, date or total is another invoice."""
    assert invoice_ids(replace(INVOICE, **other))[:1] != invoice_ids(INVOICE)[:1]


@pytest.mark.parametrize("missing", ["number", "issue_date", "total"])
def test_too_little_is_no_identity(missing: str) -> None:
    """An invoice of which too little is known is never taken for another one."""
    assert invoice_ids(replace(INVOICE, **{missing: None})) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ATU62698637", "U 62698637"),
        ("FR 32 123 456 789", "32123456789"),
        ("ESB23103039", "B23103039"),
        ("NL820098395B01", "NL 8200.98.395.B.01"),
        ("CHE-123.456.789 MWST", "CHE123456789"),
        ("NO 999 999 999 MVA", "999999999"),
        ("IT01234567890", "01234567890"),
    ],
)
def test_one_vat_id_in_two_spellings(one: str, other: str) -> None:
    """With or without its country, dots, blanks and "MWST", a VAT id tells one owner."""
    assert invoice_ids(replace(INVOICE, seller_vat=one)) == invoice_ids(replace(INVOICE, seller_vat=other))


@pytest.mark.parametrize("other", ["DE123456780", "DE12345678", "B23103039", "DE0815", ""])
def test_other_vat_ids_stay_apart(other: str) -> None:
    """What is left out tells no owner; every digit does."""
    assert invoice_ids(replace(INVOICE, seller_vat=other))[0] != invoice_ids(INVOICE)[0]


def test_each_thing_that_tells_the_seller_makes_an_id() -> None:
    """VAT id, IBAN, name, in this order: a dress that tells one of them shares that one; without any there is none."""
    both = replace(INVOICE, iban="DE02 1203")
    by_vat, by_iban, by_name = invoice_ids(both)
    assert invoice_ids(INVOICE) == (by_vat, by_name)
    assert invoice_ids(replace(both, seller_vat=None, seller_name=None)) == (by_iban,)
    assert invoice_ids(replace(INVOICE, seller_vat=None, seller_name="SUPPLIER gmbh")) == (by_name,)
    assert invoice_ids(replace(INVOICE, seller_vat=None, seller_name=None)) == ()


def test_the_strongest_sign_that_both_tell_parts_two_sellers() -> None:
    """The same name makes nobody the owner of another's VAT id or account; what only one tells parts nobody."""
    mark = seller_mark(replace(INVOICE, iban="DE02"))
    assert not marks_differ(mark, seller_mark(replace(INVOICE, iban="AT99")))
    assert marks_differ(mark, seller_mark(replace(INVOICE, seller_vat="ATU62698637", iban="DE02")))
    assert marks_differ(mark, seller_mark(replace(INVOICE, seller_vat=None, iban="AT99")))
    assert not marks_differ(mark, seller_mark(replace(INVOICE, seller_vat=None)))
    assert joined_marks(seller_mark(replace(INVOICE, seller_vat=None, iban="DE02")), seller_mark(INVOICE)) == mark


@pytest.mark.parametrize("total", ["NaN", "Infinity", "1e999999", "abc", ""])
def test_impossible_totals(total: str) -> None:
    """An amount that is none gives no identity, and no endless number."""
    assert invoice_ids(replace(INVOICE, total=total)) == ()
