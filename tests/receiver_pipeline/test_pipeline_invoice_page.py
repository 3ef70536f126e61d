"""The page of an e-invoice that is data only: whatever recognition knows of it stands there, in the reader's words."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from email.message import Message
from typing import Any, cast

import pytest

from receiver.pipeline.invoice_page import invoice_page
from receiver.pipeline.reading import Reading, read
from rules.facts import EInvoice


@dataclass(frozen=True)
class Place:
    """Where somebody is."""

    street: str
    city: str = ""


@dataclass(frozen=True)
class Party:
    """Who buys."""

    name: str
    address: Place


@dataclass(frozen=True)
class Line:
    """What is bought; the second field is one that nobody wrote words for."""

    description: str
    harbour_code: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class LargerInvoice(EInvoice):
    """An invoice of which recognition has learnt more."""

    buyer: Party | None = None
    due_date: date | None = None
    is_reverse_charge: bool | None = None
    notes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


def reading() -> Reading:
    """What a mail that says nothing says."""
    return read(Message(), [])


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Credit note 7"), ("de", "Gutschrift 7"), ("nl", "Creditnota 7"), ("xx", "Credit note 7")],
)
def test_title_and_labels_are_in_the_readers_words(language: str, title: str) -> None:
    """A language that nobody wrote words for gets English ones."""
    invoice = EInvoice("credit_note", "UBL", number="7", total="-12.00", currency="EUR")

    page = invoice_page([invoice], reading(), language).decode()

    assert title in page
    assert "-12.00 EUR" in page


def test_what_recognition_learns_later_is_shown_too() -> None:
    """Values of their own, lists of them, days, yes and no; a field without words is told by its own name."""
    invoice = LargerInvoice(
        "invoice",
        "CII",
        number="8",
        buyer=Party("Buyer & Sons", Place("Main Street 1", "Ghent")),
        due_date=date(2026, 2, 28),
        is_reverse_charge=True,
        notes=("first", "second"),
        lines=(Line("Screws", "NLRTM", Decimal("3.50")), Line("Nails")),
    )

    page = invoice_page([invoice], reading(), "en").decode()

    for told in ("Buyer: Name", "Buyer &amp; Sons", "Ghent", "2026-02-28", "Is reverse charge", "yes", "second"):
        assert told in page
    for told in ("Description", "Harbour code", "Screws", "NLRTM", "3.50", "Nails"):
        assert told in page


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "\x00\x1b[2J", "\ud800", "x" * 1_000_000, 10**30])
def test_no_value_is_more_than_text(value: Any) -> None:
    """Values are a stranger's: markup, controls, lone surrogates, any length, and types that nobody promised."""
    invoice = EInvoice("invoice", "CII", number=cast("str", str(value)), seller_name=value, currency=str(value))

    page = invoice_page([invoice], reading(), "en")

    assert b"<script" not in page
    assert b"\x00" not in page
    assert len(page) < 100_000


def test_an_unknown_kind_has_a_title_all_the_same() -> None:
    """Recognition may learn kinds, too."""
    page = invoice_page([EInvoice("thank_you_letter", "UBL", number="9")], reading(), "de")

    assert b"Thank you letter 9" in page


def test_all_invoices_of_one_file_are_on_its_page() -> None:
    """A FatturaPA or Facturae file may hold a batch of them."""
    page = invoice_page([EInvoice("invoice", "CII", number=f"N-{number}") for number in (1, 2)], reading(), "en")

    assert b"Invoice N-1" in page
    assert b"Invoice N-2" in page
