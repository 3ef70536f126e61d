"""VAT ids and IBANs in a text, believed only when their check digits are right (python-stdnum).

What a label announces may lack its country's prefix; it is tried with the one its label means. The customer's VAT id,
which most invoices name first, is told from the supplier's. Pure. Raises nothing.
Standard: ISO 13616 (IBAN), the VAT numbers of the European Union, Switzerland, Norway and the United Kingdom.
"""

import re
from dataclasses import dataclass
from typing import Final

from rules.recognition.accounting.lexicon import find, fold

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
# Whose VAT id it is, in the line before it: "Ihre USt-IdNr.:", "VAT number of the customer:".
_CUSTOMER = (
    r"(?:ihre?|kunden?|kaufers?|empfangers?|leistungsempfangers?|your|customer(?:'s)?|client|buyer(?:'s)?|recipient|uw|klant"
    r"|afnemer|votre|acheteur|cliente|comprador|destinatario|cessionario|committente|adquirente|kund(?:ens)?"
    r"|kobers?|kopares?|kjopers?|ostajan|asiakkaan|odberatele?|vevo|cumparator|kupca?|alici)"
)
_VAT_LABEL = (
    r"(?:eu[ -]?)?(?:ust|umsatzsteuer|mwst|uid|vat|tax id|tva|btw|iva|p\.? ?iva|partita iva|nif|cif|moms|alv|dic)"
)
_OF_CUSTOMER = re.compile(
    rf"(?<!\w){_CUSTOMER}[\W_]{{1,4}}{_VAT_LABEL}[^\d\n]{{0,40}}$"
    rf"|{_VAT_LABEL}[^\d\n]{{0,30}}[\W_]{_CUSTOMER}[\W_]{{0,6}}$"
)
# What stands above the customer's address; what is in the lines right below belongs to it.
_BILL_TO = re.compile(
    r"^\W{0,5}(?:bill(?:ed|ing)? to|invoice(?:d)? to|sold to|ship to|customer|client|rechnung an|rechnungsadresse"
    r"|rechnungsanschrift|rechnungsempfanger|kunde|leistungsempfanger|factuuradres|factuur aan|klant|facture a"
    r"|adresse de facturation|facturar a|cliente|fatturare a|spett\.?(?:le)?|nabywca|kund|faktureres til"
    r"|asiakas|odberatel|vevo|kupac)\b(?!\W{0,3}(?:n[ro°]|num|id\b))"
)
_MOST_ADDRESS_LINES = 6
# Before the customer's own IBAN, in its line: "We debit your account DE02 ...".
_DEBITED = re.compile(
    r"(?<!\w)(?:ihre[ms]? (?:konto|bank\w*|iban)|abgebucht|abbuch\w*|eingezogen|einzug\w*|lastschrift\w*"
    r"|ziehen wir|buchen wir|your (?:bank )?account|debit(?:ed)?|uw rekening|afgeschreven|incasso|votre compte"
    r"|preleve\w*|prelevement|su cuenta|domiciliacion|addebit\w*|debito direto|autogiro)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The IBANs of a text, without blanks; None where there is none."""

    paid: str | None = None  # the first one that is paid to
    debited: str | None = None  # the customer's own
    has_several: bool = False  # a foot that names the supplier's accounts at three banks


NO_ACCOUNTS: Final = Accounts()


def find_accounts(text: str) -> Accounts:
    """The IBANs of a text whose check digits are right."""
    paid: list[str] = []
    debited = None
    for match in list(_IBAN.finditer(text))[:_MOST_TRIED]:
        found = _valid_iban(match[0])
        if found and found != debited and found not in paid:
            start = text.rfind("\n", 0, match.start()) + 1
            if _DEBITED.search(fold(text[max(start, match.start() - 120) : match.start()])):
                debited = debited or found
            else:
                paid.append(found)
    return Accounts(next(iter(paid), None), debited, len(paid) > 1)


def find_iban(text: str) -> str | None:
    """The first IBAN of a short text that holds nothing else."""
    found = _IBAN.search(text)
    return _valid_iban(found[0]) if found else None


def _valid_iban(written: str) -> str | None:
    from stdnum import iban  # noqa: PLC0415 - most mails hold none, and it loads tables

    pieces = written.split(" ")
    # The words behind an IBAN look like its next group.
    for count in range(len(pieces), 0, -1):
        candidate = "".join(pieces[:count])
        if len(candidate) >= 15 and iban.is_valid(candidate, check_country=False):
            return candidate
    return None


def find_vat_ids(text: str) -> tuple[str | None, str | None]:
    """The first VAT id of a text's supplier, and that of its customer, whose check digits are right.

    With their countries' letters; None where there is none.
    """
    customers = None
    for match in list(_VAT.finditer(text))[:_MOST_TRIED]:
        found = _valid_vat(match[1])
        if found and found != customers:
            if not _is_customers(text, match.start()):
                return found, customers
            customers = customers or found
    folded = fold(text)
    for label, country in _HOME:
        labelled = label.search(folded)
        found = _valid_vat(country + labelled[1].upper()) if labelled else None
        if found and found != customers:
            return found, customers
    return None, customers


def _is_customers(text: str, start: int) -> bool:
    """Whether the VAT id at `start` is the customer's, by the words before it or by the address that it ends."""
    *above, line = fold(text[max(0, start - 600) : start]).split("\n")
    if _OF_CUSTOMER.search(line[-90:]):
        return True
    for each in reversed(above[-_MOST_ADDRESS_LINES:]):
        if _BILL_TO.search(each):
            return True
        # An address holds no labels: what is labelled above belongs to the invoice, and the supplier wrote it.
        if not each.strip() or any(known.meaning.startswith("label.") for known in find(each)):
            return False
    return False


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
