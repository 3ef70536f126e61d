"""Linked accounts under pressure: pullers, re-matching and people who meet in the database."""

import asyncio
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from receiver.imap.database_thread import DatabaseThread
from storage.account_models import LinkedAccount, UidState
from storage.account_pulls import LeaseLost, check_lease, claim_accounts, finish_pull
from storage.accounts import change_account, pause, remove_account, request_pull, resume, set_secret
from storage.database import Database, Session
from storage.failures import TemporaryFailure
from storage.left_mail import left_among, wish
from storage.looks import UidLook, begin_mailbox, note_looks, transport_key, want, wanted_uids
from storage.messages import get_message
from storage.models import ImportAddress, Tenant
from storage.secrets import KeyRing
from storage.settling import settle
from storage.tenants import add_tenant
from tests.storage_database.linked import MINUTE, claim, fields, link, password, ring, well
from tests.storage_database.settlements import left
from tests.storage_database.test_rematching import FACTS

Owner = tuple[Tenant, ImportAddress]
UIDS = range(1, 7)


def _left(database: Database, owner: Owner, account: LinkedAccount, box_id: str, uid: int) -> str:
    """A mail that was left, as the pipeline writes it; its message's id."""
    key = transport_key(account.id, box_id, 7, uid)
    place = {"transport_key": key, "source": "imap", "address_id": account.id, "raw_sha256": "", "content_id": ""}
    with database.write() as session:
        owner[0].revision = session.get_one(Tenant, owner[0].id).revision
        return settle(session, left(owner, key, facts=FACTS, **place)).message_id


def _begin(database: Database, account: LinkedAccount) -> str:
    """Its INBOX, pulled once; the mailbox's id."""
    claimed = claim(database, account)
    with database.write() as session:
        box = begin_mailbox(session, claimed, "INBOX", 7)
        note_looks(session, claimed, box.id, [UidLook(uid=uid, state="left") for uid in UIDS])
        finish_pull(session, claimed, well())
    return box.id


@pytest.fixture
def held(postgresql: Database, tmp_path: Path) -> tuple[Database, Owner, LinkedAccount, str]:
    """A PostgreSQL with an account whose mail was left, and the id of its mailbox."""
    with postgresql.write() as session:
        owner = add_tenant(session, "Acme", "standard", ["in.example.com"])
    account = link(postgresql, owner[0], ring(tmp_path / "data"))
    return postgresql, owner, account, _begin(postgresql, account)


def _meanwhile(database: Database, work: Callable[[Session], Any]) -> Future[Any]:
    """Begun in a transaction of another thread, and waiting for a lock of ours."""
    done: Future[Any] = Future()

    def run() -> None:
        try:
            with database.write() as session:
                found = work(session)
            done.set_result(found)
        except BaseException as error:  # noqa: BLE001 - raised where it is asked for
            done.set_exception(error)

    _until_somebody_waits(database, done, threading.Thread(target=run, daemon=True).start)
    return done


def _until_somebody_waits(database: Database, done: Future[Any], begin: Callable[[], None]) -> None:
    """Begin something, and return once it waits for a lock, or is done."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'migrated'")
    begin()
    while not done.done():
        with database.read() as session:
            if session.connection().scalar(waiting):
                return


def test_an_account_is_removed_while_its_looks_are_noted(
    held: tuple[Database, Owner, LinkedAccount, str],
) -> None:
    """The account before its UIDs: whoever removes it waits for the note, and neither fails."""
    database, _, account, box_id = held
    claimed = claim(database, account)
    with database.write() as session:
        check_lease(session, claimed)
        removed = _meanwhile(database, lambda other: remove_account(other, account))
        note_looks(session, claimed, box_id, [UidLook(uid=uid, state="fetched") for uid in UIDS])
    removed.result(30)
    with database.read() as session:
        assert session.connection().scalar(select(func.count()).select_from(UidState)) == 0


def test_a_mail_is_wished_for_while_it_is_settled(held: tuple[Database, Owner, LinkedAccount, str]) -> None:
    """The message before its account: the wish waits for what the worker writes, and neither fails."""
    database, owner, account, box_id = held
    message_id = _left(database, owner, account, box_id, 1)
    with database.write() as session:
        (message,) = left_among(session, [message_id])
        wished = _meanwhile(database, lambda other: wish(other, get_message(other, message_id), "text"))
        assert want(session, message)
    assert wished.result(30)
    with database.read() as session:
        assert get_message(session, message_id).reason_code == "waits_by_hand"


def test_mails_of_many_accounts_are_wanted_in_one_order(
    held: tuple[Database, Owner, LinkedAccount, str], tmp_path: Path
) -> None:
    """Two that re-match want each other's accounts: the second waits for the first, whatever order they ask in."""
    database, owner, first, box_id = held
    second = link(database, owner[0], KeyRing.open(tmp_path / "data", {}), "other@acme.example")
    ids = [_left(database, owner, first, box_id, 1), _left(database, owner, second, _begin(database, second), 1)]

    def want_all(session: Session, asked: list[str]) -> None:
        for message in left_among(session, asked):
            assert want(session, message)

    with database.write() as session:
        one, two = left_among(session, ids[::-1])
        want(session, one)
        others = _meanwhile(database, partial(want_all, asked=ids))
        want(session, two)
    others.result(30)
    assert one.transport_key < two.transport_key


