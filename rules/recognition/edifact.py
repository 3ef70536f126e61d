"""Read the leading fields of EDIFACT messages: INVOIC as e-invoices, all others by their kind. Raises nothing.

Standards: ISO 9735 (service string, segments), UN/EDIFACT INVOIC D.01B to D.16B; UNTDID 1001, 2005, 3035, 5025.
"""

import re
from collections.abc import Iterator
from itertools import islice

from rules.facts import EInvoice, InvoiceLine
from rules.recognition.einvoice_codes import kind_of
from rules.recognition.einvoice_reader import MOST_RECORDS
from rules.recognition.einvoice_values import amount, country, currency, day, iban, text

LARGEST_OCTETS = 4 * 1024 * 1024
_MOST_MESSAGES = 100
_MOST_SEGMENTS = 100_000
_LONGEST_SEGMENT = 100_000
_HIDDEN = 0xE000  # characters that are text, not signs, stand here in between
_SHOWN = {_HIDDEN + each: each for each in range(0x80)}
_START = re.compile(rb"[\s\xef\xbb\xbf]{0,64}(?:UNA.{5}.[\r\n]*UNB|UNB)[+:\x1d]", re.DOTALL)
_ORDERS = frozenset({"ORDERS", "ORDRSP", "ORDCHG", "OSTRPT"})

# Elements by position, each a list of its components.
Segment = list[list[str]]


def may_be_edifact(octets: bytes) -> bool:
    """Whether these octets begin as an interchange does."""
    return bool(_START.match(octets[:128]))


def read_interchange(octets: bytes) -> tuple[str, tuple[EInvoice, ...]] | None:
    """The kind of an interchange (as recognition.einvoice.BUSINESS_KINDS) and its invoices; None when it is none."""
    if len(octets) > LARGEST_OCTETS:
        return None
    kinds: list[str] = []
    invoices: list[EInvoice] = []
    for name, segments in islice(_messages(_text(octets)), _MOST_MESSAGES):
        if name == "INVOIC":
            # A message that does not end tells nothing.
            invoices += [_invoice(segments)] if segments is not None else []
        kinds.append("e_invoice" if name == "INVOIC" else "order" if name in _ORDERS else "business_document")
    if not kinds:
        return None
    return ("e_invoice" if "e_invoice" in kinds else kinds[0]), tuple(invoices)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:  # UNOC is ISO 8859-1
        return octets.decode("latin-1")


def _messages(interchange: str) -> Iterator[tuple[str, list[Segment] | None]]:
    """Each message's name and segments; None of one that does not end."""
    name, segments = "", list[Segment]()
    for segment in _segments(interchange):
        tag = segment[0][0].strip()
        if tag == "UNH":
            name, segments = _at(segment, 2, 0), []
        elif tag == "UNT" and name:
            yield name, segments
            name = ""
        elif name:
            segment[0][0] = tag
            segments.append(segment)
    if name:
        yield name, None


def _segments(interchange: str) -> Iterator[Segment]:
    rest = interchange.lstrip("\ufeff \t\r\n")
    service = ":+.? '"
    if rest.startswith("UNA"):
        service, rest = rest[3:9], rest[9:]
    component, element, release, end = service[0], service[1], service[3], service[5]
    for raw in islice(_raw_segments(rest, release, end), _MOST_SEGMENTS):
        if release == " " or release not in raw:
            yield [part.split(component) for part in raw.split(element)]
        else:
            hidden = re.sub(re.escape(release) + "([\x20-\x7e])", _hide, raw)
            yield [[each.translate(_SHOWN) for each in part.split(component)] for part in hidden.split(element)]


def _raw_segments(text_: str, release: str, end: str) -> Iterator[str]:
    start = at = 0
    while (at := text_.find(end, at)) >= 0:
        before = text_[start:at]
        at += 1
        # An odd number of release characters before it: it is text.
        if release == " " or (len(before) - len(before.rstrip(release))) % 2 == 0:
            yield before
            start = at
        elif at - start > _LONGEST_SEGMENT:
            return


def _hide(released: re.Match[str]) -> str:
    return chr(_HIDDEN + ord(released[1]))


