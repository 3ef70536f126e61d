"""How far each mailbox of a linked account was looked through.

What is noted is fenced by the pull's lease in the same transaction. Talks to no server.
Raises LeaseLost, TemporaryFailure.
Standard: RFC 9051 section 2.3.1.1 (a changed UIDVALIDITY makes every stored UID worthless).
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, delete, select, update
from sqlmodel import Session, col

from storage.account_models import LinkedMailbox, UidState
from storage.account_pulls import ClaimedAccount, check_lease
from storage.models import new_id

# UIDs of which nothing is known but that they were looked at: no message, and nothing to be recognised by.
_BARE = ("before_start", "own", "failed")
_MAILBOX = (
    col(LinkedMailbox.id),
    col(LinkedMailbox.name),
    col(LinkedMailbox.uidvalidity),
    col(LinkedMailbox.uid_next),
    col(LinkedMailbox.scanned_from),
    col(LinkedMailbox.is_gone),
)


@dataclass(frozen=True, slots=True)
class MailboxState:
    """How far a mailbox was looked through."""

    id: str
    name: str
    uidvalidity: int | None
    uid_next: int  # every UID below it has a row, or came in before scanned_from
    scanned_from: date | None  # the start date down to which it was searched; None: not to the end yet
    is_gone: bool
    has_other_uids: bool = False  # its UIDVALIDITY has just changed: known mail is to be recognised by fingerprint


def mailboxes_of(session: Session, account_id: str) -> list[MailboxState]:
    """The mailboxes of the account that were looked into, by name."""
    query = select(*_MAILBOX).where(col(LinkedMailbox.account_id) == account_id).order_by(col(LinkedMailbox.name))
    return [MailboxState(*row) for row in session.connection().execute(query)]


def begin_mailbox(session: Session, claimed: ClaimedAccount, name: str, uidvalidity: int) -> MailboxState:
    """The mailbox as it stands; with another UIDVALIDITY than before it begins anew. Raises LeaseLost."""
    check_lease(session, claimed)
    connection = session.connection()
    this = (col(LinkedMailbox.account_id) == claimed.id, col(LinkedMailbox.name) == name)
    row = connection.execute(select(*_MAILBOX).where(*this)).first()
    if row is None:
        made = LinkedMailbox(id=new_id(), account_id=claimed.id, name=name, uidvalidity=uidvalidity)
        session.add(made)
        session.flush()
        return MailboxState(made.id, name, uidvalidity, 1, None, is_gone=False)
    found = MailboxState(*row)
    if found.uidvalidity == uidvalidity and not found.is_gone:
        return found
    begun: dict[str, Any] = {"is_gone": False}
    if found.uidvalidity != uidvalidity:
        begun |= {"uidvalidity": uidvalidity, "uid_next": 1, "scanned_from": None}
        _forget_bare(connection, found.id, uidvalidity)
    connection.execute(update(LinkedMailbox).where(*this).values(begun))
    is_other = found.uidvalidity != uidvalidity
    return replace(found, has_other_uids=is_other, **begun)


def _forget_bare(connection: Connection, mailbox_id: str, uidvalidity: int) -> None:
    """Servers that change UIDVALIDITY daily must not fill the table: all mail is looked at anew (law 11)."""
    outdated = delete(UidState).where(
        col(UidState.mailbox_id) == mailbox_id,
        col(UidState.uidvalidity) != uidvalidity,
        col(UidState.state).in_(_BARE),
        col(UidState.fingerprint).is_(None),
        col(UidState.gm_msgid).is_(None),
        col(UidState.answers_for).is_(None),
    )
    connection.execute(outdated)


def note_gone(session: Session, claimed: ClaimedAccount, mailbox_id: str) -> None:
    """The mailbox is not there any more; if it comes back, it goes on where it was. Raises LeaseLost."""
    check_lease(session, claimed)
    gone = update(LinkedMailbox).where(col(LinkedMailbox.id) == mailbox_id).values(is_gone=True)
    session.connection().execute(gone)


def advance_cursor(
    session: Session, claimed: ClaimedAccount, mailbox_id: str, uid_next: int, scanned_from: date | None
) -> None:
    """Every UID below `uid_next` has a row, or came in before `scanned_from` (None: as before). Raises LeaseLost.

    The cursor never goes back: that is what another UIDVALIDITY does.
    """
    check_lease(session, claimed)
    next_ = case((col(LinkedMailbox.uid_next) > uid_next, col(LinkedMailbox.uid_next)), else_=uid_next)
    moved = update(LinkedMailbox).where(col(LinkedMailbox.id) == mailbox_id).values(uid_next=next_)
    if scanned_from is not None:
        moved = moved.values(scanned_from=scanned_from)
    session.connection().execute(moved)
