"""Promises of storage.looks: each UID has its state, nothing is fetched twice, nothing skipped for ever."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlmodel import col

from storage.account_models import LinkedAccount, UidState
from storage.account_pulls import ClaimedAccount, claim_accounts, finish_pull
from storage.accounts import change_account, remove_account
from storage.database import Database, Session
from storage.looks import (
    LookState,
    MailboxState,
    UidLook,
    advance_cursor,
    begin_mailbox,
    due_retries,
    fingerprints_known,
    gm_msgids_known,
    known_uids,
    mailboxes_of,
    note_gone,
    note_looks,
    parse_transport_key,
    pull_outcome,
    transport_key,
    want,
    wanted_uids,
)
from storage.messages import get_message
from storage.models import ImportAddress, Message, Tenant, now
from storage.retention import expire
from storage.settling import settle
from storage.tenants import add_tenant, remove_tenant
from tests.storage_database.linked import MINUTE, claim, fields, link, ring, unwell, well
from tests.storage_database.settlements import imported, left
from tests.storage_database.test_rematching import FACTS

Owner = tuple[Tenant, ImportAddress]
SOON = datetime.now(UTC) + timedelta(days=365)


@pytest.fixture
def account(database: Database, acme: Owner, tmp_path: Path) -> LinkedAccount:
    """A linked account of the tenant."""
    made = link(database, acme[0], ring(tmp_path / "data"))
    with database.read() as session:  # linking has raised it
        acme[0].revision = session.get_one(Tenant, acme[0].id).revision
    return made


def _begin(database: Database, claimed: ClaimedAccount, name: str = "INBOX", uidvalidity: int = 7) -> MailboxState:
    with database.write() as session:
        return begin_mailbox(session, claimed, name, uidvalidity)


def _note(database: Database, claimed: ClaimedAccount, mailbox: MailboxState, *looks: UidLook) -> None:
    with database.write() as session:
        note_looks(session, claimed, mailbox.id, looks)


def _reading(database: Database, ask: Callable[[Session], Any]) -> Any:
    with database.read() as session:
        return ask(session)


def _state(database: Database, uid: int, uidvalidity: int = 7) -> str | None:
    query = select(col(UidState.state)).where(col(UidState.uid) == uid, col(UidState.uidvalidity) == uidvalidity)
    return _reading(database, lambda session: session.connection().scalar(query))


def _look_settled(database: Database, owner: Owner, key: str, account: LinkedAccount) -> str:
    """A mail that was left, as the pipeline writes it; its message's id."""
    place = {"transport_key": key, "source": "imap", "address_id": account.id, "raw_sha256": "", "content_id": ""}
    with database.write() as session:
        return settle(session, left(owner, key, facts=FACTS, message_id=f"<{key[-3:]}@x>", **place)).message_id


def _want(database: Database, message_id: str) -> bool:
    with database.write() as session:
        return want(session, get_message(session, message_id))


def test_a_transport_key_names_one_mail() -> None:
    """It is read back as it was made; other doors' keys are none."""
    key = transport_key("a" * 32, "b" * 32, 4294967295, 17)
    place = parse_transport_key(key)
    assert transport_key(place.account_id, place.mailbox_id, place.uidvalidity, place.uid) == key
    for other in ("", "f" * 32, key + "0" * 9, key.replace("imap", "pop3")):
        with pytest.raises(ValueError, match="transport key"):
            parse_transport_key(other)


