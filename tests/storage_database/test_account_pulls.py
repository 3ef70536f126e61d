"""Promises of storage.account_pulls: one pull per account at a time anywhere, none lost, none begun for ever."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from storage.account_models import LinkedAccount
from storage.account_pulls import (
    ClaimedAccount,
    LeaseLost,
    claim_account,
    claim_accounts,
    finish_pull,
    next_due_at,
    release,
    renew,
    save_token,
)
from storage.account_rows import count_by_health, silent_since
from storage.accounts import pause, set_secret
from storage.database import Database
from storage.key_rotation import rotate_keys
from storage.looks import UidLook, begin_mailbox, mailboxes_of, note_looks
from storage.models import ImportAddress, Tenant, now
from storage.secrets import KeyRing
from storage.tenants import add_tenant
from tests.storage_database.linked import MINUTE, OVER, claim, link, ring, token, unwell, well

Owner = tuple[Tenant, ImportAddress]


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """Keys of a data folder."""
    return ring(tmp_path / "data")


def _row(database: Database, account: LinkedAccount | ClaimedAccount) -> LinkedAccount:
    with database.read() as session:
        return session.get_one(LinkedAccount, account.id)


def _due(database: Database, account: LinkedAccount, at: datetime) -> None:
    with database.write() as session:
        row = session.get_one(LinkedAccount, account.id)
        row.next_pull_at = at


def test_due_accounts_are_claimed_the_longest_due_first(database: Database, acme: Owner, keys: KeyRing) -> None:
    """What is not due, held by somebody, or at a busy server stays; another port is another server."""
    made = [
        link(database, acme[0], keys, f"a{each}@acme.example", host=f"imap{each}.acme.example") for each in range(4)
    ]
    for minutes, account in zip((3, 2, 1, -1), made, strict=True):
        _due(database, account, now() - minutes * MINUTE)
    with database.write() as session:
        [first] = claim_accounts(
            session,
            "a",
            10,
            MINUTE,
            busy={("imap1.acme.example", 993), ("imap2.acme.example", 993), ("imap0.acme.example", 143)},
        )
        rest = claim_accounts(session, "b", 10, MINUTE)
    assert [each.id for each in (first, *rest)] == [each.id for each in made[:3]]
    assert next_due_of(database) == _row(database, made[3]).next_pull_at


def test_a_clock_that_was_wrong_puts_no_account_off_for_years(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Law 8: what was scheduled, or held, by a clock that was years ahead is pulled once the clock is right."""
    account = link(database, acme[0], keys, "a@acme.example")
    with database.write() as session:
        row = session.get_one(LinkedAccount, account.id)
        row.next_pull_at = row.lease_until = now() + timedelta(days=3000)
    with database.write() as session:
        assert [each.id for each in claim_accounts(session, "a", 10, MINUTE)] == [account.id]
        assert claim_accounts(session, "b", 10, MINUTE) == []


def next_due_of(database: Database) -> datetime | None:
    with database.read() as session:
        return next_due_at(session)


