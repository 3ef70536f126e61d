"""Messages as they are listed and shown.

Raises NotFound: another tenant's message looks the same as one that is not there (law 16).
Reasons are worded by whoever shows them (law 25): the caller brings the words.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col, select

from storage import attention
from storage.failures import Invalid, NotFound
from storage.known_mail import TRANSPORT
from storage.models import Document, Message, MessageKey, Tenant
from storage.settlement import STATES
from storage.texts import nearest

Words = Callable[[str, Mapping[str, Any]], str]  # (code, params) -> a sentence


def list_messages(
    session: Session, tenant: Tenant, state: str | None = None, limit: int | None = None, *, only_possible: bool = False
) -> list[Message]:
    """The tenant's messages, newest first. Raises Invalid for a state there is not.

    Of one state, what wants a person stands before the rest (storage.attention); `only_possible`: nothing but what may
    be an invoice.
    """
    state = "not_imported" if only_possible else state
    if state is not None and state not in STATES:
        raise Invalid(f"no state {state[:40]!r}{nearest(state, STATES)}; there are {', '.join(STATES)}")
    trace = cast("QueryableAttribute[Any]", Message.decision_trace)  # long, and no list shows it
    query = select(Message).where(Message.tenant_id == tenant.id).options(defer(trace))
    newest_first = (col(Message.received_at).desc(), col(Message.id))
    if state is None:
        return list(session.exec(query.order_by(*newest_first).limit(limit)))
    query = query.where(Message.state == state)
    if only_possible:  # all of one weight: SQLite would sort them by it once more
        query = query.where(attention.IS_POSSIBLE)
        return list(session.exec(query.order_by(*newest_first).limit(limit)))
    return list(session.exec(query.order_by(attention.WEIGHT.desc(), *newest_first).limit(limit)))


def list_to_confirm(session: Session, tenant: Tenant, moment: datetime) -> list[Message]:
    """The latest mail in which a mail service asks whether it may forward to this tenant, newest first, a few."""
    own = (Message.tenant_id == tenant.id, Message.state == "not_imported", attention.IS_CONFIRMING)
    latest = select(Message).where(*own, col(Message.received_at) >= moment - attention.CONFIRMED_WITHIN)
    return list(session.exec(latest.order_by(col(Message.received_at).desc()).limit(_MOST_TO_CONFIRM)))


def get_message(session: Session, message_id: str, tenant: Tenant | None = None) -> Message:
    """The message of that id, of this tenant or (for the operator) of any. Raises NotFound."""
    found = session.get(Message, message_id)
    if found is None or (tenant is not None and found.tenant_id != tenant.id):
        raise NotFound(f"no message {message_id[:80]!r}; `postbus message list` names them")
    return found


def get_messages(session: Session, message_ids: Sequence[str]) -> list[Message]:
    """Those of these messages that are there, whole, in no order."""
    return list(session.exec(select(Message).where(col(Message.id).in_(message_ids))))


def find_message(session: Session, identity: str) -> Message:
    """For the operator: the message of that id, or of the id in our 250 reply and trace. Raises NotFound."""
    if session.get(Message, identity) is None:
        delivered = select(MessageKey.message_id).where(MessageKey.kind == TRANSPORT, MessageKey.key == identity)
        found = sorted(session.exec(delivered))
        if len(found) > 1:
            raise NotFound(f"mail {identity} went to several tenants; name one of its messages: {', '.join(found)}")
        identity = found[0] if found else identity
    return get_message(session, identity)


def count_messages(session: Session, tenant: Tenant | None = None) -> dict[str, int]:
    """How many messages are in each state, of one tenant or of all; every state is named."""
    query = select(Message.state, func.count(col(Message.id))).group_by(col(Message.state))
    if tenant is not None:
        query = query.where(Message.tenant_id == tenant.id)
    return dict.fromkeys(STATES, 0) | dict(session.exec(query).all())


def messages_json(session: Session, messages: Sequence[Message], words: Words) -> list[dict[str, Any]]:
    """The messages as programs read them. `documents` counts them."""
    names = _tenant_names(session, messages)
    documents = _document_counts(session, messages)
    return [
        {
            "id": message.id,
            "tenant": names[message.tenant_id],
            "source": message.source,
            "received_at": message.received_at.isoformat(),
            "reverse_path": message.reverse_path,
            "forward_path": message.forward_path,
            "other_forward_paths": message.other_forward_paths,
            "label": message.label,
            "from": message.from_,
            "original_sender": message.original_sender,
            "subject": message.subject,
            "state": message.state,
            "reason": words(message.reason_code, message.reason_params),
            "reason_code": message.reason_code,
            "standard": message.standard,
            "documents": documents.get(message.id, 0),
            "octets": message.octets,
            "duplicate_of": message.duplicate_of,
            "special": special_json(message),
        }
        for message in messages
    ]


def message_json(session: Session, message: Message, words: Words) -> dict[str, Any]:
    """One message as programs read it."""
    return messages_json(session, [message], words)[0]


def special_json(message: Message) -> dict[str, Any] | None:
    """Where a mail says that something is to be had or confirmed: kind, link, domain, code; None of any other."""
    if message.reason_code not in _SPECIAL:
        return None
    said = message.reason_params
    return {"kind": message.reason_code} | {name: said.get(name) or None for name in ("link", "domain", "code")}


def _tenant_names(session: Session, messages: Sequence[Message]) -> dict[str, str]:
    ids = {message.tenant_id for message in messages}
    return dict(session.exec(select(Tenant.id, Tenant.name).where(col(Tenant.id).in_(ids))).all())


def _document_counts(session: Session, messages: Sequence[Message]) -> dict[str, int]:
    counts: dict[str, int] = {}
    ids = [message.id for message in messages]
    for start in range(0, len(ids), _IDS_PER_QUERY):
        some = ids[start : start + _IDS_PER_QUERY]
        query = select(Document.message_id, func.count(col(Document.id))).where(col(Document.message_id).in_(some))
        counts.update(session.exec(query.group_by(col(Document.message_id))).all())
    return counts


_SPECIAL = frozenset({"forwarding_confirmation", "link_only"})
_MOST_TO_CONFIRM = 5
# SQLite takes 32,766 parameters in a statement.
_IDS_PER_QUERY = 5_000
