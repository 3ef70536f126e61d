"""What the journal keeps beside a message: the envelope, with the tenants that own its forward-paths.

The tenant's id is written down when the mail is accepted: an address is never resolved again at settling (law 7).
Pure: JSON in, values out. Raises Damaged for octets that are no envelope.
"""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, cast

from storage.failures import Damaged


@dataclass(frozen=True, slots=True)
class Recipient:
    """One accepted forward-path, and who owned it at that moment."""

    forward_path: str
    tenant_id: str
    address_id: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything known of a message when it was accepted, save its octets. `received_at` is aware UTC."""

    id: str
    source: Literal["smtp", "imap"]
    received_at: datetime
    peer: str
    helo: str
    tls: str | None
    reverse_path: str
    recipients: tuple[Recipient, ...]
    smtputf8: bool
    trace: str
    normalized: bool = False  # bare CR or LF became CRLF on the way in
    # Not None: the octets are no mail but a look (rules.looks) at one that stays on its server, or is gone from there.
    look: Literal["left", "gone"] | None = None

    def to_json(self) -> bytes:
        """ASCII JSON: every character of a hostile client survives the way there and back, lone surrogates too."""
        # Not asdict: it copies every value deeply, which was a sixth of the door's time.
        values = {name: getattr(self, name) for name in _FIELDS}
        values["recipients"] = [{name: getattr(each, name) for name in _OF_RECIPIENT} for each in self.recipients]
        values["received_at"] = self.received_at.astimezone(UTC).isoformat()
        if self.look is not None:
            values["look"] = self.look
        return _ENCODE(values).encode("ascii")

    @classmethod
    def from_json(cls, octets: bytes) -> "Envelope":
        """Read `to_json` back; keys that a later version added are passed over. Raises Damaged."""
        try:
            return cls._from_fields(json.loads(octets))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Damaged(f"not an envelope: {type(error).__name__}") from error

    @classmethod
    def _from_fields(cls, found: dict[str, Any]) -> "Envelope":
        return cls(
            id=found["id"],
            source=cast("Literal['smtp', 'imap']", found["source"]),
            received_at=datetime.fromisoformat(found["received_at"]),
            peer=found["peer"],
            helo=found["helo"],
            tls=found["tls"],
            reverse_path=found["reverse_path"],
            recipients=tuple(
                Recipient(r["forward_path"], r["tenant_id"], r["address_id"], r["label"]) for r in found["recipients"]
            ),
            smtputf8=found["smtputf8"],
            trace=found["trace"],
            normalized=found.get("normalized", False),
            look=cast("Literal['left', 'gone'] | None", found.get("look")),
        )


# Hardly any envelope has a look: it is written only where it says something.
_FIELDS = tuple(each.name for each in fields(Envelope) if each.name != "look")
_OF_RECIPIENT = tuple(each.name for each in fields(Recipient))
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
