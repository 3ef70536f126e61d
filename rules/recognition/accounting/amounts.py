"""Amounts of money as people and programs write them, and the currencies they stand in.

Knows 1.234,56 · 1,234.56 · 1 234,56 · 1'234.56 · 1,00,000.00 · ¥1,234 · ¥1,234- · 12 500 Ft · 50.- · 364:- · 12,34- ·
(12.34).
Never takes a percentage, a date or a version for an amount. Works on folded text (lexicon.fold). Raises nothing.
Standard: ISO 4217 codes.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

MOST_DIGITS = 15

CODES: Final = frozenset(
    """
    EUR USD GBP CHF PLN SEK NOK DKK CZK HUF RON BGN ISK JPY CNY INR BRL CAD AUD NZD SGD HKD MXN ZAR TRY RUB UAH
    ILS AED SAR KRW THB MYR IDR PHP VND TWD ARS CLP COP PEN HRK RSD EGP MAD KES NGN PKR LKR BDT QAR KWD
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
)
_SYMBOLS: Final = {
    "us$": "USD",
    "usd$": "USD",
    "ca$": "CAD",
    "c$": "CAD",
    "au$": "AUD",
    "a$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "nt$": "TWD",
    "s$": "SGD",
    "mx$": "MXN",
    "r$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "¥": "¥",
    "￥": "¥",
    "円": "JPY",
    "元": "CNY",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₩": "KRW",
    "원": "KRW",
    "฿": "THB",
    "₫": "VND",
    "rs.": "INR",
    "rs": "INR",
    "inr": "INR",
    "zl": "PLN",
    "kc": "CZK",
    "ft": "HUF",
    "lei": "RON",
    "leva": "BGN",
    "fr.": "CHF",
    "sfr.": "CHF",
    "sfr": "CHF",
    "kr.": "kr",
    "kr": "kr",
    "euro": "EUR",
    "euros": "EUR",
    "tl": "TRY",
    "руб": "RUB",  # noqa: RUF001 - Cyrillic
    "грн": "UAH",
    "лв": "BGN",
}
# Signs that several countries share: their languages tell them apart.
_SHARED: Final = {
    "kr": {"sv": "SEK", "da": "DKK", "nb": "NOK", "no": "NOK"},
    "¥": {"zh": "CNY", "ja": "JPY"},
}
# Where the language is not known: words that only one of them has, the most telling first.
_TELLING: Final = {
    "kr": (
        (re.compile(r"\b(?:mva|a betale|forfall|kvitteringsnr)\b"), "NOK"),
        (re.compile(r"\b(?:att betala|forfallo\w*|fakturadatum|summa|kvitto|varav)\b"), "SEK"),
        (re.compile(r"\b(?:i alt|forfalds\w*|fakturadato|belob|heraf|at betale)\b"), "DKK"),
    ),
    "¥": ((re.compile(r"[\u3040-\u30ff]"), "JPY"), (re.compile(r"[\u4e00-\u9fff]"), "CNY"), (re.compile(""), "JPY")),
}


def _written(signs: list[str]) -> str:
    return "|".join(
        re.escape(each) + (r"(?![^\W\d_])" if each[-1].isalpha() and each.isascii() else "")
        for each in sorted(signs, key=len, reverse=True)
    )


