"""The conditions of an import standard: a fact, and the values of which one suffices.

Values stand in the form that is compared: senders canonical, types and languages in lower case; words, globs, patterns
and sizes as they were written, tidied. Nothing here decides whether a condition holds (rules.judging does).
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from rules.addresses import SenderPattern

Fact = Literal[
    "sender",  # every address in header From, and the original sender of a forward as far as it is trusted (law 22)
    "original_sender",  # the original sender of a forward alone
    "sender_field",  # header field Sender
    "reply_to",  # header field Reply-To
    "reverse_path",  # the envelope's sender
    "label",  # the part after "+" in the import address
    "subject",  # a word or phrase (law 23)
    "subject_pattern",  # RE2
    "attachment_name",  # a glob
    "body",  # a word or phrase (law 23)
    "body_pattern",  # RE2
    "attachment_type",  # a media type, or "image/*"
    "language",  # ISO 639-1
    "authentication",  # "pass", "fail" or "none"
    "size",  # ">= 20000"
    # What recognition found, in e-invoices and in what was rated as a possible document at least.
    "document_type",  # one of recognised.DOCUMENT_TYPES
    "seller",  # a word or phrase of the seller's name (law 23)
    "vat_id",  # the seller's, with or without its country
    "e_invoice",  # its format, profile or syntax: "XRechnung", "EN 16931", "UBL"
    "currency",  # ISO 4217
]

_NO_SIGNS = re.compile(r"[^A-Z0-9]")
# The order in which conditions are asked and told. The first of a standard is its anchor: by it an index finds the
# standard, and where it holds and another fails, the standard nearly fits.
FACTS: tuple[Fact, ...] = get_args(Fact)
SENDERS: tuple[Fact, ...] = FACTS[:5]  # facts that are addresses
WORDS: frozenset[Fact] = frozenset({"subject", "body", "seller"})
RECOGNISED: tuple[Fact, ...] = FACTS[15:]
PATTERNS: frozenset[Fact] = frozenset({"subject_pattern", "body_pattern"})


@dataclass(frozen=True, slots=True)
class Condition:
    """What a standard asks of one fact. Made by `condition`, which brings its values into the form compared."""

    fact: Fact
    values: tuple[str, ...]


def condition(fact: Fact, *values: str) -> Condition:
    """The condition that one of `values` holds of `fact`."""
    return Condition(fact, tuple(dict.fromkeys(comparable(fact, each) for each in values)))


def comparable(fact: Fact, value: str) -> str:
    """A value as it is stored and compared; one that cannot be taken stays as it is and fits nothing."""
    if fact in SENDERS:
        pattern = SenderPattern.parse(value)
        return pattern.text if pattern else value.strip()
    if fact in {"attachment_type", "language", "authentication", "document_type"}:
        return value.strip().lower()
    if fact in {"vat_id", "currency"}:
        return _NO_SIGNS.sub("", value.upper())
    return value.strip() if fact in PATTERNS else " ".join(value.split())


def in_order(conditions: dict[Fact, tuple[str, ...]]) -> tuple[Condition, ...]:
    """Conditions in the order in which they are asked and told: the sender first."""
    return tuple(condition(fact, *conditions[fact]) for fact in FACTS if conditions.get(fact))