def test_what_was_noted_is_known(database: Database, account: LinkedAccount) -> None:
    """Law 11: a state for each UID, up to the largest there are; noting again replaces it."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    _note(database, claimed, box, *(UidLook(uid=uid, state="left") for uid in (1, 5, 4294967295)))
    _note(database, claimed, box, UidLook(uid=5, state="fetched"))
    asked = {1, 2, 5, 6, 4294967295}
    assert _reading(database, lambda session: known_uids(session, box.id, 7, asked)) == {1, 5, 4294967295}
    assert _reading(database, lambda session: known_uids(session, box.id, 8, asked)) == set()
    assert _state(database, 5) == "fetched"


def test_a_mailbox_goes_on_where_it_was(database: Database, account: LinkedAccount) -> None:
    """Its cursor never goes back; gone and back again it is the same; another UIDVALIDITY begins anew."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    with database.write() as session:
        advance_cursor(session, claimed, box.id, 100, date(2026, 1, 1))
        advance_cursor(session, claimed, box.id, 50, None)
        note_gone(session, claimed, box.id)
        [state] = mailboxes_of(session, account.id)
    assert (state.uid_next, state.scanned_from, state.is_gone) == (100, date(2026, 1, 1), True)
    back = _begin(database, claimed)
    assert (back.id, back.uid_next, back.is_gone, back.has_other_uids) == (box.id, 100, False, False)
    other = _begin(database, claimed, uidvalidity=8)
    assert (other.id, other.uid_next, other.scanned_from, other.has_other_uids) == (box.id, 1, None, True)
    assert not _begin(database, claimed, uidvalidity=8).has_other_uids


def test_a_uid_that_cannot_be_delivered_is_tried_again(database: Database, account: LinkedAccount) -> None:
    """Law 11: it neither blocks the account nor is it skipped for ever; its attempts are counted."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    soon = now() + MINUTE
    for _ in range(2):
        _note(database, claimed, box, UidLook(uid=3, state="failed", next_try_at=soon), UidLook(uid=4, state="left"))
    assert _reading(database, lambda session: due_retries(session, account.id, now())) == []
    [due] = _reading(database, lambda session: due_retries(session, account.id, soon))
    assert (due.uid, due.attempts, due.uidvalidity) == (3, 2, 7)
    _begin(database, claimed, uidvalidity=8)
    assert _reading(database, lambda session: due_retries(session, account.id, soon)) == []
    assert _reading(database, lambda session: fingerprints_known(session, account.id, {"f3"})) == set()


def test_mail_that_was_left_is_wanted(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Law 14: its UID, with the Message-ID to search for should it have moved; its account is pulled now."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    key = transport_key(account.id, box.id, 7, 9)
    message_id = _look_settled(database, acme, key, account)
    _note(database, claimed, box, UidLook(uid=9, state="left"))
    with database.write() as session:
        finish_pull(session, claimed, well())
        assert claim_accounts(session, "a", 10, MINUTE) == []
    assert _want(database, message_id)
    assert _want(database, message_id)
    [wanted] = _reading(database, lambda session: wanted_uids(session, account.id))
    assert (wanted.uid, wanted.transport_key, wanted.rfc_message_id) == (9, key, "<7:9@x>")
    again = claim(database, account)
    _note(database, again, box, UidLook(uid=9, state="fetched"))
    assert _reading(database, lambda session: wanted_uids(session, account.id)) == []


def test_mail_is_wanted_before_its_puller_has_noted_it(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Two at once: the pipeline is quicker, and what the puller notes then takes nothing back."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    message_id = _look_settled(database, acme, transport_key(account.id, box.id, 7, 9), account)
    assert _want(database, message_id)
    _note(database, claimed, box, UidLook(uid=9, state="left"))
    assert _state(database, 9) == "wanted"
    with database.write() as session:  # and the pull that runs does not answer
        finish_pull(session, claimed, well())
        assert len(claim_accounts(session, "a", 10, MINUTE)) == 1


def test_jobs_wait_for_the_accounts_health(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Law 14: what is wanted of an account that is unwell does not hasten its next attempt."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    message_id = _look_settled(database, acme, transport_key(account.id, box.id, 7, 9), account)
    with database.write() as session:
        finish_pull(session, claimed, unwell())
    assert _want(database, message_id)
    with database.write() as session:
        assert claim_accounts(session, "a", 10, MINUTE) == []


def test_what_is_on_its_way_is_not_fetched_again(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Fetched by the pull of now, it waits in the journal; lost since long ago, it is wanted again."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    message_id = _look_settled(database, acme, transport_key(account.id, box.id, 7, 9), account)
    _note(database, claimed, box, UidLook(uid=9, state="fetched"))
    assert _want(database, message_id)
    assert _state(database, 9) == "fetched"
    with database.write() as session:
        session.connection().execute(update(LinkedAccount).values(pull=10))
    assert _want(database, message_id)
    assert _state(database, 9) == "wanted"


def test_what_cannot_be_had_any_more_is_told(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Law 14: searched for and gone, or of a removed account, or never in a mailbox."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    looked = _look_settled(database, acme, transport_key(account.id, box.id, 7, 9), account)
    _note(database, claimed, box, UidLook(uid=9, state="gone"))
    assert not _want(database, looked)
    with database.write() as session:
        by_smtp = settle(session, left(acme, "k1")).message_id
    assert not _want(database, by_smtp)
    with database.write() as session:
        message = get_message(session, looked)
        remove_account(session, account)
        assert not want(session, message)


def test_known_mail_at_another_uid_answers_for_its_message(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """UIDVALIDITY changed: mail is recognised, wanted later it is fetched from where it is, for the row that it has."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    key = transport_key(account.id, box.id, 7, 9)
    message_id = _look_settled(database, acme, key, account)
    _note(database, claimed, box, UidLook(uid=9, state="left", fingerprint="f9", gm_msgid="18446744073709551615"))
    for uidvalidity in (8, 9):  # it changes daily on some servers: rows do not pile up
        _begin(database, claimed, uidvalidity=uidvalidity)
        known = _reading(database, lambda session: fingerprints_known(session, account.id, {"f9", "f8"}))
        assert known == {"f9"}
        _note(database, claimed, box, UidLook(uid=uidvalidity, state="known", fingerprint="f9"))
        assert _reading(database, lambda s: s.connection().scalar(select(func.count()).select_from(UidState))) == 1
    assert _want(database, message_id)
    [wanted] = _reading(database, lambda session: wanted_uids(session, account.id))
    assert (wanted.uidvalidity, wanted.uid, wanted.transport_key) == (9, 9, key)