def _again_until_done(database: Database, work: Callable[[Session], Any]) -> Any:
    """PostgreSQL breaks a deadlock: that is a TemporaryFailure, and one of the two is done again."""
    while True:
        try:
            with database.write() as session:
                return work(session)
        except LeaseLost:  # a TemporaryFailure too, but no other try would find the lease again
            raise
        except TemporaryFailure:
            continue


def _pull(session: Session, owner: str, boxes: dict[str, str]) -> None:
    """Fetch what is wanted; of all else it is noted once more that it was left."""
    for claimed in claim_accounts(session, owner, 2, MINUTE):
        wanted = {each.uid for each in wanted_uids(session, claimed.id)}
        looks = [UidLook(uid=uid, state="fetched" if uid in wanted else "left") for uid in UIDS]
        note_looks(session, claimed, boxes[claimed.id], looks)
        finish_pull(session, claimed, well())


def _change(session: Session, account: LinkedAccount, keys: KeyRing, dice: random.Random) -> None:
    """What a person does with an account."""
    match dice.randrange(4):
        case 0:
            pause(session, account)
            resume(session, account)
        case 1:
            change_account(session, account, fields(account.address, interval_seconds=dice.randint(900, 3600)))
        case 2:
            set_secret(session, account, password(str(dice.random())), keys)
        case _:
            request_pull(session, [account])


@pytest.mark.parametrize("seed", range(2))
def test_all_who_meet_at_accounts_come_to_an_end(database: Database, acme: Owner, tmp_path: Path, seed: int) -> None:
    """Law 14 with two pullers, two that re-match, a person and a removal at once: what was wanted is fetched."""
    keys = ring(tmp_path / "data")
    accounts = [link(database, acme[0], keys, f"a{number}@acme.example") for number in range(4)]
    boxes = {account.id: _begin(database, account) for account in accounts}
    ids = [_left(database, acme, account, boxes[account.id], uid) for account in accounts for uid in UIDS]

    def pull(number: int) -> None:
        for _ in range(15):
            with suppress(LeaseLost):
                _again_until_done(database, lambda session: _pull(session, f"p{number}", boxes))

    def rematch(number: int) -> None:
        dice = random.Random(f"{seed}{number}")
        for _ in range(15):
            some = dice.sample(ids, 8)
            _again_until_done(database, lambda s, of=some: [want(s, each) for each in left_among(s, of)])

    def change(number: int) -> None:
        dice = random.Random(f"{seed}{number}")
        for round_ in range(15):
            one = accounts[dice.randint(1, 3)]
            _again_until_done(database, lambda session, of=one: _change(session, of, keys, dice))
            if round_ == 7:
                _again_until_done(database, lambda session: remove_account(session, accounts[0]))

    with ThreadPoolExecutor(5) as pool:
        works = ((pull, 1), (pull, 2), (rematch, 3), (rematch, 4), (change, 5))
        for done in [pool.submit(work, number) for work, number in works]:
            done.result(120)
    _again_until_done(database, lambda session: request_pull(session, accounts[1:]))
    pull(6)
    with database.read() as session:
        held = session.connection().execute(select(col(UidState.account_id), col(UidState.state))).all()
    assert {account_id for account_id, _ in held} == {account.id for account in accounts[1:]}
    assert {state for _, state in held} <= {"left", "fetched"}
    assert len(held) == 3 * len(UIDS)


def test_a_deadlock_of_a_puller_costs_nothing(held: tuple[Database, Owner, LinkedAccount, str], tmp_path: Path) -> None:
    """A puller's transaction of many accounts meets another: one is broken, and all of it is done in the end."""
    database, owner, first, _ = held
    second = link(database, owner[0], KeyRing.open(tmp_path / "data", {}), "other@acme.example")
    claims = [claim(database, account) for account in (first, second)]
    thread = DatabaseThread(database, "puller")
    may_begin, broken = threading.Event(), Future[Any]()

    def hold_both(session: Session) -> None:
        check_lease(session, claims[1])
        _until_somebody_waits(database, broken, may_begin.set)
        check_lease(session, claims[0])

    async def notes() -> list[Any]:
        before = asyncio.ensure_future(thread.call(partial(may_begin.wait, 30)))
        ends = [thread.write(partial(finish_pull, claimed=each, end=well(octets=7))) for each in claims]
        ended = await asyncio.gather(before, *ends)
        broken.set_result(None)
        return ended

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(_again_until_done, database, hold_both)
        asyncio.run(notes())
        # Had it to be done again, the pulls were over by then.
        assert isinstance(other.exception(30), LeaseLost | None)
    thread.close()
    with database.read() as session:
        assert [session.get_one(LinkedAccount, each.id).octets_of_day for each in claims] == [7, 7]
