"""Standards with the whole language, facts and look-up keys of messages, what is to be matched again, retention."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Messages that are there get their facts when they are matched again for the first time."""
    _standards()
    with op.batch_alter_table("tenants") as tenants:
        tenants.add_column(sa.Column("keep_not_imported_days", sa.Integer(), nullable=True))
    _facts()
    _work()


def downgrade() -> None:
    """Take it back; of standards, the four fields stay."""
    for table in ("rematch_candidates", "rematch_changes", "lookup_keys", "message_facts"):
        op.drop_table(table)
    with op.batch_alter_table("tenants") as tenants:
        tenants.drop_column("keep_not_imported_days")
    with op.batch_alter_table("standards") as standards:
        standards.drop_column("definition")


def _standards() -> None:
    with op.batch_alter_table("standards") as batch:
        batch.add_column(sa.Column("definition", sa.JSON(), nullable=False, server_default="{}"))
    names = ("id", "name", "sender", "subject_word", "email_text_is_invoice", "priority")
    standards = sa.table("standards", *map(sa.column, names), sa.column("definition", sa.JSON()))
    connection = op.get_bind()
    for row in connection.execute(sa.select(*(standards.c[name] for name in names))).all():
        changed = sa.update(standards).where(standards.c.id == row.id).values(definition=_definition(row))
        connection.execute(changed)


def _definition(row: Any) -> dict[str, Any]:
    """The four fields as rules.standard_codec wrote them when this revision was made."""
    asked = {"sender": row.sender, "subject": row.subject_word}
    values: dict[str, Any] = {"name": row.name, "keep": "text" if row.email_text_is_invoice else "attachments"}
    if row.priority != 100:
        values["priority"] = row.priority
    values["any_of"] = {fact: [value] for fact, value in asked.items() if value}
    return values


def _facts() -> None:
    op.create_table(
        "message_facts",
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("tenant_id", sa.String(32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_facts_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_facts")),
    )
    key = sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")
    op.create_table(
        "lookup_keys",
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("key", key, nullable=False),
        sa.Column("tenant_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "tenant_id", "message_id", name=op.f("pk_lookup_keys")),
        sqlite_with_rowid=False,
    )


def _work() -> None:
    op.create_table(
        "rematch_changes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant_id", sa.String(32), nullable=True),
        sa.Column("wanted", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _tenant_key("rematch_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rematch_changes")),
    )
    op.create_index(op.f("ix_rematch_changes_tenant_id"), "rematch_changes", ["tenant_id"])
    op.create_table(
        "rematch_candidates",
        sa.Column("tenant_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _tenant_key("rematch_candidates"),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name=op.f("pk_rematch_candidates")),
        sqlite_with_rowid=False,
    )


def _tenant_key(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id_tenants")
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=name, ondelete="CASCADE")
