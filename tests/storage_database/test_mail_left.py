"""Mail that was left in its mailbox: a row without octets, on which the whole mail is decided once it comes."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from storage.account_models import LinkedAccount
from storage.accounts import remove_account
from storage.database import Database
from storage.documents import list_documents, referenced
from storage.failures import Invalid, Unlinked
from storage.looks import transport_key
from storage.messages import get_message, list_messages
from storage.models import ImportAddress, Message, MessageKey, Tenant
from storage.rematch_models import LookupKey, MessageFacts
from storage.rematching import add_all, count_candidates
from storage.retention import expire
from storage.secrets import KeyRing
from storage.settlement import Delivery, Settled, Settlement, Stale
from storage.settling import defer, park, settle, settle_many
from tests.storage_database.linked import link, ring
from tests.storage_database.settlements import digest, imported, later, left
from tests.storage_database.test_rematching import FACTS

Owner = tuple[Tenant, ImportAddress]


@pytest.fixture
def account(database: Database, acme: Owner, tmp_path: Path) -> LinkedAccount:
    """A linked account of the tenant."""
    made = link(database, acme[0], ring(tmp_path / "data"))
    with database.read() as session:  # linking has raised it
        acme[0].revision = session.get_one(Tenant, acme[0].id).revision
    return made


def _place(account: LinkedAccount, uid: int) -> dict[str, Any]:
    key = transport_key(account.id, "b" * 32, 7, uid)
    return {"transport_key": key, "source": "imap", "address_id": account.id}


def _look(owner: Owner, account: LinkedAccount, uid: int = 1, **changes: Any) -> Settlement:
    """A mail that was left."""
    unread = {"raw_sha256": "", "content_id": "", "facts": FACTS}
    return left(owner, f"u{uid}", **(unread | _place(account, uid) | changes))


def _whole(owner: Owner, account: LinkedAccount, uid: int = 1, **changes: Any) -> Settlement:
    """The same mail, downloaded and imported."""
    return imported(owner, f"u{uid}", **({"facts": FACTS} | _place(account, uid) | changes))


def _unread(settlement: Settlement) -> Delivery:
    return Delivery(**{name: getattr(settlement, name) for name in Delivery.__slots__})


def _count(database: Database, table: Any) -> int:
    with database.read() as session:
        return session.connection().scalar(select(func.count()).select_from(table)) or 0


def test_a_mail_that_was_left_has_a_row(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Laws 14 and 24: with its facts and keys, so that it is matched again; without octets, content id and blob."""
    with database.write() as session:
        made = settle(session, _look(acme, account))
        again = settle(session, _look(acme, account))
        assert add_all(session, acme[0]) == 1
    with database.read() as session:
        row = get_message(session, made.message_id)
        assert (row.state, row.raw_sha256, row.content_id, row.octets) == ("not_imported", "", None, 2000)
        assert referenced(session, acme[0].id, {digest("raw u1")}) == set()
    assert (again.is_new, again.message_id) == (False, made.message_id)
    assert _count(database, LookupKey) > 0


