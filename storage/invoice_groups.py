"""Once means once, for each invoice of a mail: which of them are there, and to which group each document belongs.

Law 10: a mail all of whose invoices are there is their duplicate; of one that brings something new the known ones join
their groups, and it stays imported. Two invoices are one by any id in common, unless a stronger sign of the seller
differs. An invoice that fits two groups shows that they are one. Decides nothing else; called within the transaction
that writes the mail, by settling as by re-matching. Raises nothing of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlmodel import col

from rules.decision import CarriedInvoice
from rules.recognition.identity import accounts_differ, joined_marks, marks_differ
from storage.known_mail import INVOICE, Key, KnownInvoice, KnownMail
from storage.models import Document, Message, MessageKey, Tenant, new_id
from storage.settlement import NewDocument, Settlement, Verdict, document_values

_IS_THERE, _OTHER_ACCOUNT = "invoice_is_there", "invoice_is_there_other_account"
_INSERT_KEYS = insert(MessageKey)
_TELL_SELLER = (
    update(MessageKey)
    .where(
        col(MessageKey.key) == bindparam("of_key"),
        col(MessageKey.tenant_id) == bindparam("of_tenant"),
        col(MessageKey.kind) == INVOICE,
    )
    .values(seller=bindparam("told"))
)


@dataclass(frozen=True, slots=True)
class Met:
    """The invoices of a mail beside those that are there."""

    invoices: tuple[tuple[CarriedInvoice, KnownInvoice | None], ...]
    merged: Mapping[str, str] = field(default_factory=dict)  # groups that proved to be one: what each is called now

    @property
    def are_all_there(self) -> bool:
        """Whether the mail brings an invoice, and none that is new."""
        return bool(self.invoices) and all(known for _, known in self.invoices)

    def groups(self, message_id: str) -> dict[str, str]:
        """The group of each part that shows an invoice; several new ones of a mail have groups of their own."""
        found: dict[str, str] = {}
        is_sole = len({part for invoice, _ in self.invoices for part in invoice.parts[:1]}) == 1
        for invoice, known in self.invoices:
            there = next((found[part] for part in invoice.parts if part in found), None)
            own = message_id if is_sole else new_id()
            group = there or (known.group_id if known else own)
            found.update({part: group for part in (*invoice.parts, *invoice.beside) if part not in found})
        return found


def meet(connection: Connection, known: KnownMail, settlement: Settlement) -> Met:
    """Which of a mail's invoices are there."""
    met = _meet(known, settlement)
    if not met.merged:
        return met
    # Nobody else puts documents into this tenant's groups until we have committed: whoever does shares this lock.
    connection.execute(select(col(Tenant.id)).where(col(Tenant.id) == settlement.tenant_id).with_for_update())
    known.look([settlement])
    return _meet(known, settlement)


def _meet(known: KnownMail, settlement: Settlement) -> Met:
    if settlement.state != "imported":
        return Met(())
    met: list[tuple[CarriedInvoice, KnownInvoice | None]] = []
    merged: dict[str, str] = {}
    for invoice in settlement.invoices:
        same = _same(known, settlement.tenant_id, invoice)
        met.append((invoice, same[0] if same else None))
        for other in same[1:]:
            kept, gone = (merged.get(each.group_id, each.group_id) for each in (same[0], other))
            if gone != kept and not marks_differ(same[0].seller, other.seller):
                merged = {name: kept if of == gone else of for name, of in merged.items()} | {gone: kept}
    named = ((invoice, of and replace(of, group_id=merged.get(of.group_id, of.group_id))) for invoice, of in met)
    return Met(tuple(named), merged)


def duplicate(known: KnownMail, met: Met, documents: tuple[NewDocument, ...]) -> Verdict | None:
    """What becomes of a mail that brings invoices which are all there; None of any other."""
    first = next((of for _, of in met.invoices if of), None)
    if first is None or not met.are_all_there:
        return None
    root = known.root_of(first.message_id)
    is_other_account = any(of and accounts_differ(invoice.seller, of.seller) for invoice, of in met.invoices)
    code = "duplicate_other_account" if is_other_account else "duplicate_invoice"
    return Verdict("duplicate", code, {"of": root}, documents, root, first.group_id)


