"""How often pictures came, and mail whose only picture came often among what may be an invoice."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_LINK = " WHEN 'link_only' THEN 2 WHEN 'forwarding_confirmation' THEN 1 ELSE 0 END)"
_BEFORE = f"(CASE reason_code WHEN 'possible_invoice' THEN 3{_LINK}"
_AFTER = f"(CASE reason_code WHEN 'possible_invoice' THEN 3 WHEN 'possible_picture' THEN 3{_LINK}"


def upgrade() -> None:
    """Counting begins now: what came before is not counted."""
    op.create_table(
        "seen_pictures",
        sa.Column("tenant_id", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content_id", sa.String(64), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sender", "sha256", "content_id", name=op.f("pk_seen_pictures")),
        sqlite_with_rowid=False,
    )
    _index(_AFTER)


def downgrade() -> None:
    """Take it back."""
    _index(_BEFORE)
    op.drop_table("seen_pictures")


def _index(weight: str) -> None:
    op.drop_index("ix_messages_attention", "messages")
    op.create_index("ix_messages_attention", "messages", ["tenant_id", "state", sa.text(weight), "received_at"])