def _at(segment: Segment, element: int, component: int) -> str:
    if element < len(segment) and component < len(segment[element]):
        return segment[element][component].strip()
    return ""


def _invoice(segments: list[Segment]) -> EInvoice:
    fields: dict[str, str] = {}
    lines: list[dict[str, str]] = []
    count, party, is_in_lines = 0, "", False
    for segment in segments:
        tag = segment[0][0]
        if tag in {"LIN", "UNS"}:
            is_in_lines, party = tag == "LIN", ""
            if is_in_lines:
                count += 1
                lines = [*lines, {"number": _at(segment, 1, 0)}] if len(lines) < MOST_RECORDS else lines
        elif is_in_lines:
            if count <= MOST_RECORDS and lines:
                _note_line(lines[-1], segment)
        elif tag == "NAD":
            party = _at(segment, 1, 0)
            _note(fields, party + "_name", _at(segment, 4, 0) or _at(segment, 3, 0))
            _note(fields, party + "_country", _at(segment, 9, 0))
        else:
            _note_header(fields, segment, party)
    return _made(fields, tuple(_line(each) for each in lines), count)


def _note_header(fields: dict[str, str], segment: Segment, party: str) -> None:
    match segment[0][0]:
        case "BGM":
            _note(fields, "type", _at(segment, 1, 0))
            _note(fields, "number", _at(segment, 2, 0))
        case "DTM":
            _note(fields, "date_" + _at(segment, 1, 0), _at(segment, 1, 1))
        case "RFF":
            _note(fields, f"{party}_{_at(segment, 1, 0)}", _at(segment, 1, 1))
        case "FII":
            _note(fields, "account_" + _at(segment, 1, 0), _at(segment, 2, 0))
        case "CUX":
            _note(fields, "currency", _at(segment, 1, 1))
        case "MOA":
            _note(fields, "amount_" + _at(segment, 1, 0), _at(segment, 1, 1))


def _note_line(line: dict[str, str], segment: Segment) -> None:
    match segment[0][0]:
        case "IMD":
            _note(line, "description", " ".join(filter(None, (_at(segment, 3, 3), _at(segment, 3, 4)))))
        case "QTY":
            _note(line, "quantity", _at(segment, 1, 1))
            _note(line, "unit", _at(segment, 1, 2))
        case "PRI":
            _note(line, "unit_price", _at(segment, 1, 1))
        case "MOA" if _at(segment, 1, 0) == "203":
            _note(line, "amount", _at(segment, 1, 1))


def _note(fields: dict[str, str], field: str, value: str) -> None:
    if value and len(fields) < 200:
        fields.setdefault(field, value)


def _made(fields: dict[str, str], lines: tuple[InvoiceLine, ...], count: int) -> EInvoice:
    seller = "SE" if "SE_name" in fields else "SU"
    buyer = "BY" if "BY_name" in fields else "IV"

    def first(*names: str) -> str | None:
        return next((fields[name] for name in names if name in fields), None)

    return EInvoice(
        kind=kind_of(first("type")),
        syntax="EDIFACT",
        number=text(first("number")),
        issue_date=day(first("date_137", "date_3")),
        seller_name=text(first(seller + "_name")),
        seller_vat=text(first(seller + "_VA")),
        iban=iban(first("account_RB", "account_BF")),
        total=amount(first("amount_388", "amount_77", "amount_9", "amount_86")),
        currency=currency(first("currency")),
        type_code=text(first("type")),
        format="EDIFACT",
        profile="INVOIC",
        due_date=day(first("date_13")),
        seller_country=country(first(seller + "_country")),
        buyer_name=text(first(buyer + "_name")),
        buyer_vat=text(first(buyer + "_VA")),
        net_total=amount(first("amount_389", "amount_125", "amount_79")),
        tax_total=amount(first("amount_176", "amount_124")),
        payable=amount(first("amount_9")),
        lines=lines,
        line_count=count,
    )


def _line(values: dict[str, str]) -> InvoiceLine:
    return InvoiceLine(
        number=text(values.get("number")),
        description=text(values.get("description")),
        quantity=amount(values.get("quantity")),
        unit=text(values.get("unit")),
        unit_price=amount(values.get("unit_price")),
        amount=amount(values.get("amount")),
    )
