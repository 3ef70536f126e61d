"""How often a sender's pictures came to a tenant: a row for each mail and picture, counted when the next one comes.

A row belongs to one mail, named by its content id: whoever counts leaves out the mail itself, by whatever door and
however often it comes, and batches that settle at once never wait for each other here. What came later than a mail's
own rows is not counted for it, so that a mail that is read again is told what it was told at first.
Bounded: MOST_COUNTED pictures a mail (rules), KEPT_DAYS, and MOST_OF_SENDER rows of one sender after each day's work;
of a mail that was not imported, no longer than its octets. No tenant's rows are asked for another (law 16).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    PrimaryKeyConstraint,
    bindparam,
    delete,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from rules.facts import MailFacts
from rules.recognition.past import Counts, countable, sender_of
from storage.models import Row, now
from storage.settlement import Settlement
from storage.texts import storable

KEPT_DAYS = 180
MOST_OF_SENDER = 2_000
_LONGEST_SENDER = 320


class SeenPicture(Row, table=True):
    """That a mail of a sender brought a picture to a tenant."""

    __tablename__ = "seen_pictures"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "sender", "sha256", "content_id"),
        {"sqlite_with_rowid": False},
    )
    # No foreign key, as of look-up keys: each would be checked. No further index: each would hold the whole key again.
    tenant_id: str = Field(max_length=32)
    sender: str = Field(max_length=_LONGEST_SENDER)  # canonical
    sha256: str = Field(max_length=64)
    content_id: str = Field(max_length=64)  # of the mail
    seen_at: datetime = Field(default_factory=now)  # when it was settled first


# What is there stays: the first time counts.
_INSERT = text(
    "INSERT INTO seen_pictures (tenant_id, sender, sha256, content_id, seen_at) "
    "VALUES (:tenant_id, :sender, :sha256, :content_id, :seen_at) ON CONFLICT DO NOTHING"
).bindparams(bindparam("seen_at", type_=UTCDateTime()))
_DELETE = delete(SeenPicture).where(
    col(SeenPicture.tenant_id) == bindparam("of_tenant"),
    col(SeenPicture.sender) == bindparam("of_sender"),
    col(SeenPicture.sha256) == bindparam("of_picture"),
    col(SeenPicture.content_id) == bindparam("of_mail"),
)
_OWN = aliased(SeenPicture)
_COUNT = (
    select(col(SeenPicture.sha256), func.count().label("times"))
    .where(
        col(SeenPicture.tenant_id) == bindparam("of_tenant"),
        col(SeenPicture.sender) == bindparam("of_sender"),
        col(SeenPicture.sha256).in_(bindparam("hashes", expanding=True)),
        col(SeenPicture.content_id) != bindparam("own"),
        ~exists().where(
            col(_OWN.tenant_id) == col(SeenPicture.tenant_id),
            col(_OWN.sender) == col(SeenPicture.sender),
            col(_OWN.sha256) == col(SeenPicture.sha256),
            col(_OWN.content_id) == bindparam("own"),
            col(_OWN.seen_at) <= col(SeenPicture.seen_at),
        ),
    )
    .group_by(col(SeenPicture.sha256))
)


def times_seen(session: Session, tenant_id: str, facts: MailFacts, content_id: str) -> Counts:
    """In how many other mails of this sender each picture of a mail came before, by sha256."""
    sender, hashes = sender_of(facts), countable(facts)
    if sender is None or not hashes:
        return {}
    values = {"of_tenant": tenant_id, "of_sender": _sender(sender), "hashes": hashes, "own": content_id}
    return {each.sha256: each.times for each in session.connection().execute(_COUNT, values)}


def picture_rows(settlement: Settlement) -> list[dict[str, Any]]:
    """The rows of a mail that was settled; none of one that was left in its mailbox."""
    facts, moment = settlement.facts, now()
    sender = sender_of(facts) if facts else None
    if facts is None or sender is None or not settlement.content_id:
        return []
    of_mail = {"tenant_id": settlement.tenant_id, "sender": _sender(sender), "content_id": settlement.content_id}
    return [{**of_mail, "sha256": sha256, "seen_at": moment} for sha256 in countable(facts)]


def note_pictures(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what `picture_rows` gave, of a whole batch."""
    if rows:  # in one order: two batches with the same mail must not hold each other's rows
        connection.execute(_INSERT, sorted(rows, key=_place))


def forget_pictures(connection: Connection, tenant_id: str, facts: MailFacts, content_id: str) -> None:
    """Nothing is known of this mail any more."""
    sender, hashes = sender_of(facts), countable(facts)
    if sender is None or not hashes:
        return
    values = {"of_tenant": tenant_id, "of_sender": _sender(sender), "of_mail": content_id}
    connection.execute(_DELETE, [values | {"of_picture": sha256} for sha256 in hashes])


def trim(session: Session, tenant_id: str, older_than: datetime) -> int:
    """Forget what a tenant's mail brought before then, and what is beyond a sender's share; how many rows."""
    session.flush()
    own = col(SeenPicture.tenant_id) == tenant_id
    count = _delete(session, own, col(SeenPicture.seen_at) < older_than)
    by_sender = select(col(SeenPicture.sender)).where(own).group_by(col(SeenPicture.sender))
    crowded = by_sender.having(func.count() > MOST_OF_SENDER)
    for sender in list(session.connection().scalars(crowded)):
        of_sender = (own, col(SeenPicture.sender) == sender)
        newest = select(col(SeenPicture.seen_at)).where(*of_sender).order_by(col(SeenPicture.seen_at).desc())
        last = session.connection().scalar(newest.offset(MOST_OF_SENDER).limit(1))
        count += _delete(session, *of_sender, col(SeenPicture.seen_at) <= last)
    return count


def _delete(session: Session, *where: Any) -> int:
    deleted: CursorResult[Any] = session.connection().execute(delete(SeenPicture).where(*where))
    return deleted.rowcount


def _place(row: Mapping[str, Any]) -> tuple[str, ...]:
    return row["tenant_id"], row["sender"], row["sha256"], row["content_id"]


def _sender(address: str) -> str:
    return storable(address)[:_LONGEST_SENDER]
