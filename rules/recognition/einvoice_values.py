"""Read the values of e-invoices: days, amounts, account numbers, countries. None where a text is none of these.

What is read is plain and bounded, so that it can be stored, compared and shown. Raises nothing.
Standards: ISO 8601, XML Schema decimal, ISO 13616 (IBAN), ISO 3166, ISO 4217, UNTDID 2379 (formats of dates).
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

LONGEST_VALUE = 300

_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_GERMAN_DAY = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")
_AMOUNT = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,12})?|\.\d{1,12})")
_WITH_COMMA = re.compile(r"[+-]?\d{1,18},\d{1,12}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # EDIFACT has no rule against them
_CURRENCY = re.compile(r"[A-Z]{3}")

# Facturae writes ISO 3166 alpha-3: the countries of the EU and its neighbours.
_ALPHA_3 = {
    "AUT": "AT",
    "BEL": "BE",
    "BGR": "BG",
    "HRV": "HR",
    "CYP": "CY",
    "CZE": "CZ",
    "DNK": "DK",
    "EST": "EE",
    "FIN": "FI",
    "FRA": "FR",
    "DEU": "DE",
    "GRC": "GR",
    "HUN": "HU",
    "IRL": "IE",
    "ITA": "IT",
    "LVA": "LV",
    "LTU": "LT",
    "LUX": "LU",
    "MLT": "MT",
    "NLD": "NL",
    "POL": "PL",
    "PRT": "PT",
    "ROU": "RO",
    "SVK": "SK",
    "SVN": "SI",
    "ESP": "ES",
    "SWE": "SE",
    "GBR": "GB",
    "CHE": "CH",
    "NOR": "NO",
    "ISL": "IS",
    "LIE": "LI",
    "AND": "AD",
    "MCO": "MC",
    "USA": "US",
}


def text(value: str | None) -> str | None:
    """One line without control characters, bounded; None for nothing."""
    return " ".join(_CONTROLS.sub(" ", value).split())[:LONGEST_VALUE].strip() or None if value else None


def day(value: str | None) -> str | None:
    """An ISO 8601 day of 20260131 (CII's format 102), 2026-01-31 with or without a zone or a time, or 31.01.2026."""
    if not value:
        return None
    if found := _DAY.match(value):
        year, month, of_month = found.groups()
    elif found := _GERMAN_DAY.match(value):
        of_month, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(of_month)).isoformat()
    except ValueError:
        return None


def amount(value: str | None) -> str | None:
    """A plain decimal, its zeros as they were written; a comma before the cents counts as a point."""
    if not value:
        return None
    # Seen in practice: spaces between thousands, and Finvoice's decimal comma.
    plain = value.replace(" ", "").replace("\u00a0", "")
    if _WITH_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    # Not \d alone: digits of other scripts are no decimal that others could read.
    if not plain.isascii() or not _AMOUNT.fullmatch(plain):
        return None
    return f"{Decimal(plain):f}"


def total_of(values: Iterable[str | None]) -> str | None:
    """The sum of amounts; None when there is none, or one of them is missing."""
    amounts = list(values)
    if not amounts or None in amounts:
        return None
    return f"{sum((Decimal(each) for each in amounts if each), Decimal(0)):f}"


def iban(value: str | None) -> str | None:
    """An IBAN without its spaces; its check digits are not asked, since who writes it wrong means it all the same."""
    plain = re.sub(r"\s", "", value or "").upper()
    return plain if _IBAN.fullmatch(plain) else None


def currency(value: str | None) -> str | None:
    """An ISO 4217 code."""
    plain = (value or "").strip().upper()
    return plain if _CURRENCY.fullmatch(plain) else None


def country(value: str | None) -> str | None:
    """An ISO 3166 alpha-2 code."""
    plain = (value or "").strip().upper()
    plain = _ALPHA_3.get(plain, plain)
    return plain if len(plain) == 2 and plain.isascii() and plain.isalpha() else None
