"""Ask for mail that was left in its mailbox, and tell what became of what a pull has fetched.

The pipeline asks (law 14), the puller fetches (storage.looks); neither waits for the other. Raises TemporaryFailure.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, update
from sqlmodel import Session, col

from storage.account_models import LinkedAccount, UidState
from storage.account_pulls import OK
from storage.known_mail import TRANSPORT
from storage.models import Message, MessageKey, now
from storage.transport_keys import UidPlace, parse_transport_key, transport_key

PIECE = 1000
_WANT_NEW = text(
    "INSERT INTO uid_looks (mailbox_id, uidvalidity, uid, account_id, state, attempts, pull)"
    " VALUES (:mailbox_id, :uidvalidity, :uid, :account_id, 'wanted', 0, 0)"
    " ON CONFLICT (mailbox_id, uidvalidity, uid) DO UPDATE SET state = 'wanted'"
)


@dataclass(frozen=True, slots=True)
class PullOutcome:
    """What a pull has brought in."""

    looked_at: int
    fetched: int
    imported: int  # of those fetched, until now
    octets: int  # on the wire
    is_finished: bool
    is_settled: bool  # it is finished, and all that it fetched was decided


def want(session: Session, message: Message) -> bool:
    """Have a mail fetched that was never downloaded; its account is pulled now if it is well.

    False: its account was removed, or it was looked for and is no longer in the mailbox.
    """
    try:
        place = parse_transport_key(message.transport_key)
    except ValueError:
        return False
    session.flush()
    connection = session.connection()
    # The account before its UIDs, as whoever notes looks does.
    this = col(LinkedAccount.id) == place.account_id
    account = connection.execute(select(*_SCHEDULE).where(this).with_for_update()).first()
    if account is None or not _want_uid(session, message.transport_key, place, account.pull):
        return False
    moment = now()
    is_to_hurry = account.health == OK and account.next_pull_at > moment
    if account.wanted_at is None or is_to_hurry:
        next_at = moment if is_to_hurry else account.next_pull_at
        connection.execute(update(LinkedAccount).where(this).values(wanted_at=moment, next_pull_at=next_at))
    return True


def pull_outcome(session: Session, account_id: str, pull: int) -> PullOutcome:
    """What the account's pull of that number has done so far."""
    session.flush()
    last = session.connection().scalar(select(col(LinkedAccount.last_pull)).where(col(LinkedAccount.id) == account_id))
    is_finished = last is not None and last["pull"] >= pull
    told = last if last is not None and last["pull"] == pull else {"looked_at": 0, "fetched": 0, "octets": 0}
    keys = _fetched_keys(session, account_id, pull)
    imported, settled = _became(session, keys)
    is_settled = is_finished and settled == len(keys)
    return PullOutcome(told["looked_at"], told["fetched"], imported, told["octets"], is_finished, is_settled)


_SCHEDULE = (
    col(LinkedAccount.pull),
    col(LinkedAccount.health),
    col(LinkedAccount.next_pull_at),
    col(LinkedAccount.wanted_at),
)
_UID = (
    col(UidState.mailbox_id),
    col(UidState.uidvalidity),
    col(UidState.uid),
    col(UidState.state),
    col(UidState.pull),
)


def _want_uid(session: Session, key: str, place: UidPlace, pull: int) -> bool:
    connection = session.connection()
    of_account = col(UidState.account_id) == place.account_id
    # Seen again at another UID: that one is newer.
    again = select(*_UID).where(of_account, col(UidState.answers_for) == key).order_by(col(UidState.pull).desc())
    row = connection.execute(again.limit(1)).first() or connection.execute(select(*_UID).where(*_at(place))).first()
    if row is None:  # its puller has not come to note it yet
        values = {"mailbox_id": place.mailbox_id, "uidvalidity": place.uidvalidity, "uid": place.uid}
        connection.execute(_WANT_NEW, values | {"account_id": place.account_id})
        return True
    if row.state == "gone":
        return False
    # What one of the last two pulls has fetched is on its way through the journal.
    if row.state != "wanted" and not (row.state == "fetched" and row.pull >= pull - 1):
        found = UidPlace(place.account_id, row.mailbox_id, row.uidvalidity, row.uid)
        wanted = update(UidState).where(*_at(found)).values(state="wanted", attempts=0, next_try_at=None)
        connection.execute(wanted)
    return True


def _at(place: UidPlace) -> tuple[Any, Any, Any]:
    return (
        col(UidState.mailbox_id) == place.mailbox_id,
        col(UidState.uidvalidity) == place.uidvalidity,
        col(UidState.uid) == place.uid,
    )


def _fetched_keys(session: Session, account_id: str, pull: int) -> list[str]:
    place = (col(UidState.mailbox_id), col(UidState.uidvalidity), col(UidState.uid), col(UidState.answers_for))
    query = select(*place).where(
        col(UidState.account_id) == account_id, col(UidState.pull) == pull, text("state = 'fetched'")
    )
    return [
        answers_for or transport_key(account_id, mailbox_id, uidvalidity, uid)
        for mailbox_id, uidvalidity, uid, answers_for in session.connection().execute(query)
    ]


def _became(session: Session, keys: list[str]) -> tuple[int, int]:
    """How many of these mails were imported, and how many decided as whole mails."""
    imported = settled = 0
    for start in range(0, len(keys), PIECE):
        query = (
            select(col(Message.state), col(Message.raw_sha256))
            .join(MessageKey, col(MessageKey.message_id) == col(Message.id))
            .where(col(MessageKey.key).in_(keys[start : start + PIECE]), col(MessageKey.kind) == TRANSPORT)
        )
        for state, raw in session.connection().execute(query):
            imported += state == "imported"
            settled += state != "received" and (raw != "" or state not in {"not_imported", "expired"})
    return imported, settled
