"""The tables of linked accounts: how each is reached and how it does, its mailboxes, and the state of every UID.

An account's row is its hourly schedule and its lock (law 8): who pulls it holds the lease that stands there. Only
shapes stand here; storage.accounts, storage.account_pulls and storage.looks say what may be done to a row.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from storage.models import Row, new_id, now


def _account() -> Any:
    key = ForeignKey("linked_accounts.id", ondelete="CASCADE")
    return Field(sa_column=Column(String(32), key, nullable=False))


def _json(default: type[dict[str, Any]] | type[list[Any]]) -> Any:
    return Field(default_factory=default, sa_column=Column(JSON, nullable=False))


def _maybe_json() -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class LinkedAccount(Row, table=True):
    """An IMAP account of a tenant. The secret is sealed (storage.secrets) and bound to this row."""

    __tablename__ = "linked_accounts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "address", "host", "username"),
        Index(None, "next_pull_at"),
        Index(None, "secret_key"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    tenant_id: str = Field(sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False))
    # where it is
    address: str = Field(max_length=320)  # canonical
    username: str = Field(max_length=320)
    host: str = Field(max_length=255)  # a name or an address, in small letters
    port: int
    security: str = Field(max_length=10)  # tls, starttls or none
    auth: str = Field(max_length=16)  # password or xoauth2
    provider: str = Field(default="", max_length=64)  # the preset it came from
    start_date: date = Field(sa_column=Column(Date, nullable=False))
    mailboxes: list[str] = _json(list)  # []: those that are watched by default
    idle: bool = False
    interval_seconds: int | None = None  # None: as the configuration says
    secret: bytes | None = Field(default=None, repr=False, sa_column=Column(LargeBinary, nullable=True))
    secret_key: str | None = Field(default=None, max_length=16)  # the id of the key that sealed it
    worked_username: str | None = Field(default=None, max_length=320)  # of several that were tried
    created_at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now)
    # how it does
    health: str = Field(default="ok", max_length=16)
    health_code: str = Field(default="", max_length=64)
    health_params: dict[str, Any] = _json(dict)
    health_since: datetime = Field(default_factory=now)
    before_pause: dict[str, Any] | None = _maybe_json()  # health, code and params to go back to
    last_success_at: datetime | None = None
    failures: int = 0  # pulls in a row that failed
    last_pull: dict[str, Any] | None = _maybe_json()
    day: date | None = Field(default=None, sa_column=Column(Date, nullable=True))  # UTC, of octets_of_day
    octets_of_day: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    # its schedule
    next_pull_at: datetime = Field(default_factory=now)
    asked_at: datetime | None = None  # somebody asked for a pull while one was under way
    wanted_at: datetime | None = None  # re-matching asked for mail of it
    pull: int = 0  # the number of the last pull that was begun
    broken_off: int = 0  # pulls in a row that were begun and never ended
    owner: str | None = Field(default=None, max_length=100)
    lease_id: str | None = Field(default=None, max_length=32)  # which claim holds it: the fence
    lease_until: datetime | None = None


class LinkedMailbox(Row, table=True):
    """A mailbox of an account that was looked into. Another server or user name makes new rows, with new ids."""

    __tablename__ = "linked_mailboxes"
    __table_args__ = (UniqueConstraint("account_id", "name"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    account_id: str = _account()
    name: str = Field(max_length=1000)
    uidvalidity: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    # Every UID below it has a row, or came in before scanned_from.
    uid_next: int = Field(default=1, sa_column=Column(BigInteger, nullable=False))
    # The start date down to which the mailbox was searched; None: not to its end yet.
    scanned_from: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    is_gone: bool = False


class UidState(Row, table=True):
    """What became of one UID (law 11). It outlives the facts of its mail, and its mailbox's row."""

    __tablename__ = "uid_looks"
    __table_args__ = (
        PrimaryKeyConstraint("mailbox_id", "uidvalidity", "uid"),
        # What a pull asks for, small however large the mailbox is.
        Index(
            "ix_uid_looks_pending",
            "account_id",
            "state",
            sqlite_where=text("state IN ('wanted', 'failed')"),
            postgresql_where=text("state IN ('wanted', 'failed')"),
        ),
        Index(
            "ix_uid_looks_fetched",
            "account_id",
            "pull",
            sqlite_where=text("state = 'fetched'"),
            postgresql_where=text("state = 'fetched'"),
        ),
        # Of all rows: by it an account's are found when it is removed, too.
        Index("ix_uid_looks_fingerprint", "account_id", "fingerprint"),
        Index(
            "ix_uid_looks_gm_msgid",
            "account_id",
            "gm_msgid",
            sqlite_where=text("gm_msgid IS NOT NULL"),
            postgresql_where=text("gm_msgid IS NOT NULL"),
        ),
        Index(
            "ix_uid_looks_answers_for",
            "account_id",
            "answers_for",
            sqlite_where=text("answers_for IS NOT NULL"),
            postgresql_where=text("answers_for IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )
    # No foreign key: the UIDs of a mailbox that is another one now still tell what was seen.
    mailbox_id: str = Field(max_length=32)
    uidvalidity: int = Field(sa_column=Column(BigInteger, nullable=False))
    uid: int = Field(sa_column=Column(BigInteger, nullable=False))
    account_id: str = _account()
    state: str = Field(max_length=12)
    attempts: int = 0  # at fetching it
    next_try_at: datetime | None = None
    fingerprint: str | None = Field(default=None, max_length=64)
    gm_msgid: str | None = Field(default=None, max_length=20)  # decimal: it has 64 bits, without a sign
    # The transport key of the message that this UID is known to be, when that is not its own.
    answers_for: str | None = Field(default=None, max_length=200)
    pull: int = 0  # the account's pull that noted it


class SecretsState(Row, table=True):
    """One row, held by who stores a secret and, alone, by who takes a key out of use (storage.key_rotation)."""

    __tablename__ = "secrets_state"
    id: int = Field(default=1, primary_key=True)
    rotated_at: datetime | None = None
