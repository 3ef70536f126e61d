"""How each document came about."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was made before, nothing is known."""
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("documents") as documents:
        documents.drop_column("facts")