_SIGNS = {*_SYMBOLS, *(code.lower() for code in CODES)}
_CURRENCY = (
    rf"(?:(?<![^\W\d_])(?:{_written([each for each in _SIGNS if each[0].isalpha()])})"
    rf"|{_written([each for each in _SIGNS if not each[0].isalpha()])})"
)
_NAMED_DOLLAR = r"(?<![^\W\d_])(?P<named>usd|cad|aud|nzd|sgd|hkd|twd|mxn) ?(?=\$)"
_NUMBER = (
    r"(?(before)\d{1,3}(?: \d{3}){1,4}\.\d{2}(?!\d)|(?!))"  # EUR 1 234.56; without the currency a quantity and a price
    r"|\d{1,3}(?: \d{3}){2,4}\.\d{2}(?!\d)"  # 1 234 567.89
    rf"|(?:(?<=  )|(?<=: )|(?<=\n))\d{{1,3}} \d{{3}}\.\d{{2}}(?= {{0,2}}(?:{_CURRENCY}))"  # the same, alone in its cell
    r"|\d{1,3}(?: \d{3}){0,4}:\d{2}(?= ?(?:kr|sek)\b)"  # 1 234:50 kr
    r"|"
    r"\d{1,3}(?:\.\d{3}){1,4}(?:,\d{2}(?!\d))?"  # 1.234,56
    r"|\d{1,3}(?:,\d{3}){1,4}(?:\.\d{2}(?!\d))?"  # 1,234.56
    r"|\d{1,2}(?:,\d{2}){1,5},\d{3}(?:\.\d{2}(?!\d))?"  # 1,00,000.00
    r"|\d{1,3}(?:'\d{3}){1,4}(?:[.,]\d{2}(?!\d))?"  # 1'234.56
    r"|\d{1,3}(?: \d{3}){1,4},\d{2}(?!\d)"  # 1 234,56
    r"|(?<==)\d{1,3}(?: \d{3}){1,4}\.\d{2}(?!\d)"  # =1 234.56: without the sign, 1 may be a quantity
    r"|\d{1,15}[.,]\d{2}(?!\d)"  # 1234.56
    r"|\d{1,3}(?: \d{3}){1,4}(?![\d.,])"  # 1 234 (only beside a currency)
    r"|\d{1,15}"  # 1234 (only beside a currency)
)
_AMOUNT = re.compile(
    r"(?=[^\d\n]{0,20}\d)"  # most places of a text have no number near, and need no look at every currency
    rf"(?P<open>\()?(?P<minus>(?<![\w.])- ?)?(?:{_NAMED_DOLLAR})?(?P<before>{_CURRENCY})? {{0,3}}:? ?(?P<inner>- ?)?"
    rf"(?<![\d,/#])(?<!\d\.)(?P<number>{_NUMBER})(?!\d)(?P<dash>[.,:]-{{1,2}}(?![\w-]))?(?P<behind>-(?![\w-]))?"
    rf"(?P<closed>\))?(?: {{0,2}}(?P<after>{_CURRENCY}))?"
)
_FRACTION = re.compile(r"[.,:](\d{2})\Z")
# What makes a number something else: a rate, a date, a time, a part of a longer number.
_NO_AMOUNT_BEHIND = re.compile(r" ?%|[.,:/]\d|-\d|[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, where it stands, and the currency beside it ("" where none is; "kr" and "¥" as written)."""

    value: Decimal
    currency: str
    start: int
    end: int
    has_cents: bool


def amounts_in(folded: str, start: int = 0, end: int | None = None) -> list[Amount]:
    """The amounts between two places of a folded text, in their order."""
    end = len(folded) if end is None else end
    return [amount for match in _AMOUNT.finditer(folded, start, end) if (amount := _amount(match, folded))]


def currency_of(written: str, language: str | None, folded: str) -> str | None:
    """The ISO 4217 code of a currency as amounts_in gives it, in a text of this language (None: not known)."""
    if written not in _SHARED:
        return written or None
    known = _SHARED[written].get(language or "")
    return known or next((code for words, code in _TELLING[written] if words.search(folded)), None)


def plain_decimal(value: Decimal) -> str:
    """A value as facts hold it: "1190.00"."""
    return f"{value:.2f}"


def _amount(match: re.Match[str], folded: str) -> Amount | None:
    number, currency = match["number"], _currency(match)
    last = match.end("closed") if match["closed"] else match.end("number")
    has_fraction = bool(_FRACTION.search(number))
    is_money = currency or has_fraction or match["dash"]
    if not is_money or (not match["after"] and _NO_AMOUNT_BEHIND.match(folded, last)):
        return None
    value = _value(number)
    if sum(map(str.isdigit, number)) > MOST_DIGITS or value is None:
        return None
    # Behind whole money a dash only ends it: "¥1,234-".
    is_behind = match["behind"] and has_fraction
    is_negative = match["minus"] or match["inner"] or is_behind or (match["open"] and match["closed"])
    has_cents = has_fraction or bool(match["dash"])
    return Amount(-value if is_negative else value, currency, match.start(), match.end(), has_cents)


def _currency(match: re.Match[str]) -> str:
    named, before, after = match["named"] or "", match["before"] or "", match["after"] or ""
    # "$212.82 CAD", "CAD $212.82": the code says which dollar it is.
    for written in (after, named, before):
        if written.upper() in CODES:
            return written.upper()
    # "364:-" is written in Sweden, and beside it where crowns are.
    return _SYMBOLS.get(before) or _SYMBOLS.get(after) or ("kr" if (match["dash"] or "").startswith(":") else "")


def _value(number: str) -> Decimal | None:
    fraction = _FRACTION.search(number)
    whole = number[: fraction.start()] if fraction else number
    digits = re.sub(r"\D", "", whole)
    return Decimal(f"{digits}.{fraction[1]}" if fraction else digits) if digits.isascii() and digits else None
