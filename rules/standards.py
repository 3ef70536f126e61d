"""Import standards: what a tenant says about mail that shall become documents.

The customer's four fields are name, e-mail text is the invoice, sender ("Standard value") and subject word
("Standard value 2"). Nothing here decides (rules.engine does) or stores.
"""

import dataclasses
import unicodedata
from dataclasses import dataclass
from typing import Literal

from rules.addresses import SenderPattern
from rules.decision import Parameters
from rules.words import WordPattern

LONGEST_NAME = 100
LONGEST_SUBJECT_WORD = 200

Field = Literal["name", "sender", "subject_word", "standard"]


@dataclass(frozen=True, slots=True)
class ImportStandard:
    """One rule of a tenant. At least one of sender and subject_word is set (check_fields sees to that)."""

    id: str
    name: str
    sender: str | None = None  # an address, "@domain" or "@*.domain"
    subject_word: str | None = None  # law 23
    email_text_is_invoice: bool = False  # keep the text; else keep the attachments
    priority: int = 100  # smaller is asked earlier


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a field cannot be taken; rules.wording says it in words."""

    field: Field  # "standard": the fields together
    code: str
    params: Parameters = dataclasses.field(default_factory=dict)


def check_fields(
    name: str, sender: str | None, subject_word: str | None, email_text_is_invoice: bool = False
) -> list[Fault]:
    """Every reason why these fields make no standard; empty when they do. Blank texts count as not given."""
    faults = _check_name(name)
    sender, subject_word = tidy(sender), tidy(subject_word)
    if sender and SenderPattern.parse(sender) is None:
        faults.append(Fault("sender", "sender_is_no_address", {"sender": sender}))
    if subject_word:
        faults += _check_subject_word(subject_word)
    if not sender and not subject_word:
        faults.append(Fault("standard", "keeps_every_text" if email_text_is_invoice else "keeps_every_attachment"))
    return faults


def name_key(name: str) -> str:
    """What makes two names the same: neither case, nor blanks, nor the width of letters."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def tidy(text: str | None) -> str | None:
    """A field as it is stored: blanks collapsed, None for nothing."""
    return " ".join((text or "").split()) or None


def _check_name(name: str) -> list[Fault]:
    tidied = tidy(name)
    if tidied is None:
        return [Fault("name", "name_is_missing")]
    if len(tidied) > LONGEST_NAME:
        return [Fault("name", "name_is_too_long", {"longest": LONGEST_NAME})]
    if not tidied.isprintable():
        return [Fault("name", "name_is_not_printable")]
    return []


def _check_subject_word(subject_word: str) -> list[Fault]:
    if len(subject_word) > LONGEST_SUBJECT_WORD:
        return [Fault("subject_word", "subject_word_is_too_long", {"longest": LONGEST_SUBJECT_WORD})]
    if WordPattern.compile(subject_word).says_nothing:
        return [Fault("subject_word", "subject_word_says_nothing", {"word": subject_word})]
    return []
