"""VAT ids and IBANs in a text, believed only when their check digits are right (python-stdnum).

What a label announces may lack its country's prefix; it is tried with the one its label means. Pure. Raises nothing.
Standard: ISO 13616 (IBAN), the VAT numbers of the European Union, Switzerland, Norway and the United Kingdom.
"""

import re
from typing import Final

from rules.recognition.accounting.lexicon import fold

_MOST_TRIED = 12
_EU = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
_VAT = re.compile(rf"(?<![A-Z0-9])((?:{_EU})[ -]?[A-Z0-9][A-Z0-9 .-]{{6,15}}|CHE[- ]?\d{{3}}[ .]?\d{{3}}[ .]?\d{{3}})")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Z0-9])")
# Labels whose number goes without its country's letters at home.
_HOME: Final = (
    (re.compile(r"\bnip\b\W{0,20}(\d[\d -]{8,14}\d)"), "PL"),
    (re.compile(r"\b(?:p\.? ?iva|partita iva)\b\W{0,20}(\d{11})"), "IT"),
    (re.compile(r"\b(?:n\.?i\.?f|c\.?i\.?f)\b\W{0,20}([a-z]?-?\d{7,8}-?[a-z]?)"), "ES"),
    (re.compile(r"\b(?:nif|contribuinte)\b\W{0,20}(\d{9})"), "PT"),
    (re.compile(r"\bcvr\b\W{0,20}(?:nr\W{0,3})?(\d{8})"), "DK"),
    (re.compile(r"\by-tunnus\b\W{0,20}(\d{7}-\d)"), "FI"),
    (re.compile(r"\bdic\b\W{0,20}(\d{8,10})"), "CZ"),
    (re.compile(r"\badoszam\b\W{0,20}(\d{8})"), "HU"),
)


def find_iban(text: str) -> str | None:
    """The first IBAN of a text whose check digits are right, without blanks."""
    from stdnum import iban  # noqa: PLC0415 - most mails hold none, and it loads tables

    for match in list(_IBAN.finditer(text))[:_MOST_TRIED]:
        pieces = match[0].split(" ")
        # The words behind an IBAN look like its next group.
        for count in range(len(pieces), 0, -1):
            candidate = "".join(pieces[:count])
            if len(candidate) >= 15 and iban.is_valid(candidate, check_country=False):
                return candidate
    return None


def find_vat_id(text: str) -> str | None:
    """The first VAT id of a text whose check digits are right, with its country's letters."""
    candidates = [match[1] for match in list(_VAT.finditer(text))[:_MOST_TRIED]]
    for candidate in candidates:
        found = _valid_vat(candidate)
        if found:
            return found
    folded = fold(text)
    for label, country in _HOME:
        match = label.search(folded)
        found = _valid_vat(country + match[1].upper()) if match else None
        if found:
            return found
    return None


def _valid_vat(candidate: str) -> str | None:
    from stdnum.ch import uid  # noqa: PLC0415 - as above
    from stdnum.eu import vat  # noqa: PLC0415
    from stdnum.gb import vat as vat_gb  # noqa: PLC0415

    pieces = candidate.split(" ")
    for count in range(len(pieces), 0, -1):
        number = re.sub(r"[^A-Z0-9]", "", "".join(pieces[:count]))
        if number.startswith("CHE") and uid.is_valid(number):
            return number
        if number.startswith("GB") and vat_gb.is_valid(number):
            return number
        if len(number) >= 8 and vat.is_valid(number):
            return number
    return None