def test_uids_of_which_nothing_is_known_do_not_pile_up(database: Database, account: LinkedAccount) -> None:
    """UIDVALIDITY changed: what was too early, own or not delivered is noted anew; all else stays."""
    claimed = claim(database, account)
    other = _begin(database, claimed, "Bills")
    _note(database, claimed, other, UidLook(uid=9, state="own"))
    box = _begin(database, claimed)
    forgotten: list[LookState] = ["before_start", "own", "failed"]
    kept: list[LookState] = ["left", "fetched", "wanted", "gone"]
    states = dict(enumerate(forgotten + kept, start=1))
    _note(database, claimed, box, *(UidLook(uid=uid, state=state) for uid, state in states.items()))
    _note(database, claimed, box, UidLook(uid=8, state="failed", fingerprint="f8"))
    _begin(database, claimed, uidvalidity=8)
    assert [_state(database, uid) for uid in range(1, 10)] == [None, None, None, *kept, "failed", "own"]


def test_gmails_numbers_are_known(database: Database, account: LinkedAccount) -> None:
    """X-GM-MSGID has 64 bits without a sign."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    largest = str(2**64 - 1)
    _note(database, claimed, box, UidLook(uid=1, state="left", gm_msgid=largest))
    assert _reading(database, lambda session: gm_msgids_known(session, account.id, {largest, "1"})) == {largest}


def test_uids_outlive_the_facts_of_their_mail(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Law 11: what expired is not looked at again."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    message_id = _look_settled(database, acme, transport_key(account.id, box.id, 7, 9), account)
    _note(database, claimed, box, UidLook(uid=9, state="left"))
    with database.write() as session:
        assert expire(session, acme[0], SOON) == 1
    with database.read() as session:
        assert get_message(session, message_id).state == "expired"
        assert known_uids(session, box.id, 7, {9}) == {9}


def test_another_server_keeps_what_was_seen(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Mail that moved to another provider is known by its fingerprint, though its mailbox is a new one."""
    claimed = claim(database, account)
    _note(database, claimed, _begin(database, claimed), UidLook(uid=9, state="left", fingerprint="f9"))
    with database.write() as session:
        change_account(session, account, fields(host="mail.acme.example"))
        assert fingerprints_known(session, account.id, {"f9"}) == {"f9"}


