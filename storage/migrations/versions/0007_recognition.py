"""What documents say they are, a tenant's own thresholds, and lists that begin with what wants a person."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WEIGHT = sa.text(
    "(CASE reason_code WHEN 'possible_invoice' THEN 3 WHEN 'link_only' THEN 2"
    " WHEN 'forwarding_confirmation' THEN 1 ELSE 0 END)"
)


def upgrade() -> None:
    """Of documents that were kept before, nothing is known; tenants have the usual thresholds."""
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("claims", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("tenants") as tenants:
        tenants.add_column(sa.Column("import_score", sa.Integer(), nullable=True))
        tenants.add_column(sa.Column("possible_score", sa.Integer(), nullable=True))
    op.create_index("ix_messages_attention", "messages", ["tenant_id", "state", _WEIGHT, "received_at"])
    op.drop_index("ix_messages_tenant_id_state_received_at", "messages")


def downgrade() -> None:
    """Take it back."""
    op.create_index("ix_messages_tenant_id_state_received_at", "messages", ["tenant_id", "state", "received_at"])
    op.drop_index("ix_messages_attention", "messages")
    with op.batch_alter_table("tenants") as tenants:
        tenants.drop_column("possible_score")
        tenants.drop_column("import_score")
    with op.batch_alter_table("documents") as documents:
        documents.drop_column("claims")
