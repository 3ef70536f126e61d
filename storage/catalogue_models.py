"""The tables of the catalogue: its versions, which of them is in force, and what tenants have switched off."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, String
from sqlmodel import Field

from storage.models import Row, now


class CatalogueVersion(Row, table=True):
    """A version that was verified, whole: rules.catalogue_package.payload_of made its octets."""

    __tablename__ = "catalogue_versions"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    standards: int
    signed_by: str = Field(default="", max_length=64)  # the public key; "" came with postbus
    kept_at: datetime = Field(default_factory=now)
    activated_at: datetime | None = None  # the last time


class CatalogueState(Row, table=True):
    """One row: which version is in force, and what shall be."""

    __tablename__ = "catalogue_state"
    id: int = Field(default=1, primary_key=True)
    active_version: int | None = None
    held_at: datetime | None = None  # a rollback holds: nothing is activated until somebody lifts it
    next_version: int | None = None
    activate_at: datetime | None = None


class CatalogueSwitch(Row, table=True):
    """A catalogue standard that a tenant does not want. It outlives the standard: that may come back."""

    __tablename__ = "catalogue_switches"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "standard_id"),)
    tenant_id: str = Field(sa_column=Column(String(32), ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False))
    standard_id: str = Field(max_length=32)
    switched_at: datetime = Field(default_factory=now)
