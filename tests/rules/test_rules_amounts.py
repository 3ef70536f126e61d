"""Amounts of money in every usual way to write them."""

from decimal import Decimal

import pytest

from rules.recognition.accounting.amounts import amounts_in, currency_of
from rules.recognition.accounting.lexicon import fold


def read(text: str) -> list[tuple[str, str]]:
    return [(str(each.value), each.currency) for each in amounts_in(fold(text))]


@pytest.mark.parametrize(
    ("written", "value", "currency"),
    [
        ("1.234,56 €", "1234.56", "EUR"),
        ("$1,234.56", "1234.56", "USD"),
        ("1 234,56 zł", "1234.56", "PLN"),
        ("1\u202f234,56 EUR", "1234.56", "EUR"),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("CHF 50.-", "50", "CHF"),
        ("99,- kr", "99", "kr"),
        ("Rs.319.00", "319.00", "INR"),
        ("1,00,000.00 INR", "100000.00", "INR"),
        ("1,234円", "1234", "JPY"),
        ("¥113.00", "113.00", "¥"),
        ("12 500 Ft", "12500", "HUF"),
        ("$212.82 CAD", "212.82", "CAD"),
        ("US$ 20.00", "20.00", "USD"),
        ("EUR 12,34-", "-12.34", "EUR"),
        ("-$10.00", "-10.00", "USD"),
        ("€ -9,32", "-9.32", "EUR"),
        ("($12.34)", "-12.34", "USD"),
        ("1.234 EUR", "1234", "EUR"),
        ("EUR 1 234.56", "1234.56", "EUR"),
        ("1 234 567.89 EUR", "1234567.89", "EUR"),
        ("AUD $5.00", "5.00", "AUD"),
        (" 1 234.56 EUR", "1234.56", "EUR"),
        ("1 234:50 kr", "1234.50", "kr"),
        ("99:00 SEK", "99.00", "SEK"),
        ("119,00", "119.00", ""),
    ],
)
def test_an_amount_is_read(written: str, value: str, currency: str) -> None:
    """The value with its sign, and the currency by sign or code."""
    assert read(f"Total {written} ") == [(value, currency)]


@pytest.mark.parametrize(
    "text",
    [
        *("19 %", "3.00%", "01.01.2020", "12:30", "version 3.11.2", "1234", "4111-1111", "7.76mi", "2024/118"),
        *("EUR 3.1415", "0.00123 EUR", "EUR 12.345,678", "EUR 999999999999999999.00"),
    ],
)
def test_other_numbers_are_no_amounts(text: str) -> None:
    """Rates, days, times, versions, plain numbers."""
    assert read(text) == []


def test_a_row_is_read_from_left_to_right() -> None:
    """Quantity, net, tax, gross: a quantity is no thousand."""
    assert read("Total 1 278.61 40.39 319.00") == [("278.61", ""), ("40.39", ""), ("319.00", "")]


def test_a_number_longer_than_money_is_none() -> None:
    """Forty digits are no amount, and cost no time."""
    assert read("9" * 40 + ".00 EUR") == []
    assert read("1" * 100_000) == []


@pytest.mark.parametrize(
    ("language", "text", "currency"),
    [("sv", "", "SEK"), ("da", "", "DKK"), ("nb", "", "NOK"), (None, "att betala", "SEK"), (None, "a betale", "NOK")],
)
def test_kroner_are_told_apart(language: str | None, text: str, currency: str) -> None:
    """By the language, else by words that only one of them has."""
    assert currency_of("kr", language, text) == currency


def test_amounts_keep_their_cents() -> None:
    """Decimals, never floats."""
    assert amounts_in("0,10 €")[0].value + amounts_in("0,20 €")[0].value == Decimal("0.30")