def test_mails_that_were_left_are_not_copies_of_each_other(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """Nothing tells their content: each keeps its row."""
    with database.write() as session:
        outcomes = settle_many(session, [_look(acme, account, uid) for uid in (1, 2, 3)])
    assert len({getattr(each, "message_id", None) for each in outcomes}) == 3


def test_mails_that_were_left_are_written_together_and_fail_alone(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """Law 5: one that cannot be stored, one decided with rules of before and one told twice leave the others alone."""
    broken = _look(acme, account, 2, octets=2**70)
    stale = _look(acme, account, 3, tenant_revision=99)
    batch = [_look(acme, account, 1), broken, stale, _look(acme, account, 4), _look(acme, account, 4)]
    with database.write() as session:
        first, unstorable, old, twice, again = settle_many(session, batch)
    assert isinstance(first, Settled)
    assert first.is_new
    assert isinstance(unstorable, Invalid)
    assert isinstance(old, Stale)
    assert isinstance(twice, Settled)
    assert isinstance(again, Settled)
    assert (twice.is_new, again.is_new, again.message_id) == (True, False, twice.message_id)
    assert _count(database, Message) == 2


def test_mails_that_were_left_cost_a_few_statements_together(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """The first pull of a mailbox brings thousands: ten are as many statements as a hundred."""

    def statements(uids: range) -> int:
        with database.write() as session:
            connection, told = session.connection(), list[str]()
            event.listen(connection, "before_cursor_execute", lambda *said: told.append(said[2]))
            settle_many(session, [_look(acme, account, uid) for uid in uids])
        return len(told)

    assert statements(range(1, 11)) == statements(range(11, 111))
    assert _count(database, MessageFacts) == 110


def test_what_was_never_downloaded_is_not_imported(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """A decision without octets cannot keep a document."""
    with database.write() as session, pytest.raises(Invalid):
        settle(session, _whole(acme, account, raw_sha256="", content_id=""))


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_the_whole_mail_is_decided_on_its_row(
    database: Database, acme: Owner, account: LinkedAccount, in_one_batch: bool
) -> None:
    """Laws 9, 10 and 14: the same transport key, downloaded now, fills the row that was left; once."""
    mails = [_look(acme, account), _whole(acme, account)]
    with database.write() as session:
        outcomes = settle_many(session, mails) if in_one_batch else [settle(session, each) for each in mails]
    with database.write() as session:
        again = settle(session, _whole(acme, account))
        late_look = settle(session, _look(acme, account))
    [row] = _rows(database, acme)
    assert (row.state, row.raw_sha256, row.content_id) == ("imported", digest("raw u1"), digest("content u1"))
    assert {each.message_id for each in [*outcomes, again, late_look] if not isinstance(each, Exception)} == {row.id}
    assert (again.is_new, late_look.is_new) == (False, False)
    with database.read() as session:
        assert [each.message_id for each in list_documents(session, acme[0])] == [row.id]
    assert (_count(database, MessageFacts), _count(database, LookupKey)) == (1, 0)


def _rows(database: Database, owner: Owner) -> list[Message]:
    with database.read() as session:
        return list_messages(session, owner[0])


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_mail_that_came_by_another_door_too_is_a_duplicate(
    database: Database, acme: Owner, account: LinkedAccount, in_one_batch: bool
) -> None:
    """Law 10: same content, imported by SMTP; the row that was left says so, and is looked for no more."""
    same = digest("content k1")
    mails = [imported(acme, "k1", facts=FACTS), _look(acme, account), _whole(acme, account, content_id=same)]
    with database.write() as session:
        outcomes = settle_many(session, mails) if in_one_batch else [settle(session, each) for each in mails]
    first, looked, whole = outcomes
    assert not isinstance(first, Exception)
    assert not isinstance(looked, Exception)
    assert not isinstance(whole, Exception)
    assert (whole.message_id, whole.state, whole.reason_code) == (looked.message_id, "duplicate", "duplicate_mail")
    with database.read() as session:
        assert get_message(session, whole.message_id).duplicate_of == first.message_id
    assert (_count(database, MessageFacts), _count(database, LookupKey)) == (1, 0)


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_mail_that_was_not_imported_by_another_door_is_decided_anew_there(
    database: Database, acme: Owner, account: LinkedAccount, in_one_batch: bool
) -> None:
    """Law 10: its two rows become one, on which both deliveries are known; its keys and candidates go with it."""
    same = digest("content k1")
    by_smtp = left(acme, "k1", facts=FACTS)
    mails = [by_smtp, _look(acme, account), _whole(acme, account, content_id=same)]
    with database.write() as session:
        if in_one_batch:
            outcomes = settle_many(session, mails)
        else:
            outcomes = [settle(session, each) for each in mails[:2]]
            add_all(session, acme[0])
            outcomes.append(settle(session, mails[2]))
            assert count_candidates(session, acme[0].id) == 1
    [row] = _rows(database, acme)
    assert [getattr(each, "message_id", None) for each in (outcomes[0], outcomes[2])] == [row.id, row.id]
    assert (row.state, row.earlier_keys) == ("imported", [by_smtp.transport_key])
    with database.write() as session:
        assert not any(settle(session, each).is_new for each in mails)
    assert (_count(database, MessageFacts), _count(database, LookupKey)) == (1, 0)


def test_a_whole_mail_that_fits_nothing_stays_on_its_row(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """It is not imported, but nobody needs to download it again."""
    with database.write() as session:
        looked = settle(session, _look(acme, account))
        whole = settle(session, left(acme, "u1", facts=FACTS, **_place(account, 1)))
    assert (whole.message_id, whole.state, whole.is_new) == (looked.message_id, "not_imported", True)
    [row] = _rows(database, acme)
    assert row.raw_sha256 == digest("raw u1")


def test_a_whole_mail_that_nobody_can_read_is_parked_on_its_row(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """Law 5: with its octets; also when it was deferred in between."""
    whole = _unread(_whole(acme, account))
    with database.write() as session:
        looked = settle(session, _look(acme, account))
        deferred = defer(session, whole)
        parked = park(session, whole, ("too_deep", {}))
    assert looked.message_id == deferred.message_id == parked.message_id
    [row] = _rows(database, acme)
    assert (row.state, row.raw_sha256) == ("parked", digest("raw u1"))
    assert (_count(database, MessageFacts), _count(database, LookupKey)) == (0, 0)


def test_a_mail_that_is_no_longer_in_its_mailbox_says_so(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """Law 14: another look at it brings another reason; what is known of it stays."""
    with database.write() as session:
        looked = settle(session, _look(acme, account))
        gone = settle(session, _look(acme, account, reason_code="fits_but_gone", reason_params={"standard": "S"}))
    with database.read() as session:
        row = get_message(session, looked.message_id)
    assert (gone.message_id, row.state, row.reason_code) == (looked.message_id, "not_imported", "fits_but_gone")
    assert _count(database, MessageFacts) == 1


def test_a_look_at_what_expired_changes_nothing(database: Database, acme: Owner, account: LinkedAccount) -> None:
    """Law 13: only the whole mail is decided anew."""
    with database.write() as session:
        settle(session, _look(acme, account))
        expire(session, acme[0], later(10**6))
        gone = settle(session, _look(acme, account, reason_code="fits_but_gone"))
        assert (gone.state, gone.is_new) == ("expired", False)
        assert settle(session, _whole(acme, account)).state == "imported"


def test_mail_of_a_removed_account_is_kept_only_if_it_is_imported(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """It was on its way through the journal when its account was unlinked; the others of its batch are written."""
    with database.write() as session:
        remove_account(session, account)
        acme[0].revision = session.get_one(Tenant, acme[0].id).revision
        mails = [_look(acme, account, 1), _whole(acme, account, 2), left(acme, "u3", **_place(account, 3))]
        outcomes = settle_many(session, mails)
        with pytest.raises(Unlinked):
            park(session, _unread(_whole(acme, account, 4)), ("too_deep", {}))
    assert [type(each) for each in outcomes] == [Unlinked, type(outcomes[1]), Unlinked]
    assert [row.state for row in _rows(database, acme)] == ["imported"]


def test_removing_an_account_takes_its_mail_that_was_not_imported(
    database: Database, acme: Owner, account: LinkedAccount, tmp_path: Path
) -> None:
    """Rows, facts, keys and candidates of it go; imported mail, other accounts' and SMTP's stay."""
    other = link(database, acme[0], KeyRing.open(tmp_path / "data", {}), "other@acme.example")
    with database.write() as session:
        acme[0].revision = session.get_one(Tenant, acme[0].id).revision
        for mail in (
            *(_look(acme, account, uid) for uid in range(1, 4)),
            left(acme, "u4", facts=FACTS, **_place(account, 4)),
            _whole(acme, account, 5),
            _look(acme, other, 6),
            left(acme, "k1", facts=FACTS),
        ):
            settle(session, mail)
        defer(session, _unread(_whole(acme, account, 7)))
        park(session, _unread(_whole(acme, account, 8)), ("too_deep", {}))
        add_all(session, acme[0])
        remove_account(session, account)
        assert count_candidates(session, acme[0].id) == 2
    rows = _rows(database, acme)
    assert sorted((row.source, row.address_id == other.id, row.state) for row in rows) == [
        ("imap", False, "imported"),
        ("imap", True, "not_imported"),
        ("smtp", False, "not_imported"),
    ]
    ids = {row.id for row in rows}
    with database.read() as session:
        facts = set(session.connection().scalars(select(col(MessageFacts.message_id))))
        keys = set(session.connection().scalars(select(col(MessageKey.message_id))))
        lookups = set(session.connection().scalars(select(col(LookupKey.message_id))))
    assert facts == ids
    assert keys == ids
    assert lookups < ids


def test_mail_that_came_by_smtp_too_outlives_the_account(
    database: Database, acme: Owner, account: LinkedAccount
) -> None:
    """Its row is the last delivery's; the tenant had it by another door."""
    same = digest("content k1")
    with database.write() as session:
        settle(session, left(acme, "k1", facts=FACTS))
        settle(session, left(acme, "u1", facts=FACTS, content_id=same, **_place(account, 1)))
        remove_account(session, account)
        again = settle(session, left(acme, "k1", facts=FACTS))
    [row] = _rows(database, acme)
    assert (again.message_id, again.is_new) == (row.id, False)
