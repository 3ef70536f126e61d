"""A standard inside an index: JSON as short and as quickly read as it can be, values already in the form compared.

Not the form that people or the database read (rules.standard_codec). Never checks: what is read was written here.
"""

import json

from rules.conditions import FACTS, Condition
from rules.standards import KEEPS, ImportStandard

_NUMBERS = {fact: number for number, fact in enumerate(FACTS)}
_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(separators=(",", ":")).encode


def write(standard: ImportStandard) -> bytes:
    """The standard's record."""
    record = [
        standard.id,
        standard.name,
        [[_NUMBERS[each.fact], *each.values] for each in standard.any_of],
        [[_NUMBERS[each.fact], *each.values] for each in standard.none_of],
        KEEPS.index(standard.keep),
        standard.attachment_names,
        standard.document_type,
        standard.supplier,
        standard.priority,
        standard.stop_here,
        standard.origin,
    ]
    return _encode(record).encode("ascii")


def read(record: memoryview) -> ImportStandard:
    """The standard that `write` wrote."""
    known = _decode(str(record, "ascii"))
    return ImportStandard(
        known[0],
        known[1],
        tuple([Condition(FACTS[each[0]], tuple(each[1:])) for each in known[2]]),
        tuple([Condition(FACTS[each[0]], tuple(each[1:])) for each in known[3]]),
        KEEPS[known[4]],
        tuple(known[5]),
        *known[6:],
    )