def test_a_pull_that_ends_tells_how_it_went(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Health, counters, the next pull and what worked stand in the row; a change of health is told once."""
    account = link(database, acme[0], keys)
    claimed = claim(database, account)
    end = unwell(looked_at=5, fetched=2, octets=700, notes={"mailboxes": 1}, worked_username="office")
    with database.write() as session:
        change = finish_pull(session, claimed, end)
    row = _row(database, account)
    assert change is not None
    assert (change.before, change.after, change.code) == ("ok", "needs_password", "password_refused")
    assert (row.health, row.failures, row.lease_id, row.worked_username) == ("needs_password", 1, None, "office")
    assert row.next_pull_at == end.next_pull_at
    assert row.last_pull is not None
    assert {name: row.last_pull[name] for name in ("pull", "looked_at", "fetched", "octets", "mailboxes")} == {
        "pull": 1,
        "looked_at": 5,
        "fetched": 2,
        "octets": 700,
        "mailboxes": 1,
    }
    claimed = claim(database, account)
    with database.write() as session:
        assert finish_pull(session, claimed, end) is None
    claimed = claim(database, account)
    assert (claimed.failures, claimed.worked_username) == (2, "office")
    with database.write() as session:
        assert finish_pull(session, claimed, well()) is not None
    row = _row(database, account)
    assert (row.health, row.failures, row.worked_username) == ("ok", 0, "office")
    assert row.last_success_at is not None


def test_a_puller_suspended_past_its_lease_keeps_nothing(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Two at once: the account went to another, whose notes alone stay."""
    account = link(database, acme[0], keys)
    slow = claim(database, account, "a", OVER)
    quick = claim(database, account, "b")
    with database.write() as session:
        box = begin_mailbox(session, quick, "INBOX", 7)
    with pytest.raises(LeaseLost), database.write() as session:
        note_looks(session, slow, box.id, [UidLook(uid=1, state="left")])
    with pytest.raises(LeaseLost), database.write() as session:
        begin_mailbox(session, slow, "Archive", 7)
    with pytest.raises(LeaseLost), database.write() as session:
        renew(session, slow, MINUTE)
    with pytest.raises(LeaseLost), database.write() as session:
        finish_pull(session, slow, unwell())
    with database.write() as session:
        finish_pull(session, quick, well())
        assert [each.name for each in mailboxes_of(session, account.id)] == ["INBOX"]
    assert _row(database, account).health == "ok"


def test_a_renewed_lease_holds(database: Database, acme: Owner, keys: KeyRing) -> None:
    """A puller that renews in time keeps its account, and its octets count for the day."""
    account = link(database, acme[0], keys)
    claimed = claim(database, account, lease=OVER)
    with database.write() as session:
        assert renew(session, claimed, MINUTE, octets=300) > now()
        assert claim_accounts(session, "b", 10, MINUTE) == []
        assert claim_account(session, account.id, "b", MINUTE) is None
    assert _row(database, account).octets_of_day == 300


def test_octets_of_the_day_survive_a_puller_that_dies(database: Database, acme: Owner, keys: KeyRing) -> None:
    """The budget of a day cannot be spent twice by being killed; another day begins at nothing."""
    account = link(database, acme[0], keys)
    first = claim(database, account, lease=OVER)
    with database.write() as session:
        renew(session, first, OVER, octets=300)
    second = claim(database, account)
    with database.write() as session:
        renew(session, second, MINUTE, octets=200)
        finish_pull(session, second, well(octets=250))
    third = claim(database, account)
    with database.write() as session:
        finish_pull(session, third, well())
        session.get_one(LinkedAccount, account.id).day = datetime.now(UTC).date() - timedelta(days=1)
    assert (second.octets_of_day, third.octets_of_day) == (300, 550)
    assert claim(database, account).octets_of_day == 0


def test_an_account_that_kills_its_puller_waits_longer_each_time(
    database: Database, acme: Owner, keys: KeyRing
) -> None:
    """Laws 5 and 8: begun pulls are counted before they are made; one that never ends does not hold up the others."""
    account = link(database, acme[0], keys)
    for _ in range(3):
        with database.write() as session:
            assert len(claim_accounts(session, "a", 10, OVER)) == 1
    with database.write() as session:
        session.get_one(LinkedAccount, account.id).next_pull_at = now()
        [third] = claim_accounts(session, "a", 10, MINUTE)
    assert third.broken_off == 4
    row = _row(database, account)
    assert third.lease_until < row.next_pull_at <= now() + timedelta(hours=1)


def test_a_broken_off_pull_that_noted_something_was_not_in_vain(database: Database, acme: Owner, keys: KeyRing) -> None:
    """A large mailbox whose puller is killed now and then goes on at once."""
    link(database, acme[0], keys)
    for uid in range(1, 8):
        with database.write() as session:
            [claimed] = claim_accounts(session, "a", 10, OVER)
            box = begin_mailbox(session, claimed, "INBOX", 7)
            note_looks(session, claimed, box.id, [UidLook(uid=uid, state="left")])
    assert claimed.broken_off == 2


def test_a_puller_that_stops_gives_its_accounts_back(database: Database, acme: Owner, keys: KeyRing) -> None:
    """As if it had not begun: due, with the number of before."""
    account = link(database, acme[0], keys)
    claimed = claim(database, account)
    with database.write() as session:
        release(session, claimed)
        [again] = claim_accounts(session, "b", 10, MINUTE)
    assert (again.pull, again.broken_off) == (claimed.pull, 1)


def test_two_pullers_never_get_one_account(postgresql: Database, tmp_path: Path) -> None:
    """Law 8's lock: whoever claims at once gets different accounts, each once."""
    with postgresql.write() as session:
        tenant, _ = add_tenant(session, "Acme", "standard", ["in.example.com"])
    keys = ring(tmp_path / "data")
    for number in range(40):
        link(postgresql, tenant, keys, f"a{number}@acme.example")

    def pull(owner: str) -> list[str]:
        got: list[str] = []
        for _ in range(5):
            with postgresql.write() as session:
                got += [each.id for each in claim_accounts(session, owner, 4, MINUTE)]
        return got

    with ThreadPoolExecutor(4) as pool:
        counted = Counter(account_id for got in pool.map(pull, "abcd") for account_id in got)
    assert (len(counted), set(counted.values())) == (40, {1})


def test_a_killed_puller_loses_its_lease_in_time(database: Database, acme: Owner, keys: KeyRing, url: str) -> None:
    """kill -9 with an account in hand: it is another's once the lease is over, and not before."""
    account = link(database, acme[0], keys)
    script = (
        "import os, signal, sys\nfrom datetime import timedelta\n"
        "from storage.account_pulls import claim_accounts\nfrom storage.database import Database\n"
        "with Database(sys.argv[1]).write() as session:\n"
        "    claimed = claim_accounts(session, 'dead', 10, timedelta(seconds=float(sys.argv[2])))\n"
        "assert len(claimed) == 1\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for seconds in ("0", "60"):
        assert subprocess.run([sys.executable, "-c", script, url, seconds], check=False).returncode == -9
    with database.write() as session:
        assert claim_accounts(session, "b", 10, MINUTE) == []
    assert _row(database, account).broken_off == 2


def test_a_refreshed_token_is_kept_whoever_holds_the_lease(database: Database, acme: Owner, keys: KeyRing) -> None:
    """A rotated refresh token is worth nothing unless it is stored at once: the old one opens nothing any more."""
    account = link(database, acme[0], keys, auth="xoauth2")
    claimed = claim(database, account, lease=OVER)
    claim(database, account, "b")
    with database.write() as session:
        sealed = save_token(session, claimed, token("refresh-2"), keys)
    row = _row(database, account)
    assert row.secret == sealed
    assert keys.unseal(sealed, account.id) == token("refresh-2")


def test_a_token_never_takes_the_place_of_a_newer_secret(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Two at once: who linked the account again is not undone by a pull that began before."""
    account = link(database, acme[0], keys, auth="xoauth2")
    claimed = claim(database, account)
    with database.write() as session:
        set_secret(session, account, token("by the user"), keys)
    with pytest.raises(LeaseLost), database.write() as session:
        save_token(session, claimed, token("by the pull"), keys)
    row = _row(database, account)
    assert row.secret is not None
    assert keys.unseal(row.secret, row.id) == token("by the user")


def test_a_token_is_kept_though_the_key_was_changed(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Sealed anew it is the same secret."""
    account = link(database, acme[0], keys, auth="xoauth2")
    claimed = claim(database, account)
    rotate_keys(database, keys)
    with database.write() as session:
        save_token(session, claimed, token("refresh-2"), keys)
    row = _row(database, account)
    assert row.secret is not None
    assert keys.unseal(row.secret, row.id) == token("refresh-2")


def test_accounts_are_counted_and_the_silent_named(database: Database, acme: Owner, keys: KeyRing) -> None:
    """An account that has not succeeded for a day is never silent, paused or not; a new one is given its day."""
    [old, paused, fresh] = [link(database, acme[0], keys, f"{name}@acme.example") for name in ("old", "paused", "new")]
    day_ago = now() - timedelta(days=1)
    with database.write() as session:
        pause(session, paused)
        for account in (old, paused):
            session.get_one(LinkedAccount, account.id).created_at = day_ago - MINUTE
    with database.read() as session:
        assert count_by_health(session) == {"ok": 2, "paused": 1}
        assert {each.id for each in silent_since(session, day_ago)} == {old.id, paused.id}
    for account in session_accounts(database):
        if account.id != paused.id:
            claimed = claim(database, account)
            with database.write() as session:
                finish_pull(session, claimed, well())
    with database.read() as session:
        assert [each.id for each in silent_since(session, day_ago)] == [paused.id]
    assert fresh.id


def session_accounts(database: Database) -> list[LinkedAccount]:
    with database.read() as session:
        return list(session.exec(select(LinkedAccount)))
