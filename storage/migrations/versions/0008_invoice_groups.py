"""Each document has the group of its invoice: a mail may bring several invoices, and each may have come before."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now all documents of a mail had its group."""
    op.add_column("documents", sa.Column("group_id", sa.String(32), nullable=True))
    op.execute(
        "UPDATE documents SET group_id ="
        " (SELECT messages.group_id FROM messages WHERE messages.id = documents.message_id)"
    )
    with op.batch_alter_table("documents") as documents:
        documents.alter_column("group_id", existing_type=sa.String(32), nullable=False)
    op.create_index("ix_documents_group_id", "documents", ["group_id"])
    op.add_column("message_keys", sa.Column("part", sa.Text(), nullable=True))
    op.add_column("message_keys", sa.Column("seller", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("message_keys", "seller")
    op.drop_column("message_keys", "part")
    op.drop_index("ix_documents_group_id", "documents")
    op.drop_column("documents", "group_id")
