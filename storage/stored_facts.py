"""The facts of a settled mail as its row keeps them: JSON without what is as usual, and without the body's text.

Nor are the lines of an e-invoice kept: no rule asks them, and they may be longer than all the rest.
Law 20: that the text is not there is said among what was not fetched, so that a condition on it is unknown, never
false; whoever must know reads the octets again. Facts that an older version wrote can still be read.
Raises Damaged for a row that holds no facts.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlmodel import col

from rules.facts import MailFacts
from rules.looks import plain_values
from rules.lookup import index_keys
from storage.failures import Damaged
from storage.models import Message
from storage.rematch_models import LookupKey, MessageFacts
from storage.seen_pictures import note_pictures, picture_rows
from storage.settlement import Settlement
from storage.texts import storable

NOT_KEPT = "text"
MOST_BY_KEY = 20_000  # mails whose keys are looked up one by one; of more, one look at all keys takes less
_PIECE = 500
# Numbers have a kind of their own: nearly each mail brings a new one, and who looks inside words would pass them all.
NUMBER = "number"
# What ends with a text is found as what begins with it, read backwards.
REVERSED = {"word": "word_end", "name": "name_end", NUMBER: "number_end"}

_COMPACT = json.JSONEncoder(separators=(",", ":"))
_INSERT_FACTS = insert(MessageFacts)
_INSERT_KEYS = insert(LookupKey)
_DELETE_KEY = delete(LookupKey).where(
    col(LookupKey.kind) == bindparam("of_kind"),
    col(LookupKey.key) == bindparam("of_key"),
    col(LookupKey.tenant_id) == bindparam("of_tenant"),
    col(LookupKey.message_id) == bindparam("of_message"),
)


def encode(facts: MailFacts) -> str:
    """What is kept of these facts."""
    values = plain_values(facts)
    if values.pop("text", "") and NOT_KEPT not in facts.not_fetched:
        values["not_fetched"] = [*facts.not_fetched, NOT_KEPT]
    for attachment in values.get("attachments", ()):
        for invoice in (attachment.get("e_invoice", {}), *attachment.get("further_invoices", ())):
            invoice.pop("lines", None)
    # ASCII: a mail may hold NUL and lone surrogates, which no database takes, and they come back as they were.
    return _COMPACT.encode(values)


def decode(kept: str) -> MailFacts:
    """The facts that encode kept. Raises Damaged."""
    try:
        return MailFacts.from_json(json.loads(kept))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"stored facts cannot be read ({type(error).__name__}); match the mail again") from error


class FactsWriter:
    """Collects what a batch knows of its mails, to write it in three statements at the end of the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # By message: a batch may bring the same mail twice, and the second one is decided anew on the row of the first.
        self._facts: dict[str, dict[str, str]] = {}
        self._keys: dict[str, list[dict[str, str]]] = {}
        self._pictures: dict[str, list[dict[str, Any]]] = {}

    def add(self, settlement: Settlement, message_id: str, state: str) -> None:
        """Note a mail; only one that is not imported is ever looked for."""
        if settlement.facts is None:
            return
        kept = encode(settlement.facts)
        self._facts[message_id] = {"tenant_id": settlement.tenant_id, "message_id": message_id, "facts": kept}
        is_looked_for = state == "not_imported"
        self._keys[message_id] = key_rows(settlement.facts, settlement.tenant_id, message_id) if is_looked_for else []
        self._pictures[message_id] = picture_rows(settlement)

    def drop(self, message_ids: Iterable[str]) -> None:
        """What was noted of these mails does not hold any more."""
        for message_id in message_ids:
            self._facts.pop(message_id, None)
            self._keys.pop(message_id, None)
            self._pictures.pop(message_id, None)

    def write(self) -> None:
        """Write what was noted."""
        if self._facts:
            self._connection.execute(_INSERT_FACTS, list(self._facts.values()))
        keys = [row for rows in self._keys.values() for row in rows]
        if keys:
            self._connection.execute(_INSERT_KEYS, keys)
        note_pictures(self._connection, [row for rows in self._pictures.values() for row in rows])
        self._facts, self._keys, self._pictures = {}, {}, {}


def key_rows(facts: MailFacts, tenant_id: str, message_id: str) -> list[dict[str, str]]:
    """The rows by which a mail is found again."""
    rows = {(kind_of(each.kind, each.text), storable(each.text)) for each in index_keys(facts)}
    rows |= {(REVERSED[kind], text[::-1]) for kind, text in rows if kind in REVERSED}
    # In the order of the table: neighbours share its pages.
    return [{"kind": kind, "key": key, "tenant_id": tenant_id, "message_id": message_id} for kind, key in sorted(rows)]


def kind_of(kind: str, text: str) -> str:
    """The kind under which a key of rules.lookup is stored."""
    return NUMBER if kind == "word" and text.isdigit() else kind


def forget_keys(connection: Connection, message_ids: Sequence[str]) -> None:
    """These mails are not looked for any more."""
    query = select(col(MessageFacts.tenant_id), col(MessageFacts.message_id), col(MessageFacts.facts))
    # By their whole key, made of the facts again: an index on the message alone would cost as much as the table.
    gone = []
    for tenant_id, message_id, kept in connection.execute(query.where(col(MessageFacts.message_id).in_(message_ids))):
        try:
            keys = key_rows(decode(kept), tenant_id, message_id)
        except Damaged:  # nothing tells its keys: one look at them all, rather than none
            of_mail = (col(LookupKey.tenant_id) == tenant_id, col(LookupKey.message_id) == message_id)
            connection.execute(delete(LookupKey).where(*of_mail))
            continue
        columns = {"of_tenant": tenant_id, "of_message": message_id}
        gone += [columns | {"of_kind": row["kind"], "of_key": row["key"]} for row in keys]
    if gone:
        connection.execute(_DELETE_KEY, gone)


def forget(connection: Connection, message_ids: Sequence[str]) -> None:
    """Nothing is known of these mails any more."""
    forget_keys(connection, message_ids)
    connection.execute(delete(MessageFacts).where(col(MessageFacts.message_id).in_(message_ids)))


def forget_tenant(connection: Connection, tenant_id: str) -> None:
    """Nothing is known of this tenant's mails any more."""
    own = select(col(Message.id)).where(col(Message.tenant_id) == tenant_id)
    found = list(connection.scalars(own.where(col(Message.state) == "not_imported")))
    if len(found) > MOST_BY_KEY:
        connection.execute(delete(LookupKey).where(col(LookupKey.tenant_id) == tenant_id))
    else:  # the table holds every tenant's: what one has costs what it is
        for start in range(0, len(found), _PIECE):
            forget_keys(connection, found[start : start + _PIECE])
    connection.execute(delete(MessageFacts).where(col(MessageFacts.message_id).in_(own)))
