"""The tables of re-matching: what is known of each mail, by which keys it is found, what is to be matched again, when.

No row of these belongs to two messages: batches that settle at once never wait for each other here.
"""

from datetime import datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, PrimaryKeyConstraint, String, Text
from sqlmodel import Field

from rules.lookup import LONGEST_KEY
from storage.models import Row, new_id, now

# Beginnings of words are a range of keys: in the order of code points, whatever language the server speaks.
_KEY = String(LONGEST_KEY).with_variant(String(LONGEST_KEY, collation="C"), "postgresql")


class MessageFacts(Row, table=True):
    """What rules may see of a mail that was decided (storage.stored_facts reads and writes it)."""

    __tablename__ = "message_facts"
    message_id: str = Field(
        sa_column=Column(String(32), ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    )
    tenant_id: str = Field(max_length=32)
    facts: str = Field(sa_column=Column(Text, nullable=False))


class LookupKey(Row, table=True):
    """A key (rules.lookup) under which a mail that was not imported is found. Gone once it is, or expires."""

    __tablename__ = "lookup_keys"
    # The tenant stands behind the key: the catalogue looks for all tenants' mail at once.
    __table_args__ = (
        PrimaryKeyConstraint("kind", "key", "tenant_id", "message_id"),
        {"sqlite_with_rowid": False},
    )
    # No foreign keys: a mail has a dozen of these, and each would be checked.
    kind: str = Field(max_length=12)
    key: str = Field(sa_column=Column(_KEY, nullable=False))
    tenant_id: str = Field(max_length=32)
    message_id: str = Field(max_length=32)


class RematchChange(Row, table=True):
    """A change of what decides, and where the mail is found that it concerns. Gone once that is looked up."""

    __tablename__ = "rematch_changes"
    __table_args__ = (Index(None, "tenant_id"),)
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    # None: a change of the catalogue, for all tenants
    tenant_id: str | None = Field(
        default=None, sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), nullable=True)
    )
    # Keys as rules.lookup has them: kind, how, text. None: no key tells, everything is decided again.
    wanted: list[list[str]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    created_at: datetime = Field(default_factory=now)


class DailyWorkState(Row, table=True):
    """One row: when what is done once a day was begun by somebody who may be at it, and when it was done."""

    __tablename__ = "daily_work_state"
    id: int = Field(default=1, primary_key=True)
    begun_at: datetime | None = None
    done_at: datetime | None = None


class RematchCandidate(Row, table=True):
    """A mail that is to be decided again. Gone once it was: whoever is killed goes on with what is left."""

    __tablename__ = "rematch_candidates"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "message_id"), {"sqlite_with_rowid": False})
    tenant_id: str = Field(sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False))
    message_id: str = Field(max_length=32)
    attempts: int = 0  # at reading its octets; counted before they are made (law 5)
