"""What was decided about a message, why, and how one got there.

Reasons and trace lines are codes with parameters (law 25); rules.wording puts them into words at the edge.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Parameters = Mapping[str, str | int]

_LONGEST_TOLD = 120


def told(text: str, longest: int = _LONGEST_TOLD) -> str:
    """A text of the mail as it may be stored and shown: printable (no control, bidi or surrogate), and short."""
    shown = "".join(each if each.isprintable() else " " for each in text[: 4 * longest])
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a message has its state."""

    code: str
    params: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step on the way: what was asked, of which standard (None: of built-in recognition), what it answered."""

    standard: str | None  # the standard's name
    code: str
    params: Parameters = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """This line as JSON values: standard, code, params."""
        return {"standard": self.standard, "code": self.code, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class CarriedInvoice:
    """An invoice that a mail brings, in one dress or several (law 10)."""

    ids: tuple[str, ...]  # recognition.identity.invoice_ids; one in common makes it the same; (): nobody can tell
    parts: tuple[str, ...]  # the MIME paths of its dresses; "text" is the mail's own text
    seller: str = ""  # recognition.identity.seller_mark: whose it cannot be
    beside: tuple[str, ...] = ()  # parts that belong to it without showing it: what an e-invoice carries


TEXT_PART = "text"  # among the parts of a mail: its own text


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message: which of its parts are kept, or none."""

    state: Literal["imported", "not_imported"]
    reason: Reason
    standard: str | None = None  # the name of the standard that decided; None: recognition, or nothing did
    keep_parts: tuple[str, ...] = ()  # MIME paths of the attachments that become documents
    keep_text: bool = False  # the e-mail text becomes a document
    trace: tuple[TraceLine, ...] = ()
    standard_id: str | None = None
    origin: Literal["tenant", "catalogue"] | None = None  # whose standard decided
    catalogue_version: int | None = None  # law 12: of the catalogue that was asked; None: none was there
    document_type: str | None = None  # what the standard stamps on its documents
    supplier: str | None = None
    companions: tuple[str, ...] = ()  # of keep_parts: terms and conditions, which stand beside an invoice
    # Law 10: which invoices it carries, by what this tenant's thresholds believe; whether they are kept or not.
    invoices: tuple[CarriedInvoice, ...] = ()
    # Law 26: in how many earlier mails of this sender its pictures came, by sha256; stored with the facts.
    seen_before: Mapping[str, int] = field(default_factory=dict, compare=False)
    # Law 20: what was not fetched may bring it in by a standard. Never stored; no part of the decision.
    wants_more: bool = field(default=False, compare=False)

    @property
    def kept_invoices(self) -> tuple[CarriedInvoice, ...]:
        """The invoices of which a dress is kept, with those dresses: only what is kept can be there again."""
        kept = {*self.keep_parts, *((TEXT_PART,) if self.keep_text else ())}
        found = (replace(each, parts=tuple(part for part in each.parts if part in kept)) for each in self.invoices)
        return tuple(each for each in found if each.parts)

    def followed_by(self, line: TraceLine) -> "Decision":
        """This decision with one more step."""
        return replace(self, trace=(*self.trace, line))

    def to_json(self) -> dict[str, Any]:
        """This decision as JSON values; from_json gives the same decision back."""
        return {
            "state": self.state,
            "reason": {"code": self.reason.code, "params": dict(self.reason.params)},
            "standard": self.standard,
            "keep_parts": list(self.keep_parts),
            "keep_text": self.keep_text,
            "trace": [line.to_json() for line in self.trace],
            "standard_id": self.standard_id,
            "origin": self.origin,
            "catalogue_version": self.catalogue_version,
            "document_type": self.document_type,
            "supplier": self.supplier,
            "companions": list(self.companions),
            "invoices": [asdict(each) for each in self.invoices],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Decision":
        """The decision that to_json wrote. Raises KeyError or TypeError on anything else."""
        return cls(
            state=values["state"],
            reason=Reason(**values["reason"]),
            standard=values["standard"],
            keep_parts=tuple(values["keep_parts"]),
            keep_text=values["keep_text"],
            trace=tuple(TraceLine(**line) for line in values["trace"]),
            standard_id=values.get("standard_id"),
            origin=values.get("origin"),
            catalogue_version=values.get("catalogue_version"),
            document_type=values.get("document_type"),
            supplier=values.get("supplier"),
            companions=tuple(values.get("companions", ())),
            invoices=tuple(_invoice(each) for each in values.get("invoices", ())),
        )


def _invoice(values: Mapping[str, Any]) -> CarriedInvoice:
    return CarriedInvoice(tuple(values["ids"]), tuple(values["parts"]), values["seller"], tuple(values["beside"]))