def steps(met: Met, verdict: Verdict) -> list[dict[str, Any]]:
    """What is to be told of a mail that is imported though it brings invoices which are there."""
    if verdict.state != "imported":
        return []
    there = {
        (_OTHER_ACCOUNT if accounts_differ(invoice.seller, of.seller) else _IS_THERE, of.message_id): None
        for invoice, of in met.invoices
        if of
    }
    return [{"standard": None, "code": code, "params": {"of": of}} for code, of in there]


def insert_documents(
    connection: Connection, settlement: Settlement, verdict: Verdict, message_id: str, met: Met
) -> Mapping[str, str]:
    """Write what is kept, each in its invoice's group; gives the groups by part."""
    _merge(connection, settlement.tenant_id, met.merged)
    groups = met.groups(message_id)
    own = verdict.group_id or message_id
    rows = [
        document_values(each, settlement.tenant_id, message_id, groups.get(each.part, own))
        for each in verdict.documents
    ]
    if rows:
        connection.execute(insert(Document), rows)
    return groups


def insert_keys(
    connection: Connection,
    known: KnownMail,
    settlement: Settlement,
    message_id: str,
    written: tuple[Met, Mapping[str, str]],
) -> dict[Key, KnownInvoice]:
    """Write by what the invoices are known from now on; gives what is to be learnt once the savepoint is released."""
    met, groups = written
    new: dict[Key, KnownInvoice] = {}
    told: dict[Key, KnownInvoice] = {}
    for invoice, of in met.invoices:
        there = of or KnownInvoice(message_id, invoice.parts[0], groups[invoice.parts[0]], invoice.seller)
        there = replace(there, seller=joined_marks(there.seller, invoice.seller))
        for each in invoice.ids:
            key = (settlement.tenant_id, INVOICE, each)
            before = known.find_invoice(settlement.tenant_id, each)
            if before is None:
                new.setdefault(key, there)
            elif of and before.message_id == of.message_id and before.seller != there.seller:
                told[key] = there
    # In one order: two workers that meet wait for each other, rather than both for ever.
    if new:
        connection.execute(_INSERT_KEYS, [_row(key, new[key]) for key in sorted(new)])
    if told:
        values = [{"of_tenant": key[0], "of_key": key[2], "told": told[key].seller} for key in sorted(told)]
        connection.execute(_TELL_SELLER, values)
    return new | told


def _merge(connection: Connection, tenant_id: str, merged: Mapping[str, str]) -> None:
    """All that is in a group is in the other one from now on; the states of mails stay what they were told to be."""
    for gone, kept in merged.items():
        of_group = (col(Document.tenant_id) == tenant_id, col(Document.group_id) == gone)
        messages = select(col(Document.message_id)).where(*of_group)
        of_messages = (col(Message.id).in_(messages), col(Message.group_id) == gone)
        connection.execute(update(Message).where(*of_messages).values(group_id=kept))
        connection.execute(update(Document).where(*of_group).values(group_id=kept))


def _same(known: KnownMail, tenant_id: str, invoice: CarriedInvoice) -> Sequence[KnownInvoice]:
    """Every known one that this is, by its strongest id first."""
    found: Iterable[KnownInvoice | None] = (known.find_invoice(tenant_id, each) for each in invoice.ids)
    return [each for each in found if each and not marks_differ(each.seller, invoice.seller)]


def _row(key: Key, invoice: KnownInvoice) -> dict[str, Any]:
    tenant_id, kind, text = key
    whose = {"message_id": invoice.message_id, "part": invoice.part, "seller": invoice.seller}
    return {"tenant_id": tenant_id, "kind": kind, "key": text} | whose
