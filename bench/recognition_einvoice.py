"""E-invoices: what is found in the set's files, as the parsing child finds it, beside the key; and what it costs.

A section of ./dev bench recognition. The key's `kind` says what is an e-invoice; fields are compared where it has them,
all documents of a file in their order. Its total is with tax, else what is to be paid.
"""

import csv
import statistics
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from bench.recognition import Figure, Score
from receiver.pipeline.file_reading import FileReader
from receiver.pipeline.suspects import Watch
from rules.facts import AttachmentFacts, EInvoice
from rules.recognition.content import HEAD_OCTETS, sniff

Row = dict[str, str]
_DETECTION = 0.995
_FIELDS = 0.99
# What must be told of a file that is no e-invoice. "": nothing; a damaged one may be too far gone to be named.
_OTHERS = {
    "order": {"order"},
    "other-business-document": {"reminder", "business_document"},
    "sdi-notification": {"transmission_notice"},
    "damaged-or-unknown": {"damaged", ""},
    "not-an-invoice": {""},
    "pdf-without-xml": {""},
}


def score(folder: Path) -> Score:
    """Read every file of the set, compare it with its row, and take its time."""
    rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8", newline="")))
    found, milliseconds = dict[str, AttachmentFacts](), list[tuple[str, float]]()
    for row in rows:
        octets = (folder / row["file"]).read_bytes()
        started = time.process_time()
        found[row["file"]] = read(octets)
        milliseconds.append((row["container"], (time.process_time() - started) * 1000))
    result = Score()
    _score_detection(result, rows, found)
    _score_fields(result, [(row, found[row["file"]]) for row in rows if found[row["file"]].e_invoice])
    for container in ("xml", "pdf"):
        taken = [each for kind, each in milliseconds if kind == container]
        result.figures.append(
            Figure(f"{container}: median ms of CPU", statistics.median(taken or [0.0]), of=len(taken))
        )
        result.figures.append(Figure(f"{container}: longest ms of CPU", max(taken or [0.0])))
    return result


def read(octets: bytes) -> AttachmentFacts:
    """The facts of a file that came without a name or a type."""
    media_type = sniff(octets[:HEAD_OCTETS], "application/octet-stream", None)
    facts = AttachmentFacts("1", None, "application/octet-stream", media_type, len(octets), "")
    return FileReader(Watch()).structured(facts, octets)


def _score_detection(result: Score, rows: list[Row], found: dict[str, AttachmentFacts]) -> None:
    truly = {row["file"] for row in rows if row["kind"] == "e-invoice"}
    told = {name for name, facts in found.items() if facts.e_invoice}
    result.add("detection precision", len(told & truly), len(told), _DETECTION)
    result.add("detection recall", len(told & truly), len(truly), _DETECTION)
    named = 0
    others = [row for row in rows if row["file"] not in truly]
    for row in others:
        kind = found[row["file"]].business_kind
        named += kind in _OTHERS[row["kind"]]
        if kind not in _OTHERS[row["kind"]]:
            result.miss(row["file"], "kind", row["kind"], kind)
    for name in sorted(truly - told):
        result.miss(name, "kind", "e-invoice", found[name].business_kind)
    result.add("others named for what they are", named, len(others))


def _score_fields(result: Score, pairs: list[tuple[Row, AttachmentFacts]]) -> None:
    right, asked = Counter[str](), Counter[str]()
    for row, facts in pairs:
        if row["kind"] != "e-invoice":
            continue
        for field, (key, is_same) in _COMPARED.items():
            expected, read_ = key(row), [_value(each, field) for each in facts.e_invoices]
            if not any(expected):
                continue
            asked[field] += 1
            is_right = len(expected) == len(read_) and all(map(is_same, expected, read_))
            right[field] += is_right
            if not is_right:
                result.miss(row["file"], field, expected, read_)
    for field in _COMPARED:
        goal = None if field in _BESIDE else _FIELDS
        result.add(f"{field} right", right[field], asked[field], goal)


def _value(invoice: EInvoice, field: str) -> str:
    return getattr(invoice, field) or ""


def _each(column: str) -> Callable[[Row], list[str]]:
    return lambda row: row[column].split(";")


def _of_file(column: str) -> Callable[[Row], list[str]]:
    # The key tells once what all documents of a file share.
    return lambda row: [row[column]] * max(1, int(row["documents"] or 1))


def _totals(row: Row) -> list[str]:
    gross, payable = row["total_gross"].split(";"), row["payable"].split(";")
    payable += [""] * (len(gross) - len(payable))
    return [one or other for one, other in zip(gross, payable, strict=False)]


def _same(expected: str, found: str) -> bool:
    return " ".join(expected.split()) == found


def _same_amount(expected: str, found: str) -> bool:
    return not expected or (bool(found) and Decimal(expected) == Decimal(found))


_COMPARED: dict[str, tuple[Callable[[Row], list[str]], Callable[[str, str], bool]]] = {
    "number": (_each("invoice_number"), _same),
    "issue_date": (_each("issue_date"), _same),
    "seller_name": (_of_file("seller_name"), _same),
    "total": (_totals, _same_amount),
    "currency": (_of_file("currency"), _same),
    "buyer_name": (_of_file("buyer_name"), _same),
    "seller_country": (_of_file("seller_country"), _same),
    "seller_vat": (_of_file("seller_vat"), _same),
}
_BESIDE = {"buyer_name", "seller_country", "seller_vat"}
