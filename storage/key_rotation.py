"""Change the key of all secrets: a new key, every row sealed anew with it, and only then the old key taken away.

Safe to be killed, and to be run again, at every step: a key goes only while no row uses it and nobody is storing a
secret. What no key here opens is told, left as it is, and keeps its key.
Raises KeyMissing, Damaged, TemporaryFailure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from storage import audit
from storage.account_models import LinkedAccount, SecretsState
from storage.database import Database
from storage.failures import Damaged
from storage.models import now
from storage.secrets import KeyMissing, KeyRing, key_id_of

PIECE = 200


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a change of keys has done."""

    key_id: str  # which seals now
    sealed_anew: int  # secrets
    unreadable: tuple[str, ...]  # ids of accounts whose secret no key here opens
    removed: tuple[str, ...]  # ids of keys


def hold_keys(session: Session) -> None:
    """In a transaction that stores a secret, before it is sealed: no key goes out of use until it ends."""
    session.connection().execute(select(col(SecretsState.id)).with_for_update(read=True))


def rotate_keys(database: Database, keys: KeyRing, actor: str = "postbus") -> Rotation:
    """A new key in the place of the present ones, in pieces that are committed one by one."""
    keys.add_key()
    return seal_anew(database, keys, actor)


def seal_anew(database: Database, keys: KeyRing, actor: str = "postbus") -> Rotation:
    """Every secret under the current key, and away with keys that nothing needs: what a killed rotation left."""
    key_id = keys.current_id
    if key_id is None:
        raise KeyMissing("there is no key to seal secrets with; `postbus account add` makes one")
    done, last = 0, ""
    unreadable: list[str] = []
    while True:
        with database.write(actor) as session:
            rows = _next_rows(session, key_id, last)
            failed = [row.id for row in rows if not _seal_row(session, row, keys)]
        if not rows:
            break
        last, done = rows[-1].id, done + len(rows) - len(failed)
        unreadable += failed
    with database.write(actor) as session:
        # Whoever stores a secret with an old key has committed, or will see the new one.
        session.connection().execute(update(SecretsState).values(rotated_at=now()))
        done += _seal_rest(session, keys, key_id, unreadable)
        removed = _take_away(session, keys)
        params = {"key": key_id, "sealed_anew": done, "unreadable": len(unreadable), "removed": list(removed)}
        audit.record(session, "secrets_key_rotated", params=params)
    return Rotation(key_id, done, tuple(unreadable), removed)


def _seal_rest(session: Session, keys: KeyRing, key_id: str, unreadable: Collection[str]) -> int:
    """What was stored with an old key while the others were sealed anew; how many. No other can come."""
    # A row that somebody holds gets a secret under the new key, once that one may go on.
    query = _others(key_id).where(col(LinkedAccount.id).not_in(unreadable)).with_for_update(skip_locked=True)
    return sum(_seal_row(session, row, keys) for row in session.connection().execute(query).all())


def _next_rows(session: Session, key_id: str, last: str) -> Sequence[Any]:
    query = _others(key_id).where(col(LinkedAccount.id) > last).order_by(col(LinkedAccount.id)).limit(PIECE)
    return session.connection().execute(query.with_for_update()).all()


def _others(key_id: str) -> Any:
    """The accounts whose secret is sealed with another key."""
    return select(col(LinkedAccount.id), col(LinkedAccount.secret)).where(col(LinkedAccount.secret_key) != key_id)


def _seal_row(session: Session, row: Any, keys: KeyRing) -> bool:
    try:
        sealed = keys.seal(keys.unseal(row.secret, row.id), row.id)
    except (KeyMissing, Damaged):
        return False
    values = {"secret": sealed, "secret_key": key_id_of(sealed)}
    session.connection().execute(update(LinkedAccount).where(col(LinkedAccount.id) == row.id).values(values))
    return True


def _take_away(session: Session, keys: KeyRing) -> tuple[str, ...]:
    used = select(col(LinkedAccount.secret_key)).where(col(LinkedAccount.secret_key).is_not(None)).distinct()
    return tuple(keys.remove_old_keys(frozenset(session.connection().scalars(used))))
