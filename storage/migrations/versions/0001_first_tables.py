"""First tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table of the first version."""
    _tenants()
    _directory()
    _messages()
    _work()


def downgrade() -> None:
    """Take them back, children first."""
    for table in (
        "audit",
        "jobs",
        "documents",
        "message_keys",
        "messages",
        "directory_state",
        "import_addresses",
        "standards",
        "forwarders",
        "tenants",
    ):
        op.drop_table(table)


def _tenants() -> None:
    op.create_table(
        "tenants",
        _id(),
        _word("name", 64),
        _word("name_key", 256),
        _word("plan", 64),
        _word("trust_forwards", 16),
        sa.Column("revision", sa.Integer(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("name_key", name=op.f("uq_tenants_name_key")),
    )
    op.create_table(
        "forwarders",
        _word("tenant_id", 32),
        _word("address", 320),
        _tenant_key("forwarders"),
        sa.PrimaryKeyConstraint("tenant_id", "address", name=op.f("pk_forwarders")),
    )
    op.create_table(
        "standards",
        _id(),
        _word("tenant_id", 32),
        _word("name", 100),
        _word("name_key", 400),
        _word("sender", 330, nullable=True),
        _word("subject_word", 200, nullable=True),
        sa.Column("email_text_is_invoice", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("changed_at"),
        _tenant_key("standards"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standards")),
        sa.UniqueConstraint("tenant_id", "name_key", name=op.f("uq_standards_tenant_id_name_key")),
    )


def _directory() -> None:
    op.create_table(
        "import_addresses",
        _id(),
        _word("tenant_id", 32, nullable=True),
        _word("address", 320),
        _word("label", 100, nullable=True),
        _moment("created_at"),
        _moment("revoked_at", nullable=True),
        _tenant_key("import_addresses", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_addresses")),
        sa.UniqueConstraint("address", name=op.f("uq_import_addresses_address")),
    )
    op.create_index(op.f("ix_import_addresses_tenant_id"), "import_addresses", ["tenant_id"])
    state = op.create_table(
        "directory_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_state")),
    )
    op.bulk_insert(state, [{"id": 1, "version": 0}])


def _messages() -> None:
    op.create_table(
        "messages",
        _id(),
        _word("tenant_id", 32),
        *_delivery_columns(),
        _word("content_id", 64, nullable=True),
        _word("invoice_id", 64, nullable=True),
        _text("from_header"),
        _text("subject"),
        _text("original_sender", nullable=True),
        _text("rfc_message_id", nullable=True),
        _json("defects"),
        _word("state", 16),
        _word("reason_code", 64),
        _json("reason_params"),
        _word("standard", 100, nullable=True),
        _json("decision_trace"),
        sa.Column("tenant_revision", sa.Integer(), nullable=False),
        _word("duplicate_of", 32, nullable=True),
        _word("group_id", 32),
        _moment("settled_at", nullable=True),
        _tenant_key("messages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_tenant_id_received_at"), "messages", ["tenant_id", "received_at"])
    op.create_index(op.f("ix_messages_tenant_id_state_received_at"), "messages", ["tenant_id", "state", "received_at"])
    op.create_table(
        "message_keys",
        _word("key", 200),
        _word("tenant_id", 32),
        _word("kind", 10),
        _word("message_id", 32),
        _tenant_key("message_keys"),
        sa.PrimaryKeyConstraint("key", "tenant_id", "kind", name=op.f("pk_message_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "documents",
        _id(),
        _word("tenant_id", 32),
        _word("message_id", 32),
        _word("kind", 16),
        _text("part"),
        _text("filename"),
        _text("media_type"),
        sa.Column("octets", sa.Integer(), nullable=False),
        _word("sha256", 64),
        _moment("created_at"),
        _tenant_key("documents"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_documents_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("message_id", "part", "kind", name=op.f("uq_documents_message_id_part_kind")),
    )
    op.create_index(op.f("ix_documents_tenant_id_created_at"), "documents", ["tenant_id", "created_at"])


def _delivery_columns() -> list[sa.Column[Any]]:
    return [
        _word("transport_key", 200),
        _word("source", 8),
        _moment("received_at"),
        _text("peer"),
        _text("helo"),
        _text("tls", nullable=True),
        _text("trace"),
        _text("reverse_path"),
        _text("forward_path"),
        _json("other_forward_paths"),
        _word("address_id", 32),
        _text("label", nullable=True),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        _word("raw_sha256", 64),
        sa.Column("octets", sa.Integer(), nullable=False),
    ]


def _work() -> None:
    op.create_table(
        "jobs",
        _id(),
        _word("kind", 32),
        _word("tenant_id", 32, nullable=True),
        _word("subject_id", 32),
        _moment("run_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _word("owner", 100, nullable=True),
        _word("lease_id", 32, nullable=True),
        _moment("lease_until", nullable=True),
        _word("error_code", 64, nullable=True),
        _json("error_params"),
        _moment("created_at"),
        _moment("failed_at", nullable=True),
        _tenant_key("jobs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("subject_id", "kind", name=op.f("uq_jobs_subject_id_kind")),
    )
    op.create_index(op.f("ix_jobs_tenant_id"), "jobs", ["tenant_id"])
    op.create_index(op.f("ix_jobs_failed_at_run_at"), "jobs", ["failed_at", "run_at"])
    op.create_table(
        "audit",
        _id(),
        _moment("at"),
        _word("tenant_id", 32, nullable=True),
        _word("actor", 100),
        _word("action", 64),
        _word("subject_id", 32, nullable=True),
        _json("params"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_tenant_id_at"), "audit", ["tenant_id", "at"])


def _id() -> sa.Column[Any]:
    return _word("id", 32)


def _word(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UTCDateTime(), nullable=nullable)


def _tenant_key(table: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id_tenants")
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=name, ondelete=ondelete)
