"""The tables: what each row means and what is unique in it.

Only shapes stand here; what may be done to a row stands in the module named after it. Table classes do not check
their values (SQLModel), so nothing outside storage makes one.
Ids are 128 random bits in hex (law 3); datetimes are aware and UTC; free-form values are JSON text.
A change here needs a revision in storage/migrations (a test compares the two).
"""

import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, ForeignKey, Index, MetaData, PrimaryKeyConstraint, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage import attention

# Alembic can only drop or alter on SQLite what has a name.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """32 hexadecimal characters of 128 random bits."""
    return secrets.token_hex(16)


def now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


def _id() -> Any:
    return Field(default_factory=new_id, primary_key=True, max_length=32)


def _tenant() -> Any:
    # A tenant's rows go with it; removing it is one statement a table.
    return Field(sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False))


def _json() -> Any:
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


def _json_list() -> Any:
    return Field(default_factory=list, sa_column=Column(JSON, nullable=False))


def _text(default: str | None = "") -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=default is None))


class Row(SQLModel):
    """What all tables share: one MetaData of ours."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


class Tenant(Row, table=True):
    """A customer's account."""

    __tablename__ = "tenants"
    id: str = _id()
    name: str = Field(max_length=64)
    name_key: str = Field(max_length=256, unique=True)  # case and width folded
    plan: str = Field(max_length=64)
    trust_forwards: str = Field(default="everyone", max_length=16)  # law 22
    revision: int = 1  # counts changes of whatever decides (law 12)
    keep_not_imported_days: int | None = None  # None: as the configuration says
    # Points from which on a document imports by itself, or may be one; None: as rules.facts.TenantPolicy has it.
    import_score: int | None = None
    possible_score: int | None = None
    created_at: datetime = Field(default_factory=now)


class Forwarder(Row, table=True):
    """An address whose forwards a tenant with trust_forwards=registered believes."""

    __tablename__ = "forwarders"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "address"),)
    tenant_id: str = _tenant()
    address: str = Field(max_length=320)  # canonical


class ImportAddress(Row, table=True):
    """A tenant's forward-path. The row outlives revoking and its tenant: an address is never given twice (law 7)."""

    __tablename__ = "import_addresses"
    id: str = _id()
    tenant_id: str | None = Field(
        default=None, sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="SET NULL"), index=True)
    )
    address: str = Field(max_length=320, unique=True)  # canonical, without label
    label: str | None = Field(default=None, max_length=100)  # what people call it
    created_at: datetime = Field(default_factory=now)
    revoked_at: datetime | None = None


class DirectoryState(Row, table=True):
    """One row, counting changes of tenants, plans and addresses: a snapshot asks whether it is still true."""

    __tablename__ = "directory_state"
    id: int = Field(default=1, primary_key=True)
    version: int = 0


class Standard(Row, table=True):
    """An import standard: the customer's four fields, its place in the order, and all of it."""

    __tablename__ = "standards"
    __table_args__ = (UniqueConstraint("tenant_id", "name_key"),)
    id: str = _id()
    tenant_id: str = _tenant()
    name: str = Field(max_length=100)
    name_key: str = Field(max_length=400)
    sender: str | None = Field(default=None, max_length=330)
    subject_word: str | None = Field(default=None, max_length=200)
    email_text_is_invoice: bool = False
    priority: int = 100
    # As rules.standard_codec writes it: this decides, the columns above are for people and lists.
    definition: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}")
    )
    created_at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now)