def test_a_removed_account_leaves_no_uid(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Neither does a removed tenant."""
    claimed = claim(database, account)
    _note(database, claimed, _begin(database, claimed), UidLook(uid=9, state="left"))
    with database.write() as session:
        remove_tenant(session, acme[0])
    for table in (LinkedAccount, UidState):
        assert _reading(database, lambda s, of=table: s.connection().scalar(select(func.count()).select_from(of))) == 0


def test_what_a_pull_brought_in_is_told(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """`account pull` waits until all it fetched was decided: imported, not imported, or a copy."""
    claimed = claim(database, account)
    box = _begin(database, claimed)
    keys = [transport_key(account.id, box.id, 7, uid) for uid in (1, 2, 3)]
    _look_settled(database, acme, keys[1], account)
    fetched = [UidLook(uid=uid, state="fetched") for uid in (1, 2, 3)]
    _note(database, claimed, box, *fetched, UidLook(uid=4, state="left"))
    place = {"source": "imap", "address_id": account.id}
    told = []
    for number, key in enumerate(keys):
        told.append(_reading(database, lambda session: pull_outcome(session, account.id, claimed.pull)))
        with database.write() as session:
            settle(session, (left if number else imported)(acme, key, transport_key=key, **place))
            if number == 0:
                finish_pull(session, claimed, well(looked_at=4, fetched=3, octets=900))
    told.append(_reading(database, lambda session: pull_outcome(session, account.id, claimed.pull)))
    assert [(each.is_finished, each.is_settled, each.imported) for each in told] == [
        (False, False, 0),
        (True, False, 1),
        (True, False, 1),
        (True, True, 1),
    ]
    assert (told[-1].looked_at, told[-1].fetched, told[-1].octets) == (4, 3, 900)


def test_an_hourly_pull_passes_over_no_mailbox(tmp_path: Path) -> None:
    """However many UIDs are noted: no statement of a pull scans the table of UIDs."""
    database = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    database.migrate()
    with database.write() as session:
        acme = add_tenant(session, "Acme", "standard", ["in.example.com"])
    account = link(database, acme[0], ring(tmp_path / "data"))
    plans: list[str] = []
    with database.write() as session:
        connection = session.connection()
        driver: Any = connection.connection.dbapi_connection

        def explain(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                values = parameters[0] if many else parameters
                plans.extend(str(row[3]) for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values))

        event.listen(connection, "before_cursor_execute", explain)
        [claimed] = claim_accounts(session, "a", 16, MINUTE)
        for uidvalidity in (6, 7):
            box = begin_mailbox(session, claimed, "INBOX", uidvalidity)
        known_uids(session, box.id, 7, range(1, 300))
        fingerprints_known(session, account.id, {"f1"})
        gm_msgids_known(session, account.id, {"1"})
        wanted_uids(session, account.id)
        due_retries(session, account.id)
        note_looks(session, claimed, box.id, [UidLook(uid=1, state="known", fingerprint="f1", gm_msgid="1")])
        advance_cursor(session, claimed, box.id, 2, None)
        finish_pull(session, claimed, well())
        pull_outcome(session, account.id, claimed.pull)
        made = settle(session, left(acme, "u1", transport_key=transport_key(account.id, box.id, 7, 1)))
        want(session, session.get_one(Message, made.message_id))
    database.close()
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN") and "uid_looks" in plan] == []
