"""Mails to settle, made of short names: tests say only what matters to them."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.decision import CarriedInvoice
from storage.models import ImportAddress, Tenant
from storage.settling import Delivery, NewDocument, Settlement

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def digest(name: str) -> str:
    """64 hexadecimal characters for a short name."""
    return hashlib.sha256(name.encode()).hexdigest()


def attachment(name: str = "a", part: str = "2") -> NewDocument:
    """A PDF to keep."""
    return NewDocument("attachment", part, f"{name}.pdf", "application/pdf", 1000, digest(name))


def invoice(*ids: str, parts: tuple[str, ...] = ("2",), seller: str = "") -> CarriedInvoice:
    """An invoice that is known by these short names."""
    return CarriedInvoice(tuple(map(digest, ids)), parts, seller)


def _delivery_fields(owner: tuple[Tenant, ImportAddress], key: str) -> dict[str, Any]:
    tenant, address = owner
    return {
        "tenant_id": tenant.id,
        "transport_key": digest(key)[:32],
        "source": "smtp",
        "received_at": NOON,
        "peer": "192.0.2.1",
        "helo": "mail.supplier.example",
        "tls": "TLSv1.3 TLS_AES_256_GCM_SHA384",
        "trace": "Received: from mail.supplier.example",
        "reverse_path": "billing@supplier.example",
        "forward_path": address.address,
        "address_id": address.id,
        "raw_sha256": digest(f"raw {key}"),
        "octets": 2000,
    }


def delivery(owner: tuple[Tenant, ImportAddress], key: str = "k1") -> Delivery:
    """A mail nobody has read."""
    return Delivery(**_delivery_fields(owner, key))


def imported(owner: tuple[Tenant, ImportAddress], key: str = "k1", **changes: Any) -> Settlement:
    """A mail that is imported with one PDF; its content is its own unless `content_id` says otherwise."""
    decided = {
        "content_id": digest(f"content {key}"),
        "from_": "Supplier <billing@supplier.example>",
        "subject": "Rechnung 4711",
        "state": "imported",
        "reason_code": "carries_pdf",
        "reason_params": {"filename": "a.pdf"},
        "tenant_revision": owner[0].revision,
        "documents": (attachment(),),
    }
    return Settlement(**(_delivery_fields(owner, key) | decided | changes))


def left(owner: tuple[Tenant, ImportAddress], key: str = "k1", **changes: Any) -> Settlement:
    """A mail that is not imported."""
    decided = {"state": "not_imported", "reason_code": "nothing_fits", "reason_params": {}, "documents": ()}
    return imported(owner, key, **(decided | changes))


def later(minutes: int) -> datetime:
    """Some minutes after noon."""
    return NOON + timedelta(minutes=minutes)
