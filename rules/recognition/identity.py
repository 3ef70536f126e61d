"""When two mails are the same mail, and two e-invoices the same invoice ("once means once").

The content id leaves out whatever a door, a relay or a provider may change: trace fields, folding, transfer
encoding, boundaries, the octets as fetched. Never decides what follows from sameness (law 10 does, in storage).
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from rules.addresses import canonical
from rules.facts import EInvoice
from rules.words import plain

# Of what tells a seller, the strongest first: a VAT id is one owner's, an IBAN may change, a name may be another's too.
MARKED = ("vat", "iban")
_LONGEST_DATE = 100
# The country (and Switzerland's "CHE"), then what tells the owner: at least six characters, most of them digits.
_VAT_ID = re.compile(r"(?:CHE|[A-Z]{2})?([A-Z0-9]{0,2}[0-9]{6,12}[A-Z0-9]{0,3}?)(?:MWST|TVA|IVA|MVA)?")
_PIECE_OCTETS = 256 * 1024
_LINE_END = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class IdentifyingHeaders:
    """The header fields that belong to a mail wherever it lies; values decoded, as they came."""

    from_addresses: tuple[str, ...]
    subject: str
    date: str
    message_id: str


def content_id(headers: IdentifyingHeaders, part_hashes: Iterable[str]) -> str:
    """64 hex digits that are equal when the mail is: `part_hashes` as from part_hash, in the order of the walk."""
    senders = sorted(canonical(address) or address.strip().lower() for address in headers.from_addresses)
    fields = [" ".join(senders), _collapsed(headers.subject), _instant(headers.date), _collapsed(headers.message_id)]
    return _digest([*fields, *part_hashes])


def part_hash(octets: bytes, is_text: bool) -> str:
    """The SHA-256 of a decoded part; of text without its line ends and trailing blanks, which relays change."""
    if not is_text:
        return hashlib.sha256(octets).hexdigest()
    digest = hashlib.sha256()
    line_ends = b""  # not told yet: those at the very end do not count
    for start, end in _pieces(octets):
        text = b"\n".join(line.rstrip() for line in octets[start:end].splitlines()) + b"\n"
        words = text.rstrip(b"\n")
        if words:
            digest.update(line_ends + words)
            line_ends = b""
        line_ends += text[len(words) :]
    return digest.hexdigest()


def _pieces(octets: bytes) -> Iterator[tuple[int, int]]:
    """Where pieces of a text begin and end, each at a line's end: fifty million lines at once take 600 MB."""
    start = 0
    while start < len(octets):
        line_end = _LINE_END.search(octets, start + _PIECE_OCTETS)
        end = line_end.end() if line_end else len(octets)
        yield start, end
        start = end


def invoice_ids(invoice: EInvoice) -> tuple[str, ...]:
    """64 hex digits for each thing that tells the seller, the strongest first; none when too little is known.

    Two dresses of one invoice share one of them, though one names a VAT id and the other only an IBAN.
    """
    total = _amount(invoice.total)
    if total and invoice.kind == "credit_note":
        # Its total is below zero in one dress, and above it in another; it is not the invoice that it takes back.
        total = f"-{total.lstrip('-')}"
    if not (invoice.number and invoice.issue_date and total):
        return ()
    rest = (number_key(invoice.number), invoice.issue_date, total)
    return tuple(_digest([f"{kind} {key}", *rest]) for kind, key in seller_keys(invoice).items())


def seller_mark(invoice: EInvoice) -> str:
    """What an invoice tells of its seller beside the name, shortened, to be compared later by `marks_differ`."""
    return _written({kind: _digest([key])[:16] for kind, key in seller_keys(invoice).items() if kind in MARKED})


def marks_differ(one: str, other: str) -> bool:
    """Whether two marks are of two sellers: by the strongest that both tell.

    A name may be another's too, and is written by whoever likes: it makes nobody the owner of another's VAT id.
    """
    said, told = _read(one), _read(other)
    return next((said[kind] != told[kind] for kind in MARKED if kind in said and kind in told), False)


def accounts_differ(one: str, other: str) -> bool:
    """Whether two marks tell different bank accounts: who sends a known invoice with another one may want the money."""
    said, told = _read(one), _read(other)
    return "iban" in said and "iban" in told and said["iban"] != told["iban"]


def joined_marks(one: str, other: str) -> str:
    """What both tell; where they disagree, the first."""
    return _written(_read(other) | _read(one))


def seller_keys(invoice: EInvoice) -> dict[str, str]:
    """What tells the seller of an invoice, the strongest first: "vat", "iban", "name", each in one spelling."""
    keys = {
        "vat": bare_vat_id(invoice.seller_vat or ""),
        "iban": _letters_and_digits(invoice.iban or ""),
        "name": plain(invoice.seller_name or ""),
    }
    return {kind: key for kind, key in keys.items() if key}


def bare_vat_id(text: str) -> str:
    """A VAT id without its country, which one dress writes and the other leaves out, and without "MWST"."""
    whole = _letters_and_digits(text)
    if found := _VAT_ID.fullmatch(whole):
        return found[1]
    return whole


def number_key(number: str) -> str:
    """The number of an invoice in one spelling: "R 7" is "r7"."""
    return plain(number).replace(" ", "")


def same_amount(one: str, other: str) -> bool:
    """Whether two texts are one amount; what is none is like nothing."""
    return _amount(one) is not None and _amount(one) == _amount(other)


def _read(mark: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in mark.split())


def _written(marks: dict[str, str]) -> str:
    return " ".join(f"{kind}={marks[kind]}" for kind in MARKED if kind in marks)


def _amount(total: str | None) -> str | None:
    try:
        amount = Decimal(total or "")
    except InvalidOperation:
        return None
    return f"{amount.normalize() + 0:f}" if amount.is_finite() and abs(amount.adjusted()) < 30 else None


def _instant(date: str) -> str:
    # Two servers write one instant in two zones or with another comment; what cannot be read counts as it stands.
    try:
        when = parsedate_to_datetime(date[:_LONGEST_DATE])
        return when.astimezone(UTC).isoformat() if when.tzinfo else when.isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return _collapsed(date)


def _letters_and_digits(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _collapsed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text[:20_000]).split())


def _digest(values: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for value in values:
        octets = value.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(octets) + octets)
    return digest.hexdigest()
