"""Import standards: what a tenant, or the catalogue for all of them, says about mail that shall become documents.

The customer's four fields are name, e-mail text is the invoice, sender ("Standard value") and subject word
("Standard value 2"); `ImportStandard.simple` and the properties of the same names are that simple face. Behind it
stand conditions. Nothing here decides (rules.engine does), checks (rules.standard_checks) or stores.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from rules.conditions import Condition, Fact, in_order

Keep = Literal["attachments", "text", "both", "ignore"]
Origin = Literal["tenant", "catalogue"]
KEEPS: tuple[Keep, ...] = get_args(Keep)
PRIORITY = 100


@dataclass(frozen=True, slots=True)
class ImportStandard:
    """One rule. All of `any_of` must hold, and nothing of `none_of`; without any_of it fits nothing."""

    id: str
    name: str
    any_of: tuple[Condition, ...] = ()  # at most one a fact, in the order of conditions.FACTS
    none_of: tuple[Condition, ...] = ()
    keep: Keep = "attachments"  # "ignore": such mail never is a document
    attachment_names: tuple[str, ...] = ()  # globs of those to keep; empty: all that can be kept
    document_type: str | None = None  # stamped on what is kept
    supplier: str | None = None
    priority: int = PRIORITY  # smaller is asked earlier
    stop_here: bool = False  # has the last word about its senders: where they fit, nothing after it is asked
    origin: Origin = "tenant"

    @classmethod
    def simple(  # noqa: PLR0913, PLR0917 - the customer's four fields, an id and a priority
        cls,
        standard_id: str,
        name: str,
        sender: str | None = None,
        subject_word: str | None = None,
        email_text_is_invoice: bool = False,
        priority: int = PRIORITY,
    ) -> "ImportStandard":
        """A standard of the customer's four fields."""
        given: dict[Fact, tuple[str, ...]] = {"sender": (sender,) if sender else ()}
        given["subject"] = (subject_word,) if subject_word else ()
        keep: Keep = "text" if email_text_is_invoice else "attachments"
        return cls(standard_id, name, in_order(given), keep=keep, priority=priority)

    @property
    def sender(self) -> str | None:
        """Standard value: the first sender asked for."""
        return next(iter(self.values_of("sender")), None)

    @property
    def subject_word(self) -> str | None:
        """Standard value 2: the first word asked for in the subject."""
        return next(iter(self.values_of("subject")), None)

    @property
    def email_text_is_invoice(self) -> bool:
        """Whether the e-mail's text is kept instead of its attachments."""
        return self.keep == "text"

    @property
    def is_simple(self) -> bool:
        """Whether the four fields and the priority say all of it."""
        return self == ImportStandard.simple(
            self.id, self.name, self.sender, self.subject_word, self.email_text_is_invoice, self.priority
        )

    def values_of(self, fact: Fact) -> tuple[str, ...]:
        """What is asked of a fact; empty when nothing is."""
        return next((each.values for each in self.any_of if each.fact == fact), ())


def order(standard: ImportStandard) -> tuple[bool, bool, int, str, str]:
    """Law 19: the tenant's before the catalogue's, each with those that ignore first, then by priority and name."""
    is_shared, keeps = standard.origin == "catalogue", standard.keep != "ignore"
    return is_shared, keeps, standard.priority, name_key(standard.name), standard.id


def name_key(name: str) -> str:
    """What makes two names the same: neither case, nor blanks, nor the width of letters."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def tidy(text: str | None) -> str | None:
    """A field as it is stored: blanks collapsed, None for nothing."""
    return " ".join((text or "").split()) or None