class Message(Row, table=True):
    """One mail as one tenant has it (law 9): the delivery it was decided on, what it says, what became of it."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "tenant_id", "received_at"),
        # What wants a person stands first in a list (storage.attention), so the index holds that, too.
        Index("ix_messages_attention", "tenant_id", "state", attention.WEIGHT, "received_at"),
    )
    id: str = _id()
    tenant_id: str = _tenant()
    # the delivery
    transport_key: str = Field(max_length=200)
    source: str = Field(max_length=8)  # smtp or imap
    received_at: datetime
    peer: str = _text()
    helo: str = _text()
    tls: str | None = _text(None)
    trace: str = _text()  # our Received field
    reverse_path: str = _text()  # "" is the null reverse-path
    forward_path: str = _text()
    other_forward_paths: list[str] = _json_list()  # of this tenant only (law 16)
    address_id: str = Field(max_length=32)
    label: str | None = _text(None)
    smtputf8: bool = False
    raw_sha256: str = Field(max_length=64)  # "": it was left in its mailbox, never downloaded (law 14)
    octets: int
    # what it says
    content_id: str | None = Field(default=None, max_length=64)
    invoice_id: str | None = Field(default=None, max_length=64)  # of the first invoice that is kept of it
    from_: str = Field(default="", sa_column=Column("from_header", Text, nullable=False))
    subject: str = _text()
    original_sender: str | None = _text(None)  # a claim (law 22)
    rfc_message_id: str | None = _text(None)  # header field Message-ID
    defects: list[str] = _json_list()
    # what became of it
    state: str = Field(max_length=16)
    reason_code: str = Field(max_length=64)
    reason_params: dict[str, Any] = _json()
    standard: str | None = Field(default=None, max_length=100)
    decision_trace: list[dict[str, Any]] = _json_list()
    tenant_revision: int = 0  # what it was decided with (law 12)
    catalogue_version: int | None = None  # the same; None: without a catalogue
    duplicate_of: str | None = Field(default=None, max_length=32)
    group_id: str = Field(max_length=32)  # of its documents that have none of their own
    # Transport keys of deliveries before the one above, of mail that was decided anew on this row (law 10).
    earlier_keys: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    settled_at: datetime | None = None


class MessageKey(Row, table=True):
    """Once means once: what a message is known by. Kinds: transport, content, invoice (law 10's table)."""

    __tablename__ = "message_keys"
    # The key stands first: a batch asks for many keys of many tenants with one list.
    __table_args__ = (PrimaryKeyConstraint("key", "tenant_id", "kind"), {"sqlite_with_rowid": False})
    key: str = Field(max_length=200)
    tenant_id: str = _tenant()
    kind: str = Field(max_length=10)
    message_id: str = Field(max_length=32)
    # Of an invoice: a part of that message that became its document, whose group is the invoice's; and whose it cannot
    # be (rules.recognition.identity.seller_mark). NULL of what was written before: the message has one invoice.
    part: str | None = _text(None)
    seller: str | None = _text(None)


class Document(Row, table=True):
    """What is kept for the tenant: an attachment, or a page made of the mail, as HTML and PDF. Unique by law 13."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("message_id", "part", "kind"),
        Index(None, "tenant_id", "created_at"),
        Index(None, "group_id"),
    )
    id: str = _id()
    tenant_id: str = _tenant()
    message_id: str = Field(sa_column=Column(String(32), ForeignKey("messages.id", ondelete="CASCADE"), nullable=False))
    kind: str = Field(max_length=16)
    part: str = _text()  # MIME path, or "text"; that of an e-invoice's page is the e-invoice's
    filename: str = _text()  # safe as it stands
    media_type: str = _text()
    octets: int
    sha256: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=now)
    # How it came about (storage.document_facts); {} of what came with the mail as it stands.
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}"))
    # What it says it is (rules.document_claims); {} of what says nothing, and of what was kept before it was asked.
    claims: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False, server_default="{}"))
    group_id: str = Field(max_length=32)  # documents of one invoice, by whatever mail they came


class Job(Row, table=True):
    """Slow work that any node may claim. A finished job has no row; a failed one keeps it."""

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("subject_id", "kind"), Index(None, "failed_at", "run_at"))
    id: str = _id()
    kind: str = Field(max_length=32)
    tenant_id: str | None = Field(
        default=None, sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    )
    subject_id: str = Field(max_length=32)
    run_at: datetime
    attempts: int = 0
    owner: str | None = Field(default=None, max_length=100)
    lease_id: str | None = Field(default=None, max_length=32)  # which claim holds it: the fence
    lease_until: datetime | None = None
    error_code: str | None = Field(default=None, max_length=64)
    error_params: dict[str, Any] = _json()
    created_at: datetime = Field(default_factory=now)
    failed_at: datetime | None = None


class AuditLine(Row, table=True):
    """Who did what to what, when. Never holds content of mail."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "tenant_id", "at"),)
    id: str = _id()
    at: datetime = Field(default_factory=now)
    # No foreign key: that a tenant was removed is written after its rows are gone.
    tenant_id: str | None = Field(default=None, max_length=32)
    actor: str = Field(max_length=100)
    action: str = Field(max_length=64)
    subject_id: str | None = Field(default=None, max_length=32)
    params: dict[str, Any] = _json()
