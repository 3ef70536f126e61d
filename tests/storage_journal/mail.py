"""Mail to put into a journal, and journals small enough to fill."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storage.journal import Envelope, Journal, JournalReader, Recipient, Record, Sink

MEMORY_OCTETS = 2000
SEGMENT_OCTETS = 16 * 1024


def envelope(**changes: object) -> Envelope:
    """An envelope with an id of its own."""
    fields: dict[str, object] = {
        "id": secrets.token_hex(16),
        "source": "smtp",
        "received_at": datetime.now(UTC),
        "peer": "192.0.2.1",
        "helo": "mail.supplier.example",
        "tls": "TLSv1.3 TLS_AES_256_GCM_SHA384",
        "reverse_path": "billing@supplier.example",
        "recipients": (Recipient("acme-k3@in.example.com", "a" * 32, "b" * 32, None),),
        "smtputf8": False,
        "trace": "Received: from mail.supplier.example",
    }
    return Envelope(**{**fields, **changes})  # type: ignore[arg-type]


def journal(folder: Path, owner: str = "door-1", **settings: Any) -> Journal:
    """A journal of small segments without a reserve, not open yet."""
    small = {"segment_octets": SEGMENT_OCTETS, "memory_octets": MEMORY_OCTETS, "reserve_octets": 0}
    return Journal(folder, owner, **small | settings)


def filled(into: Journal, octets: bytes) -> Sink:
    """A sink that took a message in pieces."""
    sink = into.sink()
    for at in range(0, len(octets), 700):
        sink.write(memoryview(octets)[at : at + 700])
    return sink


def accept(into: Journal, octets: bytes) -> str:
    """Accept one message; its id."""
    kept = envelope()
    into.accept(kept, filled(into, octets))
    return kept.id


def drain(reader: JournalReader, *, settle: bool = True) -> list[Record]:
    """Read everything there is."""
    records = []
    while batch := reader.read(10, 1024 * 1024):
        records += batch
        if settle:
            reader.settle(batch)
    return records


def contents(records: list[Record]) -> dict[str, bytes]:
    """Messages by id."""
    return {record.envelope.id: record.read() for record in records}
