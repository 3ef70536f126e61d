"""The catalogue: its versions, the one in force, tenants' switches, and which one a message was decided with."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; messages that are there were decided without a catalogue."""
    op.create_table(
        "catalogue_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("standards", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.String(64), nullable=False),
        sa.Column("kept_at", UTCDateTime(), nullable=False),
        sa.Column("activated_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_catalogue_versions")),
    )
    state = op.create_table(
        "catalogue_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("active_version", sa.Integer(), nullable=True),
        sa.Column("held_at", UTCDateTime(), nullable=True),
        sa.Column("next_version", sa.Integer(), nullable=True),
        sa.Column("activate_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_state")),
    )
    op.bulk_insert(state, [{"id": 1}])
    op.create_table(
        "catalogue_switches",
        sa.Column("tenant_id", sa.String(32), nullable=False),
        sa.Column("standard_id", sa.String(32), nullable=False),
        sa.Column("switched_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_catalogue_switches_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "standard_id", name=op.f("pk_catalogue_switches")),
    )
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("catalogue_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take them back."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("catalogue_version")
    for table in ("catalogue_switches", "catalogue_state", "catalogue_versions"):
        op.drop_table(table)
