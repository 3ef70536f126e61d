"""What the pipeline hands over to be settled, and what it gets back.

Values only: storage.settling writes them. Free texts may hold whatever stood in a mail; rows get them storable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from rules.decision import CarriedInvoice
from rules.facts import MailFacts
from storage.failures import Invalid, TemporaryFailure
from storage.models import new_id, now
from storage.texts import storable

State = Literal["received", "imported", "not_imported", "duplicate", "parked", "expired"]
STATES: tuple[State, ...] = ("received", "imported", "not_imported", "duplicate", "parked", "expired")
DocumentKind = Literal["attachment", "companion", "email_html", "email_pdf", "invoice_html", "invoice_pdf"]
# The kind of a page's PDF, which has the same part.
PDF_OF: Mapping[str, DocumentKind] = {"email_html": "email_pdf", "invoice_html": "invoice_pdf"}


class Stale(TemporaryFailure):
    """What decides about the tenant's mail changed since the decision: decide again (law 12)."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What is kept for the tenant; its blob is synced already."""

    kind: DocumentKind
    part: str  # MIME path ("1.2"), or "text"; of an e-invoice's page that of the e-invoice
    filename: str  # safe as it stands (storage.filenames)
    media_type: str
    octets: int
    sha256: str
    facts: Mapping[str, Any] = field(default_factory=dict)  # how it came about (storage.document_facts)
    claims: Mapping[str, Any] = field(default_factory=dict)  # what it says it is (rules.document_claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A mail as it arrived for one tenant, before anybody read it."""

    tenant_id: str
    transport_key: str  # the journal's id; at most 200 characters
    source: str  # smtp or imap
    received_at: datetime
    peer: str
    helo: str
    tls: str | None
    trace: str
    reverse_path: str
    forward_path: str
    other_forward_paths: tuple[str, ...] = ()  # of this tenant only (law 16)
    address_id: str
    label: str | None = None
    smtputf8: bool = False
    raw_sha256: str  # "": it was left in its mailbox, and never downloaded
    octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement(Delivery):
    """A mail that was read and decided."""

    content_id: str  # "" of a mail that was left in its mailbox
    invoices: tuple[CarriedInvoice, ...] = ()  # those of which something is kept
    from_: str = ""
    subject: str = ""
    original_sender: str | None = None
    message_id: str | None = None  # header field Message-ID
    state: Literal["imported", "not_imported"]
    reason_code: str
    reason_params: Mapping[str, Any]
    standard: str | None = None
    decision_trace: Sequence[Mapping[str, Any]] = ()
    tenant_revision: int  # what it was decided with
    catalogue_version: int | None = None  # the same; None: without a catalogue
    documents: tuple[NewDocument, ...] = ()
    wants_pdf: bool = False  # pages among its documents are to be rendered
    defects: tuple[str, ...] = ()
    facts: MailFacts | None = None  # what rules saw of it; kept without the body's text

    @property
    def invoice_ids(self) -> tuple[str, ...]:
        """Every id by which one of its invoices may be known."""
        return tuple(dict.fromkeys(each for invoice in self.invoices for each in invoice.ids))


@dataclass(frozen=True, slots=True)
class Settled:
    """Which row the mail has become. `is_new` is False when it had been settled before: nothing was written."""

    message_id: str
    state: str
    is_new: bool
    reason_code: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a settlement once it is known what was there before."""

    state: str
    reason_code: str
    reason_params: Mapping[str, Any]
    documents: tuple[NewDocument, ...] = ()
    duplicate_of: str | None = None
    group_id: str | None = None  # None: a group of its own


def check(settlement: Settlement) -> None:
    """Refuse what could never be stored. Raises Invalid."""
    named = {(document.part, document.kind) for document in settlement.documents}
    if len(named) != len(settlement.documents):
        raise Invalid(f"message {settlement.transport_key}: two documents of one kind from the same part")
    if not settlement.raw_sha256 and settlement.state != "not_imported":
        raise Invalid(f"message {settlement.transport_key}: imported, but it was never downloaded")


def delivery_values(delivery: Delivery) -> dict[str, Any]:
    """The columns of `messages` that hold the delivery."""
    return {
        "tenant_id": delivery.tenant_id,
        "transport_key": delivery.transport_key,
        "source": delivery.source,
        "received_at": delivery.received_at,
        "peer": storable(delivery.peer),
        "helo": storable(delivery.helo),
        "tls": _storable(delivery.tls),
        "trace": storable(delivery.trace),
        "reverse_path": storable(delivery.reverse_path),
        "forward_path": storable(delivery.forward_path),
        "other_forward_paths": list(delivery.other_forward_paths),
        "address_id": delivery.address_id,
        "label": _storable(delivery.label),
        "smtputf8": delivery.smtputf8,
        "raw_sha256": delivery.raw_sha256,
        "octets": delivery.octets,
    }


def unread_values(delivery: Delivery, verdict: Verdict, message_id: str) -> dict[str, Any]:
    """The columns of a mail that nobody could read yet: received or parked."""
    return delivery_values(delivery) | {
        "content_id": None,
        "invoice_id": None,
        "from_header": "",
        "subject": "",
        "original_sender": None,
        "rfc_message_id": None,
        "defects": [],
        "standard": None,
        "decision_trace": [],
        "tenant_revision": 0,
        "catalogue_version": None,
        **_verdict_values(verdict, message_id),
        "settled_at": None if verdict.state == "received" else now(),
    }


def settled_values(settlement: Settlement, verdict: Verdict, message_id: str) -> dict[str, Any]:
    """The columns of a mail that was decided."""
    return delivery_values(settlement) | {
        "content_id": settlement.content_id or None,
        "invoice_id": next(iter(settlement.invoice_ids), None),
        "from_header": storable(settlement.from_),
        "subject": storable(settlement.subject),
        "original_sender": _storable(settlement.original_sender),
        "rfc_message_id": _storable(settlement.message_id),
        "defects": list(settlement.defects),
        "standard": settlement.standard,
        "decision_trace": [dict(line) for line in settlement.decision_trace],
        "tenant_revision": settlement.tenant_revision,
        "catalogue_version": settlement.catalogue_version,
        **_verdict_values(verdict, message_id),
        "settled_at": now(),
    }


def reason_values(settlement: Settlement) -> dict[str, Any]:
    """The columns that say why a mail stays as it is."""
    return {
        "state": settlement.state,
        "reason_code": settlement.reason_code,
        "reason_params": dict(settlement.reason_params),
        "standard": settlement.standard,
        "decision_trace": [dict(line) for line in settlement.decision_trace],
        "tenant_revision": settlement.tenant_revision,
        "catalogue_version": settlement.catalogue_version,
    }


def document_values(document: NewDocument, tenant_id: str, message_id: str, group_id: str) -> dict[str, Any]:
    """The columns of a new document of this message, which belongs to that group."""
    return {
        "id": new_id(),
        "tenant_id": tenant_id,
        "message_id": message_id,
        "kind": document.kind,
        "part": storable(document.part),
        "filename": storable(document.filename),
        "media_type": storable(document.media_type),
        "octets": document.octets,
        "sha256": document.sha256,
        "created_at": now(),
        "facts": dict(document.facts),
        "claims": dict(document.claims),
        "group_id": group_id,
    }


def _verdict_values(verdict: Verdict, message_id: str) -> dict[str, Any]:
    return {
        "state": verdict.state,
        "reason_code": verdict.reason_code,
        "reason_params": dict(verdict.reason_params),
        "duplicate_of": verdict.duplicate_of,
        "group_id": verdict.group_id or message_id,
    }


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)
