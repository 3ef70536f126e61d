"""When what is done once a day was done last."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Never yet: mail of before there were facts gets them soon after the upgrade."""
    state = op.create_table(
        "daily_work_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_work_state")),
    )
    op.bulk_insert(state, [{"id": 1}])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("daily_work_state")
