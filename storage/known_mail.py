"""What a batch needs to know of earlier mail: read in a few queries, kept up to date while the batch is written.

Keys of other tenants are never looked at (law 16): each is asked for together with its tenant.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlmodel import col

from storage.account_models import LinkedAccount
from storage.catalogue_models import CatalogueState
from storage.failures import NotFound, Unlinked
from storage.models import Document, Message, MessageKey, Tenant
from storage.settlement import Delivery, Settlement, Stale

TRANSPORT, CONTENT, INVOICE = "transport", "content", "invoice"
# SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
KEYS_PER_QUERY = 5_000
# Law 10: what was not imported may be decided anew, on its row.
DECIDED_ANEW = frozenset({"not_imported", "expired"})

Key = tuple[str, str, str]  # tenant id, kind, key

# Only keys of invoices name a part; what was made of it (a page) is of the same group.
_DOCUMENT = (col(Document.message_id) == col(MessageKey.message_id)) & (col(Document.part) == col(MessageKey.part))
_KEYS = (
    select(
        col(MessageKey.tenant_id),
        col(MessageKey.kind),
        col(MessageKey.key),
        col(MessageKey.part),
        col(MessageKey.seller),
        func.coalesce(col(Document.group_id), col(Message.group_id)).label("invoice_group"),
        col(Message.id),
        col(Message.state),
        col(Message.reason_code),
        col(Message.duplicate_of),
        col(Message.group_id),
        col(Message.raw_sha256),
        col(Message.transport_key),
        col(Message.earlier_keys),
    )
    .join(Message, col(Message.id) == col(MessageKey.message_id))
    .join(Document, _DOCUMENT, isouter=True)
    # By key alone: it is nearly unique, and the pairs with their tenants are picked out of the answer.
    .where(col(MessageKey.key).in_(bindparam("keys", expanding=True)))
)
_REVISIONS = (
    select(col(Tenant.id), col(Tenant.revision))
    .where(col(Tenant.id).in_(bindparam("tenants", expanding=True)))
    .order_by(col(Tenant.id))
    # PostgreSQL: nobody changes what decides until we have committed. SQLite has one writer anyway.
    .with_for_update(read=True)
)
_ACCOUNTS = select(col(LinkedAccount.id)).where(col(LinkedAccount.id).in_(bindparam("accounts", expanding=True)))
_CATALOGUE = select(col(CatalogueState.active_version)).with_for_update(read=True)  # as with the revisions


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message row that is there already."""

    id: str
    state: str
    reason_code: str
    duplicate_of: str | None
    group_id: str
    raw_sha256: str
    transport_keys: tuple[str, ...]  # of all deliveries that were decided on it, the last one first

    @property
    def was_left(self) -> bool:
        """Whether it stands for a mail that was left in its mailbox: once downloaded, that is decided anew on it."""
        return not self.raw_sha256 and self.state in DECIDED_ANEW

    @property
    def root(self) -> str:
        """The row that was imported first."""
        return self.duplicate_of or self.id


@dataclass(frozen=True, slots=True)
class KnownInvoice:
    """An invoice that is there already, as one of its keys tells."""

    message_id: str  # that was imported with it first
    part: str | None  # of that message; None: all of it
    group_id: str
    seller: str  # rules.recognition.identity.seller_mark


