"""What payment codes on invoices say: EPC (GiroCode) and Swiss QR.

Only what is exactly as its standard has it counts; check digits of the IBAN included. A claim, as the text is. Pure.
Raises nothing. Standard: EPC069-12 version 2.1 (BCD), Swiss Implementation Guidelines QR-bill 2.3 (SPC).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from rules.decision import told
from rules.recognition.accounting.identifiers import find_iban
from rules.recognition.accounting.lexicon import fold

# What a document says beside such a code, in the languages that use them.
_NAMED: Final = re.compile(
    r"girocode|giro-code|epc-qr|\bqr\b|qr-code|qr-rechnung|zahlteil|section paiement|sezione pagamento|payment part"
    r"|zahlen mit code|stuzza|bezahlcode|scan\w* (?:mich|me|to pay|de qr|om te betalen)"
)
LONGEST_CODE: Final = 1000  # characters: EPC has 331 octets at most, Swiss QR 997
_EPC_AMOUNT = re.compile(r"EUR(\d{1,9}(?:\.\d{1,2})?)")
_SWISS_AMOUNT = re.compile(r"\d{1,9}\.\d{2}")
_EPC_LEAST_LINES: Final = 7
_SWISS_LEAST_LINES: Final = 28


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """Who is paid, and how much."""

    kind: str  # "epc_code" or "swiss_qr_code", as evidence.WEIGHTS has them
    iban: str
    name: str | None
    total: str | None  # plain decimal; None: whoever pays writes it
    currency: str | None
    reference: str | None


def names_a_code(text: str) -> bool:
    """Whether a document's text says that a payment code stands beside it."""
    return _NAMED.search(fold(text)) is not None


def read_payment_code(text: str) -> PaymentCode | None:
    """The payment that a code's text asks for; None of any other code."""
    if len(text) > LONGEST_CODE:
        return None
    lines = [each.rstrip("\r") for each in text.split("\n")]
    if lines[0] == "BCD" and len(lines) >= _EPC_LEAST_LINES and lines[3] == "SCT":
        return _epc([*lines, *[""] * 12])
    if lines[0] == "SPC" and len(lines) >= _SWISS_LEAST_LINES and lines[1].startswith("02"):
        return _swiss([*lines, *[""] * 12])
    return None


def _epc(lines: list[str]) -> PaymentCode | None:
    iban = find_iban(lines[6].strip())
    if iban is None:
        return None
    amount = _EPC_AMOUNT.fullmatch(lines[7].strip())
    total = f"{Decimal(amount[1]):.2f}" if amount else None
    reference = lines[9] or lines[10]
    return PaymentCode("epc_code", iban, _told(lines[5]), total, "EUR" if amount else None, _told(reference))


def _swiss(lines: list[str]) -> PaymentCode | None:
    iban = find_iban(lines[3].strip())
    # 18 and 19: amount and currency, behind creditor (4 to 10) and ultimate creditor (11 to 17).
    currency = lines[19].strip()
    if iban is None or iban[:2] not in {"CH", "LI"} or currency not in {"CHF", "EUR"}:
        return None
    total = lines[18].strip() if _SWISS_AMOUNT.fullmatch(lines[18].strip()) else None
    return PaymentCode("swiss_qr_code", iban, _told(lines[5]), total, currency, _told(lines[28]))


def _told(text: str) -> str | None:
    return told(text.strip(), 80) or None
