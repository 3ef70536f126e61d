"""A look: what is known of a mail that was left on its server, as the journal carries it (law 24).

The facts say what was not fetched; nothing else of the mail is here. Pure: octets in, values out, and back.
"""

import json
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias

from rules.facts import (
    Accounting,
    AttachmentFacts,
    EInvoice,
    EnclosedFile,
    Evidence,
    ForwardClaim,
    InvoiceLine,
    MailFacts,
    Special,
    Unread,
)

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Look:
    """The facts of a mail that nobody fetched: `octets` as its server says, `text` what was read of it."""

    facts: MailFacts

    def to_json(self) -> bytes:
        """ASCII JSON: whatever stands in a mail survives the way there and back, lone surrogates too."""
        return _ENCODE({"facts": plain_values(self.facts)}).encode("ascii")

    @classmethod
    def from_json(cls, octets: bytes) -> "Look":
        """The look that to_json wrote; keys that a later version added are passed over. Raises ValueError."""
        try:
            facts = json.loads(octets)["facts"]
            return cls(MailFacts.from_json({key: value for key, value in facts.items() if key in _FACTS}))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a look: {type(error).__name__}") from error


_USUAL: dict[type, dict[str, Any]] = {
    kind: {each.name: each.default for each in fields(kind)}
    for kind in (
        *(MailFacts, AttachmentFacts, EInvoice, InvoiceLine, EnclosedFile, ForwardClaim),
        *(Accounting, Evidence, Special, Unread),
    )
}
_Plain: TypeAlias = (
    MailFacts
    | AttachmentFacts
    | EInvoice
    | InvoiceLine
    | EnclosedFile
    | ForwardClaim
    | Accounting
    | Evidence
    | Special
    | Unread
)
_PARTS = (AttachmentFacts, EInvoice, InvoiceLine, EnclosedFile, Evidence, Unread)


def plain_values(values: _Plain) -> dict[str, Any]:
    """The fields that are not as usual, as JSON has them; MailFacts.from_json reads them.

    Not dataclasses.asdict: it copies deeply, 70 us a mail.
    """
    said: dict[str, Any] = {}
    for name, usual in _USUAL[type(values)].items():
        value = getattr(values, name)
        if usual is not MISSING and value == usual:
            continue
        match value:
            case EInvoice() | ForwardClaim() | Accounting() | Special():
                said[name] = plain_values(value)
            case datetime():
                said[name] = value.isoformat()
            case tuple():
                said[name] = [plain_values(each) if isinstance(each, _PARTS) else each for each in value]
            case _:
                said[name] = value
    return said


_FACTS = frozenset(_USUAL[MailFacts])
