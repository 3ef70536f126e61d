"""The state of each UID of a linked account (law 11): what was looked at, left, fetched, and is to be fetched yet.

What a pull notes is fenced by its lease in the same transaction. Noting twice is noting once. Decides nothing.
Raises LeaseLost, TemporaryFailure.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    literal_column,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from storage.account_models import LinkedMailbox, UidState
from storage.account_pulls import ClaimedAccount, check_lease, note_progress
from storage.known_mail import TRANSPORT
from storage.mailbox_cursors import MailboxState, advance_cursor, begin_mailbox, mailboxes_of, note_gone
from storage.models import Message, MessageKey, now
from storage.transport_keys import UidPlace, parse_transport_key, transport_key
from storage.wanted_mail import PullOutcome, pull_outcome, want

# All that a pull asks of storage about mail is found here.
__all__ = [
    "MailboxState",
    "PullOutcome",
    "UidPlace",
    "advance_cursor",
    "begin_mailbox",
    "mailboxes_of",
    "note_gone",
    "parse_transport_key",
    "pull_outcome",
    "transport_key",
    "want",
]

LookState = Literal["left", "fetched", "wanted", "failed", "gone", "known", "before_start", "own"]
# A mail that was seen in one of these states is the same mail wherever it is seen again.
SETTLED: tuple[LookState, ...] = ("left", "fetched", "known", "own")
PIECE = 1000
# A mailbox (our id) and its UIDVALIDITY: where a UID means one mail.
UidSpace = tuple[str, int]
NOWHERE: UidSpace = ("", 0)
_NOTE = text(
    "INSERT INTO uid_looks (mailbox_id, uidvalidity, uid, account_id, state, attempts, next_try_at, fingerprint,"
    " gm_msgid, answers_for, pull) VALUES (:mailbox_id, :uidvalidity, :uid, :account_id, :state, :attempts,"
    " :next_try_at, :fingerprint, :gm_msgid, :answers_for, :pull)"
    " ON CONFLICT (mailbox_id, uidvalidity, uid) DO UPDATE SET"
    # Re-matching may ask for a mail before its puller has come to note that it was left.
    " state = CASE WHEN uid_looks.state = 'wanted' AND excluded.state IN ('left', 'known', 'own', 'before_start')"
    " THEN 'wanted' ELSE excluded.state END,"
    " attempts = uid_looks.attempts + excluded.attempts, next_try_at = excluded.next_try_at, pull = excluded.pull,"
    " fingerprint = coalesce(excluded.fingerprint, uid_looks.fingerprint),"
    " gm_msgid = coalesce(excluded.gm_msgid, uid_looks.gm_msgid),"
    " answers_for = coalesce(excluded.answers_for, uid_looks.answers_for)"
).bindparams(bindparam("next_try_at", type_=UTCDateTime()))


@dataclass(frozen=True, slots=True, kw_only=True)
class UidLook:
    """What became of a UID.

    `failed`, and `wanted` with `next_try_at`, count an attempt. `known` says with its fingerprint or gm_msgid that it
    is a mail that was seen at another UID: what is decided about that one later is fetched from here.
    """

    uid: int
    state: LookState
    fingerprint: str | None = None  # at most 64 characters
    gm_msgid: str | None = None  # decimal
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PendingUid:
    """A UID that is to be fetched: re-matching wants it, or the server could not deliver it lately."""

    mailbox_id: str
    uidvalidity: int
    uid: int
    attempts: int
    transport_key: str  # of the message that it is to be settled on; often its own, not always
    rfc_message_id: str | None = None  # of a wanted one: header field Message-ID, to search for when the UID is gone


def note_looks(session: Session, claimed: ClaimedAccount, mailbox_id: str, looks: Sequence[UidLook]) -> None:
    """Write what became of these UIDs of a mailbox that was begun; what was noted before is replaced.

    A UID that re-matching asked for meanwhile stays wanted until it is noted as fetched, failed or gone.
    Raises LeaseLost.
    """
    check_lease(session, claimed)
    connection = session.connection()
    this = select(col(LinkedMailbox.uidvalidity)).where(col(LinkedMailbox.id) == mailbox_id)
    uidvalidity = connection.scalar(this)
    if not looks or uidvalidity is None:
        return
    known = [look for look in looks if look.state == "known"]
    earlier = _Earlier(connection, claimed.id, (mailbox_id, uidvalidity), known)
    rows = [
        {
            "mailbox_id": mailbox_id,
            "uidvalidity": uidvalidity,
            "uid": look.uid,
            "account_id": claimed.id,
            "state": look.state,
            "attempts": int(look.state == "failed" or (look.state == "wanted" and look.next_try_at is not None)),
            "next_try_at": look.next_try_at,
            "fingerprint": look.fingerprint,
            "gm_msgid": look.gm_msgid,
            "answers_for": earlier.key_of(look) if look.state == "known" else None,
            "pull": claimed.pull,
        }
        for look in looks
    ]
    connection.execute(_NOTE, rows)
    earlier.forget_outdated(mailbox_id, uidvalidity)
    note_progress(session, claimed)


def known_uids(session: Session, mailbox_id: str, uidvalidity: int, uids: Collection[int]) -> set[int]:
    """Those of these UIDs that have a row, whatever its state."""
    of_mailbox = (_in((mailbox_id, uidvalidity)),)
    known: set[int] = set()
    for some in _pieces(sorted(uids)):
        query = select(col(UidState.uid)).where(*of_mailbox, col(UidState.uid).between(some[0], some[-1]))
        if some[-1] - some[0] > 2 * PIECE:  # far apart: what lies between them was not asked for
            query = query.where(col(UidState.uid).in_(some))
        known.update(session.connection().scalars(query))
    return known.intersection(uids)


def fingerprints_known(
    session: Session, account_id: str, fingerprints: Collection[str], besides: UidSpace = NOWHERE
) -> set[str]:
    """Those of mail of the account that was looked at and needs nothing more, in other mailboxes than `besides`.

    Two mails of one mailbox with one fingerprint are two: a sender may send two bills of one size within a second.
    """
    return _known(session, account_id, col(UidState.fingerprint), fingerprints, besides)


def gm_msgids_known(
    session: Session, account_id: str, gm_msgids: Collection[str], besides: UidSpace = NOWHERE
) -> set[str]:
    """Those of mail of the account that was looked at and needs nothing more, in other mailboxes than `besides`."""
    return _known(session, account_id, col(UidState.gm_msgid), gm_msgids, besides)


def end_pending(session: Session, claimed: ClaimedAccount, ended: Collection[PendingUid], state: LookState) -> None:
    """They need nothing more, though their UIDs are not in the mailbox as it is now. Raises LeaseLost."""
    check_lease(session, claimed)
    for each in ended:
        here = _in((each.mailbox_id, each.uidvalidity))
        this = (col(UidState.account_id) == claimed.id, here, col(UidState.uid) == each.uid)
        values = {"state": state, "next_try_at": None, "pull": claimed.pull}
        session.connection().execute(update(UidState).where(*this).values(values))
    note_progress(session, claimed)


def wanted_uids(
    session: Session, account_id: str, moment: datetime | None = None, limit: int = PIECE
) -> list[PendingUid]:
    """What re-matching wants of this account and was not tried lately (law 14).

    A mailbox that is not there, or has another UIDVALIDITY now, does not have the UID: search for the Message-ID.
    """
    query = _pending(account_id, "wanted", moment or now()).limit(limit)
    found = [_pending_uid(row) for row in session.connection().execute(query)]
    ids = _rfc_message_ids(session, [each.transport_key for each in found])
    return [replace(each, rfc_message_id=ids.get(each.transport_key)) for each in found]


def due_retries(session: Session, account_id: str, moment: datetime | None = None) -> list[PendingUid]:
    """UIDs that the server could not deliver, and that are to be tried again now (law 11)."""
    same = (col(LinkedMailbox.id) == col(UidState.mailbox_id)) & (
        col(LinkedMailbox.uidvalidity) == col(UidState.uidvalidity)
    )
    query = _pending(account_id, "failed", moment or now()).join(LinkedMailbox, same)
    return [_pending_uid(row) for row in session.connection().execute(query)]


class _Earlier:
    """The rows of mail that is seen again at another UID."""

    def __init__(self, connection: Connection, account_id: str, besides: UidSpace, known: Sequence[UidLook]) -> None:
        self._connection = connection
        self._account_id = account_id
        self._fingerprints = {look.fingerprint for look in known if look.fingerprint}
        self._keys: dict[str, str] = {}
        gm_msgids = {look.gm_msgid for look in known if look.gm_msgid}
        wanted = ((col(UidState.fingerprint), self._fingerprints), (col(UidState.gm_msgid), gm_msgids))
        for column, values in wanted:
            for some in _pieces(sorted(values)):
                query = select(column, *_PLACE).where(
                    col(UidState.account_id) == account_id,
                    column.in_(some),
                    col(UidState.state).in_(SETTLED),
                    not_(_in(besides)),
                )
                for row in connection.execute(query):
                    self._keys[str(row[0])] = _key_of(row)

    def key_of(self, look: UidLook) -> str | None:
        """The transport key of the message that it is."""
        return self._keys.get(look.fingerprint or "") or self._keys.get(look.gm_msgid or "")

    def forget_outdated(self, mailbox_id: str, uidvalidity: int) -> None:
        """Their UIDs of before a change of UIDVALIDITY: servers that change it daily must not fill the table."""
        for some in _pieces(sorted(self._fingerprints)):
            outdated = delete(UidState).where(
                col(UidState.account_id) == self._account_id,
                col(UidState.fingerprint).in_(some),
                col(UidState.mailbox_id) == mailbox_id,
                col(UidState.uidvalidity) != uidvalidity,
                col(UidState.state).in_(SETTLED),
            )
            self._connection.execute(outdated)


_PLACE = (
    col(UidState.account_id),
    col(UidState.mailbox_id),
    col(UidState.uidvalidity),
    col(UidState.uid),
    col(UidState.answers_for),
)


def _key_of(row: Any) -> str:
    return row.answers_for or transport_key(row.account_id, row.mailbox_id, row.uidvalidity, row.uid)


def _in(space: UidSpace) -> ColumnElement[bool]:
    mailbox_id, uidvalidity = space
    return and_(col(UidState.mailbox_id) == mailbox_id, col(UidState.uidvalidity) == uidvalidity)


def _known(session: Session, account_id: str, column: Any, values: Collection[str], besides: UidSpace) -> set[str]:
    own = (col(UidState.account_id) == account_id, col(UidState.state).in_(SETTLED), not_(_in(besides)))
    known: set[str] = set()
    for some in _pieces(sorted(values)):
        known.update(session.connection().scalars(select(column).where(*own, column.in_(some))))
    return known


def _pending(account_id: str, state: LookState, moment: datetime) -> Any:
    is_due = or_(col(UidState.next_try_at).is_(None), col(UidState.next_try_at) <= moment)
    return (
        select(*_PLACE, col(UidState.attempts))
        # The state stands in the statement: the index is of these states only.
        .where(col(UidState.account_id) == account_id, col(UidState.state) == literal_column(f"'{state}'"), is_due)
        .order_by(col(UidState.mailbox_id), col(UidState.uidvalidity), col(UidState.uid))
    )


def _pending_uid(row: Any) -> PendingUid:
    return PendingUid(row.mailbox_id, row.uidvalidity, row.uid, row.attempts, _key_of(row))


def _rfc_message_ids(session: Session, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _pieces(sorted(keys)):
        query = (
            select(col(MessageKey.key), col(Message.rfc_message_id))
            .join(Message, col(Message.id) == col(MessageKey.message_id))
            .where(col(MessageKey.key).in_(some), col(MessageKey.kind) == TRANSPORT)
        )
        found |= {key: message_id for key, message_id in session.connection().execute(query) if message_id}
    return found


def _pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]
