"""Linked accounts, their mailboxes, the state of every UID; and how else a mail is known that was delivered again."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is linked yet."""
    _accounts()
    _mailboxes()
    _looks()
    state = op.create_table(
        "secrets_state",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("rotated_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets_state")),
    )
    op.bulk_insert(state, [{"id": 1}])
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("earlier_keys", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Take it back; mail that linked accounts brought in stays."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("earlier_keys")
    for table in ("secrets_state", "uid_looks", "linked_mailboxes", "linked_accounts"):
        op.drop_table(table)


def _accounts() -> None:
    op.create_table(
        "linked_accounts",
        _word("id", 32),
        _word("tenant_id", 32),
        _word("address", 320),
        _word("username", 320),
        _word("host", 255),
        _number("port"),
        _word("security", 10),
        _word("auth", 16),
        _word("provider", 64),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("mailboxes", sa.JSON(), nullable=False),
        sa.Column("idle", sa.Boolean(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        _word("secret_key", 16, nullable=True),
        _word("worked_username", 320, nullable=True),
        _moment("created_at"),
        _moment("changed_at"),
        *_health_columns(),
        *_schedule_columns(),
        _key_of("linked_accounts", "tenant_id", "tenants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_accounts")),
        sa.UniqueConstraint(
            "tenant_id", "address", "host", "username", name=op.f("uq_linked_accounts_tenant_id_address_host_username")
        ),
    )
    op.create_index(op.f("ix_linked_accounts_next_pull_at"), "linked_accounts", ["next_pull_at"])
    op.create_index(op.f("ix_linked_accounts_secret_key"), "linked_accounts", ["secret_key"])


def _health_columns() -> list[sa.Column[Any]]:
    return [
        _word("health", 16),
        _word("health_code", 64),
        sa.Column("health_params", sa.JSON(), nullable=False),
        _moment("health_since"),
        sa.Column("before_pause", sa.JSON(none_as_null=True), nullable=True),
        _moment("last_success_at", nullable=True),
        _number("failures"),
        sa.Column("last_pull", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("octets_of_day", sa.BigInteger(), nullable=False),
    ]


def _schedule_columns() -> list[sa.Column[Any]]:
    return [
        _moment("next_pull_at"),
        _moment("asked_at", nullable=True),
        _moment("wanted_at", nullable=True),
        _number("pull"),
        _number("broken_off"),
        _word("owner", 100, nullable=True),
        _word("lease_id", 32, nullable=True),
        _moment("lease_until", nullable=True),
    ]


def _mailboxes() -> None:
    op.create_table(
        "linked_mailboxes",
        _word("id", 32),
        _word("account_id", 32),
        _word("name", 1000),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uid_next", sa.BigInteger(), nullable=False),
        sa.Column("scanned_from", sa.Date(), nullable=True),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        _key_of("linked_mailboxes", "account_id", "linked_accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_mailboxes")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_linked_mailboxes_account_id_name")),
    )


def _looks() -> None:
    op.create_table(
        "uid_looks",
        _word("mailbox_id", 32),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        _word("account_id", 32),
        _word("state", 12),
        _number("attempts"),
        _moment("next_try_at", nullable=True),
        _word("fingerprint", 64, nullable=True),
        _word("gm_msgid", 20, nullable=True),
        _word("answers_for", 200, nullable=True),
        _number("pull"),
        _key_of("uid_looks", "account_id", "linked_accounts"),
        sa.PrimaryKeyConstraint("mailbox_id", "uidvalidity", "uid", name=op.f("pk_uid_looks")),
        sqlite_with_rowid=False,
    )
    _index("pending", "state", "state IN ('wanted', 'failed')")
    _index("fetched", "pull", "state = 'fetched'")
    op.create_index("ix_uid_looks_fingerprint", "uid_looks", ["account_id", "fingerprint"])
    for column in ("gm_msgid", "answers_for"):
        _index(column, column, f"{column} IS NOT NULL")


def _index(name: str, column: str, where: str) -> None:
    only = sa.text(where)
    columns = ["account_id", column]
    op.create_index(f"ix_uid_looks_{name}", "uid_looks", columns, sqlite_where=only, postgresql_where=only)


def _word(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UTCDateTime(), nullable=nullable)


def _key_of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")