class KnownMail:
    """The keys, rows and revisions that a batch of deliveries meets."""

    def __init__(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        self._connection = connection
        self._ids: dict[Key, str] = {}
        self._rows: dict[str, Earlier] = {}
        self._invoices: dict[Key, KnownInvoice] = {}
        # The tenants first: their locks keep the rest still.
        tenants = sorted({delivery.tenant_id for delivery in deliveries})
        self._revisions: dict[str, int] = {
            tenant_id: revision
            for some in _pieces(tenants)
            for tenant_id, revision in connection.execute(_REVISIONS, {"tenants": some})
        }
        self._catalogue_version = connection.scalar(_CATALOGUE)
        # Their tenants' locks keep accounts, too: whoever removes one waits for us, or we see that it is gone.
        linked = sorted({delivery.address_id for delivery in deliveries if delivery.source == "imap"})
        self._accounts: set[str] = {
            account_id for some in _pieces(linked) for account_id in connection.scalars(_ACCOUNTS, {"accounts": some})
        }
        self.look(deliveries)

    def look(self, deliveries: Iterable[Delivery]) -> None:
        """Read what is known of these now; what was known of them before is forgotten."""
        wanted = {key for delivery in deliveries for key in keys_of(delivery)}
        for key in wanted:
            self._ids.pop(key, None)
            self._invoices.pop(key, None)
        for some in _pieces(sorted({key for _, _, key in wanted})):
            for row in self._connection.execute(_KEYS, {"keys": some}):
                found = (row.tenant_id, row.kind, row.key)
                if found in wanted:
                    self.learn([found], _earlier(row))
                    if row.kind == INVOICE:
                        known = KnownInvoice(row.id, row.part, row.invoice_group, row.seller or "")
                        self._invoices[found] = known

    def learn(self, keys: Iterable[Key], row: Earlier) -> None:
        """From now on these keys mean this row, and the row is as given."""
        self._rows[row.id] = row
        self._ids.update(dict.fromkeys(keys, row.id))

    def find(self, delivery: Delivery, kind: str, key: str | None) -> Earlier | None:
        """The delivery's tenant's row of that key."""
        message_id = self._ids.get((delivery.tenant_id, kind, key)) if key else None
        return self._rows[message_id] if message_id else None

    def find_invoice(self, tenant_id: str, invoice_id: str) -> KnownInvoice | None:
        """The tenant's invoice of that id."""
        return self._invoices.get((tenant_id, INVOICE, invoice_id))

    def root_of(self, message_id: str) -> str:
        """The row that was imported first, of a row that is known."""
        return self._rows[message_id].root

    def learn_invoices(self, invoices: Mapping[Key, KnownInvoice], merged: Mapping[str, str]) -> None:
        """From now on these keys mean these invoices, and groups are called as `merged` has it."""
        self._invoices.update(invoices)
        if merged:
            self._invoices = {
                key: replace(each, group_id=merged.get(each.group_id, each.group_id))
                for key, each in self._invoices.items()
            }
            self._rows = {
                row_id: replace(row, group_id=merged.get(row.group_id, row.group_id))
                for row_id, row in self._rows.items()
            }

    def check_tenant(self, delivery: Delivery) -> None:
        """Raises NotFound when the tenant was removed: nothing may be kept of its mail."""
        if delivery.tenant_id not in self._revisions:
            raise NotFound(f"message {delivery.transport_key}: its tenant {delivery.tenant_id} was removed")

    def check_account(self, delivery: Delivery) -> None:
        """Raises Unlinked for mail of a linked account that was removed: it is kept only if it is imported."""
        if delivery.source == "imap" and delivery.address_id not in self._accounts:
            raise Unlinked(f"message {delivery.transport_key}: its account {delivery.address_id} was removed")

    def check_revision(self, settlement: Settlement) -> None:
        """Raises Stale when what decides has changed since."""
        current = self._revisions[settlement.tenant_id]
        if current != settlement.tenant_revision:
            raise Stale(
                f"message {settlement.transport_key}: decided with revision {settlement.tenant_revision} "
                f"of tenant {settlement.tenant_id}, which is at {current} now; decide again"
            )
        if settlement.catalogue_version != self._catalogue_version:
            raise Stale(
                f"message {settlement.transport_key}: decided with catalogue version {settlement.catalogue_version}; "
                f"{self._catalogue_version} is in force now; decide again"
            )


def check_in_force(connection: Connection, revisions: Mapping[str, int], catalogue_version: int | None) -> None:
    """What decided about stored mail is still what decides, until we have committed. Raises Stale."""
    current = {
        tenant_id: revision
        for some in _pieces(sorted(revisions))
        for tenant_id, revision in connection.execute(_REVISIONS, {"tenants": some})
    }
    if current != revisions or connection.scalar(_CATALOGUE) != catalogue_version:
        raise Stale("what decides has changed since stored mail was matched; decide again")


def keys_of(delivery: Delivery) -> list[Key]:
    """Every key the delivery may be known by."""
    keys = [(delivery.tenant_id, TRANSPORT, delivery.transport_key)]
    if isinstance(delivery, Settlement):
        if delivery.content_id:
            keys.append((delivery.tenant_id, CONTENT, delivery.content_id))
        keys += [(delivery.tenant_id, INVOICE, each) for each in delivery.invoice_ids]
    return keys


def _earlier(row: Any) -> Earlier:
    keys = (row.transport_key, *(row.earlier_keys or ()))
    return Earlier(row.id, row.state, row.reason_code, row.duplicate_of, row.group_id, row.raw_sha256, keys)


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), KEYS_PER_QUERY):
        yield values[start : start + KEYS_PER_QUERY]
