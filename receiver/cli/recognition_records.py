"""What recognition found in a mail, as `message show` prints it: a record for programs, lines for people.

Made from the facts that are stored with the mail; reads no octets. Texts of mails are printed through
receiver/cli/output.py only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rules.facts import Accounting, AttachmentFacts, EInvoice, ForwardClaim, MailFacts, Special
from rules.telling import lines_of_unread
from rules.wording import Language, words

_OF_RATING = (
    *("score", "document_type", "number", "issue_date", "due_date", "total", "currency", "iban", "vat_id", "supplier"),
    "reading",
)
_OF_INVOICE = (
    *("kind", "syntax", "format", "profile", "type_code", "number", "issue_date", "due_date", "seller_name"),
    *("seller_vat", "seller_country", "buyer_name", "buyer_vat", "iban", "net_total", "tax_total", "total", "payable"),
    *("currency", "line_count"),
)
_OF_FILE = (
    *("part", "filename", "media_type", "octets", "business_kind", "group", "opened_as", "sealed", "signature"),
    *("seen_before", "is_referenced"),
)
_MOST_EVIDENCE = 30
# What a value is called where people read it, in the order in which they look for it.
_TITLES = (
    *(("Type", "document_type"), ("Type", "kind"), ("Format", "format"), ("Profile", "profile"), ("Number", "number")),
    *(("Date", "issue_date"), ("Due", "due_date"), ("Total", "total"), ("Currency", "currency")),
    *(("Without tax", "net_total"), ("Tax", "tax_total"), ("To be paid", "payable")),
    *(("Supplier", "supplier"), ("Seller", "seller_name"), ("Country", "seller_country"), ("VAT id", "vat_id")),
    *(("VAT id", "seller_vat"), ("Buyer", "buyer_name"), ("Buyer's VAT id", "buyer_vat"), ("IBAN", "iban")),
)


def recognition_record(facts: MailFacts, language: Language) -> dict[str, Any]:
    """All that was found: {rating, files, unread, forward, special, signature, language}."""
    return {
        "rating": _rating(facts.accounting, language),
        "files": [_file(each, language) for each in facts.attachments],
        "unread": [
            {"part": each.part, "reader": each.reader, "words": words(line.code, line.params, language)}
            for each, line in zip(facts.unread, lines_of_unread(facts), strict=True)
        ],
        "forward": _forward(facts.forward, language),
        "special": special_record(facts.special),
        "signature": facts.signature or None,
        "language": facts.language,
    }


def special_record(special: Special | None) -> dict[str, Any] | None:
    """Mail about mail, or about a bill that lies elsewhere."""
    if special is None:
        return None
    return {"kind": special.kind, "link": special.link, "domain": special.domain, "code": special.code}


def special_fields(special: Mapping[str, Any] | None) -> list[tuple[str, object]]:
    """What somebody has to do outside of postbus, for people; nothing is followed by us."""
    if special is None or not (special["link"] or special["code"]):
        return []
    title = "Confirm forwarding" if special["kind"] == "forwarding_confirmation" else "Invoice lies at"
    fields: list[tuple[str, object]] = [(f"{title}: code", special["code"])] if special["code"] else []
    return [*fields, *([(f"{title}: link", special["link"])] if special["link"] else [])]


def forward_fields(forward: Mapping[str, Any] | None) -> list[tuple[str, object]]:
    """What an inner message says of itself, besides its sender, and how it says so."""
    if forward is None:
        return []
    fields = [
        ("Original sender's name (claimed)", forward["sender_name"]),
        ("Original recipients (claimed)", forward["recipients"]),
        ("Original subject (claimed)", forward["subject"]),
        ("Original date (claimed)", forward["date"]),
        ("How it says so", forward["words"]),
    ]
    return [(title, value) for title, value in fields if value]


def lines(record: Mapping[str, Any], language: Language) -> Iterator[str]:
    """What was found in text and files, a line for each thing; what is as usual is left out."""
    if record["signature"]:
        yield f"mail: {words('signature_' + record['signature'], {}, language)}"
    of_files = {each["part"] for each in record["files"]}
    yield from (f"part {each['part']}: {each['words']}" for each in record["unread"] if each["part"] not in of_files)
    rating = record["rating"]
    if rating:
        yield words("text_rated", {"score": rating["score"]}, language)
        yield from _indented(_values(rating))
        yield from _evidence_lines(rating)
    for each in record["files"]:
        unread = [left["words"] for left in record["unread"] if left["part"] == each["part"]]
        yield from _lines_of_file(each, unread, language)


def _lines_of_file(file: Mapping[str, Any], unread: list[str], language: Language) -> Iterator[str]:
    name = f' "{file["filename"]}"' if file["filename"] else ""
    yield f"part {file['part']}{name}  {file['media_type']}"
    yield from (f"    {each}" for each in unread)
    for code, params in _remarks(file):
        yield f"    {words(code, params, language)}"
    for invoice in file["e_invoices"]:
        yield from _indented(_values(invoice))
    for enclosed in file["enclosed"]:
        yield f'    + "{enclosed["name"]}"  {enclosed["media_type"]}, {enclosed["octets"]} B'
    rating = file["rating"]
    if rating and not file["e_invoices"]:
        about = {"filename": file["filename"] or file["part"], "score": rating["score"]}
        yield f"    {words('file_rated', about, language)}"
        yield from _indented(_values(rating))
        yield from _evidence_lines(rating)


def _remarks(file: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str | int]]]:
    """What is to be said of a file, as codes that the three languages have words for."""
    for prefix, key in (("kind", "business_kind"), ("opened", "opened_as"), ("sealed", "sealed")):
        if file[key]:
            yield f"{prefix}_{file[key]}", {}
    if file["signature"]:
        yield f"signature_{file['signature']}", {}
    if file["group"]:
        yield ("group_original", {}) if file["group"] == file["part"] else ("group_of", {"part": file["group"]})
    yield from ((f"differs_{each}", {}) for each in file["differences"])
    if file["seen_before"]:
        yield "picture_seen_before", {"count": file["seen_before"]}
    if file["rating"] and file["rating"]["reading"] != "text":
        yield f"reading_{file['rating']['reading']}", {}


def _values(found: Mapping[str, Any]) -> str:
    said = [(title, found.get(key)) for title, key in _TITLES]
    return ", ".join(f"{title}: {value}" for title, value in said if value)


def _indented(line: str) -> Iterator[str]:
    if line:
        yield f"    {line}"


def _evidence_lines(rating: Mapping[str, Any]) -> Iterator[str]:
    for each in rating["evidence"][:_MOST_EVIDENCE]:
        yield f"    {each['weight']:+d}  {each['words']}"


def _rating(rating: Accounting | None, language: Language) -> dict[str, Any] | None:
    if rating is None:
        return None
    said = [
        {
            "code": each.code,
            "weight": each.weight,
            "place": each.place,
            "words": _worded(each.code, each.place, language),
        }
        for each in rating.evidence
    ]
    return {name: getattr(rating, name) for name in _OF_RATING} | {"evidence": said}


def _worded(code: str, place: str, language: Language) -> str:
    kind, _, number = place.partition(" ")
    where = words(f"place_{kind}", {"number": number} if number else {}, language)
    return f"{words(f'evidence_{code}', {}, language)} ({where})"


def _file(attachment: AttachmentFacts, language: Language) -> dict[str, Any]:
    return {name: getattr(attachment, name) for name in _OF_FILE} | {
        "rating": _rating(attachment.accounting, language),
        "e_invoices": [_invoice(each) for each in attachment.e_invoices],
        "differences": list(attachment.differences),
        "enclosed": [
            {"name": each.name, "media_type": each.media_type, "octets": each.octets} for each in attachment.enclosed
        ],
    }


def _invoice(invoice: EInvoice) -> dict[str, Any]:
    return {name: getattr(invoice, name) for name in _OF_INVOICE}


def _forward(forward: ForwardClaim | None, language: Language) -> dict[str, Any] | None:
    if forward is None:
        return None
    return {
        "sender": forward.sender,
        "sender_name": forward.sender_name,
        "subject": forward.subject,
        "date": forward.date_raw,
        "recipients": forward.recipients,
        "evidence": forward.evidence,
        "words": words(f"forward_by_{forward.evidence}", {}, language),
    }
